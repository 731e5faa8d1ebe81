"""Send records on several connections and keep the order within every shard."""

import contextlib
import hashlib
import threading
import time
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from queue import Full, Queue
from typing import Any

from cli.errors import UserError
from cli.lake.producer.batches import Batch, put
from datasets.record import Record

MAX_LANES = 2
AHEAD = 4  # batches a lane has ready while it waits for the stream
PATIENCE_SECONDS = 0.5  # with calls under way when Ctrl-C comes: a command has a second to end (processes.supervisor)
TICK_SECONDS = 0.25  # records due within the same tick go out together: 4 calls a second, not one a record


@dataclass
class Sent:
    """What the stream has accepted.

    Attributes:
        retried: records that were sent again because the stream had refused them; they count once as accepted.
        bytes: data accepted, without partition keys.
        by_kind: accepted records by `Record.kind`.
        interrupted: Ctrl-C came before the end.
        unanswered: records of calls that had no answer by then, in the stream or not.
    """

    accepted: int = 0
    retried: int = 0
    calls: int = 0
    bytes: int = 0
    seconds: float = 0.0
    by_kind: Counter[str] = field(default_factory=Counter)
    interrupted: bool = False
    unanswered: int = 0


@dataclass(frozen=True)
class Pace:
    """When records may be sent.

    Attributes:
        rate: records a second; 0 is as fast as possible.
        speed_up: how many times faster than the events' own time; 0 ignores their time.
    """

    rate: float = 0
    speed_up: float = 0

    def due(self, number: int, record: Record, first: Record) -> float:
        """Seconds after the start at which the record with that number may be sent, rounded up to a tick."""
        due = number / self.rate if self.rate else 0.0
        if self.speed_up:
            due = max(due, (record.time - first.time) / self.speed_up)
        return -(-due // TICK_SECONDS) * TICK_SECONDS


class Sender:
    """Puts records into a stream.

    A lane is a thread with calls one after the other. Each shard belongs to one lane, so calls of different lanes
    never change the order within a shard; a stream with one shard has one lane. The lanes send while the caller makes
    the next batches.
    """

    progress: Callable[[int], object] = staticmethod(lambda _: None)  # told how many more records were accepted

    def __init__(self, kinesis: Any, stream: str, pace: Pace | None = None) -> None:
        self._kinesis = kinesis
        self._stream = stream
        self._pace = pace or Pace()
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._errors: list[BaseException] = []
        self.sent = Sent()

    def send(self, records: Iterable[Record]) -> Sent:
        """Send all, and return what was accepted. Ctrl-C ends it, after the calls under way if they are quick.

        Raises UserError when the stream takes no more; what it had accepted until then is in ``sent``.
        """
        began = time.monotonic()
        starts = shard_starts(self._kinesis, self._stream)
        lanes = [_Lane(self, f"lane-{number}") for number in range(min(MAX_LANES, len(starts)))]
        try:
            self._distribute(records, starts, lanes, began)
            for lane in lanes:
                lane.flush()
        except KeyboardInterrupt:
            self.sent.interrupted = True
            self._stop.set()
        except BaseException:
            self._stop.set()
            raise
        finally:
            deadline = time.monotonic() + PATIENCE_SECONDS if self.sent.interrupted else None
            for lane in lanes:
                self.sent.unanswered += lane.close(deadline)
            self.sent.seconds = time.monotonic() - began
        if self._errors:
            raise self._errors[0]
        return self.sent

    def _distribute(
        self, records: Iterable[Record], starts: Sequence[int], lanes: "list[_Lane]", began: float
    ) -> None:
        first: Record | None = None
        for number, record in enumerate(records):
            first = first or record
            wait = began + self._pace.due(number, record, first) - time.monotonic()
            if wait > 0:
                for lane in lanes:
                    lane.flush()
                self._stop.wait(wait)
            if self._stop.is_set():
                return
            lane = lanes[0] if len(lanes) == 1 else lanes[shard_of(record.key, starts) % len(lanes)]
            lane.add(record)

    def deliver(self, records: Sequence[Record]) -> None:
        """One batch, by a lane. The first error stops all lanes."""
        if self._stop.is_set():
            return
        try:
            retried = put(self._kinesis, self._stream, records, self._accepted, self._pause)
        except _Stopped:
            return
        except BaseException as error:
            self._errors.append(error)
            self._stop.set()
            return
        with self._lock:
            self.sent.retried += retried

    def _pause(self, seconds: float) -> None:
        if self._stop.wait(seconds):
            raise _Stopped

    def _accepted(self, records: Sequence[Record]) -> None:
        with self._lock:
            self.sent.calls += 1
            self.sent.accepted += len(records)
            self.sent.bytes += sum(len(record.data) for record in records)
            self.sent.by_kind.update(record.kind for record in records)
        self.progress(len(records))


class _Stopped(Exception):  # noqa: N818 - no error: Ctrl-C came between two attempts
    pass


class _Lane:
    def __init__(self, sender: Sender, name: str) -> None:
        self._batch = Batch()
        self._queue: Queue[list[Record] | None] = Queue(AHEAD)
        self._sender = sender
        self._sending = 0
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def add(self, record: Record) -> None:
        if not self._batch.add(record):
            self.flush()
            self._batch.add(record)

    def flush(self) -> None:
        if self._batch.records:
            self._queue.put(self._batch.records)
            self._batch = Batch()

    def close(self, deadline: float | None) -> int:
        """Wait until it has ended, or for the deadline; the number of records that it is still sending."""
        with contextlib.suppress(Full):
            self._queue.put(None, timeout=_until(deadline))
        self._thread.join(_until(deadline))
        return self._sending

    def _run(self) -> None:
        while (records := self._queue.get()) is not None:
            self._sending = len(records)
            self._sender.deliver(records)
            self._sending = 0


def _until(deadline: float | None) -> float | None:
    return None if deadline is None else max(deadline - time.monotonic(), 0)


def shard_starts(kinesis: Any, stream: str) -> list[int]:
    """First hash key of every open shard, in order. UserError when the stream is not there."""
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - keeps `--help` fast

    shards: list[dict[str, Any]] = []
    try:
        for page in kinesis.get_paginator("list_shards").paginate(
            StreamName=stream, ShardFilter={"Type": "AT_LATEST"}
        ):
            shards += page["Shards"]
    except (BotoCoreError, ClientError) as error:
        raise UserError(f"cannot read the shards of stream {stream}: {error}") from error
    return sorted(int(shard["HashKeyRange"]["StartingHashKey"]) for shard in shards)


def shard_of(key: str, starts: Sequence[int]) -> int:
    """Number of the shard that takes a partition key: "An MD5 hash function is used to map partition keys".

    https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecords.html
    """
    digest = hashlib.md5(key.encode(), usedforsecurity=False).digest()
    return bisect_right(starts, int.from_bytes(digest)) - 1
