"""A column of the sample, and what its values tell."""

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cli.lake.new_dataset import kinds, names, personal, sample

Floats = NDArray[np.float64]
NUMBERS = ("int", "bigint", "double")
EACH_VALUE = 50  # rows that a value must have for the list of values to be taken for whole
MAX_ENUM = 20
MARGIN = 0.5  # of the range, that values to come may lie beyond it


@dataclass(frozen=True)
class Column:
    """A column of the sample.

    Attributes:
        source: its name in the file; None of one that the file does not have.
        name: its name from here on.
        type: of the contract.
        values: pyarrow array of that type.
        personal: what it may tell of a person.
    """

    source: str | None
    name: str
    type: str
    values: Any
    personal: str | None = None

    @property
    def rows(self) -> int:
        return len(self.values)

    @property
    def missing(self) -> int:
        return int(self.values.null_count)

    @cached_property
    def counts(self) -> Counter[Any]:
        """Rows by value, without missing ones."""
        return Counter(value for value in self.values.to_pylist() if value is not None)

    @property
    def is_unique(self) -> bool:
        return not self.missing and len(self.counts) == self.rows

    @property
    def is_number(self) -> bool:
        return self.type in NUMBERS

    @cached_property
    def numbers(self) -> Floats:
        """Values of a number or boolean by row, NaN for missing."""
        return np.array([np.nan if value is None else value for value in self.values.to_pylist()], np.float64)

    @cached_property
    def bounds(self) -> tuple[float, float] | None:
        """What values to come may reach: the sample's range and half of it more, not below 0 if nothing is."""
        if not self.is_number or not self.counts:
            return None
        least, most = float(min(self.counts)), float(max(self.counts))
        room = MARGIN * (most - least) or abs(most) or 1.0
        low = least - room if least < 0 else max(0.0, least - room)
        return _round(low, up=False), _round(most + room, up=True)

    @cached_property
    def enum(self) -> tuple[str, ...]:
        """All values of a text that has few, each of them often."""
        few = self.type == "string" and 0 < len(self.counts) <= MAX_ENUM
        return tuple(sorted(self.counts)) if few and min(self.counts.values()) >= EACH_VALUE else ()


def columns_of(read: sample.Columns) -> list[Column]:
    """Typed columns with valid names. Raises UserError for values that have no type."""
    valid = names.valid(name for name, _ in read)
    found = []
    for source, values in read:
        kind, array = kinds.typed(source, values)
        column = Column(source, valid[source], kind, array)
        texts = (str(value) for value in column.counts) if kind in ("string", "bigint") else ()
        found.append(Column(source, column.name, kind, array, personal.suspected(column.name, texts)))
    return found


def _round(value: float, *, up: bool) -> float:
    """Two digits of it, away from the data."""
    if value == 0:
        return 0.0
    step = 10.0 ** (np.floor(np.log10(abs(value))) - 1)
    return float(f"{(np.ceil if up else np.floor)(value / step) * step:.12g}")
