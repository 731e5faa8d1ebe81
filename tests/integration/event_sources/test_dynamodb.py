"""DynamoDB streams, by themselves and to functions."""

import base64
import json
import threading
import time
from typing import Any

import pytest
from botocore.exceptions import ClientError
from moto.dynamodb.models import DynamoDBBackend

from localcloud import LocalCloud
from localcloud.event_sources import feed
from localcloud.moto_gaps import dynamodb_streams
from localcloud.moto_gaps.dynamodb_sizes import item_size
from tests.integration.event_sources.conftest import Bench

KEY = {"id": {"S": "id_value"}}


class Table:
    """A table with a stream."""

    def __init__(self, cloud: LocalCloud, view: str = "NEW_AND_OLD_IMAGES") -> None:
        self.client = cloud.client("dynamodb")
        self.streams = cloud.client("dynamodbstreams")
        told = self.client.create_table(
            TableName="items",
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
            StreamSpecification={"StreamEnabled": True, "StreamViewType": view},
        )["TableDescription"]
        self.arn: str = told["LatestStreamArn"]

    def put(self, **attributes: str) -> None:
        item = {name: {"S": value} for name, value in attributes.items()}
        self.client.put_item(TableName="items", Item={**KEY, **item})

    @property
    def shard(self) -> dict[str, Any]:
        (shard,) = self.streams.describe_stream(StreamArn=self.arn)["StreamDescription"]["Shards"]
        return dict(shard)

    def iterator(self, kind: str = "TRIM_HORIZON", **more: str) -> str:
        given = {"StreamArn": self.arn, "ShardId": self.shard["ShardId"], "ShardIteratorType": kind, **more}
        return str(self.streams.get_shard_iterator(**given)["ShardIterator"])

    def records(self, iterator: str | None = None, **more: Any) -> list[dict[str, Any]]:
        answer = self.streams.get_records(ShardIterator=iterator or self.iterator(), **more)
        found: list[dict[str, Any]] = answer["Records"]
        return found


def test_a_change_arrives_as_lambda_makes_it(bench: Bench) -> None:
    bench.function()
    table = Table(bench.cloud)
    bench.mapping(table.arn, BatchSize=1)
    table.put()
    table.put(id2="id2_new_value")
    table.client.delete_item(TableName="items", Key=KEY)
    records = [event["Records"][0] for event in bench.until_events(3)]
    assert [record["eventName"] for record in records] == ["INSERT", "MODIFY", "REMOVE"]
    told = records[1]
    assert isinstance(told["dynamodb"].pop("ApproximateCreationDateTime"), float)
    assert len(told.pop("eventID")) == 32
    assert told["dynamodb"].pop("SequenceNumber").isdigit()
    new = {"id": {"S": "id_value"}, "id2": {"S": "id2_new_value"}}
    assert told == {
        "eventName": "MODIFY",
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": "us-east-1",
        "dynamodb": {
            "Keys": KEY,
            "NewImage": new,
            "OldImage": KEY,
            "SizeBytes": 46,  # as in the snapshot of localstack's test_dynamodb_event_filter[content_or_filter]
            "StreamViewType": "NEW_AND_OLD_IMAGES",
        },
        "eventSourceARN": table.arn,
    }


def test_an_item_that_expires_goes_by_dynamodb_itself(bench: Bench) -> None:
    bench.function()
    table = Table(bench.cloud)
    bench.mapping(table.arn, FilterCriteria={"Filters": [{"Pattern": '{"userIdentity":{"type":["Service"]}}'}]})
    for name, seconds in (("soon", 1), ("later", 10**6), ("long ago", -(10**9))):
        expiry = {"N": str(int(time.time()) + seconds)}
        table.client.put_item(TableName="items", Item={"id": {"S": name}, "expires": expiry})
    table.put(expires="no number")
    table.client.update_time_to_live(
        TableName="items", TimeToLiveSpecification={"Enabled": True, "AttributeName": "expires"}
    )
    ((record,),) = [event["Records"] for event in bench.until_events(1)]
    assert record["userIdentity"] == {"type": "Service", "principalId": "dynamodb.amazonaws.com"}
    assert (record["eventName"], record["dynamodb"]["Keys"]["id"]["S"]) == ("REMOVE", "soon")
    assert table.records()[-1]["userIdentity"] == {"Type": "Service", "PrincipalId": "dynamodb.amazonaws.com"}
    assert table.client.scan(TableName="items")["Count"] == 3


def test_an_image_has_every_type_in_json(bench: Bench) -> None:
    bench.function()
    table = Table(bench.cloud)
    bench.mapping(table.arn)
    inner = {"B": b"\x00"}
    item: dict[str, Any] = {
        **KEY,
        "list": {"L": [inner, {"M": {"deep": {"L": [{"NULL": True}, {"BOOL": False}, inner]}}}]},
        "sets": {"M": {"s": {"SS": ["a"]}, "n": {"NS": ["1"]}, "b": {"BS": [b"\x00"]}}},
        "blobs": {"BS": [b"\x00"]},
    }
    table.client.put_item(TableName="items", Item=item)
    ((record,),) = [event["Records"] for event in bench.until_events(1)]
    assert record["dynamodb"]["NewImage"] == json.loads(
        json.dumps(item, default=lambda blob: base64.b64encode(blob).decode())
    )
    assert table.records()[0]["dynamodb"]["NewImage"] == item


def test_a_change_wakes_its_mapping(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed, "LOOK_AGAIN", 600.0)
    bench.function()
    table = Table(bench.cloud)
    bench.mapping(table.arn)
    time.sleep(0.1)  # until it sleeps
    table.put()
    bench.until_events(1)


def test_a_filter_sees_the_images(bench: Bench) -> None:
    bench.function()
    table = Table(bench.cloud)
    pattern = json.dumps({"dynamodb": {"NewImage": {"kind": {"S": ["wanted"]}}}})
    bench.mapping(table.arn, FilterCriteria={"Filters": [{"Pattern": pattern}]})
    table.put(kind="other")
    table.put(kind="wanted")
    ((record,),) = [event["Records"] for event in bench.until_events(1)]
    assert record["dynamodb"]["NewImage"]["kind"] == {"S": "wanted"}


def test_latest_begins_after_what_is_there(bench: Bench) -> None:
    bench.function()
    table = Table(bench.cloud)
    table.put(n="1")
    bench.mapping(table.arn, StartingPosition="LATEST")
    table.put(n="2")
    ((record,),) = [event["Records"] for event in bench.until_events(1)]
    assert record["dynamodb"]["NewImage"]["n"] == {"S": "2"}


def test_what_is_given_up_is_told_in_whole_seconds(bench: Bench) -> None:
    bench.function("raise ValueError")
    url, lost = bench.queue("lost")
    table = Table(bench.cloud)
    bench.mapping(table.arn, MaximumRetryAttempts=0, DestinationConfig={"OnFailure": {"Destination": lost}})
    table.put()
    (message,) = bench.received(url)
    info = json.loads(message["Body"])["DDBStreamBatchInfo"]
    assert info["shardId"] == table.shard["ShardId"]
    assert len(info["approximateArrivalOfFirstRecord"]) == len("2022-07-13T13:48:01Z")


def test_a_transaction_is_seen_whole_or_not_at_all(cloud: LocalCloud) -> None:
    table = Table(cloud)
    first = {"Put": {"TableName": "items", "Item": {"id": {"S": "1"}}}}
    wrong = {
        "Put": {"TableName": "items", "Item": {"id": {"S": "2"}}, "ConditionExpression": "attribute_exists(id)"},
    }
    with pytest.raises(ClientError, match="Transaction cancelled"):
        table.client.transact_write_items(TransactItems=[first, wrong])
    assert table.records() == []
    table.client.transact_write_items(
        TransactItems=[first, {"Put": {"TableName": "items", "Item": {"id": {"S": "2"}}}}]
    )
    assert [record["dynamodb"]["Keys"]["id"]["S"] for record in table.records()] == ["1", "2"]


def test_who_reads_during_a_transaction_waits_for_its_end(cloud: LocalCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    table = Table(cloud)
    iterator = table.iterator()
    seen: list[Any] = []
    reader = threading.Thread(target=lambda: seen.extend(table.records(iterator)))
    get_item = DynamoDBBackend.get_item

    def and_read(self: Any, name: str, key: Any, **more: Any) -> Any:
        if key["id"]["S"] == "2":  # the first was put
            reader.start()
            reader.join(0.5)
        return get_item(self, name, key, **more)

    monkeypatch.setattr(DynamoDBBackend, "get_item", and_read)
    wrong = {"TableName": "items", "Key": {"id": {"S": "2"}}, "ConditionExpression": "attribute_exists(id)"}
    with pytest.raises(ClientError, match="Transaction cancelled"):
        table.client.transact_write_items(
            TransactItems=[{"Put": {"TableName": "items", "Item": {"id": {"S": "1"}}}}, {"ConditionCheck": wrong}]
        )
    reader.join()
    assert seen == []


def test_batches_of_writes_leave_a_record_each(cloud: LocalCloud) -> None:
    table = Table(cloud)
    puts = [{"PutRequest": {"Item": {"id": {"S": str(number)}}}} for number in range(3)]
    table.client.batch_write_item(RequestItems={"items": puts})
    table.client.batch_write_item(RequestItems={"items": [{"DeleteRequest": {"Key": {"id": {"S": "1"}}}}]})
    names = [(record["eventName"], record["dynamodb"]["Keys"]["id"]["S"]) for record in table.records()]
    assert names == [("INSERT", "0"), ("INSERT", "1"), ("INSERT", "2"), ("REMOVE", "1")]


def test_an_update_of_what_is_not_there_is_one_insert(cloud: LocalCloud) -> None:
    table = Table(cloud)
    table.client.update_item(
        TableName="items", Key=KEY, UpdateExpression="SET n = :n", ExpressionAttributeValues={":n": {"N": "1"}}
    )
    assert [(it["eventName"], it["dynamodb"]["NewImage"]) for it in table.records()] == [
        ("INSERT", {**KEY, "n": {"N": "1"}})
    ]


def test_iterators_begin_where_they_are_asked_to(cloud: LocalCloud) -> None:
    table = Table(cloud)
    for n in "123":
        table.put(n=n)
    numbers = [record["dynamodb"]["SequenceNumber"] for record in table.records()]
    assert table.shard["SequenceNumberRange"]["StartingSequenceNumber"] == numbers[0]

    def seen(kind: str, number: str = "") -> list[str]:
        more = {"SequenceNumber": number} if number else {}
        return [record["dynamodb"]["SequenceNumber"] for record in table.records(table.iterator(kind, **more))]

    assert seen("AT_SEQUENCE_NUMBER", numbers[1]) == numbers[1:]
    assert seen("AFTER_SEQUENCE_NUMBER", numbers[1]) == numbers[2:]
    assert seen("LATEST") == []
    iterator = table.iterator()
    for number in numbers:
        answer = table.streams.get_records(ShardIterator=iterator, Limit=1)
        assert [record["dynamodb"]["SequenceNumber"] for record in answer["Records"]] == [number]
        iterator = answer["NextShardIterator"]
    assert table.records(iterator) == []


def test_an_iterator_expires_after_fifteen_minutes(cloud: LocalCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    table = Table(cloud)
    iterator = table.iterator()
    monkeypatch.setattr(dynamodb_streams, "ITERATOR_SECONDS", 1)
    time.sleep(0.05)
    with pytest.raises(table.streams.exceptions.ExpiredIteratorException):
        table.records(iterator)


def test_a_stream_that_was_switched_off_stays_readable(cloud: LocalCloud) -> None:
    table = Table(cloud)
    table.put(n="1")
    table.client.update_table(TableName="items", StreamSpecification={"StreamEnabled": False})
    table.put(n="2")
    told = table.streams.describe_stream(StreamArn=table.arn)["StreamDescription"]
    assert told["StreamStatus"] == "DISABLED"
    answer = table.streams.get_records(ShardIterator=table.iterator())
    assert len(answer["Records"]) == 1
    assert "NextShardIterator" not in answer
    again = {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}
    table.client.update_table(TableName="items", StreamSpecification=again)
    table.put(n="3")
    listed = [stream["StreamArn"] for stream in table.streams.list_streams(TableName="items")["Streams"]]
    assert listed[0] == table.arn
    assert len(listed) == 2
    assert len(table.records()) == 1
    table.arn = listed[1]
    ((record),) = table.records()
    assert set(record["dynamodb"]) & {"NewImage", "OldImage"} == set()


def test_a_stream_that_there_is_not_is_named(cloud: LocalCloud) -> None:
    streams = cloud.client("dynamodbstreams")
    arn = "arn:aws:dynamodb:us-east-1:123456789012:table/t/stream/2024-11-18T14:36:44.149"
    with pytest.raises(ClientError, match=f"Requested resource not found: Stream: {arn} not found"):
        streams.describe_stream(StreamArn=arn)
    with pytest.raises(ClientError, match="Invalid ShardIterator"):
        streams.get_records(ShardIterator="x")


@pytest.mark.parametrize(
    ("attributes", "size"),
    [
        ({"id": {"S": "ä"}}, 4),
        ({"n": {"N": "42"}}, 3),
        ({"n": {"N": "-3.14"}}, 5),
        ({"b": {"B": "Zm9vYmFy"}}, 7),
        ({"b": {"BOOL": True}, "z": {"NULL": True}}, 4),
        ({"l": {"L": [{"S": "ab"}]}}, 7),
        ({"m": {"M": {"k": {"S": "ab"}}}}, 8),
        ({"s": {"SS": ["ab", "c"]}}, 4),
    ],
)
def test_the_size_of_an_item(attributes: dict[str, Any], size: int) -> None:
    assert item_size(attributes) == size
