"""Records that wait for an object: by size or age, one object a partition, never mixed. No clock of its own."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

T = TypeVar("T")
K = TypeVar("K", bound=Hashable)


@dataclass
class Buffer(Generic[T]):
    """What goes into one object. ``oldest`` is the earliest arrival among its items, ms since the epoch."""

    since: float
    oldest: int
    items: list[T] = field(default_factory=list)
    size: int = 0


class Buffers(Generic[K, T]):
    """Buffers by key, each due on its own: at ``size`` bytes, or when its first item has waited ``interval``."""

    def __init__(self, size: int, interval: float, measure: Callable[[T], int], arrival: Callable[[T], int]) -> None:
        self._limit, self._interval = size, interval
        self._measure, self._arrival = measure, arrival
        self._buffers: dict[K, Buffer[T]] = {}
        self._full: list[tuple[K, Buffer[T]]] = []

    def add(self, key: K, item: T, now: float) -> None:
        """Append; what makes a buffer full closes it, and the next item of its key starts another."""
        buffer = self._buffers.get(key)
        if buffer is None:
            buffer = self._buffers[key] = Buffer(now, self._arrival(item))
        buffer.items.append(item)
        buffer.size += self._measure(item)
        buffer.oldest = min(buffer.oldest, self._arrival(item))
        if buffer.size >= self._limit:
            self._full.append((key, self._buffers.pop(key)))

    def due(self, now: float) -> list[tuple[K, Buffer[T]]]:
        """Take out the buffers that are to become objects now, oldest first."""
        late = self._late(now)
        ready, self._full = self._full, []
        return ready + [(key, self._buffers.pop(key)) for key in late]

    def any_due(self, now: float) -> bool:
        """Whether `due` would take anything out."""
        return bool(self._full or self._late(now))

    def _late(self, now: float) -> list[K]:
        return [key for key, buffer in self._buffers.items() if now - buffer.since >= self._interval]

    def drain(self) -> list[tuple[K, Buffer[T]]]:
        """Take out everything."""
        ready, self._full = self._full, []
        ready += list(self._buffers.items())
        self._buffers.clear()
        return ready

    @property
    def keys(self) -> int:
        """How many keys have an open buffer: the active partitions."""
        return len(self._buffers)

    def __contains__(self, key: K) -> bool:
        return key in self._buffers

    @property
    def size(self) -> int:
        """Bytes in all buffers."""
        return sum(b.size for b in self._buffers.values()) + sum(b.size for _, b in self._full)

    @property
    def oldest(self) -> int | None:
        """The earliest arrival of all that waits, ms since the epoch."""
        arrivals = [b.oldest for b in self._buffers.values()] + [b.oldest for _, b in self._full]
        return min(arrivals, default=None)
