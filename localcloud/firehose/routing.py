"""Which object each record belongs to, and the objects that full buffers become."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from localcloud.firehose import prefix as prefixes
from localcloud.firehose.buffers import Buffer, Buffers
from localcloud.firehose.configuration import Delivery, Target
from localcloud.firehose.conversion import Converter
from localcloud.firehose.outbox import S3Object, compress, now_ms, object_name
from localcloud.firehose.records import PARTITIONING_FAILED, PARTITIONS_EXCEEDED, Failure, Output, Record

Keys = tuple[tuple[str, str], ...]
MAX_PARTITIONS = 500  # https://docs.aws.amazon.com/firehose/latest/dev/limits.html
EXTRACTION_FAILED = "DynamicPartitioning.MetadataExtractionFailed"
PARTITION_LIMIT = "DynamicPartitioning.ActivePartitionLimitExceeded"


@dataclass(frozen=True)
class Stream:
    """What names objects and error lines."""

    name: str
    version: str
    table: dict[str, str | None] | None  # dataCatalogTable of conversion failures


class Router:
    """All buffers of one version of a delivery stream. Never talks to AWS."""

    def __init__(self, delivery: Delivery, stream: Stream, wait_time: Callable[[float], float]) -> None:
        self._delivery, self._stream = delivery, stream
        target, backup = delivery.target, delivery.backup
        interval = wait_time(target.interval)
        self.records: Buffers[Keys, Output] = Buffers(
            target.size, interval, lambda o: len(o.data), lambda o: o.record.arrival
        )
        self.errors: Buffers[str, Failure] = Buffers(
            target.size, interval, lambda f: f.record.size, lambda f: f.record.arrival
        )
        self.backup: Buffers[str, Record] | None = None
        if backup:
            self.backup = Buffers(backup.size, wait_time(backup.interval), lambda r: r.size, lambda r: r.arrival)
        self.exceeded = 0  # records refused by the partition limit

    def add_source(self, record: Record, now: float) -> None:
        """Keep a copy of what came from the source, when that is asked for."""
        if self.backup is not None:
            self.backup.add("", record, now)

    def add(self, output: Output, now: float) -> None:
        """Put a record into the buffer of its partition, or among the failures."""
        if not self._delivery.dynamic:
            self.records.add((), output, now)
            return
        given = dict(output.keys)
        keys = tuple((name, given.get(name, "")) for name in sorted(self._delivery.keys))
        if keys not in self.records:
            if reason := self._unusable(keys, output.record):
                self.fail(output.record, PARTITIONING_FAILED, EXTRACTION_FAILED, reason, now)
                return
            if self.records.keys >= MAX_PARTITIONS:
                self.exceeded += 1
                reason = f"The active partitions limit of {MAX_PARTITIONS} was exceeded."
                self.fail(output.record, PARTITIONS_EXCEEDED, PARTITION_LIMIT, reason, now)
                return
        self.records.add(keys, output, now)

    def _unusable(self, keys: Keys, record: Record) -> str | None:
        if not all(value for _, value in keys):
            return "partitionKeys values must not be null or empty"
        target = self._delivery.target
        try:
            prefixes.evaluate(target.prefix, target.time(record.arrival), dict(keys))
        except prefixes.PrefixError as error:
            return str(error)
        return None

    def fail(self, record: Record, kind: str, code: str, message: str, now: float) -> None:
        """Put a record among the failures."""
        self.errors.add(kind, Failure(record, kind, code, message, 1, now_ms()), now)

    def add_failures(self, failures: list[Failure], now: float) -> None:
        """Put records that failed elsewhere among the failures."""
        for failure in failures:
            self.errors.add(failure.kind, failure, now)

    @property
    def size(self) -> int:
        """Bytes that wait in buffers."""
        backup = self.backup.size if self.backup is not None else 0
        return self.records.size + self.errors.size + backup

    @property
    def oldest(self) -> int | None:
        """The earliest arrival of what waits for the destination, ms since the epoch."""
        return self.records.oldest

    def object_of(
        self, keys: Keys, buffer: Buffer[Output], converter: Converter | None
    ) -> tuple[S3Object | None, list[Failure]]:
        """The object of a partition, and the records that could not be converted into it."""
        target = self._delivery.target
        prefix = prefixes.evaluate(target.prefix, target.time(buffer.oldest), dict(keys))
        if converter is not None:
            converted = converter.convert(buffer.items)
            if converted.body is None:
                return None, converted.failures
            records = len(buffer.items) - len(converted.failures)
            return self._object(target, prefix, converted.body, records, buffer.oldest), converted.failures
        body = b"".join(output.data for output in buffer.items)
        return self._object(target, prefix, body, len(buffer.items), buffer.oldest), []

    def object_of_errors(self, kind: str, buffer: Buffer[Failure], function: str | None) -> S3Object:
        """JSON lines of the records that failed in one way."""
        target = self._delivery.target
        prefix = prefixes.evaluate_error(target.prefix, target.error_prefix, target.time(buffer.oldest), kind)
        body = b"".join(failure.line(self._extra(failure, function)) for failure in buffer.items)
        name = object_name(self._stream.name, self._stream.version, target.time(now_ms()), "")
        return S3Object(target, prefix + name, body, len(buffer.items), buffer.oldest, "ErrorOutput")

    def object_of_backup(self, buffer: Buffer[Record]) -> S3Object:
        """The source records as they came, one after the other."""
        target = self._delivery.backup
        assert target is not None  # noqa: S101 - for the type checker
        prefix = prefixes.evaluate(target.prefix, target.time(buffer.oldest))
        body = b"".join(record.raw for record in buffer.items)
        return self._object(target, prefix, body, len(buffer.items), buffer.oldest, metric="BackupToS3")

    def _extra(self, failure: Failure, function: str | None) -> dict[str, object]:
        if failure.code.startswith("Lambda."):
            return {"lambdaArn": function}
        return {"dataCatalogTable": self._stream.table} if failure.data is not None else {}

    def _object(
        self, target: Target, prefix: str, body: bytes, records: int, oldest: int, *, metric: str = "DeliveryToS3"
    ) -> S3Object:
        when = target.time(int(time.time() * 1000))
        name = object_name(self._stream.name, self._stream.version, when, target.extension)
        return S3Object(target, prefix + name, compress(body, target.compression, name), records, oldest, metric)
