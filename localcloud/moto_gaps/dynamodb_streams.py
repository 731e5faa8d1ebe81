"""DynamoDB Streams as AWS has them: records of what was committed, iterators that are read any number of times.

moto keeps every iterator for ever, fails every write to a table whose stream was switched off, forgets a stream when
the next one is switched on, and shows the records of a transaction that is taken back.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Streams.html
"""

import base64
import json
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from moto.core.exceptions import JsonRESTError
from moto.core.responses import ActionResult
from moto.dynamodb.models import DynamoDBBackend, dynamodb_backends
from moto.dynamodb.models.dynamo_type import Item
from moto.dynamodb.models.table import StreamRecord, StreamShard, Table
from moto.dynamodbstreams.responses import DynamoDBStreamsHandler

from localcloud import bells
from localcloud.cloud import current
from localcloud.moto_gaps.dynamodb_sizes import item_size
from localcloud.patching import replace

# Of all streams: what a transaction writes is read when it is done. A stream is to be found under it, for a transaction
# that is taken back puts another table in the place of the one that it changed.
LOCK = threading.RLock()
ITERATOR_SECONDS = 900  # https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_GetRecords.html
GET_RECORDS = 1000


class StreamsError(JsonRESTError):  # type: ignore[misc]
    """An error of the streams' API."""


@dataclass(frozen=True)
class Stream:
    """A stream that a table has or had."""

    table: Any
    label: str
    shard: Any
    view: str
    enabled: bool

    @property
    def arn(self) -> str:
        return f"{self.table.table_arn}/stream/{self.label}"

    @property
    def first(self) -> int:
        return int(self.shard.starting_sequence_number)

    @property
    def last(self) -> int:
        """The number of the last record, or the one before the first."""
        return self.first + len(self.shard.items) - 1

    def read(self, shard: str, after: int, limit: int) -> tuple[list[Any], int, bool]:
        """Records (moto's) after a number; the number of the last; whether nothing can come after it."""
        if shard != self.shard.id:
            return [], after, True
        start = max(after + 1, self.first) - self.first
        found = self.shard.items[start : start + limit]
        position = self.first + start + len(found) - 1
        return found, position, not self.enabled and position >= self.last


def of_table(table: Any) -> list[Stream]:
    """A table's streams, oldest first."""
    found = [
        Stream(table, label, shard, view, enabled=False) for label, shard, view in getattr(table, "ended_streams", ())
    ]
    if table.stream_shard is not None:
        view = getattr(table, "stream_view", "")
        found.append(Stream(table, table.latest_stream_label, table.stream_shard, view, _enabled(table)))
    return found


def find(arn: str) -> Stream | None:
    """The stream of an ARN. Who reads it holds LOCK."""
    parts = arn.split(":", 5)
    if len(parts) < 6 or "/stream/" not in parts[5]:
        return None
    name, _, label = parts[5].removeprefix("table/").partition("/stream/")
    table = dynamodb_backends[parts[4]][parts[3]].tables.get(name)
    streams = of_table(table) if table is not None else []
    return next((stream for stream in streams if stream.label == label), None)


def _enabled(table: Any) -> bool:
    return bool((table.stream_specification or {}).get("StreamEnabled"))


@replace(Table, "set_stream_specification", "(self, streams)")
def set_stream_specification(self: Any, streams: dict[str, Any] | None) -> None:
    """A stream that is switched off stays readable, beside the next one."""
    if self.latest_stream_label and self.stream_shard is not None and (streams or {}).get("StreamViewType"):
        ended = getattr(self, "ended_streams", [])
        self.ended_streams = [*ended, (self.latest_stream_label, self.stream_shard, self.stream_view)]
    set_stream_specification.original(self, streams)  # type: ignore[attr-defined]
    if _enabled(self):
        now = datetime.now(UTC)
        self.latest_stream_label = now.strftime("%Y-%m-%dT%H:%M:%S.") + f"{now.microsecond // 1000:03d}"
        self.stream_view = self.stream_specification["StreamViewType"]
        # AWS's ids: shardId-, twenty digits of time, eight of chance
        self.stream_shard.id = f"shardId-{int(time.time() * 1000):020d}-{id(self.stream_shard) & 0xFFFFFFFF:08x}"
    elif self.latest_stream_label:
        bells.ring(f"{self.table_arn}/stream/{self.latest_stream_label}")


@replace(StreamShard, "add", "(self, old, new)")
def add(self: Any, old: Any, new: Any) -> None:
    """Nothing where the stream is off, or where a put or update changes nothing.

    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Streams.html: "If you perform a PutItem or
    UpdateItem operation that does not change any data in an item, DynamoDB Streams does not write a stream record".
    """
    if not _enabled(self.table):
        return
    if old is not None and new is not None and old.to_json()["Attributes"] == new.to_json()["Attributes"]:
        return
    with LOCK:
        add.original(self, old, new)  # type: ignore[attr-defined]
    bells.ring(f"{self.table.table_arn}/stream/{self.table.latest_stream_label}")


@replace(StreamRecord, "__init__", "(self, table, stream_type, event_name, old, new, seq)")
def record(  # noqa: PLR0917 - moto's signature
    self: Any, table: Any, stream_type: str, event_name: str, old: Item | None, new: Item | None, seq: int
) -> None:
    """With the region, version and size that AWS gives (snapshots of localstack's TestDynamoDBEventSourceMapping)."""
    record.original(self, table, stream_type, event_name, old, new, seq)  # type: ignore[attr-defined]
    self.created = time.time()
    told = self.record["dynamodb"]
    self.record["awsRegion"] = table.region_name
    self.record["eventVersion"] = "1.1"
    told["ApproximateCreationDateTime"] = told["ApproximateCreationDateTime"].replace(microsecond=0, tzinfo=UTC)
    told["SizeBytes"] = sum(
        item_size(told[name]) for name in ("Keys", "NewImage", "OldImage") if told.get(name) is not None
    )


@replace(DynamoDBBackend, "transact_write_items", "(self, transact_items)")
def transact_write_items(self: Any, transact_items: list[dict[str, Any]]) -> None:
    """Readers of streams, and other writers, wait until it is committed or taken back: with the table as it was."""
    with LOCK:
        transact_write_items.original(self, transact_items)  # type: ignore[attr-defined]


@replace(
    DynamoDBBackend,
    "put_item",
    "(self, table_name, item_attrs, expected, condition_expression, expression_attribute_names, "
    "expression_attribute_values, overwrite, return_values_on_condition_check_failure)",
)
def put_item(self: Any, *arguments: Any, **more: Any) -> Any:
    with LOCK:
        return put_item.original(self, *arguments, **more)  # type: ignore[attr-defined]


@replace(
    DynamoDBBackend,
    "delete_item",
    "(self, table_name, key, expression_attribute_names, expression_attribute_values, condition_expression, "
    "return_values_on_condition_check_failure)",
)
def delete_item(self: Any, *arguments: Any, **more: Any) -> Any:
    with LOCK:
        return delete_item.original(self, *arguments, **more)  # type: ignore[attr-defined]


@replace(
    DynamoDBBackend,
    "update_item",
    "(self, table_name, key, update_expression, expression_attribute_names, expression_attribute_values, "
    "attribute_updates, expected, condition_expression, return_values_on_condition_check_failure)",
)
def update_item(self: Any, table_name: str, *arguments: Any, **more: Any) -> Any:
    """One record for an item that was not there: moto puts its key first, and then what is set."""
    shard = self.get_table(table_name).stream_shard
    with LOCK:
        before = len(shard.items) if shard is not None else 0
        try:
            return update_item.original(self, table_name, *arguments, **more)  # type: ignore[attr-defined]
        finally:
            if shard is not None and len(shard.items) > before + 1:
                shard.items[before:] = shard.items[-1:]
                shard.items[-1].record["dynamodb"]["SequenceNumber"] = str(shard.starting_sequence_number + before)


@replace(DynamoDBBackend, "update_table_streams", "(self, table, stream_specification)")
def update_table_streams(self: Any, table: Any, stream_specification: dict[str, Any]) -> None:
    """A table may have a stream again."""
    if _enabled(table):
        update_table_streams.original(self, table, stream_specification)  # type: ignore[attr-defined]
    else:
        table.set_stream_specification(stream_specification)


def _known(arn: str) -> Stream:
    found = find(arn)
    if found is None:
        raise StreamsError("ResourceNotFoundException", f"Requested resource not found: Stream: {arn} not found")
    return found


@replace(DynamoDBStreamsHandler, "describe_stream", "(self)")
def describe_stream(self: Any) -> ActionResult:
    """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_DescribeStream.html"""
    stream = _known(self._get_param("StreamArn"))
    numbers = {"StartingSequenceNumber": str(stream.first)}
    if not stream.enabled:
        numbers["EndingSequenceNumber"] = str(max(stream.last, stream.first))
    shards = [{"ShardId": stream.shard.id, "SequenceNumberRange": numbers}]
    described = {
        "StreamArn": stream.arn,
        "StreamLabel": stream.label,
        "StreamStatus": "ENABLED" if stream.enabled else "DISABLED",
        "StreamViewType": stream.view,
        "CreationRequestDateTime": stream.shard.created_on,
        "TableName": stream.table.name,
        "KeySchema": stream.table.schema,
        "Shards": [shard for shard in shards if shard["ShardId"] != self._get_param("ExclusiveStartShardId")],
    }
    return ActionResult({"StreamDescription": described})


@replace(DynamoDBStreamsHandler, "list_streams", "(self)")
def list_streams(self: Any) -> ActionResult:
    """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_ListStreams.html"""
    wanted, after = self._get_param("TableName"), self._get_param("ExclusiveStartStreamArn")
    tables = dynamodb_backends[self.current_account][self.region].tables.values()
    found = [stream for table in tables if wanted in (None, table.name) for stream in of_table(table)]
    arns = [stream.arn for stream in found]
    start = arns.index(after) + 1 if after in arns else 0
    page = found[start : start + int(self._get_param("Limit") or 100)]
    listed = [{"StreamArn": it.arn, "TableName": it.table.name, "StreamLabel": it.label} for it in page]
    more = {"LastEvaluatedStreamArn": page[-1].arn} if page and page[-1] is not found[-1] else {}
    return ActionResult({"Streams": listed, **more})


@replace(DynamoDBStreamsHandler, "get_shard_iterator", "(self)")
def get_shard_iterator(self: Any) -> ActionResult:
    """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_GetShardIterator.html"""
    with LOCK:
        stream, shard = _known(self._get_param("StreamArn")), self._get_param("ShardId")
        last = stream.last
    if shard != stream.shard.id:
        told = f"Requested resource not found: Shard: {shard} in Stream: {stream.arn} not found"
        raise StreamsError("ResourceNotFoundException", told)
    kind, number = self._get_param("ShardIteratorType"), self._get_param("SequenceNumber")
    if kind in ("AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER"):
        if not number:
            told = "Invalid SequenceNumber in GetShardIterator: it is required for the ShardIteratorType"
            raise StreamsError("ValidationException", told)
        after = int(number) - (kind == "AT_SEQUENCE_NUMBER")
        if after < stream.first - 1:
            told = "Attempt to get records of the shard before its trim horizon"
            raise StreamsError("TrimmedDataAccessException", told)
    else:
        after = last if kind == "LATEST" else stream.first - 1
    return ActionResult({"ShardIterator": _iterator(stream, after)})


@replace(DynamoDBStreamsHandler, "get_records", "(self)")
def get_records(self: Any) -> ActionResult:
    """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_GetRecords.html"""
    arn, _, packed = self._get_param("ShardIterator").partition("|")
    try:
        told = json.loads(base64.urlsafe_b64decode(packed))
        shard, after, issued = told["shard"], int(told["after"]), float(told["issued"])
    except (ValueError, KeyError):
        raise StreamsError("ValidationException", "Invalid ShardIterator") from None
    if time.time() - issued > current().wait_time(ITERATOR_SECONDS):
        raise StreamsError("ExpiredIteratorException", "Iterator expired. Get a new one with GetShardIterator.")
    with LOCK:
        stream = _known(arn)
        records, position, ended = stream.read(shard, after, int(self._get_param("Limit") or GET_RECORDS))
    following = {} if ended else {"NextShardIterator": _iterator(stream, position)}
    return ActionResult({"Records": [item.record for item in records], **following})


def _iterator(stream: Stream, after: int) -> str:
    told = {"shard": stream.shard.id, "after": str(after), "issued": time.time()}
    return f"{stream.arn}|{base64.urlsafe_b64encode(json.dumps(told).encode()).decode()}"
