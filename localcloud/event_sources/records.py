"""Events as Lambda makes them of records and messages, in the order of members that AWS's have."""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html "Invocation payload"; the envelope is small
PAYLOAD = 6 * 1024 * 1024


@dataclass(frozen=True)
class Entry:
    """A record of a stream on its way to the function.

    Attributes:
        arrival: seconds since the epoch.
        body: the record's part of the event, as JSON.
    """

    sequence: int
    arrival: float
    body: bytes

    @property
    def id(self) -> str:
        """What the function names in batchItemFailures."""
        return str(self.sequence)


def packed(value: Any) -> bytes:
    """JSON as short as it can be."""
    return json.dumps(value, separators=(",", ":"), default=_plain).encode()


def _plain(value: Any) -> Any:
    """moto's types of attributes, and what they may hold."""
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, set | frozenset):
        return sorted(value)
    return value.to_json()


def event(bodies: list[bytes], more: Mapping[str, Any] | None = None) -> bytes:
    """The payload of an invocation; ``more`` is what a tumbling window adds."""
    records = b'{"Records":[' + b",".join(bodies) + b"]"
    return records + (b"," + packed(more)[1:] if more else b"}")


def of_kinesis(record: Any, shard: str, stream: str, role: str) -> dict[str, Any]:
    """https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html#kinesis-event-example; of moto's record."""
    return {
        "kinesis": {
            "kinesisSchemaVersion": "1.0",
            "partitionKey": record.partition_key,
            "sequenceNumber": str(record.sequence_number),
            "data": record.data,
            "approximateArrivalTimestamp": round(record.created_at, 3),
        },
        "eventSource": "aws:kinesis",
        "eventVersion": "1.0",
        "eventID": f"{shard}:{record.sequence_number}",
        "eventName": "aws:kinesis:record",
        "invokeIdentityArn": role,
        "awsRegion": stream.split(":")[3],
        "eventSourceARN": stream,
    }


def of_dynamodb(record: Mapping[str, Any], stream: str) -> dict[str, Any]:
    """https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html; of a stream record, whose time is in seconds."""
    told = record["dynamodb"]
    seconds = float(int(told["ApproximateCreationDateTime"].timestamp()))
    who = record.get("userIdentity")
    members = ("Keys", "NewImage", "OldImage", "SequenceNumber", "SizeBytes", "StreamViewType")
    return {
        **{name: record[name] for name in ("eventID", "eventName", "eventVersion", "eventSource", "awsRegion")},
        **({"userIdentity": {"type": who["Type"], "principalId": who["PrincipalId"]}} if who else {}),
        "dynamodb": {
            "ApproximateCreationDateTime": seconds,
            **{name: told[name] for name in members if name in told},
        },
        "eventSourceARN": stream,
    }


def of_sqs(message: Mapping[str, Any], queue: str) -> dict[str, Any]:
    """https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html#example-standard-queue-message-event; of boto3's."""
    attributes = message.get("MessageAttributes") or {}
    digest = message.get("MD5OfMessageAttributes")
    return {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": message.get("Attributes") or {},
        "messageAttributes": {name: _attribute(value) for name, value in attributes.items()},
        **({"md5OfMessageAttributes": digest} if digest and attributes else {}),
        "md5OfBody": message["MD5OfBody"],
        "eventSource": "aws:sqs",
        "eventSourceARN": queue,
        "awsRegion": queue.split(":")[3],
    }


def _attribute(value: Mapping[str, Any]) -> dict[str, Any]:
    """As in the snapshot of localstack's test_message_body_and_attributes_passed_correctly."""
    told: dict[str, Any] = {}
    if "StringValue" in value:
        told["stringValue"] = value["StringValue"]
    if "BinaryValue" in value:
        told["binaryValue"] = base64.b64encode(value["BinaryValue"]).decode()
    return {**told, "stringListValues": [], "binaryListValues": [], "dataType": value["DataType"]}
