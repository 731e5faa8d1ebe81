"""Rows of a sample that lies in a dataset's folder as events; the producers that `mlref new-dataset` writes use it."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from datasets.parts import DatasetError
from datasets.record import Record, iso

_encode = json.JSONEncoder(separators=(",", ":")).encode


@dataclass(frozen=True)
class Sampled:
    """A Parquet file whose columns are those of an event, with ``event_time``; its rows are in the order of time.

    Attributes:
        year: of all rows.
        partition: columns that make the partition key.
    """

    file: Path
    year: int
    partition: tuple[str, ...]

    def data_folder(self) -> Path:
        """Where reference files would be."""
        return self.file.parent

    def count(self, months: Iterable[int]) -> int:
        """How many events `replay` gives for the months."""
        return sum(len(self._rows(month)) for month in set(months))

    def replay(self, months: Iterable[int]) -> Iterator[Record]:
        """The events of some months (1 to 12) by event time."""
        for month in sorted(set(months)):
            yield from self.month_events(month)

    def month_events(self, month: int) -> list[Record]:
        """The events of one month by event time; none for a month without rows."""
        return [self._event(number, row) for number, row in self._rows(month)]

    def _rows(self, month: int) -> list[tuple[int, dict[str, Any]]]:
        if not 1 <= month <= 12:
            raise DatasetError(f"there is no month {month}: months are 1 to 12 (of {self.year})")
        return [(number, row) for number, row in enumerate(self._all, 1) if row["event_time"].month == month]

    @cached_property
    def _all(self) -> list[dict[str, Any]]:
        from pyarrow import parquet  # noqa: PLC0415 - keeps `--help` fast

        if not self.file.is_file():
            raise DatasetError(f"{self.file} is missing: `mlref new-dataset` makes it of a sample")
        rows: list[dict[str, Any]] = parquet.read_table(self.file).to_pylist()
        return rows

    def _event(self, number: int, row: dict[str, Any]) -> Record:
        moment = row["event_time"]
        seconds = int((moment - datetime(1970, 1, 1)).total_seconds())
        event = {"event_type": "record", "event_id": f"record-{number:08d}", "event_time": iso(seconds)}
        event["record_date"] = event["event_time"][:10]
        event |= {name: _value(value) for name, value in row.items() if value is not None and name not in event}
        key = "-".join(str(event[name]) for name in self.partition)
        return Record(seconds, key, "event", f"{_encode(event)}\n".encode())


def _value(value: Any) -> Any:
    if isinstance(value, datetime):
        return f"{value.isoformat(timespec='milliseconds')}Z"
    return value.isoformat() if isinstance(value, date) else value
