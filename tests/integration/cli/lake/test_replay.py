"""Replay into a Kinesis stream of the local cloud, and the reference files into a bucket."""

import re
import signal
import subprocess
import sys
import time
from collections import Counter
from typing import Any

import pytest
from typer.testing import CliRunner

from cli.errors import UserError
from cli.lake.producer.dirt import Dirt
from cli.lake.producer.lanes import Sender
from cli.lake.replay import kinesis_client, upload_reference
from cli.main import app
from contracts import load
from datasets.flights.producer import data_folder, month_events
from localcloud import LocalCloud


@pytest.fixture
def environment(cloud: LocalCloud, monkeypatch: pytest.MonkeyPatch) -> LocalCloud:
    for name, value in cloud.environment.items():
        monkeypatch.setenv(name, value)
    return cloud


def create_stream(cloud: LocalCloud, name: str, shards: int) -> None:
    cloud.client("kinesis").create_stream(StreamName=name, ShardCount=shards)
    cloud.client("kinesis").get_waiter("stream_exists").wait(StreamName=name, WaiterConfig={"Delay": 1})


def shards_of(cloud: LocalCloud, stream: str) -> list[list[dict[str, Any]]]:
    """The records of every shard, in its order."""
    kinesis = cloud.client("kinesis")
    found = []
    for shard in kinesis.list_shards(StreamName=stream)["Shards"]:
        iterator = kinesis.get_shard_iterator(
            StreamName=stream, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
        )["ShardIterator"]
        records: list[dict[str, Any]] = []
        while True:
            page = kinesis.get_records(ShardIterator=iterator, Limit=10_000)
            records += page["Records"]
            iterator = page["NextShardIterator"]
            if not page["Records"]:
                break
        found.append(records)
    return found


@pytest.mark.parametrize("shards", [1, 3])
def test_the_stream_holds_exactly_what_was_sent_in_the_order_of_each_shard(
    environment: LocalCloud, shards: int
) -> None:
    create_stream(environment, "flights", shards)
    dirt = Dirt(load("flights").events, 0.05, 7)
    records = list(dirt.spread(month_events(1)[:6_000]))
    sent = Sender(kinesis_client(), "flights").send(records)
    assert sent.accepted == len(records) == 6_000 + dirt.added
    held = shards_of(environment, "flights")
    assert Counter(item["Data"] for shard in held for item in shard) == Counter(record.data for record in records)
    place: dict[bytes, int] = {}
    for number, record in enumerate(records):
        place.setdefault(record.data, number)  # a duplicate comes later than its first: only firsts are compared
    for shard in held:
        firsts = list(dict.fromkeys(item["Data"] for item in shard))
        assert firsts == sorted(firsts, key=place.__getitem__)
    sizes = [len(shard) for shard in held]
    assert min(sizes) > 0.8 * max(sizes), "flight keys spread evenly"


def test_a_stream_that_is_not_there_is_named(environment: LocalCloud) -> None:
    with pytest.raises(UserError, match="stream nowhere"):
        Sender(kinesis_client(), "nowhere").send(month_events(1)[:10])


def test_reference_files_arrive_unchanged(environment: LocalCloud) -> None:
    environment.client("s3").create_bucket(Bucket="lake")
    upload_reference("lake", "flights")
    listed = environment.client("s3").list_objects_v2(Bucket="lake")["Contents"]
    assert sorted(item["Key"] for item in listed) == [
        f"reference/{name}/{name}.csv" for name in ("airlines", "airports", "planes", "weather")
    ]
    for item in listed:
        body = environment.client("s3").get_object(Bucket="lake", Key=item["Key"])["Body"].read()
        assert body == (data_folder() / item["Key"].rpartition("/")[2]).read_bytes()


@pytest.mark.parametrize(("known", "stack"), [((), "Foundation"), (("--dataset", "flights"), "StreamIngest")])
def test_without_stacks_the_command_says_what_to_do(
    environment: LocalCloud, known: tuple[str, ...], stack: str
) -> None:
    result = CliRunner().invoke(app, ["replay", "--months", "1", *known])
    assert isinstance(result.exception, UserError)
    assert f"stack mlref-{stack} is not deployed at http://localhost:" in str(result.exception)
    assert "mlref up" in str(result.exception)


def test_ctrl_c_says_how_many_were_accepted(environment: LocalCloud) -> None:
    create_stream(environment, "flights", 1)
    command = [sys.executable, "-c", "from cli.main import run; run()"]
    child = subprocess.Popen(
        [*command, "replay", "--dataset", "flights", "--stream", "flights", "--rate", "400"],
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 60
    while not shards_of(environment, "flights")[0]:
        assert time.monotonic() < deadline, "nothing was sent"
        time.sleep(0.1)
    child.send_signal(signal.SIGINT)
    _, errors = child.communicate(timeout=60)
    assert child.returncode == 130, errors
    assert "Traceback" not in errors
    stopped = re.search(r"Stopped: ([\d,]+) records", errors)
    assert stopped is not None, errors
    accepted = int(stopped[1].replace(",", ""))
    assert accepted == len(shards_of(environment, "flights")[0]) > 0
