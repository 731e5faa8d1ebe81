"""The quotas of PutRecord and PutRecords, with Kinesis' codes and sentences.

https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecords.html
"""

import time
from typing import Any

from moto.core.exceptions import JsonRESTError
from moto.core.responses import EmptyResult
from moto.kinesis.models import KinesisBackend, Stream
from moto.kinesis.responses import KinesisResponse

from localcloud import bells
from localcloud.cloud import current
from localcloud.kinesis.shards import LOCK, data_size
from localcloud.metrics import emit
from localcloud.patching import add, replace

REQUEST_RECORDS = 500
REQUEST_BYTES = 10 * 1024 * 1024
DEFAULT_RECORD_KIB = 1024
SHARD_BYTES_PER_SECOND = 1024 * 1024
SHARD_RECORDS_PER_SECOND = 1000


class ValidationError(JsonRESTError):  # type: ignore[misc]
    """A request that the service's model does not allow."""

    def __init__(self, value: str, position: str, constraint: str) -> None:
        text = f"1 validation error detected: {value}at '{position}' failed to satisfy constraint: {constraint}"
        super().__init__("ValidationException", text)


class ThroughputExceededError(JsonRESTError):  # type: ignore[misc]
    """The shard took its 1 MiB or 1,000 records of this second."""

    def __init__(self, message: str) -> None:
        super().__init__("ProvisionedThroughputExceededException", message)


def record_limit(stream: Any) -> int:
    """Bytes of data and partition key that one record of the stream may have."""
    return int(getattr(stream, "max_record_size_kib", DEFAULT_RECORD_KIB)) * 1024


def check_record(stream: Any, record: dict[str, Any], where: str) -> int:
    """The record's size in bytes; raises ValidationException."""
    key = record.get("PartitionKey")
    if not key:
        raise ValidationError(
            "Value '' ", f"{where}partitionKey", "Member must have length greater than or equal to 1"
        )
    if len(key) > 256:
        constraint = "Member must have length less than or equal to 256"
        raise ValidationError(f"Value '{key}' ", f"{where}partitionKey", constraint)
    size = data_size(record.get("Data") or "") + len(key.encode())
    limit = record_limit(stream)
    if size > limit:
        raise ValidationError("Value ", f"{where}data", f"Member must have length less than or equal to {limit}")
    return size


@replace(KinesisBackend, "put_record", "(self, stream_arn, stream_name, partition_key, explicit_hash_key, data)")
def put_record(  # noqa: PLR0917 - moto's signature
    self: Any, stream_arn: str, stream_name: str, partition_key: str, explicit_hash_key: str, data: str
) -> tuple[str, str]:
    """moto's, with the limits of one record and of its shard."""
    stream = self.describe_stream(stream_arn=stream_arn, stream_name=stream_name)
    size = check_record(stream, {"PartitionKey": partition_key, "Data": data}, "")
    with LOCK:
        refusal = _throttle(stream, partition_key, explicit_hash_key, size)
        if refusal is None:
            arguments = (stream_arn, stream_name, partition_key, explicit_hash_key, data)
            result: tuple[str, str] = put_record.original(self, *arguments)  # type: ignore[attr-defined]
    if refusal is None:
        bells.ring(stream.arn)
        return result
    _count_refused(stream, 1)
    raise ThroughputExceededError(refusal)


@replace(KinesisBackend, "put_records", "(self, stream_arn, stream_name, records)")
def put_records(self: Any, stream_arn: str, stream_name: str, records: list[dict[str, Any]]) -> dict[str, Any]:
    """Each record is taken or refused on its own; the request as a whole only by its limits."""
    stream = self.describe_stream(stream_arn=stream_arn, stream_name=stream_name)
    if not 1 <= len(records) <= REQUEST_RECORDS:
        bound = "less than or equal to 500" if records else "greater than or equal to 1"
        raise ValidationError("Value ", "records", f"Member must have length {bound}")
    sizes = [check_record(stream, record, f"records.{n}.member.") for n, record in enumerate(records, 1)]
    if sum(sizes) > REQUEST_BYTES:
        raise JsonRESTError("InvalidArgumentException", "Records size exceeds 10 MB limit")
    answers: list[dict[str, str]] = []
    taken = taken_bytes = 0
    with LOCK:  # the records of one request keep their order
        for record, size in zip(records, sizes, strict=True):
            key, hash_key = record["PartitionKey"], record.get("ExplicitHashKey")
            if refusal := _throttle(stream, key, hash_key, size):
                code = "ProvisionedThroughputExceededException"
                answers.append({"ErrorCode": code, "ErrorMessage": refusal})
                continue
            number, shard_id = stream.put_record(key, hash_key, record["Data"])
            answers.append({"SequenceNumber": number, "ShardId": shard_id})
            taken, taken_bytes = taken + 1, taken_bytes + size
    bells.ring(stream.arn)
    self._send_stream_metrics(stream.stream_name, incoming_bytes=taken_bytes, incoming_records=taken)
    if taken < len(records):
        _count_refused(stream, len(records) - taken)
    return {"FailedRecordCount": len(records) - taken, "Records": answers}


def _throttle(stream: Any, partition_key: str, hash_key: str | None, size: int) -> str | None:
    """Why the shard does not take the record now, or None; counts it when it does."""
    if not current().enforce_shard_throughput:
        return None
    shard = stream.get_shard_for_key(partition_key, hash_key)
    second = int(time.monotonic())
    known, records, taken = getattr(shard, "written", (second, 0, 0))
    if known != second:
        records = taken = 0
    if records + 1 > SHARD_RECORDS_PER_SECOND or taken + size > SHARD_BYTES_PER_SECOND:
        return (
            f"Rate exceeded for shard {shard.shard_id} in stream {stream.stream_name} "
            f"under account {stream.account_id}."
        )
    shard.written = (second, records + 1, taken + size)
    return None


def _count_refused(stream: Any, records: int) -> None:
    values = {"WriteProvisionedThroughputExceeded": (records, "Count")}
    emit("AWS/Kinesis", {"StreamName": stream.stream_name}, values, stream.region)


@replace(KinesisResponse, "create_stream", "(self)")
def create_stream(self: Any) -> Any:
    """moto's, plus the tags and the record size that it drops."""
    mode = (self._get_param("StreamModeDetails") or {}).get("StreamMode")
    if mode != "ON_DEMAND" and self._get_param("ShardCount") is None:
        raise ValidationError("Value null ", "shardCount", "Member must not be null")
    answer = create_stream.original(self)  # type: ignore[attr-defined]
    name = self._get_param("StreamName")
    stream = self.kinesis_backend.describe_stream(None, name)
    stream.max_record_size_kib = self._get_param("MaxRecordSizeInKiB") or DEFAULT_RECORD_KIB
    if tags := self._get_param("Tags"):
        self.kinesis_backend.add_tags_to_stream(stream.arn, name, tags)
    return answer


@add(KinesisResponse, "update_max_record_size")
def update_max_record_size(self: Any) -> Any:
    """https://docs.aws.amazon.com/kinesis/latest/APIReference/API_UpdateMaxRecordSize.html"""
    stream = self.kinesis_backend.describe_stream(self._get_param("StreamARN"), None)
    stream.max_record_size_kib = int(self._get_param("MaxRecordSizeInKiB"))
    return EmptyResult()


@replace(Stream, "to_json_summary", "(self)")
def to_json_summary(self: Any) -> dict[str, Any]:
    """moto's, plus the record size and the open shards it forgets to count after a split."""
    summary: dict[str, Any] = to_json_summary.original(self)  # type: ignore[attr-defined]
    description = summary["StreamDescriptionSummary"]
    description["MaxRecordSizeInKiB"] = record_limit(self) // 1024
    description["OpenShardCount"] = sum(shard.is_open for shard in self.shards.values())
    description["ConsumerCount"] = len(self.consumers)
    return summary
