"""Delivery streams are described as they were made, updated by their rules, and refused with Firehose's sentences."""

import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from localcloud import LocalCloud

Any_ = Callable[..., Any]
ROLE = "arn:aws:iam::123456789012:role/delivery"
ORC: dict[str, Any] = {"Serializer": {"OrcSerDe": {}}}
LAMBDA = {
    "Enabled": True,
    "Processors": [
        {
            "Type": "Lambda",
            "Parameters": [
                {"ParameterName": "LambdaArn", "ParameterValue": "arn:aws:lambda:us-east-1:123456789012:function:f"}
            ],
        }
    ],
}
CONVERSION = {
    "Enabled": True,
    "SchemaConfiguration": {"RoleARN": ROLE, "DatabaseName": "db", "TableName": "t"},
    "InputFormatConfiguration": {"Deserializer": {"OpenXJsonSerDe": {}}},
    "OutputFormatConfiguration": {"Serializer": {"ParquetSerDe": {}}},
}
BY_KEY = {
    "Prefix": "k=!{partitionKeyFromLambda:k}/",
    "DynamicPartitioningConfiguration": {"Enabled": True},
    "ProcessingConfiguration": LAMBDA,
    "BufferingHints": {"SizeInMBs": 64, "IntervalInSeconds": 60},
}


def describe(cloud: LocalCloud) -> dict[str, Any]:
    found = cloud.client("firehose").describe_delivery_stream(DeliveryStreamName="delivery")
    description: dict[str, Any] = found["DeliveryStreamDescription"]
    return description


def test_every_property_is_read_back(send: Any_, deliver: Any_, cloud: LocalCloud) -> None:
    backup = {
        "RoleARN": ROLE,
        "BucketARN": "arn:aws:s3:::backup",
        "Prefix": "b/",
        "CompressionFormat": "GZIP",
        "BufferingHints": {"SizeInMBs": 3, "IntervalInSeconds": 70},
        "EncryptionConfiguration": {"NoEncryptionConfig": "NoEncryption"},
        "CloudWatchLoggingOptions": {"Enabled": False},
    }
    given = {
        **BY_KEY,
        "CompressionFormat": "UNCOMPRESSED",
        "EncryptionConfiguration": {
            "KMSEncryptionConfig": {"AWSKMSKeyARN": "arn:aws:kms:us-east-1:123456789012:key/k"}
        },
        "CloudWatchLoggingOptions": {"Enabled": True, "LogGroupName": "g", "LogStreamName": "s"},
        "DataFormatConversionConfiguration": CONVERSION,
        "CustomTimeZone": "Europe/Berlin",
        "FileExtension": ".pq",
        "S3BackupMode": "Enabled",
    }
    deliver(**given, S3BackupConfiguration=backup)
    found = describe(cloud)
    assert found["DeliveryStreamStatus"] == "ACTIVE"
    assert found["DeliveryStreamType"] == "KinesisStreamAsSource"
    source = found["Source"]["KinesisStreamSourceDescription"]
    assert source["KinesisStreamARN"].endswith(":stream/events")
    assert "DeliveryStartTimestamp" in source
    extended = found["Destinations"][0]["ExtendedS3DestinationDescription"]
    for name, value in given.items():
        assert extended[name] == value, name
    assert extended["S3BackupDescription"] == backup
    assert found["Destinations"][0]["S3DestinationDescription"]["Prefix"] == BY_KEY["Prefix"]


def test_defaults_are_firehoses(send: Any_, deliver: Any_, cloud: LocalCloud) -> None:
    deliver("DirectPut", BufferingHints={})
    extended = describe(cloud)["Destinations"][0]["ExtendedS3DestinationDescription"]
    assert extended["BufferingHints"] == {"SizeInMBs": 5, "IntervalInSeconds": 300}
    assert extended["CompressionFormat"] == "UNCOMPRESSED"
    assert extended["EncryptionConfiguration"] == {"NoEncryptionConfig": "NoEncryption"}
    assert extended["S3BackupMode"] == "Disabled"


def test_large_buffers_are_the_default_with_conversion(send: Any_, deliver: Any_, cloud: LocalCloud) -> None:
    deliver(BufferingHints={}, DataFormatConversionConfiguration=CONVERSION)
    extended = describe(cloud)["Destinations"][0]["ExtendedS3DestinationDescription"]
    assert extended["BufferingHints"]["SizeInMBs"] == 128


def test_an_update_merges_counts_and_takes_effect(lake: Any, send: Any_, deliver: Any_, cloud: LocalCloud) -> None:
    name = deliver(BufferingHints={"IntervalInSeconds": 900})
    firehose = cloud.client("firehose")
    send({"n": 1})
    time.sleep(0.5)  # until it waits in a buffer of the first version
    update = {
        "Prefix": "new/!{timestamp:yyyy}/",
        "S3BackupMode": "Enabled",
        "BufferingHints": {"IntervalInSeconds": 15},
    }
    backup = {"RoleARN": ROLE, "BucketARN": "arn:aws:s3:::lake", "Prefix": "backup/"}
    request = {"DeliveryStreamName": name, "DestinationId": "destinationId-000000000001"}
    firehose.update_destination(
        **request,
        CurrentDeliveryStreamVersionId="1",
        ExtendedS3DestinationUpdate={
            **update,
            "S3BackupUpdate": {**backup, "BufferingHints": {"IntervalInSeconds": 15}},
        },
    )
    found = describe(cloud)
    extended = found["Destinations"][0]["ExtendedS3DestinationDescription"]
    assert found["VersionId"] == "2"
    assert extended["Prefix"] == update["Prefix"]
    assert extended["ErrorOutputPrefix"] == "errors/!{firehose:error-output-type}/"
    assert extended["S3BackupDescription"]["Prefix"] == "backup/"
    lake.until(lambda: lake.keys("raw/"), seconds=10)
    send({"n": 2})
    lake.until(lambda: '"n": 2' in lake.text("new/") and lake.keys("backup/"))
    assert all("/delivery-2-" in key for key in lake.keys("new/"))
    assert (json.loads(lake.text("raw/")), json.loads(lake.text("new/"))) == ({"n": 1}, {"n": 2})
    with pytest.raises(ClientError, match="ConcurrentModificationException"):
        firehose.update_destination(**request, CurrentDeliveryStreamVersionId="1", ExtendedS3DestinationUpdate=update)
    with pytest.raises(ClientError, match="cannot be changed from Enabled to Disabled"):
        firehose.update_destination(
            **request, CurrentDeliveryStreamVersionId="2", ExtendedS3DestinationUpdate={"S3BackupMode": "Disabled"}
        )
    with pytest.raises(ClientError, match="must be at least 64 when data format conversion"):
        firehose.update_destination(
            **request,
            CurrentDeliveryStreamVersionId="2",
            ExtendedS3DestinationUpdate={"DataFormatConversionConfiguration": CONVERSION},
        )
    assert describe(cloud)["VersionId"] == "2"


def test_tags_and_encryption(deliver: Any_, cloud: LocalCloud, lake: Any) -> None:
    name = deliver("DirectPut")
    firehose = cloud.client("firehose")
    firehose.tag_delivery_stream(DeliveryStreamName=name, Tags=[{"Key": "a", "Value": "1"}])
    assert firehose.list_tags_for_delivery_stream(DeliveryStreamName=name)["Tags"] == [{"Key": "a", "Value": "1"}]
    firehose.untag_delivery_stream(DeliveryStreamName=name, TagKeys=["a"])
    assert firehose.list_tags_for_delivery_stream(DeliveryStreamName=name)["Tags"] == []
    firehose.stop_delivery_stream_encryption(DeliveryStreamName=name)
    assert describe(cloud)["DeliveryStreamEncryptionConfiguration"]["Status"] == "DISABLED"
    firehose.start_delivery_stream_encryption(DeliveryStreamName=name)
    assert describe(cloud)["DeliveryStreamEncryptionConfiguration"] == {
        "KeyType": "AWS_OWNED_CMK",
        "Status": "ENABLED",
    }


@pytest.mark.parametrize(
    ("destination", "message"),
    [
        ({"BufferingHints": {"SizeInMBs": 63}, "DataFormatConversionConfiguration": CONVERSION},
         "BufferingHints.SizeInMBs must be at least 64 when data format conversion is enabled."),
        ({**BY_KEY, "BufferingHints": {"SizeInMBs": 63}},
         "BufferingHints.SizeInMBs must be at least 64 when Dynamic Partitioning is enabled."),
        ({**BY_KEY, "BufferingHints": {"SizeInMBs": 64, "IntervalInSeconds": 59}},
         "BufferingHints.IntervalInSeconds must be at least 60 seconds when Dynamic Partitioning is enabled."),
        ({**BY_KEY, "ErrorOutputPrefix": ""}, "ErrorOutputPrefix must be specified when Dynamic Partitioning"),
        ({"Prefix": "!{timestamp:yyyy}/", "ErrorOutputPrefix": ""},
         "ErrorOutputPrefix cannot be null or empty when Prefix contains expressions"),
        ({"Prefix": "!{timestamp:yyyy", }, "can only appear in !{namespace:value} expressions"),
        ({"ErrorOutputPrefix": "!{timestamp:yyyy}/"}, "at least one instance of !{firehose:error-output-type}"),
        ({"Prefix": "k=!{partitionKeyFromLambda:k}/"}, "only when dynamic partitioning is enabled"),
        ({**BY_KEY, "ProcessingConfiguration": {"Enabled": False}}, "needs a Lambda processor"),
        ({"CompressionFormat": "GZIP", "DataFormatConversionConfiguration": CONVERSION,
          "BufferingHints": {"SizeInMBs": 64}}, "CompressionFormat must be UNCOMPRESSED"),
        ({"DataFormatConversionConfiguration": {"Enabled": True}, "BufferingHints": {"SizeInMBs": 64}},
         "InputFormatConfiguration must not be null"),
        ({"CustomTimeZone": "Mars/Olympus"}, "CustomTimeZone Mars/Olympus"),
        ({"S3BackupMode": "Enabled"}, "S3BackupConfiguration is required"),
        ({"CompressionFormat": "Snappy"}, "CompressionFormat Snappy is not implemented"),
        ({"Prefix": "!{partitionKeyFromQuery:k}/"}, r"partitionKeyFromQuery \(JQ\) in a prefix is not implemented"),
        ({"ProcessingConfiguration": {"Enabled": True, "Processors": [{"Type": "MetadataExtraction"}]}},
         "a processor of type MetadataExtraction is not implemented"),
        ({"DataFormatConversionConfiguration": {**CONVERSION, "OutputFormatConfiguration": ORC},
          "BufferingHints": {"SizeInMBs": 64}}, "OrcSerDe is not implemented"),
    ],
)  # fmt: skip
def test_bad_destinations_are_refused(
    send: Any_, deliver: Any_, cloud: LocalCloud, destination: dict[str, Any], message: str
) -> None:
    with pytest.raises(ClientError, match=message):
        deliver(**destination)
    assert cloud.client("firehose").list_delivery_streams()["DeliveryStreamNames"] == []


@pytest.mark.parametrize(
    ("hints", "bound"),
    [
        ({"SizeInMBs": 129}, "less than or equal to 128"),
        ({"IntervalInSeconds": 901}, "less than or equal to 900"),
    ],
)
def test_hints_out_of_range_are_refused(send: Any_, deliver: Any_, hints: dict[str, int], bound: str) -> None:
    with pytest.raises(ClientError, match=f"ValidationException.*Member must have value {bound}"):
        deliver(BufferingHints=hints)


def test_what_has_no_engine_is_refused_by_name(cloud: LocalCloud, lake: Any) -> None:
    firehose = cloud.client("firehose")
    s3 = {"RoleARN": ROLE, "BucketARN": "arn:aws:s3:::lake"}
    http = {"EndpointConfiguration": {"Url": "https://example.com"}, "S3Configuration": s3}
    with pytest.raises(ClientError, match="HttpEndpointDestinationConfiguration is not implemented"):
        firehose.create_delivery_stream(DeliveryStreamName="x", HttpEndpointDestinationConfiguration=http)
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        firehose.create_delivery_stream(
            DeliveryStreamName="x", DeliveryStreamType="KinesisStreamAsSource", S3DestinationConfiguration=s3,
            KinesisStreamSourceConfiguration={
                "KinesisStreamARN": "arn:aws:kinesis:us-east-1:123456789012:stream/none", "RoleARN": ROLE
            },
        )  # fmt: skip


def test_put_limits_are_enforced(send: Any_, deliver: Any_, cloud: LocalCloud) -> None:
    firehose = cloud.client("firehose")
    name = deliver("DirectPut")
    firehose.put_record(DeliveryStreamName=name, Record={"Data": b"x" * 1_024_000})
    with pytest.raises(ClientError, match="ValidationException"):
        firehose.put_record(DeliveryStreamName=name, Record={"Data": b"x" * 1_024_001})
    with pytest.raises(ClientError, match="less than or equal to 500"):
        firehose.put_record_batch(DeliveryStreamName=name, Records=[{"Data": b"x"}] * 501)
    with pytest.raises(ClientError, match="exceeds 4 MB"):
        firehose.put_record_batch(DeliveryStreamName=name, Records=[{"Data": b"x" * 1_000_000}] * 5)
    firehose.delete_delivery_stream(DeliveryStreamName=name)
    deliver()
    with pytest.raises(ClientError, match="not permitted on KinesisStreamAsSource"):
        firehose.put_record(DeliveryStreamName=name, Record={"Data": b"x"})
