"""The value to predict: a boolean column, made of another where it is none."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from cli.errors import UserError
from cli.lake.new_dataset.columns import Column, Floats
from cli.lake.new_dataset.names import valid

EACH_CLASS = 30  # rows, for a test part to have some of both
# Names that labels have, and values that mean yes
NAMES = (
    "label",
    "label_value",
    "target",
    "class",
    "outcome",
    "y",
    "survived",
    "churn",
    "default",
    "fraud",
    "diagnosis",
)
POSITIVE = ("1", "true", "yes", "y", "t", "positive", "malignant", "churn", "fraud", "spam", "bad", "survived")


@dataclass(frozen=True)
class Label:
    """What is predicted.

    Attributes:
        source: the column that it is made of.
        name: of the boolean column; that of ``source`` when nothing is lost by it, for two values.
        value: that means true; or the number that has to be exceeded for it, with ``above``.
        known: by row 0, 1, or NaN where it is missing.
    """

    source: Column
    name: str
    value: Any
    above: bool
    known: Floats

    @property
    def meaning(self) -> str:
        """In words."""
        if self.source.type == "boolean":
            return f"whether {self.source.name} is true"
        return f"whether {self.source.name} is {'above ' if self.above else ''}{self.value!s:.60}"

    @property
    def replaces(self) -> bool:
        """Whether it stands in the place of its source."""
        return self.name == self.source.name

    def check(self) -> None:
        """Raises UserError when one of the two is too rare to be learned."""
        positive, negative = int((self.known == 1).sum()), int((self.known == 0).sum())
        if min(positive, negative) < EACH_CLASS:
            raise UserError(
                f"of {len(self.known):,} rows {positive:,} are positive and {negative:,} negative ({self.meaning}): "
                f"at least {EACH_CLASS} of each are needed"
            )


def guessed(columns: list[Column]) -> Column | None:
    """The column that is most likely the label: by its name, or the last one that has two values."""
    named = [column for name in NAMES for column in columns if column.name == name]
    two = [column for column in reversed(columns) if len(column.counts) == 2 and column.personal is None]
    return next(iter([*named, *two]), None)


def likely_positive(source: Column) -> str:
    """The value that is most likely the one asked for: one that says yes, or else the rarest."""
    texts = {str(value): count for value, count in source.counts.items()}
    return next(
        (text for text in texts if text.lower() in POSITIVE), min(texts, key=lambda text: (texts[text], text))
    )


def needs_positive(source: Column) -> bool:
    """Whether it has to be said which values are true: not of a boolean."""
    return source.type != "boolean"


def label_of(source: Column, positive: str | None, above: float | None) -> Label:
    """Raises UserError for a value that the column does not have."""
    values = source.values.to_pylist()
    if not needs_positive(source):
        return Label(source, source.name, True, False, source.numbers)
    if above is not None:
        if not math.isfinite(above):
            raise UserError(f"--above takes a number, not {above}")
        if not source.is_number:
            raise UserError(f"--above is for numbers, and {source.name} is {source.type}: give --positive VALUE")
        known = np.where(np.isnan(source.numbers), np.nan, source.numbers > above)
        name = valid([f"{source.name}_above_{above:g}"]).popitem()[1]
        return Label(source, name, int(above) if above == int(above) else above, True, known)
    by_text = {str(value): value for value in source.counts}
    if source.type == "double":
        by_text |= {f"{value:g}": value for value in source.counts}
    if positive not in by_text:
        some = ", ".join(sorted(by_text)[:10])
        raise UserError(f"--positive {positive!r}: the column {source.source!r} has no such value, but {some:.200}")
    value = by_text[positive]
    known = np.array([np.nan if item is None else float(item == value) for item in values])
    name = source.name if len(source.counts) == 2 else valid([f"{source.name}_is_{value}"]).popitem()[1]
    return Label(source, name, value, False, known)
