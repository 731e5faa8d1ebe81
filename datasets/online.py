"""What is kept of events so that one can be scored as it happens: the same numbers as curation's, one event at a time.

Standard library only, since it runs in Lambda functions. What only one dataset knows is in its module
``datasets/<name>/online.py``, see `Online`; the functions of the architecture ``realtime_scoring`` know no column.

Of each row (a flight, a payment) the latest event of each kind is kept. Whatever order events come in, and however
often, the row ends up the same; and what follows of a row (counts it belongs to, entries it leaves) is a function of
it, so that a change of the row is a change of counts and entries that can be written with it in one transaction.
"""

from collections.abc import Callable, Generator, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from importlib import import_module
from math import asin, cos, radians, sin, sqrt
from typing import Any, NamedTuple, Protocol, cast

from contracts import Table

Event = dict[str, Any]  # as `contracts.validation.Validator` gives it
Item = dict[str, Any]
Row = dict[str, Event]  # the latest event of each kind
Order = Callable[[Event], Any]

EARTH_RADIUS_KM = 6371.0


class Key(NamedTuple):
    """Where one item lies."""

    pk: str
    sk: str


class Range(NamedTuple):
    """Items of one partition from ``first`` to ``last``, both included, in the order of their sort keys."""

    pk: str
    first: str
    last: str


Wanted = Key | Range
Found = Mapping[Wanted, list[Item]]  # of a key one item or none


@dataclass(frozen=True)
class Effects:
    """What follows of a row.

    Attributes:
        counts: what it adds to counters, by where they are; its own place never has two rows' entries.
        entries: items that it leaves.
    """

    counts: Mapping[Key, Mapping[str, int]] = field(default_factory=dict)
    entries: Mapping[Key, Item] = field(default_factory=dict)


@dataclass(frozen=True)
class Known:
    """What is known when an event is to be scored.

    Attributes:
        inputs: columns of the curated table that the model needs, without what is missing.
        doubts: why the event cannot be as it says, a sentence each.
    """

    inputs: dict[str, Any]
    doubts: tuple[str, ...] = ()


# Asks for what it needs, as often as it must, is given what was found, and returns what is then known.
Asking = Generator[Iterable[Wanted], Found, Known]


class Online(Protocol):
    """The module ``datasets/<name>/online.py``.

    Attributes:
        SCORED: type of the events that are scored.
        REFERENCE: names of the reference tables that are looked up.
        HISTORY_DAYS: so many days before a day are looked back on.
        KEEP_DAYS: so many days after it happened an event may still count.
    """

    SCORED: str
    REFERENCE: tuple[str, ...]
    HISTORY_DAYS: int
    KEEP_DAYS: int

    def stray(self, event: Event) -> str:
        """Why an event does not belong to the row that it names; empty when it does."""

    def kind(self, event: Event) -> str:
        """Of which the row keeps the latest event."""

    def effects(self, row: Row) -> Effects:
        """What follows of a row."""

    def asked(self, event: Event) -> Asking:
        """What is known when ``event``, of the type SCORED, is to be scored."""


def online_of(dataset: str) -> Online:
    """The online module of a dataset. Raises ImportError for a dataset without one."""
    return cast(Online, import_module(f"datasets.{dataset}.online"))


# --- a row and its events


def row_key(event: Event, curated: Table) -> str:
    """The parts of the row's key joined by ``/``, as `mlref predict --key` takes it."""
    return "/".join(str(event[name]) for name in curated.primary_key)


def row_place(key: str) -> Key:
    """Where the row of this key lies."""
    return Key(f"row#{key}", "row")


def order_of(events: Table) -> Order:
    """What the later of two events of a kind is greater by: the order of `processing.glue.curation.newest_first`."""
    identity = [name for name in (events.event_time, *events.primary_key) if name]
    names = (*identity, *(column.name for column in events.columns if column.name not in identity))

    def order(event: Event) -> tuple[tuple[bool, Any], ...]:
        return tuple((name in event, event.get(name)) for name in names)

    return order


def merged(row: Row, events: Iterable[Event], online: Online, order: Order) -> Row:
    """The row with ``events``; ``row`` itself when none of them is news."""
    for event in events:
        kind = online.kind(event)
        if kind not in row or order(event) > order(row[kind]):
            row = {**row, kind: event}
    return row


@dataclass(frozen=True)
class Change:
    """What has to be written beside a row that has changed."""

    adds: Mapping[Key, Mapping[str, int]]
    puts: Mapping[Key, Item]
    deletes: frozenset[Key]


def change(before: Effects, after: Effects) -> Change:
    """From what followed of a row to what follows of it now."""
    return Change(
        differences(before.counts, after.counts),
        {key: item for key, item in after.entries.items() if before.entries.get(key) != item},
        frozenset(before.entries.keys() - after.entries.keys()),
    )


def differences(
    before: Mapping[Key, Mapping[str, int]], after: Mapping[Key, Mapping[str, int]]
) -> dict[Key, dict[str, int]]:
    """What to add to counters; those that stay are left out."""
    found = {}
    for key in sorted(before.keys() | after.keys()):
        old, new = before.get(key, {}), after.get(key, {})
        delta = {name: new.get(name, 0) - old.get(name, 0) for name in sorted(old.keys() | new.keys())}
        if any(delta.values()):
            found[key] = {name: number for name, number in delta.items() if number}
    return found


def total(counts: Iterable[Mapping[Key, Mapping[str, int]]]) -> dict[Key, dict[str, int]]:
    """The sum of counts."""
    found: dict[Key, dict[str, int]] = {}
    for item in counts:
        for key, numbers in item.items():
            for name, number in numbers.items():
                found.setdefault(key, {})[name] = found.get(key, {}).get(name, 0) + number
    return found


# --- what datasets calculate with


def reference(table: str, *values: Any) -> Key:
    """Where a row of a reference table lies, by the values of its primary key."""
    return Key("#".join((table, *map(str, values))), "reference")


def only(found: Found, key: Key | None) -> Item:
    """The item of a key; an empty one when there is none."""
    return next(iter(found.get(key, ())), {}) if key is not None else {}


def present(values: Mapping[str, Any]) -> dict[str, Any]:
    """Without what is missing."""
    return {name: value for name, value in values.items() if value is not None}


def rounded(value: float, digits: int) -> float:
    """As Spark's ``round``: of what the number is written as, halves away from zero."""
    return float(Decimal(repr(value)).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP))


def kilometres(here: tuple[float | None, float | None], there: tuple[float | None, float | None]) -> float | None:
    """Great-circle distance (haversine) of two places, as latitude and longitude in degrees; None unless both are."""
    lat, lon, other_lat, other_lon = (*here, *there)
    if lat is None or lon is None or other_lat is None or other_lon is None:
        return None
    a, b = radians(lat), radians(other_lat)
    half = sin((b - a) / 2) ** 2 + cos(a) * cos(b) * sin((radians(other_lon) - radians(lon)) / 2) ** 2
    return 2 * EARTH_RADIUS_KM * asin(sqrt(half))
