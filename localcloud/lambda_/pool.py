"""The workers of one function version: few, warm, replaced when they die."""

import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from localcloud.lambda_.worker import StartError, Worker

SIZE = 2  # concurrent executions of one function; further requests wait (AWS would start more)


class Slot:
    """The right to run one request, with the warm worker that was last in it, if it lives."""

    def __init__(self) -> None:
        self.worker: Worker | None = None


class Pool:
    """Up to ``SIZE`` workers, started on demand by the caller through the slot it gets."""

    def __init__(self, fingerprint: str, size: int = SIZE) -> None:
        self.fingerprint = fingerprint
        self._slots = [Slot() for _ in range(size)]
        self._free: queue.LifoQueue[Slot] = queue.LifoQueue()  # the warmest first
        for slot in self._slots:
            self._free.put(slot)
        self._retired = threading.Event()
        self._killed = threading.Event()

    @contextmanager
    def slot(self, start: Callable[[], Worker]) -> Iterator[tuple[Worker, bool]]:
        """A worker that is ours until the block ends, and whether it was started for us (a cold start).

        Raises StartError when all were ended while we waited: who waits is not to start another.
        """
        slot = self._free.get()
        try:
            if self._killed.is_set():
                raise StartError("the environments of the function were ended")
            cold = slot.worker is None or not slot.worker.alive
            if cold:
                self._end(slot)
                slot.worker = start()
            assert slot.worker is not None  # noqa: S101 - for the type checker
            yield slot.worker, cold
        finally:
            if self._retired.is_set() or slot.worker is None or not slot.worker.alive:
                self._end(slot)
            self._free.put(slot)

    def _end(self, slot: Slot) -> None:
        if slot.worker is not None:
            slot.worker.kill()
            slot.worker.remove()
            slot.worker = None

    def retire(self) -> None:
        """End idle workers now and busy ones after their request: the code was updated."""
        self._retired.set()
        idle = []
        while True:
            try:
                idle.append(self._free.get_nowait())
            except queue.Empty:
                break
        for slot in idle:
            self._end(slot)
            self._free.put(slot)

    def kill(self) -> None:
        """End all workers at once, also busy ones."""
        self._killed.set()
        self._retired.set()
        for slot in self._slots:
            if (worker := slot.worker) is not None:
                worker.kill()
