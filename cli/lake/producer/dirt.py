"""Dirt as real producers make it: added at a rate, from a fixed seed, and never in place of a real event."""

import heapq
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from random import Random
from typing import Any

from contracts import Table
from contracts.validation import EVENT_TYPE
from datasets.record import Record, iso

MALFORMED, WRONG_TYPED, DUPLICATE, HEARTBEAT = "malformed", "wrong_typed", "duplicate", "heartbeat"
LATE, OUT_OF_ORDER = "late", "out_of_order"
EVENT_TIME = "event_time"
TOO_LARGE = 10**12  # for the numbers that are bounded
ADDED = (MALFORMED, WRONG_TYPED, DUPLICATE, HEARTBEAT)  # records that were not there
MOVED = (LATE, OUT_OF_ORDER)  # real events that come at another place

# How many records later a moved event or a duplicate comes; a day has some 1,700 events.
OUT_OF_ORDER_BY = (1, 20)
DUPLICATE_AFTER = (1, 2_000)
LATE_BY = (2_000, 20_000)


class Dirt:
    """Adds dirt to a stream of records.

    One record in ``1 / rate`` gets one kind of dirt, each kind as often as another.

    Attributes:
        made: how much there is of each kind so far; the kinds in ``ADDED`` are records more, those in ``MOVED``
            are real events elsewhere.
    """

    def __init__(self, events: Table, rate: float, seed: int) -> None:
        if not 0 <= rate <= 1:
            raise ValueError(f"a rate of dirt is between 0 and 1, not {rate}")
        self.rate = rate
        self.made: Counter[str] = Counter()
        self._random = Random(seed)  # noqa: S311 - to be repeated, not to be secret
        self._break_bytes, self._break_event = _bytes_of(events), _events_of(events)

    @property
    def added(self) -> int:
        """Records that were not there before."""
        return sum(self.made[kind] for kind in ADDED)

    def spread(self, records: Iterable[Record]) -> Iterator[Record]:
        """The records with dirt among them; every real one comes exactly once, its bytes untouched."""
        later: list[tuple[int, int, Record]] = []  # (place, tie-breaker, record) of what comes later
        place = 0
        for place, record in enumerate(records):
            while later and later[0][0] <= place:
                yield heapq.heappop(later)[2]
            if self._random.random() >= self.rate:
                yield record
                continue
            kind = self._random.choice((*ADDED, *MOVED))
            self.made[kind] += 1
            number = self.made.total()
            if kind in MOVED:
                by = self._random.randint(*(LATE_BY if kind == LATE else OUT_OF_ORDER_BY))
                heapq.heappush(later, (place + by, number, record._replace(kind=kind)))
                continue
            yield record
            if kind == DUPLICATE:
                after = place + self._random.randint(*DUPLICATE_AFTER)
                heapq.heappush(later, (after, number, record._replace(kind=kind)))
            else:
                yield self._dirty(kind, record, number)
        while later:
            yield heapq.heappop(later)[2]

    def _dirty(self, kind: str, record: Record, number: int) -> Record:
        if kind == HEARTBEAT:
            beat = {"event_type": HEARTBEAT, "event_id": f"heartbeat-{number:06d}", "event_time": iso(record.time)}
            return record._replace(kind=kind, data=_line(beat))
        if kind == MALFORMED:
            break_bytes = self._random.choice(self._break_bytes)
            return record._replace(kind=kind, data=break_bytes(record.data[:-1], self._random) + b"\n")
        event = json.loads(record.data)
        event["event_id"] += "-wrong"  # it is another event, so that a repair of it is no duplicate
        self._random.choice(self._break_event)(event)
        return record._replace(kind=kind, data=_line(event))


def _line(event: dict[str, Any]) -> bytes:
    return f"{json.dumps(event, separators=(',', ':'))}\n".encode()


def _always(events: Table) -> tuple[str | None, list[str]]:
    """A number that every event must have and that is not so large as the wrong one below, and such texts.

    Nothing but the contract bounds them: no ids, no times. A dataset may have no such number, or no such texts.
    """
    always = [
        column
        for column in events.columns
        if column.required and not column.event_types and not column.format and column.name not in events.primary_key
    ]
    numbers = [
        column.name
        for kind in ("int", "bigint", "double")
        for column in always
        if column.type == kind and (kind == "int" or (column.maximum is not None and column.maximum < TOO_LARGE))
    ]
    return numbers[0] if numbers else None, [column.name for column in always if column.type == "string"]


def _bytes_of(events: Table) -> tuple[Callable[[bytes, Random], bytes], ...]:
    """Ways to bytes that are no JSON object. None has a newline: in the source backup a newline ends a record."""
    number, texts = _always(events)
    name = f'"{number}":'.encode()
    twice = f'{{"{texts[0] if texts else EVENT_TYPE}":"XX",'.encode()
    return (
        lambda data, random: data[: random.randrange(1, len(data))],  # cut off
        lambda _, random: bytes(random.randrange(128, 256) for _ in range(40)),  # not text
        lambda data, _: data + data,  # two in one record
        lambda data, _: data.replace(b":", b"=", 1),
        *([lambda data, _: data.replace(name, name + b'NaN,"was":', 1)] if number else []),
        lambda data, _: data.replace(b"{", twice, 1),  # a key twice
        lambda data, _: data.decode().encode("utf-16-le").replace(b"\n", b""),
        lambda data, _: b"[" + data + b"]",
    )


def _events_of(events: Table) -> tuple[Callable[[dict[str, Any]], object], ...]:
    """Ways to an event that breaks its contract."""
    number, texts = _always(events)
    first, last = (texts[0], texts[-1]) if texts else (EVENT_TYPE, EVENT_TYPE)
    return (
        *([lambda event: event.update({number: str(event[number])})] if number else []),
        lambda event: event.update({EVENT_TIME: event[EVENT_TIME].removesuffix("Z")}),
        lambda event: event.update({last: {"nested": event[last]}}),
        lambda event: event.pop(first),
        lambda event: event.update({EVENT_TYPE: "unheard_of"}),
        *([lambda event: event.update({number: TOO_LARGE})] if number else []),
    )
