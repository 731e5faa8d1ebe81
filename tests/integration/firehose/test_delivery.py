"""Records from Kinesis and from PutRecord arrive in S3 whole, in order, in the right objects."""

import json
import re
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError

from localcloud import LocalCloud
from localcloud.firehose.pipeline import PRINCIPAL, SESSION
from localcloud.firehose.source import KinesisSource
from localcloud.iam.call import Caller
from localcloud.iam.sessions import client_as

Any_ = Callable[..., Any]


def numbers(text: str) -> list[int]:
    return [json.loads(line)["n"] for line in text.splitlines()]


def test_records_of_a_shard_keep_their_order_in_one_object(lake: Any, send: Any_, deliver: Any_) -> None:
    deliver(BufferingHints={"IntervalInSeconds": 300})
    for start in range(0, 3000, 1000):
        send(*({"n": n} for n in range(start, start + 1000)), key="one shard")
    lake.until(lambda: len(numbers(lake.text("raw/"))) == 3000)
    assert numbers(lake.text("raw/")) == list(range(3000))
    [key] = lake.keys("raw/")
    assert re.fullmatch(
        r"raw/\d{4}/\d\d/\d\d/\d\d/delivery-1-\d{4}(-\d\d){5}-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", key
    )


def test_only_records_put_after_its_creation_are_delivered(lake: Any, send: Any_, deliver: Any_) -> None:
    send({"n": 0})
    deliver()
    send({"n": 1})
    lake.until(lambda: lake.keys("raw/"))
    assert numbers(lake.text("raw/")) == [1]


def test_records_wait_for_the_interval_at_the_clouds_speed(
    lake: Any, send: Any_, deliver: Any_, cloud: LocalCloud
) -> None:
    deliver(BufferingHints={"IntervalInSeconds": 120})
    started = time.monotonic()
    send({"n": 1})
    time.sleep(0.5)
    send({"n": 2})
    lake.until(lambda: lake.keys("raw/"))
    assert time.monotonic() - started >= 120 / cloud.speed
    assert numbers(lake.text("raw/")) == [1, 2]


def test_a_full_buffer_does_not_wait(lake: Any, send: Any_, deliver: Any_) -> None:
    deliver(BufferingHints={"SizeInMBs": 1, "IntervalInSeconds": 900})
    send(*(b"x" * 1024 for _ in range(1500)), key="one shard")
    lake.until(lambda: lake.keys("raw/"))
    [key] = lake.keys("raw/")
    assert len(lake.body(key)) == 1024 * 1024


def test_direct_put_records_go_the_same_way(lake: Any, deliver: Any_, cloud: LocalCloud) -> None:
    name = deliver("DirectPut", Prefix="direct/!{timestamp:yyyy}/", CompressionFormat="GZIP")
    firehose = cloud.client("firehose")
    first = firehose.put_record(DeliveryStreamName=name, Record={"Data": b'{"n": 0}\n'})
    batch = firehose.put_record_batch(
        DeliveryStreamName=name, Records=[{"Data": f'{{"n": {n}}}\n'.encode()} for n in range(1, 500)]
    )
    assert batch["FailedPutCount"] == 0
    ids = {first["RecordId"], *(answer["RecordId"] for answer in batch["RequestResponses"])}
    assert len(ids) == 500
    lake.until(lake.keys)
    [key] = lake.keys()
    assert re.fullmatch(r"direct/\d{4}/delivery-1-.*\.gz", key)
    assert numbers(lake.text()) == list(range(500))


def test_the_extension_time_zone_and_encryption_are_used(
    lake: Any, send: Any_, deliver: Any_, cloud: LocalCloud
) -> None:
    key_arn = cloud.client("kms").create_key()["KeyMetadata"]["Arn"]
    deliver(
        Prefix="!{timestamp:HH}/",
        CustomTimeZone="Asia/Kathmandu",
        FileExtension=".ndjson",
        EncryptionConfiguration={"KMSEncryptionConfig": {"AWSKMSKeyARN": key_arn}},
    )
    send({"n": 1})
    lake.until(lake.keys)
    [key] = lake.keys()
    assert key.endswith(".ndjson")
    head = lake.s3.head_object(Bucket="lake", Key=key)
    assert (head["ServerSideEncryption"], head["SSEKMSKeyId"]) == ("aws:kms", key_arn)
    moments = [time.gmtime(time.time() + 5.75 * 3600 - ago) for ago in (0, 30)]  # Nepal is 5:45 ahead
    assert key.split("/")[0] in {f"{moment.tm_hour:02d}" for moment in moments}
    assert any(f"-{moment.tm_hour:02d}-{moment.tm_min:02d}-" in key for moment in moments)


def test_the_source_is_backed_up_byte_for_byte(lake: Any, send: Any_, deliver: Any_, function: Any_) -> None:
    processor = function(
        "def handler(event, context):\n"
        "    dropped = {'result': 'Dropped', 'data': ''}\n"
        "    return {'records': [{'recordId': r['recordId'], **dropped} for r in event['records']]}"
    )
    deliver(
        ProcessingConfiguration=processor,
        S3BackupMode="Enabled",
        S3BackupConfiguration={
            "RoleARN": "arn:aws:iam::123456789012:role/delivery",
            "BucketARN": "arn:aws:s3:::lake",
            "Prefix": "backup/",
            "CompressionFormat": "GZIP",
            "BufferingHints": {"IntervalInSeconds": 15},
        },
    )
    send(b"first\n", b"\x00\xff", b"", b"last", key="one shard")
    lake.until(lambda: lake.keys("backup/"))
    [key] = lake.keys("backup/")
    assert re.match(r"backup/\d{4}/\d\d/\d\d/\d\d/delivery-1-", key)
    assert lake.body(key) == b"first\n\x00\xfflast"
    time.sleep(0.5)
    assert lake.keys() == [key]


def test_a_stream_that_is_split_and_merged_loses_and_doubles_nothing(
    lake: Any, send: Any_, deliver: Any_, cloud: LocalCloud
) -> None:
    deliver()
    kinesis = cloud.client("kinesis")
    send(*({"n": n} for n in range(500)))
    kinesis.update_shard_count(StreamName="events", TargetShardCount=4, ScalingType="UNIFORM_SCALING")
    send(*({"n": n} for n in range(500, 1000)))
    kinesis.update_shard_count(StreamName="events", TargetShardCount=2, ScalingType="UNIFORM_SCALING")
    send(*({"n": n} for n in range(1000, 1500)))
    lake.until(lambda: len(numbers(lake.text("raw/"))) >= 1500)
    time.sleep(0.5)
    assert sorted(numbers(lake.text("raw/"))) == list(range(1500))


def test_a_key_keeps_its_order_over_a_split(send: Any_, cloud: LocalCloud) -> None:
    """One read takes 10,000 records of a shard; the children wait until their parent is read to its end."""
    source = KinesisSource("arn:aws:kinesis:us-east-1:123456789012:stream/events", Caller("events", "events"))
    send(*(str(n).encode() for n in range(10_500)), key="the key")
    cloud.client("kinesis").update_shard_count(StreamName="events", TargetShardCount=4, ScalingType="UNIFORM_SCALING")
    send(b"10500", key="the key")
    first = [int(record.raw) for record in source.read()]
    assert first == list(range(10_000))
    assert [int(record.raw) for record in source.read()] == list(range(10_000, 10_501))


def test_a_missing_bucket_delays_but_loses_nothing(lake: Any, send: Any_, deliver: Any_, cloud: LocalCloud) -> None:
    logs = cloud.client("logs")
    logs.create_log_group(logGroupName="/delivery")
    logs.create_log_stream(logGroupName="/delivery", logStreamName="S3Delivery")
    deliver(
        BucketARN="arn:aws:s3:::later",
        CloudWatchLoggingOptions={"Enabled": True, "LogGroupName": "/delivery", "LogStreamName": "S3Delivery"},
    )
    send(*({"n": n} for n in range(100)), key="one shard")
    lake.until(lambda: logs.filter_log_events(logGroupName="/delivery")["events"])
    event = json.loads(logs.filter_log_events(logGroupName="/delivery")["events"][0]["message"])
    assert event["errorCode"] == "S3.NoSuchBucket"
    assert event["deliveryStreamARN"].endswith(":deliverystream/delivery")
    assert event["destination"] == "arn:aws:s3:::later"
    lake.s3.create_bucket(Bucket="later")
    lake.bucket = "later"
    lake.until(lake.keys)
    assert numbers(lake.text()) == list(range(100))
    assert len(lake.keys()) == 1


def test_a_put_that_failed_after_all_does_not_double(
    lake: Any, send: Any_, deliver: Any_, cloud: LocalCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    """S3 has the object, but the answer was lost: the retry is the same object."""
    role = "arn:aws:iam::123456789012:role/delivery"
    s3 = client_as(cloud, role, "s3", session=SESSION, by=PRINCIPAL)  # the one that the stream uses
    original, calls = s3.put_object, []

    def lossy(**request: Any) -> Any:
        answer = original(**request)
        calls.append(request["Key"])
        if len(calls) == 1:
            raise ReadTimeoutError(endpoint_url="http://localhost")
        return answer

    monkeypatch.setattr(s3, "put_object", lossy)
    deliver()
    send({"n": 1})
    lake.until(lambda: len(calls) == 2)
    assert len(set(calls)) == 1
    assert numbers(lake.text()) == [1]


def test_deleting_and_resetting_end_delivery(lake: Any, send: Any_, deliver: Any_, cloud: LocalCloud) -> None:
    name = deliver()
    send({"n": 1})
    lake.until(lake.keys)
    cloud.client("firehose").delete_delivery_stream(DeliveryStreamName=name)
    send({"n": 2})
    time.sleep(1)
    assert numbers(lake.text()) == [1]
    deliver()
    assert any(thread.name.startswith("firehose") for thread in threading.enumerate())
    cloud.reset()
    assert not any(thread.name.startswith("firehose") for thread in threading.enumerate())


def test_an_error_in_the_source_is_reported_and_does_not_end_delivery(
    lake: Any, send: Any_, deliver: Any_, caplog: pytest.LogCaptureFixture
) -> None:
    cloud = LocalCloud.current
    assert cloud is not None
    deliver()
    cloud.client("kinesis").delete_stream(StreamName="events")
    lake.until(lambda: "Stream events under account" in caplog.text)
    cloud.client("kinesis").create_stream(StreamName="events", ShardCount=1)
    cloud.client("kinesis").put_record(StreamName="events", Data=b'{"n": 7}\n', PartitionKey="k")
    lake.until(lake.keys)
    assert numbers(lake.text()) == [7]


def test_metrics_are_published(lake: Any, send: Any_, deliver: Any_, cloud: LocalCloud) -> None:
    deliver()
    send(*({"n": n} for n in range(10)))
    cloudwatch = cloud.client("cloudwatch")

    def maximum(namespace: str, name: str, dimension: str, value: str, statistic: str = "Maximum") -> float | None:
        points = cloudwatch.get_metric_statistics(
            Namespace=namespace, MetricName=name, Dimensions=[{"Name": dimension, "Value": value}],
            StartTime=time.time() - 600, EndTime=time.time() + 60, Period=600, Statistics=[statistic],
        )["Datapoints"]  # fmt: skip
        return points[0][statistic] if points else None

    def firehose(name: str, statistic: str = "Maximum") -> float | None:
        return maximum("AWS/Firehose", name, "DeliveryStreamName", "delivery", statistic)

    lake.until(lambda: firehose("DeliveryToS3.Records", "Sum") == 10)
    assert firehose("DeliveryToS3.Success") == 1
    assert firehose("DataReadFromKinesisStream.Records", "Sum") == 10
    assert firehose("KinesisMillisBehindLatest") == 0
    freshness = firehose("DeliveryToS3.DataFreshness")
    assert freshness is not None
    assert 0 < freshness < 10
    assert maximum("AWS/Kinesis", "GetRecords.IteratorAgeMilliseconds", "StreamName", "events") == 0
