"""What a producer hands on: one record of the stream."""

import time
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import NamedTuple


class Record(NamedTuple):
    """A record as the stream gets it.

    Attributes:
        time: when it happened, in seconds since 1970.
        key: partition key. All events of it are on one shard, in order.
        kind: ``event``, or what kind of dirt it is.
        data: one line; ends with a newline and has no other.
    """

    time: int
    key: str
    kind: str
    data: bytes


@cache
def iso(seconds: int) -> str:
    """Seconds since 1970 as ISO 8601 in UTC."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def in_order(months: Iterable[int], month_events: Callable[[int], list[Record]]) -> Iterator[Record]:
    """The events of some months by event time, whatever of a month happens in the next; two months are in memory."""
    waiting: list[Record] = []
    for month in sorted(set(months)):
        fresh = month_events(month)
        begin = fresh[0].time
        yield from (record for record in waiting if record.time < begin)
        waiting = sorted([*(record for record in waiting if record.time >= begin), *fresh], key=by_time)
    yield from waiting


def by_time(record: Record) -> int:
    """A key to sort by."""
    return record.time
