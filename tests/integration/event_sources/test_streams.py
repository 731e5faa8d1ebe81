"""Kinesis streams to functions."""

import json
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from localcloud.event_sources import feed
from localcloud.event_sources.lane import Lane
from localcloud.event_sources.streams import KinesisStream
from tests.integration.event_sources.conftest import Bench, flat
from tests.integration.inbox import until

POISON = "if 'poison' in data(event): raise ValueError('poison')"


def test_a_record_arrives_as_lambda_makes_it(bench: Bench) -> None:
    bench.function()
    arn = bench.stream()
    uuid = bench.mapping(arn)
    bench.put("hello")
    (event,) = bench.until_events(1)
    (record,) = event["Records"]
    told = bench.cloud.client("kinesis").describe_stream(StreamName="events")["StreamDescription"]["Shards"][0]
    arrival = record["kinesis"].pop("approximateArrivalTimestamp")
    number = record["kinesis"].pop("sequenceNumber")
    assert abs(time.time() - arrival) < 60
    assert record == {
        "kinesis": {"kinesisSchemaVersion": "1.0", "partitionKey": "k", "data": "aGVsbG8="},
        "eventSource": "aws:kinesis",
        "eventVersion": "1.0",
        "eventID": f"{told['ShardId']}:{number}",
        "eventName": "aws:kinesis:record",
        "invokeIdentityArn": bench.role,
        "awsRegion": "us-east-1",
        "eventSourceARN": arn,
    }
    until(lambda: bench.get(uuid)["LastProcessingResult"], lambda result: result == "OK")


def test_the_age_of_the_last_record_is_a_metric(bench: Bench) -> None:
    bench.function()
    bench.mapping(bench.stream())
    bench.put("a")
    bench.until_events(1)
    metrics = bench.cloud.client("cloudwatch").list_metrics(Namespace="AWS/Lambda")["Metrics"]
    assert {"FunctionName": "probe"} in [
        {item["Name"]: item["Value"] for item in metric["Dimensions"]}
        for metric in metrics
        if metric["MetricName"] == "IteratorAge"
    ]


def test_events_are_counted_when_that_is_asked_for(bench: Bench) -> None:
    bench.function()
    pattern = json.dumps({"data": {"kind": ["a"]}})
    given: dict[str, Any] = {"MetricsConfig": {"Metrics": ["EventCount"]}}
    uuid = bench.mapping(bench.stream(), FilterCriteria={"Filters": [{"Pattern": pattern}]}, **given)
    bench.put('{"kind": "a"}', '{"kind": "b"}', "no JSON")
    bench.until_events(1)
    cloudwatch = bench.cloud.client("cloudwatch")

    def total(name: str) -> float:
        points = cloudwatch.get_metric_statistics(
            Namespace="AWS/Lambda",
            MetricName=name,
            Dimensions=[{"Name": "EventSourceMappingUUID", "Value": uuid}],
            StartTime=datetime.fromtimestamp(time.time() - 3600, UTC),
            EndTime=datetime.fromtimestamp(time.time() + 3600, UTC),
            Period=60,
            Statistics=["Sum"],
        )["Datapoints"]
        return sum(float(point["Sum"]) for point in points)

    told = [total(name) for name in ("PolledEventCount", "FilteredOutEventCount", "InvokedEventCount")]
    assert told == [3, 2, 1]


def test_batches_are_of_the_size(bench: Bench) -> None:
    bench.function()
    arn = bench.stream()
    bench.put(*"abcde")
    bench.mapping(arn, BatchSize=2)
    assert bench.until_batches(lambda found: len(found) == 3) == [["a", "b"], ["c", "d"], ["e"]]


def test_a_batching_window_waits_for_more(bench: Bench) -> None:
    bench.function()
    bench.mapping(bench.stream(), MaximumBatchingWindowInSeconds=60)
    bench.put("a")
    bench.put("b")
    assert bench.until_batches(bool) == [["a", "b"]]


def test_a_payload_is_at_most_six_megabytes(bench: Bench) -> None:
    bench.function("print('SIZES', [len(item) for item in data(event)])")
    arn = bench.stream()
    for _ in range(2):
        bench.put(*["x" * 1_000_000] * 3)
    bench.mapping(arn)
    lines = until(lambda: [it for it in bench.lines() if it.startswith("SIZES")], lambda found: len(found) == 2)
    assert [line.count("1000000") for line in lines] == [4, 2]


def test_latest_and_a_timestamp_are_starting_positions(bench: Bench) -> None:
    bench.function(name="latest")
    bench.function(name="since")
    arn = bench.stream()
    bench.put("a")
    time.sleep(0.02)
    moment = time.time()
    bench.put("b")
    bench.mapping(arn, "latest", StartingPosition="LATEST")
    bench.mapping(arn, "since", StartingPosition="AT_TIMESTAMP", StartingPositionTimestamp=moment)
    bench.put("c")
    since = bench.until_batches(lambda found: flat(found) == ["b", "c"], "since")
    assert since
    assert bench.until_batches(bool, "latest") == [["c"]]


def test_what_a_filter_keeps_back_is_passed_over(bench: Bench) -> None:
    bench.function()
    pattern = json.dumps({"data": {"kind": ["wanted"]}})
    uuid = bench.mapping(bench.stream(), FilterCriteria={"Filters": [{"Pattern": pattern}]})
    bench.put('{"kind": "other"}', "no JSON", '{"kind": "wanted", "n": 1}')
    assert bench.until_batches(bool) == [['{"kind": "wanted", "n": 1}']]
    assert bench.get(uuid)["FilterCriteria"] == {"Filters": [{"Pattern": pattern}]}


def test_a_poisonous_record_is_isolated_and_given_up(bench: Bench) -> None:
    bench.function(POISON)
    url, lost = bench.queue("lost")
    arn = bench.stream()
    bench.put("1", "2", "3", "poison", "5", "6")
    given: dict[str, Any] = {"BisectBatchOnFunctionError": True, "MaximumRetryAttempts": 1}
    bench.mapping(arn, DestinationConfig={"OnFailure": {"Destination": lost}}, **given)
    (message,) = bench.received(url)
    bench.put("7")
    batches = bench.until_batches(lambda found: ["7"] in found)
    poison = ["poison"]
    assert batches == [
        ["1", "2", "3", "poison", "5", "6"], ["1", "2", "3"], ["poison", "5", "6"], poison, poison, ["5", "6"], ["7"],
    ]  # fmt: skip
    body = json.loads(message["Body"])
    info = body["KinesisBatchInfo"]
    assert body["requestContext"]["condition"] == "RetryAttemptsExhausted"
    assert body["requestContext"]["approximateInvokeCount"] == 2
    assert body["requestContext"]["functionArn"].endswith(":function:probe")
    assert body["responseContext"] == {
        "statusCode": 200,
        "executedVersion": "$LATEST",
        "functionError": "Unhandled",
    }
    assert (body["version"], info["batchSize"], info["streamArn"]) == ("1.0", 1, arn)
    assert info["startSequenceNumber"] == info["endSequenceNumber"]
    assert info["approximateArrivalOfFirstRecord"].endswith("Z")
    assert "payload" not in body


def test_without_bisection_the_whole_batch_is_tried_again_and_given_up(bench: Bench) -> None:
    bench.function(POISON)
    url, lost = bench.queue("lost")
    arn = bench.stream()
    bench.put("1", "poison")
    uuid = bench.mapping(arn, MaximumRetryAttempts=2, DestinationConfig={"OnFailure": {"Destination": lost}})
    (message,) = bench.received(url)
    assert bench.batches() == [["1", "poison"]] * 3
    told = json.loads(message["Body"])
    assert told["requestContext"]["approximateInvokeCount"] == 3
    assert told["KinesisBatchInfo"]["batchSize"] == 2
    assert bench.problem(uuid) == "PROBLEM: Function call failed"


def test_only_what_is_reported_as_failed_comes_again(bench: Bench) -> None:
    bench.function(
        "bad = [r['kinesis']['sequenceNumber'] for r, d in zip(event['Records'], data(event)) if d == 'bad']\n"
        "return {'batchItemFailures': [{'itemIdentifier': number} for number in bad]}"
    )
    url, lost = bench.queue("lost")
    arn = bench.stream()
    bench.put("1", "2", "bad", "4")
    given: dict[str, Any] = {"FunctionResponseTypes": ["ReportBatchItemFailures"], "MaximumRetryAttempts": 1}
    bench.mapping(arn, DestinationConfig={"OnFailure": {"Destination": lost}}, **given)
    (message,) = bench.received(url)
    assert bench.batches() == [["1", "2", "bad", "4"], ["bad", "4"], ["bad", "4"]]
    assert json.loads(message["Body"])["responseContext"]["functionError"] is None


def test_what_came_before_a_reported_failure_is_done(bench: Bench) -> None:
    bench.function(
        "bad = [r['kinesis']['sequenceNumber'] for r, d in zip(event['Records'], data(event)) if d == 'bad']\n"
        "return {'batchItemFailures': [{'itemIdentifier': number} for number in bad]}"
    )
    arn = bench.stream()
    bench.put("1", "bad")
    uuid = bench.mapping(arn, FunctionResponseTypes=["ReportBatchItemFailures"])
    bench.until_batches(lambda found: ["bad"] in found)
    bench.client.update_event_source_mapping(UUID=uuid, Enabled=False)
    bench.settled(uuid)
    tried = len(bench.batches())
    bench.client.update_event_source_mapping(UUID=uuid, Enabled=True)
    again = bench.until_batches(lambda found: len(found) > tried)[tried:]
    assert again == [["bad"]] * len(again)


def test_what_is_too_old_is_given_up_uncalled(bench: Bench) -> None:
    bench.function()
    url, lost = bench.queue("lost")
    arn = bench.stream()
    bench.put("old")
    time.sleep(1.05)  # more than 60 seconds of the cloud
    bench.put("young")
    bench.mapping(arn, MaximumRecordAgeInSeconds=60, DestinationConfig={"OnFailure": {"Destination": lost}})
    (message,) = bench.received(url)
    told = json.loads(message["Body"])
    assert (told["requestContext"]["condition"], told["KinesisBatchInfo"]["batchSize"]) == ("RecordAgeExceeded", 1)
    assert "responseContext" not in told
    assert bench.until_batches(bool) == [["young"]]


def test_a_bucket_gets_the_records_too(bench: Bench) -> None:
    bench.function("raise ValueError")
    s3 = bench.cloud.client("s3")
    s3.create_bucket(Bucket="lost")
    uuid = bench.mapping(
        bench.stream(), MaximumRetryAttempts=0, DestinationConfig={"OnFailure": {"Destination": "arn:aws:s3:::lost"}}
    )
    bench.put("a")
    (item,) = until(lambda: s3.list_objects_v2(Bucket="lost").get("Contents", []), bool)
    body = json.loads(s3.get_object(Bucket="lost", Key=item["Key"])["Body"].read())
    moment = datetime.fromisoformat(body["timestamp"])
    shard = body["KinesisBatchInfo"]["shardId"]
    assert item["Key"].startswith(f"aws/lambda/{uuid}/{shard}/{moment:%Y/%m/%d}/{moment:%Y-%m-%dT%H.%M.%S}-")
    assert [event["Records"] for event in bench.events()] == [json.loads(body["payload"])["Records"]]


def test_a_topic_is_told(bench: Bench) -> None:
    bench.function("raise ValueError")
    url, arn = bench.queue("inbox")
    topic = bench.cloud.client("sns").create_topic(Name="lost")["TopicArn"]
    bench.cloud.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    bench.mapping(bench.stream(), MaximumRetryAttempts=0, DestinationConfig={"OnFailure": {"Destination": topic}})
    bench.put("a")
    (message,) = bench.received(url)
    told = json.loads(json.loads(message["Body"])["Message"])
    assert told["requestContext"]["condition"] == "RetryAttemptsExhausted"


def test_lanes_run_side_by_side_each_in_order(bench: Bench, tmp_path: Path) -> None:
    """The first key's function waits for the second key's, which another lane delivers."""
    bench.function(
        "folder, [item] = Path(os.environ['FOLDER']), data(event)\n"
        "with (folder / 'order').open('a') as order: order.write(f'{item} ')\n"
        "(folder / item).touch()\n"
        "while item == 'a1' and not (folder / 'b1').exists(): time.sleep(0.01)",
        Environment={"Variables": {"FOLDER": str(tmp_path)}},
    )
    bench.mapping(bench.stream(), BatchSize=1, ParallelizationFactor=10)
    bench.put("a1", "a2", key="a")
    bench.put("b1", "b2", key="b")
    assert len(bench.until_batches(lambda found: len(found) == 4)) == 4
    order = (tmp_path / "order").read_text().split()
    assert order.index("a1") < order.index("a2")
    assert order.index("b1") < order.index("b2")


def test_children_follow_their_parents(bench: Bench) -> None:
    bench.function("time.sleep(0.05)")
    arn = bench.stream()
    kinesis = bench.cloud.client("kinesis")
    bench.put(*"abcd")
    kinesis.split_shard(StreamName="events", ShardToSplit="shardId-000000000000", NewStartingHashKey=str(2**127))
    bench.put(*"efgh")
    bench.mapping(arn, BatchSize=1)
    kinesis.merge_shards(
        StreamName="events", ShardToMerge="shardId-000000000001", AdjacentShardToMerge="shardId-000000000002"
    )
    bench.put(*"ijkl")
    assert flat(bench.until_batches(lambda found: len(found) == 12)) == list("abcdefghijkl")


def test_a_disabled_mapping_goes_on_where_it_ended(bench: Bench) -> None:
    bench.function()
    uuid = bench.mapping(bench.stream())
    bench.put("a")
    bench.until_batches(bool)
    assert bench.client.update_event_source_mapping(UUID=uuid, Enabled=False)["State"] == "Disabling"
    assert bench.settled(uuid) == "Disabled"
    bench.put("b")
    bench.quiet()
    assert bench.batches() == [["a"]]
    assert bench.client.update_event_source_mapping(UUID=uuid, Enabled=True)["State"] == "Enabling"
    assert bench.until_batches(lambda found: len(found) == 2) == [["a"], ["b"]]


def test_what_was_not_noted_as_done_is_delivered_again(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.function()
    uuid = bench.mapping(bench.stream())
    ended = threading.Event()

    def die(self: Lane, _: Any) -> None:
        self._context.stop()
        ended.set()

    with monkeypatch.context() as patch:
        patch.setattr(Lane, "_succeeded", die)
        patch.setattr(Lane, "_note_done", lambda _: None)
        bench.put("a")
        assert ended.wait(10)
        bench.client.update_event_source_mapping(UUID=uuid, Enabled=False)
        bench.settled(uuid)
    bench.client.update_event_source_mapping(UUID=uuid, Enabled=True)
    assert bench.until_batches(lambda found: len(found) == 2) == [["a"], ["a"]]


def test_a_deleted_mapping_delivers_nothing_more(bench: Bench) -> None:
    bench.function()
    uuid = bench.mapping(bench.stream())
    assert bench.client.delete_event_source_mapping(UUID=uuid)["State"] == "Deleting"
    until(lambda: bench.client.list_event_source_mappings()["EventSourceMappings"], lambda found: not found)
    bench.put("a")
    bench.quiet()
    assert bench.batches() == []
    with pytest.raises(bench.client.exceptions.ResourceNotFoundException, match="The resource you requested"):
        bench.get(uuid)


def test_a_throttled_function_gets_its_records_later(bench: Bench) -> None:
    bench.function()
    bench.client.put_function_concurrency(FunctionName="probe", ReservedConcurrentExecutions=0)
    uuid = bench.mapping(bench.stream(), MaximumRetryAttempts=0)
    bench.put("a")
    assert bench.problem(uuid) == "PROBLEM: Function call failed: Rate Exceeded."
    bench.client.delete_function_concurrency(FunctionName="probe")
    assert bench.until_batches(bool) == [["a"]]


def test_a_mapping_of_a_deleted_function_says_so(bench: Bench) -> None:
    bench.function()
    uuid = bench.mapping(bench.stream())
    bench.client.delete_function(FunctionName="probe")
    bench.put("a")
    assert bench.problem(uuid) == "PROBLEM: Function not found: arn:aws:lambda:us-east-1:123456789012:function:probe"
    assert bench.get(uuid)["State"] == "Enabled"
    bench.function()
    assert bench.until_batches(bool) == [["a"]]


def test_a_mapping_of_a_deleted_stream_says_so(bench: Bench) -> None:
    bench.function()
    arn = bench.stream()
    uuid = bench.mapping(arn)
    bench.cloud.client("kinesis").delete_stream(StreamName="events")
    assert bench.problem(uuid) == f"PROBLEM: Stream not found: {arn}"
    bench.stream()
    until(lambda: bench.get(uuid)["LastProcessingResult"], lambda told: told == "No records processed")
    bench.put("a")
    assert bench.until_batches(bool) == [["a"]]


def test_an_idle_mapping_sleeps_until_it_is_woken(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed, "LOOK_AGAIN", 600.0)
    bench.function()
    bench.mapping(bench.stream(shards=4))
    bench.put("a")
    bench.until_batches(bool)
    read, reads = KinesisStream.read, 0

    def counted(self: KinesisStream, *given: Any, **more: Any) -> Any:
        nonlocal reads
        reads += 1
        return read(self, *given, **more)

    monkeypatch.setattr(KinesisStream, "read", counted)
    time.sleep(0.5)
    assert reads <= 4
    bench.put("b")
    assert bench.until_batches(lambda found: len(found) == 2) == [["a"], ["b"]]
    bench.cloud.client("kinesis").put_record(StreamName="events", Data=b"c", PartitionKey="k")
    assert bench.until_batches(lambda found: len(found) == 3)[2] == ["c"]


def test_nothing_runs_after_a_reset(bench: Bench) -> None:
    """Two functions run and are ended; the third waits, and is not begun."""
    bench.function("time.sleep(90)", Timeout=100)
    bench.mapping(bench.stream(shards=3))
    for key in range(20):
        bench.put("a", key=str(key))
    until(threading.enumerate, lambda found: any("event-source" in it.name for it in found))
    time.sleep(0.5)
    began = time.monotonic()
    bench.cloud.reset()
    assert time.monotonic() - began < 60
    assert [it.name for it in threading.enumerate() if it.name.startswith("event-source")] == []
    assert bench.client.list_event_source_mappings()["EventSourceMappings"] == []
