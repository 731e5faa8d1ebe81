"""Where every event is, counted from what lies in S3 and from nothing that the sender believes.

- sent: records in Firehose's backup of the source. The producer ends each record with a newline, and has no other
  in it, so lines are records.
- delivered: rows of the Parquet files, from their footers; and apart from them
- loaded: rows of the files that the batch path wrote, which never were in the stream.
- quarantined: lines under the error prefix, and those that were replayed from there: a replayed record was sent
  twice, quarantined once, and delivered the second time.
- dropped: heartbeats in the backup, which the transform function drops.
"""

import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from cli.lake.producer.dirt import HEARTBEAT
from cli.lake.producer.history import is_history
from cli.lake.producer.objects import Stored, content, each, listed, s3_client
from contracts import Table
from contracts.validation import EVENT_TYPE, EventError, Validator, decode

FOOTER_GUESS = 64 * 2**10  # bytes; a footer of these files is some KB


@dataclass(frozen=True)
class Account:
    """Numbers of records."""

    sent: int
    delivered: int
    quarantined: int
    dropped: int
    loaded: int = 0

    @property
    def lost(self) -> int:
        """Sent, and nowhere to be found. Negative when something was delivered twice."""
        return self.sent - self.delivered - self.quarantined - self.dropped


class Accountant:
    """Counts again and again, and reads an object only once: Firehose never changes what it has written."""

    def __init__(self, bucket: str, events: Table, s3: Any = None) -> None:
        self._bucket = bucket
        self._events = events
        self._s3 = s3 or s3_client()
        self._known: dict[tuple[str, str], tuple[int, int]] = {}
        self._validator = Validator(events)

    def count(self) -> Account:
        """The account as of now. UserError when the bucket cannot be read."""
        sent, dropped = self._total(f"backup/{self._events.name}/", self._records)
        delivered, loaded = self._total(f"{self._events.location}/", self._rows)
        quarantined = sum(
            self._total(prefix, self._lines)[0] for prefix in (errors(self._events), replayed(self._events))
        )
        return Account(sent, delivered, quarantined, dropped, loaded)

    def _total(self, prefix: str, count: Callable[[Stored], tuple[int, int]]) -> tuple[int, int]:
        objects = listed(self._s3, self._bucket, prefix)
        new = [item for item in objects if (item.key, item.etag) not in self._known]
        for item, counts in each(count, new):
            self._known[item.key, item.etag] = counts
        counted = [self._known[item.key, item.etag] for item in objects]
        return sum(first for first, _ in counted), sum(second for _, second in counted)

    def _lines(self, item: Stored) -> tuple[int, int]:
        return content(self._s3, self._bucket, item.key).count(b"\n"), 0

    def _records(self, item: Stored) -> tuple[int, int]:
        data = content(self._s3, self._bucket, item.key)
        marks = f'"{HEARTBEAT}"'.encode()
        # Most records are none: looking for the word first saves parsing them.
        beats = sum(self._is_heartbeat(line) for line in data.split(b"\n") if marks in line) if marks in data else 0
        return data.count(b"\n"), beats

    def _is_heartbeat(self, line: bytes) -> bool:
        try:
            return bool(self._validator.validate(decode(line))[EVENT_TYPE] == HEARTBEAT)
        except EventError:
            return False

    def _rows(self, item: Stored) -> tuple[int, int]:
        rows = parquet_rows(lambda start: self._tail(item, start))
        return (0, rows) if is_history(item.key) else (rows, 0)

    def _tail(self, item: Stored, size: int) -> bytes:
        start = max(0, item.size - size)
        response = self._s3.get_object(Bucket=self._bucket, Key=item.key, Range=f"bytes={start}-")
        body: bytes = response["Body"].read()
        return body


def account(bucket: str, events: Table) -> Account:
    """Count once. Who polls keeps an `Accountant`."""
    return Accountant(bucket, events).count()


def errors(events: Table) -> str:
    """Where Firehose writes what was refused."""
    return f"errors/{events.name}/"


def replayed(events: Table) -> str:
    """Where what was sent again is kept."""
    return f"errors-replayed/{events.name}/"


def parquet_rows(tail: Callable[[int], bytes]) -> int:
    """Rows of a Parquet file of which ``tail(n)`` gives the last n bytes (all, when it is shorter).

    The footer says it: metadata, its length in 4 bytes, "PAR1" (https://parquet.apache.org/docs/file-format/).
    """
    from pyarrow import BufferReader, parquet  # noqa: PLC0415 - keeps `--help` fast

    end = tail(FOOTER_GUESS)
    (length,) = struct.unpack("<I", end[-8:-4])
    if length + 8 > len(end):
        end = tail(length + 8)
    return int(parquet.read_metadata(BufferReader(end)).num_rows)
