"""What reads for one mapping while it is enabled: lanes of shards, or pollers of a queue."""

import threading
import time
from collections.abc import Callable, Sequence
from typing import Protocol

from localcloud.event_sources.context import Context, log
from localcloud.event_sources.lane import Lane
from localcloud.event_sources.mapping import Mapping, Progress
from localcloud.event_sources.queues import QueuePoller
from localcloud.event_sources.streams import DynamoStream, KinesisStream, NoStreamError, Stream
from localcloud.lambda_.pool import SIZE


class Runner(Protocol):
    """Threads that read a source."""

    def start(self) -> None: ...

    def stop(self) -> None:
        """Ask them to end; what is being invoked ends first."""

    def join(self, seconds: float) -> bool:
        """Whether they have ended."""


def _ended(threads: Sequence[threading.Thread], seconds: float) -> bool:
    """Whether all have, within so many seconds together."""
    until = time.monotonic() + seconds
    for thread in threads:
        thread.join(max(until - time.monotonic(), 0.0))
    return not any(thread.is_alive() for thread in threads)


def stream_of(arn: str, role: Callable[[], str]) -> Stream:
    """The stream of an ARN of Kinesis or DynamoDB; ``role`` tells the execution role."""
    return KinesisStream(arn, role) if arn.split(":")[2] == "kinesis" else DynamoStream(arn)


def begin(mapping: Mapping, stream: Stream, position: str, moment: float | None) -> None:
    """Note where a new mapping starts, at the time of the call. Shards that come later are read from their start."""
    for shard in stream.parents():
        for lane in range(int(mapping.config["ParallelizationFactor"])):
            mapping.progress[shard, lane] = Progress(stream.start(shard, position, moment))


class StreamRunner:
    """A thread a lane; a shard begins when its parents are done."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._stream = stream_of(context.mapping.source, lambda: str(context.function().role))
        self._lock = threading.Lock()
        self._open: dict[str, int] = {}  # shards that are being read → lanes that are left
        self._lanes: list[Lane] = []
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        self._advance()

    def stop(self) -> None:
        self._context.stop()
        with self._lock:
            lanes = list(self._lanes)
        for lane in lanes:
            lane.wake()

    def join(self, seconds: float) -> bool:
        with self._lock:
            threads = list(self._threads)
        return _ended(threads, seconds)

    def _advance(self) -> None:
        """Begin with every shard that can be begun with."""
        mapping = self._context.mapping
        try:
            parents = self._stream.parents()
        except NoStreamError:
            mapping.problem(f"Stream not found: {self._stream.arn}")
            return
        with self._lock:
            if self._context.stopped:
                return
            for shard, before in parents.items():
                waiting = any(parent in parents and parent not in mapping.finished for parent in before)
                if not waiting and shard not in mapping.finished and shard not in self._open:
                    self._begin(shard)

    def _begin(self, shard: str) -> None:
        mapping, lanes = self._context.mapping, int(self._context.mapping.config["ParallelizationFactor"])
        known = [progress.done for (of, _), progress in mapping.progress.items() if of == shard]
        if len(known) != lanes:  # another factor than before: at least once
            for key in [key for key in mapping.progress if key[0] == shard]:
                del mapping.progress[key]
            for number in range(lanes):
                mapping.progress[shard, number] = Progress(min(known, default=0))
        self._open[shard] = lanes
        for number in range(lanes):
            lane = Lane(self._context, self._stream, shard, number, mapping.progress[shard, number])
            name = f"event-source-{mapping.uuid[:8]}-{shard[-4:]}-{number}"
            thread = threading.Thread(target=self._run, args=(lane, shard), name=name, daemon=True)
            self._lanes.append(lane)
            self._threads.append(thread)
            thread.start()

    def _run(self, lane: Lane, shard: str) -> None:
        try:
            ended = lane.run()
        except Exception as fault:
            log.exception("%s stopped reading %s", self._context.mapping.arn, shard)
            self._context.mapping.problem(f"Internal error: {fault}")
            return
        if ended:
            with self._lock:
                self._open[shard] -= 1
                if self._open[shard] == 0:
                    self._context.mapping.finished.add(shard)
            self._advance()


class QueueRunner:
    """As many pollers as a function has environments here, or as ScalingConfig allows."""

    def __init__(self, context: Context) -> None:
        self._context = context
        most = (context.mapping.config.get("ScalingConfig") or {}).get("MaximumConcurrency") or SIZE
        self._pollers = [QueuePoller(context) for _ in range(min(int(most), SIZE))]
        self._threads = [
            threading.Thread(target=poller.run, name=f"event-source-{context.mapping.uuid[:8]}-{number}", daemon=True)
            for number, poller in enumerate(self._pollers)
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._context.stop()
        for poller in self._pollers:
            poller.wake()

    def join(self, seconds: float) -> bool:
        return _ended(self._threads, seconds)
