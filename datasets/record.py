"""What a producer hands on: one record of the stream."""

import time
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
