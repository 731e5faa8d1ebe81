"""What the functions of realtime_scoring work with, and the endpoint as they see it."""

import base64
import io
import json
import threading
from collections.abc import Iterable, Sequence
from typing import Any

from botocore.exceptions import ClientError

from contracts import load
from datasets.kept import Kept
from datasets.online import Event, Item, Key, online_of, row_key, row_place
from lambdas.dynamodb import Table, unpack
from localcloud import LocalCloud

FEATURES, SCORES, PUBLISHED = "features", "scores", "published"
ARRIVED = 1_400_000_000.0


class Site:
    """Tables, the queue of dead letters, the stream of scores."""

    def __init__(self, cloud: LocalCloud) -> None:
        self.dynamodb, self.sqs, self.kinesis = (cloud.client(name) for name in ("dynamodb", "sqs", "kinesis"))
        self.cloudwatch = cloud.client("cloudwatch")
        self.environment = cloud.environment
        self._table(FEATURES, "pk", "sk")
        self._table(SCORES, "pk")
        self.queue = self.sqs.create_queue(QueueName="dead")["QueueUrl"]
        self.kinesis.create_stream(StreamName=PUBLISHED, ShardCount=1)
        self.kinesis.get_waiter("stream_exists").wait(StreamName=PUBLISHED, WaiterConfig={"Delay": 1})
        self.variables = {
            "FEATURES_TABLE": FEATURES,
            "SCORES_TABLE": SCORES,
            "SCORES_STREAM": PUBLISHED,
            "DEAD_LETTERS": self.queue,
            "ENDPOINT": "mlref-flights",
            "NAMESPACE": "mlref/Scoring",
            "WAIT_MS": "0",
            "REVIEW_MARGIN": "0.01",
            "KEEP_DAYS": "30",
            "REVIEWS": "arn:aws:states:us-east-1:123456789012:stateMachine:reviews",
        }

    def _table(self, name: str, *keys: str) -> None:
        kinds = zip(keys, ("HASH", "RANGE"), strict=False)
        self.dynamodb.create_table(
            TableName=name,
            KeySchema=[{"AttributeName": key, "KeyType": kind} for key, kind in kinds],
            AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in keys],
            BillingMode="PAY_PER_REQUEST",
        )

    def items(self, table: str) -> list[Item]:
        pages = self.dynamodb.get_paginator("scan").paginate(TableName=table, ConsistentRead=True)
        return [unpack(item) for page in pages for item in page["Items"]]

    def scores(self) -> dict[str, Item]:
        return {item["pk"]: item for item in self.items(SCORES)}

    def write(self, memory: Kept, asked: Iterable[Event] | None = None) -> None:
        """Put what is kept in memory: everything, or what it takes to score some events."""
        table = Table(self.dynamodb, FEATURES)
        if asked is None:
            table.write(memory.items.items())
        rows = [row_key(event, memory.curated) for event in asked] if asked is not None else list(memory.rows)
        for event in asked or ():
            table.write(_looked_at(memory, event).items())
        table.write((row_place(name), {"row": memory.rows[name], "version": 1}) for name in rows)

    def dead(self) -> list[dict[str, Any]]:
        """Messages of the queue; they are gone then."""
        found: list[dict[str, Any]] = []
        while messages := self.sqs.receive_message(QueueUrl=self.queue, MaxNumberOfMessages=10).get("Messages"):
            found += [json.loads(item["Body"]) for item in messages]
            for item in messages:
                self.sqs.delete_message(QueueUrl=self.queue, ReceiptHandle=item["ReceiptHandle"])
        return found


def _looked_at(memory: Kept, event: Event) -> dict[Key, Item]:
    """Items that are looked up to score the event."""
    found: dict[Key, Item] = {}
    asking = memory.online.asked(event)
    wanted = list(next(asking))
    while wanted:
        here = memory.find(wanted)
        for place in wanted:
            found |= {Key(place.pk, item["sk"]): memory.items[Key(place.pk, item["sk"])] for item in here[place]}
        try:
            wanted = list(asking.send(here))
        except StopIteration:
            break
    return found


def batch(*data: Event | bytes, first: int = 0) -> dict[str, Any]:
    """A call by the mapping; sequence numbers begin with ``first``."""
    return {"Records": [_record(item, first + number) for number, item in enumerate(data)]}


def _record(data: Event | bytes, number: int) -> dict[str, Any]:
    raw = data if isinstance(data, bytes) else json.dumps(data).encode()
    return {
        "eventID": f"shardId-000000000000:{sequence(number)}",
        "eventSource": "aws:kinesis",
        "kinesis": {
            "partitionKey": "k",
            "sequenceNumber": sequence(number),
            "data": base64.b64encode(raw).decode(),
            "approximateArrivalTimestamp": ARRIVED + number,
        },
    }


def sequence(number: int) -> str:
    return f"{49_500_000_000_000_000_000_000_000 + number}"


def failures(answer: dict[str, Any]) -> list[str]:
    return [item["itemIdentifier"] for item in answer["batchItemFailures"]]


def features_of(items: Iterable[Item], memory: Kept) -> dict[Key, Item]:
    """Items of the table as memory has them: without what only the table needs."""
    found = {}
    for item in items:
        rest = {name: value for name, value in item.items() if name not in ("pk", "sk", "expires", "version")}
        if "row" not in rest:
            found[Key(item["pk"], item["sk"])] = rest
        else:
            assert memory.rows[item["pk"].removeprefix("row#")] == rest["row"]
    return found


class Runtime:
    """The endpoint, and SageMaker, as clients of them see it.

    Attributes:
        down: nobody answers; refused: values of ``flight`` that the model refuses.
        requests: numbers of rows of each.
    """

    def __init__(self) -> None:
        self.down = False
        self.refused: set[int] = set()
        self.requests: list[int] = []
        self.rows: list[dict[str, Any]] = []
        self.probability = 0.7
        self._lock = threading.Lock()

    def invoke_endpoint(self, *, EndpointName: str, ContentType: str, Body: str) -> dict[str, Any]:  # noqa: N803
        rows: Sequence[dict[str, Any]] = json.loads(Body)["instances"]
        with self._lock:
            self.requests.append(len(rows))
        if self.down:
            raise ClientError({"Error": {"Code": "ServiceUnavailable", "Message": "busy"}}, "InvokeEndpoint")
        if self.refused & {row["flight"] for row in rows}:
            told = {"OriginalStatusCode": 400, "OriginalMessage": "dest: 'XXX' is unknown\nto training"}
            raise ClientError({"Error": {"Code": "ModelError", "Message": "400"}, **told}, "InvokeEndpoint")
        self.rows += rows
        predictions = [{"probability": self.probability, "late": self.probability >= 0.5} for _ in rows]
        body = io.BytesIO(json.dumps({"predictions": predictions}).encode())
        return {"InvokedProductionVariant": "Champion", "Body": body}

    def describe_endpoint(self, *, EndpointName: str) -> dict[str, Any]:  # noqa: N803
        return {"EndpointConfigName": f"{EndpointName}-v3-0a1b2c"}


def memory_of(dataset: str) -> Kept:
    """Nothing kept, and no reference."""
    return Kept(online_of(dataset), load(dataset))
