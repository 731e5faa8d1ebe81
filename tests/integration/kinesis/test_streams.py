"""Kinesis refuses what AWS refuses, keeps what it took, and keeps it in order."""

import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError
from moto.kinesis.models import Record

from localcloud import LocalCloud

MIB = 1024 * 1024


@pytest.fixture
def kinesis(cloud: LocalCloud) -> Any:
    client = cloud.client("kinesis")
    client.create_stream(StreamName="s", ShardCount=1)
    return client


def put(kinesis: Any, *data: bytes, key: str = "k") -> dict[str, Any]:
    answer: dict[str, Any] = kinesis.put_records(
        StreamName="s", Records=[{"Data": item, "PartitionKey": key} for item in data]
    )
    return answer


def read(kinesis: Any, shard: str, **arguments: Any) -> tuple[list[bytes], str | None]:
    """All records of a shard, and the last iterator."""
    iterator = kinesis.get_shard_iterator(StreamName="s", ShardId=shard, ShardIteratorType="TRIM_HORIZON")[
        "ShardIterator"
    ]
    found: list[bytes] = []
    while iterator:
        answer = kinesis.get_records(ShardIterator=iterator, **arguments)
        found += [record["Data"] for record in answer["Records"]]
        iterator = answer.get("NextShardIterator")
        if not answer["Records"]:
            break
    return found, iterator


def refusal(error: pytest.ExceptionInfo[ClientError]) -> tuple[str, str]:
    found = error.value.response["Error"]
    return found["Code"], found["Message"]


def test_500_records_and_10_mib_are_taken_and_no_more(kinesis: Any) -> None:
    assert put(kinesis, *[b"x"] * 500)["FailedRecordCount"] == 0
    with pytest.raises(ClientError) as error:
        put(kinesis, *[b"x"] * 501)
    assert refusal(error)[0] == "ValidationException"
    assert (
        "'records' failed to satisfy constraint: Member must have length less than or equal to 500"
        in refusal(error)[1]
    )
    assert put(kinesis, *[b"x" * (MIB - 1)] * 10)["FailedRecordCount"] == 0
    with pytest.raises(ClientError) as error:
        put(kinesis, *[b"x" * (MIB - 1)] * 10, b"")
    assert refusal(error) == ("InvalidArgumentException", "Records size exceeds 10 MB limit")
    assert len(read(kinesis, "shardId-000000000000")[0]) == 510


def test_a_record_has_at_most_the_streams_record_size_with_its_key(kinesis: Any, cloud: LocalCloud) -> None:
    put(kinesis, b"x" * (MIB - 3), key="key")
    for call in (
        lambda: put(kinesis, b"ok", b"x" * (MIB - 2), key="key"),
        lambda: kinesis.put_record(StreamName="s", Data=b"x" * (MIB - 2), PartitionKey="key"),
    ):
        with pytest.raises(ClientError) as error:
            call()
        assert refusal(error)[0] == "ValidationException"
        assert "Member must have length less than or equal to 1048576" in refusal(error)[1]
    summary = kinesis.describe_stream_summary(StreamName="s")["StreamDescriptionSummary"]
    assert summary["MaxRecordSizeInKiB"] == 1024
    kinesis.update_max_record_size(StreamARN=summary["StreamARN"], MaxRecordSizeInKiB=2048)
    put(kinesis, b"x" * (2 * MIB - 3), key="key")
    kinesis.create_stream(StreamName="large", ShardCount=1, MaxRecordSizeInKiB=10240, Tags={"a": "1"})
    summary = kinesis.describe_stream_summary(StreamName="large")["StreamDescriptionSummary"]
    assert summary["MaxRecordSizeInKiB"] == 10240
    assert kinesis.list_tags_for_stream(StreamName="large")["Tags"] == [{"Key": "a", "Value": "1"}]


def test_a_partition_key_has_1_to_256_characters(kinesis: Any) -> None:
    put(kinesis, b"x", key="k" * 256)
    with pytest.raises(ClientError, match=r"partitionKey.*less than or equal to 256"):
        put(kinesis, b"x", key="k" * 257)


def test_records_of_a_key_keep_their_order(kinesis: Any) -> None:
    sent = [str(n).encode() for n in range(1500)]
    for start in range(0, 1500, 500):
        put(kinesis, *sent[start : start + 500])
    assert read(kinesis, "shardId-000000000000", Limit=400)[0] == sent


def test_concurrent_producers_lose_nothing(kinesis: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(*arguments: Any) -> Record:
        time.sleep(0.0005)  # between a record's number and its place, where another thread could come in
        return Record(*arguments)

    monkeypatch.setattr("localcloud.kinesis.shards.Record", slow)

    def produce(name: int) -> None:
        for start in range(0, 100, 20):
            put(kinesis, *(f"{name}-{n}".encode() for n in range(start, start + 20)))

    threads = [threading.Thread(target=produce, args=(name,)) for name in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = read(kinesis, "shardId-000000000000", Limit=7)[0]
    assert len(found) == len(set(found)) == 400
    for name in range(4):
        own = [item for item in found if item.startswith(f"{name}-".encode())]
        assert own == [f"{name}-{n}".encode() for n in range(100)]


def test_one_read_gives_at_most_10_000_records_and_10_mib(kinesis: Any) -> None:
    for _ in range(21):
        put(kinesis, *[b"x"] * 500)
    kinesis.create_stream(StreamName="big", ShardCount=1)
    for _ in range(3):
        kinesis.put_records(StreamName="big", Records=[{"Data": b"x" * (MIB // 2), "PartitionKey": "k"}] * 10)
    counts = []
    for name in ("s", "big"):
        iterator = kinesis.get_shard_iterator(
            StreamName=name, ShardId="shardId-000000000000", ShardIteratorType="TRIM_HORIZON"
        )["ShardIterator"]
        counts.append(len(kinesis.get_records(ShardIterator=iterator)["Records"]))
    assert counts == [10_000, 20]


@pytest.mark.parametrize("named", ["StreamName", "StreamARN"])
def test_a_shard_is_read_from_its_own_first_number(kinesis: Any, named: str) -> None:
    described = kinesis.describe_stream(StreamName="s")["StreamDescription"]
    (shard,) = described["Shards"]
    stream = {"StreamName": "s"} if named == "StreamName" else {"StreamARN": described["StreamARN"]}
    iterator = kinesis.get_shard_iterator(
        **stream,
        ShardId=shard["ShardId"],
        ShardIteratorType="AT_SEQUENCE_NUMBER",
        StartingSequenceNumber=shard["SequenceNumberRange"]["StartingSequenceNumber"],
    )["ShardIterator"]
    put(kinesis, b"a", b"b")
    assert [record["Data"] for record in kinesis.get_records(ShardIterator=iterator)["Records"]] == [b"a", b"b"]


def test_a_split_keeps_old_records_in_the_parent_and_new_ones_in_the_children(kinesis: Any) -> None:
    old = [f"old{n}".encode() for n in range(50)]
    put(kinesis, *old)
    kinesis.update_shard_count(StreamName="s", TargetShardCount=2, ScalingType="UNIFORM_SCALING")
    for n in range(50):
        put(kinesis, f"new{n}".encode(), key=str(n))
    shards = {shard["ShardId"]: shard for shard in kinesis.list_shards(StreamName="s")["Shards"]}
    assert len(shards) == 3
    found, iterator = read(kinesis, "shardId-000000000000")
    assert found == old
    assert iterator is None
    children = [read(kinesis, name)[0] for name, shard in shards.items() if shard.get("ParentShardId")]
    assert sorted(children[0] + children[1]) == sorted(f"new{n}".encode() for n in range(50))
    assert all(children)
    summary = kinesis.describe_stream_summary(StreamName="s")["StreamDescriptionSummary"]
    assert summary["OpenShardCount"] == 2


def test_a_merge_keeps_records_where_they_were(kinesis: Any) -> None:
    kinesis.create_stream(StreamName="m", ShardCount=2)
    records = [{"Data": str(n).encode(), "PartitionKey": str(n)} for n in range(100)]
    kinesis.put_records(StreamName="m", Records=records)
    kinesis.update_shard_count(StreamName="m", TargetShardCount=1, ScalingType="UNIFORM_SCALING")
    found = []
    for shard in kinesis.list_shards(StreamName="m")["Shards"]:
        iterator = kinesis.get_shard_iterator(
            StreamName="m", ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
        )["ShardIterator"]
        found.append(len(kinesis.get_records(ShardIterator=iterator)["Records"]))
    assert sum(found) == 100
    assert found[2] == 0


@pytest.mark.parametrize("key", ["0", str(2**127 - 1), str(2**127), str(2**128 - 1)])
def test_every_hash_key_has_a_shard(kinesis: Any, key: str) -> None:
    kinesis.create_stream(StreamName="h", ShardCount=2)
    answer = kinesis.put_record(StreamName="h", Data=b"x", PartitionKey="k", ExplicitHashKey=key)
    assert answer["ShardId"] == f"shardId-{int(int(key) >= 2**127):012d}"


@pytest.fixture
def enforced(cloud: LocalCloud) -> Iterator[None]:
    cloud.enforce_shard_throughput = True
    yield
    cloud.enforce_shard_throughput = False


def test_a_shard_refuses_what_is_over_its_throughput_when_that_is_asked_for(
    kinesis: Any, cloud: LocalCloud, enforced: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    second = [100]
    monkeypatch.setattr("localcloud.kinesis.limits.time.monotonic", lambda: second[0])
    answers = [put(kinesis, *[b"x"] * 400) for _ in range(3)]
    assert [answer["FailedRecordCount"] for answer in answers] == [0, 0, 200]
    refused = answers[2]["Records"][-1]
    assert refused["ErrorCode"] == "ProvisionedThroughputExceededException"
    assert refused["ErrorMessage"].startswith(
        "Rate exceeded for shard shardId-000000000000 in stream s under account"
    )
    assert "SequenceNumber" in answers[2]["Records"][0]
    second[0] += 1
    assert put(kinesis, *[b"x" * 300_000] * 4)["FailedRecordCount"] == 1
    with pytest.raises(ClientError) as error:
        kinesis.put_record(StreamName="s", Data=b"x" * 300_000, PartitionKey="k")
    assert refusal(error)[0] == "ProvisionedThroughputExceededException"
    assert len(read(kinesis, "shardId-000000000000")[0]) == 1003
    metrics = cloud.client("cloudwatch").list_metrics(MetricName="WriteProvisionedThroughputExceeded")["Metrics"]
    assert metrics[0]["Dimensions"] == [{"Name": "StreamName", "Value": "s"}]


def test_throughput_is_not_limited_by_default(kinesis: Any) -> None:
    assert sum(put(kinesis, *[b"x"] * 500)["FailedRecordCount"] for _ in range(10)) == 0
