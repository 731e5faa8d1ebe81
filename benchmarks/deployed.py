"""The demo's January in a local cloud, for the benchmarks that need one."""

import contextlib
import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from cli.cloud.local import finish_synth, local_cloud, start_synth
from cli.console import Console
from cli.deployment import Outputs, outputs
from cli.lake.lakehouse import crawl, run_job
from cli.lake.producer.accounting import Accountant
from cli.lake.producer.dirt import Dirt
from cli.lake.producer.lanes import Pace, Sender
from cli.lake.replay import kinesis_client, upload_reference
from contracts import load
from datasets.flights.producer import replay
from localcloud.assembly import deploy

EVENTS = load("flights").events
DELIVERY_SPEED = 600  # Firehose's 60 s buffer becomes 0.1 s: the wait is not what is measured


@contextlib.contextmanager
def stacks(speed: float) -> Iterator[Outputs]:
    """The stacks in a local cloud that every AWS client of this process talks to."""
    with tempfile.TemporaryDirectory() as folder, local_cloud(speed) as cloud:
        finish_synth(start_synth(Path(folder)))
        os.environ.update(cloud.environment)
        deploy(Path(folder), cloud)
        yield outputs()


def stream_january(names: Outputs) -> tuple[int, float]:
    """Replay January with dirt and wait until all of it lies in S3; returns (records, seconds)."""
    records = list(Dirt(EVENTS, 0.01, 7).spread(replay([1])))
    accountant = Accountant(names.lake_bucket, EVENTS)
    began = time.perf_counter()
    sent = Sender(kinesis_client(), names.event_stream, Pace(0, 0)).send(iter(records))
    while True:
        found = accountant.count()
        if found.delivered + found.quarantined + found.dropped >= sent.accepted:
            return sent.accepted, time.perf_counter() - began
        time.sleep(0.05)


@contextlib.contextmanager
def january(console: Console) -> Iterator[Outputs]:
    """January streamed, crawled and curated once."""
    with stacks(DELIVERY_SPEED) as names:
        with console.status("streaming and curating January"):
            upload_reference(names.lake_bucket, "flights")
            stream_january(names)
            crawl(names.crawlers)
            run_job(names.curate_job)
        yield names
