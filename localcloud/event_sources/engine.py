"""The event source mappings of one cloud: what reads for them, and how they change their state."""

import threading
from collections.abc import Callable
from typing import Any

from localcloud.cloud import Cloud, current
from localcloud.event_sources.context import Context, log
from localcloud.event_sources.mapping import Mapping
from localcloud.event_sources.runner import QueueRunner, Runner, StreamRunner


class EventSources:
    """Mappings by UUID."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self.mappings: dict[str, Mapping] = {}
        self._runners: dict[str, Runner] = {}
        self._changes: set[threading.Thread] = set()
        self._lock = threading.Lock()

    def start(self) -> None:
        """Nothing is read before there is a mapping."""

    def reset(self) -> None:
        """End all that reads, and wait for it; functions that are being called are ended."""
        with self._lock:
            runners, changes = list(self._runners.values()), list(self._changes)
            self._runners.clear()
            self._changes.clear()
            self.mappings.clear()
        for runner in runners:
            runner.stop()
        lambda_: Any = self._cloud.engines["lambda_"]
        for runner in runners:
            while not runner.join(0.2):
                lambda_.end_workers()
        for thread in changes:
            thread.join(10)

    stop = reset

    def add(self, mapping: Mapping, *, enabled: bool) -> None:
        """A new mapping, which begins to read if it is enabled."""
        with self._lock:
            self.mappings[mapping.uuid] = mapping
        mapping.state = "Creating" if enabled else "Disabled"
        if enabled:
            self._later(self._enable, mapping)

    def change(self, mapping: Mapping, *, enabled: bool, state: str) -> None:
        """End what reads, and begin anew by the new configuration if it is enabled; ``state`` until then."""
        mapping.state = state
        self._later(self._enable if enabled else self._disable, mapping)

    def remove(self, mapping: Mapping) -> None:
        """Delete it, once nothing reads any more."""
        mapping.state = "Deleting"
        self._later(self._delete, mapping)

    def _later(self, change: Callable[[Mapping], None], mapping: Mapping) -> None:
        """Changes of a mapping come one after another."""

        def run() -> None:
            with mapping.lock:
                if self._cloud.is_ending:
                    return
                try:
                    change(mapping)
                except Exception as fault:
                    log.exception("%s could not be changed", mapping.arn)
                    mapping.problem(f"Internal error: {fault}")

        thread = threading.Thread(target=run, name=f"event-source-{mapping.uuid[:8]}", daemon=True)
        with self._lock:
            self._changes = {known for known in self._changes if known.is_alive()} | {thread}
            thread.start()

    def _enable(self, mapping: Mapping) -> None:
        self._end(mapping)
        context = Context(self._cloud, mapping)
        runner: Runner = StreamRunner(context) if mapping.kind == "stream" else QueueRunner(context)
        with self._lock:
            if self.mappings.get(mapping.uuid) is not mapping:
                return
            self._runners[mapping.uuid] = runner
            runner.start()
        mapping.state = "Enabled"

    def _disable(self, mapping: Mapping) -> None:
        self._end(mapping)
        mapping.state = "Disabled"

    def _delete(self, mapping: Mapping) -> None:
        self._end(mapping)
        with self._lock:
            self.mappings.pop(mapping.uuid, None)

    def _end(self, mapping: Mapping) -> None:
        with self._lock:
            runner = self._runners.pop(mapping.uuid, None)
        if runner is not None:
            runner.stop()
            while not runner.join(0.2) and not self._cloud.is_ending:
                pass


def event_sources() -> EventSources:
    """The engine of the cloud of this process."""
    found: Any = current().engines["event_sources"]
    assert isinstance(found, EventSources)  # noqa: S101 - for the type checker
    return found
