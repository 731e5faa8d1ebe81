"""The modules of a dataset's folder, as the commands and stories use them; `contracts` finds its contract."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from importlib import import_module
from pathlib import Path
from typing import Literal, Protocol, cast

import contracts
from datasets.record import Record


class DatasetError(ValueError):
    """A dataset that cannot be used; one sentence with what to do."""


class Producer(Protocol):
    """The module ``datasets/<name>/producer.py``: what happened, as events.

    Attributes:
        YEAR: of the months that it knows by their number.
        PARTITION: columns of an event that make its partition key, joined by ``-``; what they name stays in order.
        REFERENCE: names of the reference tables, each a file ``<name>.csv`` in ``data_folder()``.
    """

    YEAR: int
    PARTITION: tuple[str, ...]
    REFERENCE: tuple[str, ...]

    def data_folder(self) -> Path:
        """Where the reference files are. Raises DatasetError."""

    def count(self, months: Iterable[int]) -> int:
        """How many events `replay` gives for the months."""

    def replay(self, months: Iterable[int]) -> Iterator[Record]:
        """The events of some months (1 to 12) by event time."""

    def month_events(self, month: int) -> list[Record]:
        """The events of one month by event time. Raises DatasetError for a month that is not there."""


@dataclass(frozen=True)
class Period:
    """Days of requests: ``name`` in summary.json, ``label`` on the screen; both ends are included."""

    name: str
    label: str
    first: date
    last: date


@dataclass(frozen=True)
class QueryChart:
    """How a report draws the answer of a named query.

    Attributes:
        kind: ``lines`` over a day or number, or a bar a row.
        by: columns that say what a row is of, of lines one; and what they are called.
        values: columns of numbers, and what each is called; bars have one.
        value_title: what the numbers are, in ``unit``.
        of: a column of counts that a bar's number is a share of; empty when there is none.
    """

    query: str
    kind: Literal["lines", "bars"]
    title: str
    by: tuple[str, ...]
    by_title: str
    values: tuple[tuple[str, str], ...]
    value_title: str
    unit: str
    of: str = ""


@dataclass(frozen=True)
class Scenario:
    """What the core's story tells of a dataset, ``SCENARIO`` of ``datasets/<name>/scenario.py``.

    Attributes:
        title: of the story.
        rows: what curated rows are, in the plural.
        asked: what the endpoint is asked about, in the plural.
        key: an example of a row's key.
        history: months that are loaded beside the streamed ones, for the first model to learn from.
        window: first and last day that it learns from.
        control: days that are like those.
        later: months that come after.
        quiet: days of them that are still alike, and loud: days that are not. Without loud ones nobody knows what
            the checks will find: the story shows it and ends there.
        queries: named queries whose answers are shown on the screen, and charts: those that the report draws.
        outcome: what a row with a positive label is, as an adjective.
    """

    title: str
    rows: str
    asked: str
    key: str
    history: tuple[int, ...]
    window: tuple[date, date]
    control: Period
    later: tuple[int, ...]
    quiet: Period
    loud: Period | None
    queries: tuple[str, ...]
    charts: tuple[QueryChart, ...] = ()
    outcome: str = "positive"


def producer(dataset: str) -> Producer:
    """Raises DatasetError for a dataset that has none."""
    return cast(Producer, _module(dataset, "producer"))


def planted(dataset: str, month: int) -> dict[str, str]:
    """What the generator of a dataset has planted in a month's rows: its kind, by the row's key; else nothing."""
    found: dict[str, str] = getattr(producer(dataset), "planted", lambda _: {})(month)
    return found


def scenario(dataset: str) -> Scenario:
    """Raises DatasetError for a dataset that has none."""
    found: Scenario = _module(dataset, "scenario").SCENARIO  # type: ignore[attr-defined]
    return found


def _module(dataset: str, name: str) -> object:
    if dataset not in contracts.names():
        raise DatasetError(f"there is no dataset {dataset!r}, only {', '.join(contracts.names())}")
    if not (contracts.store.DATASETS / dataset / f"{name}.py").is_file():
        raise DatasetError(f"the dataset {dataset} is for training only: it has no {name}.py")
    return import_module(f"datasets.{dataset}.{name}")
