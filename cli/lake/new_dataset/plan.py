"""Everything that is known of a dataset to be: what its folder is written from."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pyarrow as pa

from cli.errors import UserError
from cli.lake.new_dataset.columns import Column, Floats
from cli.lake.new_dataset.days import MIN_ROWS, ROWS_PER_FEATURE, Days, by_time, spread
from cli.lake.new_dataset.features import Chosen, choose, cut_to
from cli.lake.new_dataset.labels import Label

ROW_ID = "row_id"


@dataclass(frozen=True)
class Plan:
    """A dataset to be.

    Attributes:
        name: of its folder.
        file: name of the sample.
        columns: of the events, beside id and times; no longer the column of the time.
        key: names of the columns that identify a row.
        time: name in the file of the column of the time; None when rows are spread over a year.
        clock: features of the time by name.
    """

    name: str
    file: str
    columns: list[Column]
    key: tuple[str, ...]
    time: str | None
    label: Label
    days: Days
    chosen: Chosen
    clock: tuple[str, ...]

    @property
    def events(self) -> str:
        """Name of the table of events."""
        return f"{self.name}_events"

    @property
    def inputs(self) -> list[str]:
        """Columns that features are made of, and the day, which orders the rows."""
        made_of = {item.input for item in self.chosen.features}
        ordered = ["record_date", "event_time", *(column.name for column in self.columns)]
        return [name for name in ordered if name in made_of or name == "record_date"]

    def column(self, name: str) -> Column:
        return next(column for column in self.columns if column.name == name)

    @property
    def table(self) -> Any:
        """The sample as the producer reads it, by time: the columns of an event, with their types."""
        moments = [datetime.fromtimestamp(int(second), UTC).replace(tzinfo=None) for second in self.days.seconds]
        columns = {"event_time": pa.array(moments, pa.timestamp("s"))}
        columns |= {column.name: column.values for column in self.columns}
        return pa.table(columns).filter(pa.array(self.days.kept)).sort_by("event_time")


def made(
    name: str,
    file: str,
    *,
    columns: list[Column],
    key: tuple[str, ...],
    time: Column | None,
    seconds: Any,
    label: Label,
) -> Plan:
    """Choose the features and the days. Raises UserError for a sample that is too small.

    Args:
        key: empty when no column identifies a row; then its number does.
        time: the column of the time and, as ``seconds``, its values.
    """
    if not key:
        numbers = pa.array(np.arange(1, len(label.known) + 1))
        columns, key = [Column(None, ROW_ID, "int", numbers), *columns], (ROW_ID,)
    if time is not None:
        columns = [column for column in columns if column is not time]
    clock = _clock(seconds) if time is not None else {}
    chosen = choose(columns, label, key, clock)
    if not chosen.features:
        raise UserError(f"{file}: no column is fit to tell {label.name} by")
    days = by_time(seconds, label.known) if time is not None else spread(label.known, chosen.width)
    cut_to(chosen, max(MIN_ROWS, days.training) // ROWS_PER_FEATURE)
    kept = tuple(name for name in clock if any(item.code == f'Number("{name}")' for item in chosen.features))
    source = time.source if time is not None else None
    return Plan(name, file, columns, key, source, label, days, chosen, kept)


def _clock(seconds: Any) -> dict[str, tuple[str, Floats]]:
    """Day of the week, and hour where times have one."""
    found = {"day_of_week": ("record_date", ((seconds // 86_400 + 3) % 7).astype(np.float64))}
    if (seconds % 86_400).any():
        found["hour"] = ("event_time", (seconds // 3600 % 24).astype(np.float64))
    return found
