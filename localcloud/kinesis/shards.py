"""Shards as Kinesis keeps them: one writer at a time, parents that stay readable, reads that cost what they return.

moto picks the shard without looking whether it is closed, copies the records of a split shard (a consumer would read
them twice), walks all records on every put and get, and loses records when two clients put at once.
"""

import threading
from typing import Any

from moto.core.responses import ActionResult
from moto.kinesis.exceptions import InvalidArgumentError
from moto.kinesis.models import KinesisBackend, Record, Shard, Stream, kinesis_backends
from moto.kinesis.responses import KinesisResponse
from moto.utilities.utils import md5_hash

from localcloud import bells
from localcloud.patching import replace

LOCK = threading.RLock()  # of all shards: every write and read is short

GET_RECORDS_BYTES = 10 * 1024 * 1024  # https://docs.aws.amazon.com/kinesis/latest/APIReference/API_GetRecords.html


@replace(Shard, "put_record", "(self, partition_key, data, explicit_hash_key)")
def put_record(self: Any, partition_key: str, data: str, explicit_hash_key: str) -> str:
    """Append; sequence numbers count up per shard. PutRecord and PutRecords hold LOCK."""
    number = self.last_sequence_number = getattr(self, "last_sequence_number", 0) + 1
    self.records[number] = Record(partition_key, data, number, explicit_hash_key)
    return str(number)


@replace(Shard, "get_max_sequence_number", "(self)")
def get_max_sequence_number(self: Any) -> int:
    """moto's, without a list of all keys for each put."""
    return getattr(self, "last_sequence_number", 0)


@replace(Shard, "get_records", "(self, last_sequence_id, limit)")
def get_records(self: Any, last_sequence_id: str, limit: int | None) -> tuple[list[Any], int, int]:
    """Records after a sequence number, at most 10,000 and 10 MiB; the new position; milliseconds behind the tip."""
    after = max(int(last_sequence_id), 0)  # AT_SEQUENCE_NUMBER of an empty shard's first is one less
    with LOCK:  # numbers have no gaps
        last = min(get_max_sequence_number(self), after + min(limit or 10_000, 10_000))
        records = [self.records[number] for number in range(after + 1, last + 1)]
        newest = self.records[next(reversed(self.records))] if self.records else None
    size = 0
    for index, record in enumerate(records):
        size += data_size(record.data)
        if size > GET_RECORDS_BYTES and index:
            records = records[:index]
            break
    if not records or newest is None:
        return [], after, 0
    behind = int((newest.created_at - records[-1].created_at) * 1000)
    return records, records[-1].sequence_number, behind


@replace(Stream, "get_shard_for_key", "(self, partition_key, explicit_hash_key)")
def get_shard_for_key(self: Any, partition_key: str, explicit_hash_key: str) -> Any:
    """The open shard whose range, both ends included, has the key."""
    if explicit_hash_key:
        key = int(explicit_hash_key)
        if not 0 <= key < 2**128:
            raise InvalidArgumentError(
                "Invalid ExplicitHashKey. ExplicitHashKey must be in the range: [0, 2^128-1]. "
                f"Specified value was {explicit_hash_key}"
            )
    else:
        key = int(md5_hash(partition_key.encode()).hexdigest(), 16)
    return next(s for s in self.shards.values() if s.is_open and s.starting_hash <= key <= s.ending_hash)


@replace(Stream, "split_shard", "(self, shard_to_split, new_starting_hash_key)")
def split_shard(self: Any, shard_to_split: str, new_starting_hash_key: str) -> None:
    """moto's split; the records stay in the closed parent, where consumers finish reading them."""
    parent = self.shards[shard_to_split]
    with LOCK:
        held, parent.records = parent.records, {}
        try:
            split_shard.original(self, shard_to_split, new_starting_hash_key)  # type: ignore[attr-defined]
        finally:
            parent.records = held
    bells.ring(self.arn)


@replace(Stream, "merge_shards", "(self, shard_to_merge, adjacent_shard_to_merge)")
def merge_shards(self: Any, shard_to_merge: str, adjacent_shard_to_merge: str) -> None:
    """moto's merge; the records stay in the closed parents."""
    parents = self.shards[shard_to_merge], self.shards[adjacent_shard_to_merge]
    with LOCK:
        held = [parent.records for parent in parents]
        for parent in parents:
            parent.records = {}
        try:
            merge_shards.original(self, shard_to_merge, adjacent_shard_to_merge)  # type: ignore[attr-defined]
        finally:
            for parent, records in zip(parents, held, strict=True):
                parent.records = records
    bells.ring(self.arn)


@replace(
    KinesisBackend,
    "get_shard_iterator",
    "(self, stream_arn, stream_name, shard_id, shard_iterator_type, starting_sequence_number, at_timestamp)",
)
def get_shard_iterator(self: Any, stream_arn: str | None, stream_name: str | None, *start: Any) -> str:
    """An iterator holds its stream's name, also where the request had only the ARN."""
    name = self.describe_stream(stream_arn=stream_arn, stream_name=stream_name).stream_name
    iterator: str = get_shard_iterator.original(self, stream_arn, name, *start)  # type: ignore[attr-defined]
    return iterator


@replace(KinesisResponse, "get_records", "(self)")
def get_records_response(self: Any) -> Any:
    """moto's answer; a closed shard that was read to its end has no next iterator."""
    answer = get_records_response.original(self)  # type: ignore[attr-defined]
    result = answer.result
    stream, shard_id, position = _decompose(result["NextShardIterator"])
    shard = self.kinesis_backend.describe_stream(self._get_param("StreamARN"), stream).get_shard(shard_id)
    if not shard.is_open and position >= shard.get_max_sequence_number():
        return ActionResult({**result, "NextShardIterator": None})
    return answer


def _decompose(iterator: str) -> tuple[str, str, int]:
    from moto.kinesis.utils import decompose_shard_iterator  # noqa: PLC0415 - beside its only use

    stream, shard_id, position = decompose_shard_iterator(iterator)
    return stream, shard_id, int(position)


def data_size(data: str) -> int:
    """Bytes of a base64 text."""
    return len(data) * 3 // 4 - data[-2:].count("=")


def backend_of(stream_arn: str) -> tuple[KinesisBackend, str]:
    """moto's backend of an ARN, and the stream's name."""
    _, _, _, region, account, resource = stream_arn.split(":", 5)
    return kinesis_backends[account][region], resource.split("/")[1]


def shards_of(stream_arn: str) -> dict[str, Any]:
    """All shards of a stream by id, parents first. Raises Kinesis' ResourceNotFoundException."""
    backend, name = backend_of(stream_arn)
    with LOCK:
        return dict(backend.describe_stream(stream_arn, name).shards)
