"""DynamoDB's exports, streams and restores, against what its pages say of them."""

import base64
import gzip
import hashlib
import json
import time
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from localcloud import LocalCloud
from tests.integration.inbox import until

ITEMS: list[dict[str, Any]] = [
    {"k": {"S": "a"}, "n": {"N": "1"}},
    {"k": {"S": "ü"}, "l": {"L": [{"BOOL": True}, {"NULL": True}]}, "m": {"M": {"x": {"SS": ["p", "q"]}}}},
    {"k": {"S": "b"}, "bytes": {"B": b"\x00\xff"}},
]


@pytest.fixture
def table(cloud: LocalCloud) -> str:
    """The ARN of a table with items, a stream and recovery to any point."""
    client = cloud.client("dynamodb")
    client.create_table(
        TableName="flights",
        KeySchema=[{"AttributeName": "k", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "k", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
    )
    client.update_continuous_backups(
        TableName="flights", PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
    )
    for item in ITEMS:
        client.put_item(TableName="flights", Item=item)
    cloud.client("s3").create_bucket(Bucket="exports")
    return str(client.describe_table(TableName="flights")["Table"]["TableArn"])


def exported(cloud: LocalCloud, table: str, **more: Any) -> dict[str, Any]:
    client = cloud.client("dynamodb")
    begun = client.export_table_to_point_in_time(TableArn=table, **{"S3Bucket": "exports", **more})[
        "ExportDescription"
    ]
    assert (begun["ExportStatus"], "EndTime" in begun) == ("IN_PROGRESS", False)
    found: dict[str, Any] = until(
        lambda: client.describe_export(ExportArn=begun["ExportArn"])["ExportDescription"],
        lambda told: told["ExportStatus"] != "IN_PROGRESS",
    )
    return found


def objects(cloud: LocalCloud) -> dict[str, bytes]:
    client = cloud.client("s3")
    keys = [item["Key"] for item in client.list_objects_v2(Bucket="exports").get("Contents", [])]
    return {key: client.get_object(Bucket="exports", Key=key)["Body"].read() for key in keys}


@pytest.mark.parametrize("prefix", [None, "a/b", "a/"])
def test_an_export_is_what_the_page_says(cloud: LocalCloud, table: str, prefix: str | None) -> None:
    """https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/S3DataExport.Output.html"""
    told = exported(cloud, table, **({} if prefix is None else {"S3Prefix": prefix}))
    export_id = told["ExportArn"].removeprefix(f"{table}/export/")
    folder = f"{prefix.rstrip('/')}/AWSDynamoDB/{export_id}" if prefix else f"AWSDynamoDB/{export_id}"
    assert told["ExportManifest"] == f"{folder}/manifest-summary.json"
    written = objects(cloud)
    (data,) = (key for key in written if key.startswith(f"{folder}/data/"))
    manifests = {f"{folder}/manifest-{kind}.{end}" for kind in ("summary", "files") for end in ("json", "checksum")}
    assert set(written) == {f"{folder}/_started", data, *manifests}
    assert data.endswith(".json.gz")

    lines = [json.loads(line)["Item"] for line in gzip.decompress(written[data]).decode().splitlines()]
    expected = [{**ITEMS[0]}, {**ITEMS[1]}, {"k": {"S": "b"}, "bytes": {"B": base64.b64encode(b"\x00\xff").decode()}}]
    assert sorted(lines, key=lambda item: item["k"]["S"]) == sorted(expected, key=lambda item: item["k"]["S"])

    (entry,) = map(json.loads, written[f"{folder}/manifest-files.json"].splitlines())
    etag = cloud.client("s3").head_object(Bucket="exports", Key=data)["ETag"].strip('"')
    assert entry == {"itemCount": 3, "md5Checksum": md5(written[data]), "etag": etag, "dataFileS3Key": data}
    for kind in ("summary", "files"):
        assert written[f"{folder}/manifest-{kind}.checksum"].decode() == md5(
            written[f"{folder}/manifest-{kind}.json"]
        )

    summary = json.loads(written[f"{folder}/manifest-summary.json"])
    assert summary["tableId"] == cloud.client("dynamodb").describe_table(TableName="flights")["Table"]["TableId"]
    assert (summary["exportArn"], summary["tableArn"], summary["itemCount"]) == (told["ExportArn"], table, 3)
    assert (summary["s3Bucket"], summary["s3Prefix"]) == ("exports", prefix)
    assert summary["manifestFilesS3Key"] == f"{folder}/manifest-files.json"
    assert summary["startTime"] <= summary["endTime"]
    # the attributes' names and values in UTF-8: k a n 1 | k ü l(list) m(map) | k b bytes(2)
    assert told["ItemCount"] == 3
    assert 0 < told["BilledSizeBytes"] == summary["billedSizeBytes"] < 100


def md5(body: bytes) -> str:
    return base64.b64encode(hashlib.md5(body, usedforsecurity=False).digest()).decode()


def test_exports_are_listed_by_table_and_repeated_by_token(cloud: LocalCloud, table: str) -> None:
    client = cloud.client("dynamodb")
    assert client.list_exports()["ExportSummaries"] == []
    first = exported(cloud, table, ClientToken="t" * 8)
    again = client.export_table_to_point_in_time(TableArn=table, S3Bucket="exports", ClientToken="t" * 8)
    assert again["ExportDescription"]["ExportArn"] == first["ExportArn"]
    second = exported(cloud, table)
    arns = [second["ExportArn"], first["ExportArn"]]
    for wanted, listed in (({}, arns), ({"TableArn": table}, arns), ({"TableArn": f"{table}-other"}, [])):
        assert [item["ExportArn"] for item in client.list_exports(**wanted)["ExportSummaries"]] == listed


def test_an_export_that_cannot_be_written_failed(cloud: LocalCloud, table: str) -> None:
    told = exported(cloud, table, S3Bucket="no-such-bucket")
    assert (told["ExportStatus"], told["FailureCode"]) == ("FAILED", "S3NoSuchBucket")
    assert "ExportManifest" not in told


def test_an_export_is_of_the_moment_it_was_asked_for(cloud: LocalCloud, table: str) -> None:
    client = cloud.client("dynamodb")
    begun = client.export_table_to_point_in_time(TableArn=table, S3Bucket="exports")["ExportDescription"]
    client.put_item(TableName="flights", Item={"k": {"S": "later"}})
    until(
        lambda: client.describe_export(ExportArn=begun["ExportArn"])["ExportDescription"]["ExportStatus"],
        lambda status: status == "COMPLETED",
    )
    (data,) = (body for key, body in objects(cloud).items() if "/data/" in key)
    assert b"later" not in gzip.decompress(data)


def test_what_would_have_to_know_the_past_or_another_format(cloud: LocalCloud, table: str) -> None:
    client = cloud.client("dynamodb")
    long_ago = datetime.fromtimestamp(time.time() - 3600, UTC)
    for more, named in (
        ({"ExportFormat": "ION"}, "in the format ION"),
        ({"ExportType": "INCREMENTAL_EXPORT"}, "of the type INCREMENTAL_EXPORT"),
        ({"ExportTime": long_ago}, "with an ExportTime in the past"),
    ):
        with pytest.raises(ClientError, match=f"ExportTableToPointInTime {named} is not implemented"):
            client.export_table_to_point_in_time(TableArn=table, S3Bucket="exports", **more)
    with pytest.raises(ClientError, match="with a RestoreDateTime is not implemented"):
        client.restore_table_to_point_in_time(
            SourceTableName="flights", TargetTableName="old", RestoreDateTime=long_ago
        )
    client.restore_table_to_point_in_time(
        SourceTableName="flights", TargetTableName="copy", UseLatestRestorableTime=True
    )
    assert client.scan(TableName="copy", Select="COUNT")["Count"] == 3


def test_errors_of_exports(cloud: LocalCloud, table: str) -> None:
    client = cloud.client("dynamodb")
    with pytest.raises(client.exceptions.ExportNotFoundException):
        client.describe_export(ExportArn=f"{table}/export/01693685827463-2d8752fd")
    with pytest.raises(client.exceptions.TableNotFoundException):
        client.export_table_to_point_in_time(TableArn=f"{table}-other", S3Bucket="exports")
    client.update_continuous_backups(
        TableName="flights", PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": False}
    )
    with pytest.raises(client.exceptions.PointInTimeRecoveryUnavailableException):
        client.export_table_to_point_in_time(TableArn=table, S3Bucket="exports")


def records(cloud: LocalCloud, region: str | None = None) -> list[tuple[str, str]]:
    """Event and key of every record of the table's stream."""
    arn = cloud.client("dynamodb", region).describe_table(TableName="flights")["Table"]["LatestStreamArn"]
    streams = cloud.client("dynamodbstreams", region)
    (shard,) = streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]
    iterator = streams.get_shard_iterator(StreamArn=arn, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON")
    found = streams.get_records(ShardIterator=iterator["ShardIterator"])["Records"]
    return [(record["eventName"], record["dynamodb"]["Keys"]["k"]["S"]) for record in found]


def test_a_new_table_is_described_as_dynamodb_does(cloud: LocalCloud) -> None:
    """Snapshots of localstack's TestDynamoDBEventSourceMapping."""
    client = cloud.client("dynamodb")
    made = client.create_table(
        TableName="plain",
        KeySchema=[{"AttributeName": "k", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "k", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )["TableDescription"]
    assert {"GlobalSecondaryIndexes", "LocalSecondaryIndexes", "WarmThroughput"} & set(made) == set()
    told = client.describe_table(TableName="plain")["Table"]
    assert set(told) == {*made, "WarmThroughput"}


def test_what_changes_nothing_leaves_no_record(cloud: LocalCloud, table: str) -> None:
    """https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Streams.html"""
    client = cloud.client("dynamodb")
    inserted = [("INSERT", item["k"]["S"]) for item in ITEMS]
    client.put_item(TableName="flights", Item=ITEMS[1])
    client.batch_write_item(RequestItems={"flights": [{"PutRequest": {"Item": ITEMS[0]}}]})
    key = {"k": {"S": "a"}}
    same: dict[str, Any] = {"UpdateExpression": "SET n = :n", "ExpressionAttributeValues": {":n": {"N": "1"}}}
    client.update_item(TableName="flights", Key=key, **same)
    assert records(cloud) == inserted
    same["ExpressionAttributeValues"] = {":n": {"N": "2"}}
    client.update_item(TableName="flights", Key=key, **same)
    client.put_item(TableName="flights", Item={**ITEMS[1], "more": {"S": ""}})
    client.delete_item(TableName="flights", Key=key)
    client.put_item(TableName="flights", Item=ITEMS[0])
    changes = [("MODIFY", "a"), ("MODIFY", "ü"), ("REMOVE", "a"), ("INSERT", "a")]
    assert records(cloud) == inserted + changes
