"""What the producer hands on: one record of the stream."""

from typing import NamedTuple


class Record(NamedTuple):
    """A record as the stream gets it.

    Attributes:
        time: when it happened, in seconds since 1970.
        key: partition key. All events of a flight have the same one, so they are on one shard, in order. A flight
            is used, and not a tail number: 100,000s of distinct flights spread evenly by their MD5, while tails are
            missing for some flights (all of those would share one shard) and fly unequally often.
        kind: ``event``, or what kind of dirt it is.
        data: one line; ends with a newline and has no other.
    """

    time: int
    key: str
    kind: str
    data: bytes
