"""One lane of a shard: batches in order, each delivered until the function has taken it or it is given up.

A lane is a shard, or with a ParallelizationFactor the records of some of its partition keys. What was delivered and not
yet noted as done is delivered again: at least once.
"""

import time
from collections import deque

from localcloud import bells
from localcloud.event_sources import destinations, metrics, windows
from localcloud.event_sources.answers import failed_items
from localcloud.event_sources.context import Context, NotInvokedError
from localcloud.event_sources.feed import Feed
from localcloud.event_sources.mapping import Progress
from localcloud.event_sources.records import PAYLOAD, Entry, event
from localcloud.event_sources.retries import Work, after_failure, expired, pause
from localcloud.event_sources.streams import Stream
from localcloud.lambda_.executor import Result
from localcloud.scheduler.engine import scheduler_engine

FAILED = "Function call failed"  # https://docs.aws.amazon.com/lambda/latest/api/API_UpdateEventSourceMapping.html


class Lane:
    """Runs in a thread of its own."""

    def __init__(self, context: Context, stream: Stream, shard: str, lane: int, progress: Progress) -> None:
        self._context = context
        self._stream = stream
        self._shard = shard
        self._progress = progress
        self._config = context.mapping.config
        self._seconds = int(self._config["TumblingWindowInSeconds"])
        self._limit = PAYLOAD - (windows.STATE_LIMIT + 1024 if self._seconds else 0) - len(event([]))
        self._feed = Feed(context, stream, shard, lane, progress.done)

    def wake(self) -> None:
        """It is to look whether it is to end."""
        self._feed.bell.set()

    def run(self) -> bool:
        """Until the end of the shard, which is True, or of the mapping."""
        with bells.listening(self._stream.arn, self._feed.bell):
            while not self._context.stopped:
                if batch := self._next_batch():
                    self._deliver(batch)
                if not self._context.stopped and self._is_over():
                    self._close()
                if self._feed.ended and self._feed.done is not None and self._progress.window is None:
                    return not self._context.stopped
        return False

    # --- batches ---------------------------------------------------------------------------------------------------

    def _next_batch(self) -> tuple[Entry, ...]:
        """What is there when the first record is, or arrives in the batching window after it."""
        if self._feed.wait(self._end()) is None:
            self._note_done()
            return ()
        wait = self._context.cloud.wait_time(float(self._config["MaximumBatchingWindowInSeconds"]))
        until = time.monotonic() + wait
        batch: list[Entry] = []
        size = 0
        while len(batch) < int(self._config["BatchSize"]):
            entry = self._feed.wait(until) if wait else self._feed.peek()
            if entry is None or not self._fits(entry):
                break
            size += len(entry.body) + 1
            if batch and size > self._limit:
                break
            batch.append(self._feed.take())
        return tuple(batch) if not self._context.stopped else ()

    def _note_done(self) -> None:
        """Records that were only skipped are not read again."""
        if self._feed.done is not None:
            self._progress.done = max(self._progress.done, self._feed.done)

    def _deliver(self, batch: tuple[Entry, ...]) -> None:
        """Until each entry was taken or given up, or the mapping ends."""
        todo, failures = deque([Work(batch)]), 0
        while todo and not self._context.stopped:
            work = todo.popleft()
            work = self._drop_old(work)
            if not work.entries:
                continue
            result = self._invoke(work.entries)
            if result is None:  # not called: that is no attempt
                failures += 1
                todo.appendleft(work)
                self._context.wait(pause(failures))
                continue
            if result.error is not None and self._context.stopped:  # it may have been ended with the cloud
                return
            first = self._first_failed(work.entries, result)
            if first == len(work.entries):
                failures = 0
                self._succeeded(work.entries)
                continue
            failures += 1
            self._context.mapping.problem(FAILED)
            self._failed(work, first, result, todo)
        if not todo:
            self._note_done()

    def _failed(self, work: Work, first: int | None, result: Result, todo: deque[Work]) -> None:
        bisect, most = bool(self._config["BisectBatchOnFunctionError"]), int(self._config["MaximumRetryAttempts"])
        if first:
            self._progress.done = work.entries[first - 1].sequence
        failure = after_failure(work, first, bisect=bisect, most=most)
        todo.extendleft(reversed(failure.again))
        if failure.lost:
            self._give_up(failure.lost, destinations.EXHAUSTED, failure.attempts, result)
        elif failure.again[0].attempts:
            self._context.wait(pause(failure.again[0].attempts))

    def _drop_old(self, work: Work) -> Work:
        oldest = int(self._config["MaximumRecordAgeInSeconds"])
        if oldest < 0:
            return work
        lost, left = expired(work.entries, time.time() - self._context.cloud.wait_time(oldest))
        if lost:
            self._give_up(lost, destinations.TOO_OLD, work.attempts + 1, None)
        return Work(left, work.attempts if not lost else 0)

    def _give_up(self, lost: tuple[Entry, ...], condition: str, invocations: int, last: Result | None) -> None:
        where = (self._stream.info, self._shard)
        destinations.give_up(self._context, *where, lost, condition=condition, invocations=invocations, last=last)
        self._progress.done = lost[-1].sequence

    def _succeeded(self, entries: tuple[Entry, ...]) -> None:
        self._progress.done = entries[-1].sequence
        self._context.mapping.processed()

    # --- invocations -----------------------------------------------------------------------------------------------

    def _invoke(self, entries: tuple[Entry, ...], *, final: bool = False) -> Result | None:
        """None when the function could not be called."""
        mapping = self._context.mapping
        more = None
        if self._seconds:
            more = windows.told(self._progress, self._seconds, self._shard, mapping.source, final=final)
        if entries:
            metrics.iterator_age(mapping, self._context.age(entries[-1].arrival))
        try:
            result = self._context.invoke(event([entry.body for entry in entries], more), len(entries))
        except NotInvokedError as error:
            mapping.problem(str(error))
            return None
        if self._seconds and result.error is None:
            windows.take_state(self._progress, result.payload)
        return result

    def _first_failed(self, entries: tuple[Entry, ...], result: Result) -> int | None:
        """The lowest entry that failed; their number when none has; None when the whole batch did."""
        if result.error is not None:
            return None
        if not self._context.mapping.reports_items:
            return len(entries)
        failed = failed_items(result.payload, {entry.id for entry in entries})
        if failed is None:
            return None
        return next((n for n, entry in enumerate(entries) if entry.id in failed), len(entries))

    # --- tumbling windows ------------------------------------------------------------------------------------------

    @staticmethod
    def _moment(wall: float) -> float:
        """From the wall clock's time to the cloud's."""
        return scheduler_engine().timetable.clock.at(wall).timestamp()

    def _fits(self, entry: Entry) -> bool:
        """Whether a record belongs to the open window, which its first record opens."""
        if not self._seconds:
            return True
        window = windows.beginning(self._moment(entry.arrival), self._seconds)
        if self._progress.window is None:
            self._progress.window = window
        return window <= self._progress.window and not self._progress.early

    def _end(self) -> float | None:
        """When the open window ends, by the monotonic clock."""
        if self._progress.window is None:
            return None
        left = self._progress.window + self._seconds - self._moment(time.time())
        return time.monotonic() + self._context.cloud.wait_time(left)

    def _is_over(self) -> bool:
        """Whether the open window gets no more records: its time has passed, or its state is too large."""
        if self._progress.window is None:
            return False
        following = self._feed.peek()
        if following is not None:
            return not self._fits(following)
        end = self._progress.window + self._seconds
        return self._feed.ended or self._progress.early or self._moment(time.time()) >= end

    def _close(self) -> None:
        """The last invocation of a window, without records."""
        most, failures = int(self._config["MaximumRetryAttempts"]), 0
        while not self._context.stopped:
            result = self._invoke((), final=True)
            if result is not None and result.error is None:
                self._context.mapping.processed()
                break
            failures += 1
            if result is not None:
                self._context.mapping.problem(FAILED)
                if 0 <= most < failures:
                    break
            self._context.wait(pause(failures))
        else:
            return
        self._progress.window, self._progress.state, self._progress.early = None, {}, False
