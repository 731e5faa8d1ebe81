"""DynamoDB: transactions and conditions with others at work, and what the quick ways must not change."""

import threading
from collections import Counter
from typing import Any

import pytest
from botocore.exceptions import ClientError

from localcloud import LocalCloud
from localcloud.moto_gaps.dynamodb_streams import LOCK

VALUES: dict[str, Any] = {
    "s": {"S": "ü"},
    "n": {"N": "1.5"},
    "b": {"B": b"\x00\xff"},
    "yes": {"BOOL": True},
    "nothing": {"NULL": True},
    "list": {"L": [{"S": "a"}, {"N": "2"}, {"L": [{"BOOL": False}]}, {"B": b"\x01"}]},
    "map": {"M": {"x": {"N": "3"}, "set": {"SS": ["p", "q"]}, "deep": {"M": {"y": {"S": ""}}}}},
    "numbers": {"NS": ["1", "2"]},
}


@pytest.fixture
def client(cloud: LocalCloud) -> Any:
    found = cloud.client("dynamodb")
    found.create_table(
        TableName="rows",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk", "other")],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "by-other",
                "KeySchema": [{"AttributeName": "other", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
    )
    return found


def key(pk: str, sk: str = "a") -> dict[str, Any]:
    return {"pk": {"S": pk}, "sk": {"S": sk}}


def put(pk: str, sk: str = "a", **values: Any) -> dict[str, Any]:
    return {"TableName": "rows", "Item": {**key(pk, sk), **values}}


def add(pk: str, number: int) -> dict[str, Any]:
    values = {":n": {"N": str(number)}}
    return {"Update": _named(pk, UpdateExpression="ADD n :n", ExpressionAttributeValues=values)}


def _named(pk: str, **more: Any) -> dict[str, Any]:
    return {"TableName": "rows", "Key": key(pk), **more}


def item(client: Any, pk: str) -> dict[str, Any] | None:
    found: dict[str, Any] | None = client.get_item(**_named(pk), ConsistentRead=True).get("Item")
    return found


def records(cloud: LocalCloud, client: Any) -> list[dict[str, Any]]:
    streams = cloud.client("dynamodbstreams")
    arn = client.describe_table(TableName="rows")["Table"]["LatestStreamArn"]
    (shard,) = streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]
    begin = streams.get_shard_iterator(StreamArn=arn, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON")
    found: list[dict[str, Any]] = streams.get_records(ShardIterator=begin["ShardIterator"])["Records"]
    return found


def test_a_transaction_that_is_refused_takes_back_all_of_it_and_nothing_else(cloud: LocalCloud, client: Any) -> None:
    client.put_item(**put("there", n={"N": "1"}))
    client.put_item(**put("gone"))
    before = records(cloud, client)
    refused = {**put("new"), "ConditionExpression": "attribute_exists(pk)"}
    with pytest.raises(ClientError) as error:
        client.transact_write_items(
            TransactItems=[
                add("there", 5),
                {"Put": put("fresh")},
                {"Delete": _named("gone")},
                {"Put": refused},
            ]
        )
    reasons = [reason["Code"] for reason in error.value.response["CancellationReasons"]]
    assert reasons == ["None", "None", "None", "ConditionalCheckFailed"]
    assert item(client, "there") == {**key("there"), "n": {"N": "1"}}
    assert item(client, "gone") == key("gone")
    assert item(client, "fresh") is None
    assert records(cloud, client) == before
    client.transact_write_items(TransactItems=[add("there", 5), {"Put": put("fresh")}])
    assert item(client, "there") == {**key("there"), "n": {"N": "6"}}
    assert len(records(cloud, client)) == len(before) + 2


def test_of_many_who_meet_one_condition_one_writes(client: Any) -> None:
    outcomes: Counter[str] = Counter()

    def write(number: int) -> None:
        try:
            client.put_item(**put("one", n={"N": str(number)}), ConditionExpression="attribute_not_exists(pk)")
            outcomes["written"] += 1
        except ClientError as error:
            outcomes[error.response["Error"]["Code"]] += 1

    _at_once(write, 20)
    assert outcomes == {"written": 1, "ConditionalCheckFailedException": 19}


def test_transactions_at_the_same_time_lose_no_count(client: Any) -> None:
    """While others put items, of which a copy of the table would have to be made."""

    def work(number: int) -> None:
        if number % 2:
            client.put_item(**put(f"other-{number}"))
        else:
            client.transact_write_items(TransactItems=[add("count", 1), {"Put": put(f"row-{number}")}])

    _at_once(work, 60)
    assert (item(client, "count") or {})["n"] == {"N": "30"}
    assert client.scan(TableName="rows", Select="COUNT")["Count"] == 61


def test_a_request_waits_for_the_one_before_it(client: Any) -> None:
    """To see the two meet by chance would take thousands of them."""
    done = threading.Event()

    def work() -> None:
        item(client, "one")
        done.set()

    with LOCK:
        thread = threading.Thread(target=work)
        thread.start()
        assert not done.wait(0.5)
    assert done.wait(10)
    thread.join()


def _at_once(work: Any, number: int) -> None:
    threads = [threading.Thread(target=work, args=(item,)) for item in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_values_of_every_kind_come_back_as_they_were(client: Any) -> None:
    client.put_item(**put("all", **VALUES))
    for found in (
        item(client, "all"),
        client.scan(TableName="rows")["Items"][0],
        client.batch_get_item(RequestItems={"rows": {"Keys": [key("all")]}})["Responses"]["rows"][0],
    ):
        assert {**(found or {})} == {**key("all"), **VALUES}


def test_a_query_finds_its_partition_in_order_and_an_index_all_of_them(client: Any) -> None:
    for number in (3, 1, 2, 5, 4):
        client.put_item(**put("a", str(number), other={"S": "x"}))
        client.put_item(**put("b", str(number), other={"S": "x" if number == 1 else "y"}))

    def query(condition: str, names: dict[str, str], **more: Any) -> list[tuple[str, str]]:
        values = {name: {"S": value} for name, value in names.items()}
        found = client.query(
            TableName="rows", KeyConditionExpression=condition, ExpressionAttributeValues=values, **more
        )
        return [(item["pk"]["S"], item["sk"]["S"]) for item in found["Items"]]

    between = "pk = :pk AND sk BETWEEN :first AND :last"
    assert query(between, {":pk": "a", ":first": "2", ":last": "4"}) == [("a", "2"), ("a", "3"), ("a", "4")]
    assert query("pk = :pk", {":pk": "b"}, ScanIndexForward=False, Limit=2) == [("b", "5"), ("b", "4")]
    assert query("pk = :pk", {":pk": "none"}) == []
    assert len(query("other = :other", {":other": "x"}, IndexName="by-other")) == 6
    assert client.scan(TableName="rows", Select="COUNT")["Count"] == 10


def test_an_item_has_its_size_and_no_more(client: Any) -> None:
    client.put_item(**put("large", text={"S": "x" * 399_000}))
    with pytest.raises(ClientError, match="Item size has exceeded the maximum allowed size"):
        client.put_item(**put("larger", text={"S": "x" * 410_000}))


def test_a_backup_is_of_the_table_as_it_was(client: Any) -> None:
    client.put_item(**put("kept"))
    backup = client.create_backup(TableName="rows", BackupName="one")["BackupDetails"]["BackupArn"]
    client.put_item(**put("later"))
    client.restore_table_from_backup(TargetTableName="restored", BackupArn=backup)
    assert [found["pk"]["S"] for found in client.scan(TableName="restored")["Items"]] == ["kept"]
