"""Delivery of January's events into S3 against what plain moto takes by PutRecords.

The peer only stores the records; ours stores, reads, transforms them in Lambda, partitions, converts to Parquet and
writes them to S3 while the producer still sends.
"""

import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator

from benchmarks.deployed import DELIVERY_SPEED, EVENTS, stacks, stream_january
from benchmarks.measure import Ratio
from cli.cloud.local import Endpoint
from cli.lake.producer.dirt import Dirt
from cli.lake.producer.lanes import Pace, Sender
from cli.lake.replay import kinesis_client
from datasets.flights.producer import replay


def measure() -> Ratio:
    """Records a second, from the first PutRecords to the last object in S3."""
    peer = _moto()
    with stacks(DELIVERY_SPEED) as names:
        records, taken = stream_january(names)
    how = (
        "replay of January with 1 % dirt until all is in S3; the peer: the same producer, into a moto server that "
        "only stores"
    )
    return Ratio("delivery, end to end", records / taken, "moto PutRecords alone", peer, "records/s", "≥ 0.8", how)


def _moto() -> float:
    """Records a second that an unchanged moto server takes from the same producer."""
    records = list(Dirt(EVENTS, 0.01, 7).spread(replay([1])))
    with _plain_moto() as endpoint:
        os.environ.update(Endpoint(endpoint, "us-east-1", "").environment)
        kinesis = kinesis_client()
        kinesis.create_stream(StreamName="events", ShardCount=1)
        kinesis.get_waiter("stream_exists").wait(StreamName="events", WaiterConfig={"Delay": 1})
        sent = Sender(kinesis, "events", Pace(0, 0)).send(iter(records))
        return sent.accepted / sent.seconds


@contextlib.contextmanager
def _plain_moto() -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("localhost", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "moto.server", "-H", "localhost", "-p", str(port)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while True:
            with contextlib.suppress(OSError), socket.create_connection(("localhost", port), timeout=1):
                break
            time.sleep(0.05)
        yield f"http://localhost:{port}"
    finally:
        server.terminate()
        server.wait()
