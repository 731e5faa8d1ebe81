"""What is to happen when, on a clock that passes ``speed`` times as fast as the wall clock.

The clock agrees with the wall clock when the cloud starts or is reset. With speed 60 a rate(1 hour) fires every minute,
and cron(0 2 * * ? *) when the fast clock reads 02:00.
"""

import heapq
import itertools
import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

log = logging.getLogger(__name__)

Next = Callable[[datetime], datetime | None]  # the first time later than a time of the clock
Action = Callable[[datetime], None]  # is given the time it was due


class Clock:
    """The fast clock."""

    def __init__(self, speed: float) -> None:
        self._speed = speed
        self._began = time.time()

    def now(self) -> datetime:
        return self.at(time.time())

    def at(self, wall: float) -> datetime:
        """What the clock reads at a time of the wall clock, in seconds since the epoch."""
        return datetime.fromtimestamp(self._began + (wall - self._began) * self._speed, UTC)

    def seconds_until(self, moment: datetime) -> float:
        """Wall-clock seconds, negative when it has passed."""
        return (moment - self.now()).total_seconds() / self._speed


@dataclass(order=True)
class _Entry:
    due: datetime
    number: int
    key: str = field(compare=False)
    following: Next = field(compare=False)
    action: Action = field(compare=False)


class Timetable:
    """One thread that does what is due. Actions are to be quick: they hand work on."""

    def __init__(self, speed: float) -> None:
        self._speed = speed
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._stopped = False
        self.clear()

    def clear(self) -> None:
        """Forget all, and set the clock to the wall clock's time."""
        with self._changed:
            self.clock = Clock(self._speed)
            self._valid: dict[str, int] = {}  # key -> number of the entry that counts
            self._heap: list[_Entry] = []
            self._numbers = itertools.count()

    def start(self) -> None:
        self._thread = threading.Thread(target=self._run, name="timetable", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        with self._changed:
            self._stopped = True
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join(10)
        self.clear()

    def set(self, key: str, following: Next, action: Action, after: datetime | None = None) -> None:
        """Do ``action`` at each time that ``following`` gives, from ``after`` (now) on; replaces what ``key`` has."""
        with self._changed:
            self._push(key, next(self._numbers), following, action, after or self.clock.now())
            self._changed.notify_all()

    def drop(self, key: str) -> None:
        with self._changed:
            self._valid.pop(key, None)

    def _push(self, key: str, number: int, following: Next, action: Action, after: datetime) -> None:
        due = following(after)
        self._valid.pop(key, None)
        if due is not None:
            self._valid[key] = number
            heapq.heappush(self._heap, _Entry(due, number, key, following, action))

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._stopped and not self._is_due():
                    self._changed.wait(self.clock.seconds_until(self._heap[0].due) if self._heap else None)
                if self._stopped:
                    return
                entry = heapq.heappop(self._heap)
                if self._valid.get(entry.key) != entry.number:
                    continue
                self._push(entry.key, entry.number, entry.following, entry.action, entry.due)
            try:
                entry.action(entry.due)
            except Exception:
                log.exception("%s failed at %s", entry.key, entry.due)

    def _is_due(self) -> bool:
        return bool(self._heap) and self.clock.seconds_until(self._heap[0].due) <= 0
