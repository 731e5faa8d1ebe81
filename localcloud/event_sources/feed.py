"""The records of one lane of a shard, in order, filtered, waited for."""

import threading
import time
from collections import deque
from hashlib import md5

from localcloud.event_sources import metrics
from localcloud.event_sources.context import Context, NotInvokedError, log
from localcloud.event_sources.filters import Filters
from localcloud.event_sources.records import Entry
from localcloud.event_sources.retries import pause
from localcloud.event_sources.streams import NoStreamError, Stream, permit
from localcloud.iam.sessions import AccessDeniedError

LOOK_AGAIN = 2.0  # seconds: nothing rings for a policy that was changed, or a stream that is back


def lane_of(key: str, lanes: int) -> int:
    """Which lane the records of a partition key belong to."""
    return int.from_bytes(md5(key.encode(), usedforsecurity=False).digest()[:4], "big") % lanes


class Feed:
    """Reads ahead up to a thousand records."""

    def __init__(self, context: Context, stream: Stream, shard: str, lane: int, done: int) -> None:
        self._context = context
        self._stream = stream
        self._shard = shard
        self._lane = lane
        self._lanes = int(context.mapping.config["ParallelizationFactor"])
        kinesis = stream.info.startswith("Kinesis")
        self._filters = Filters(context.mapping.config.get("FilterCriteria"), "data" if kinesis else "")
        self.position = done  # what was seen up to here
        self.ended = False  # the shard is closed, and this was its end
        self._entries: deque[Entry] = deque()
        self._permitted = False
        self._failures = 0
        self.bell = threading.Event()

    def _mine(self, key: str) -> bool:
        return self._lanes == 1 or lane_of(key, self._lanes) == self._lane

    @property
    def done(self) -> int | None:
        """The number up to which nothing is left, when all that was read has been taken."""
        return None if self._entries else self.position

    def peek(self) -> Entry | None:
        """The next record that is there already."""
        while not self._entries and not self.ended and not self._context.stopped:
            if not self._read():
                break
        return self._entries[0] if self._entries else None

    def take(self) -> Entry:
        """What `peek` showed."""
        return self._entries.popleft()

    def wait(self, until: float | None) -> Entry | None:
        """The next record; None when there is none until a time of the monotonic clock, or an end."""
        while True:
            self.bell.clear()
            if (entry := self.peek()) is not None or self.ended or self._context.stopped:
                return entry
            left = LOOK_AGAIN if until is None else min(until - time.monotonic(), LOOK_AGAIN)
            if left <= 0:
                return None
            if not self._failures:  # after one it has paused already
                self.bell.wait(left)

    def _read(self) -> bool:
        """Whether there may be more."""
        mapping = self._context.mapping
        try:
            reader = self._context.reader()
            permit(self._stream, reader, self._stream.actions[-1:] if self._permitted else self._stream.actions)
            self._permitted = True
            found = self._stream.read(self._shard, self.position, self._mine, self._filters)
        except NotInvokedError as gone:
            mapping.problem(str(gone))
        except AccessDeniedError:
            mapping.problem(no_access(self._stream))
        except NoStreamError:
            mapping.problem(f"Stream not found: {self._stream.arn}")
        except Exception as fault:  # a lane goes on
            log.exception("%s could not read %s", mapping.arn, self._shard)
            mapping.problem(f"Internal error: {fault}")
        else:
            if self._failures:
                mapping.readable()
            self._failures = 0
            self._entries.extend(found.entries)
            self.position, self.ended = found.position, found.ended
            polled = len(found.entries) + found.skipped
            metrics.count(mapping, PolledEventCount=polled, FilteredOutEventCount=found.skipped)
            return found.more
        self._failures += 1
        self._context.wait(pause(self._failures))
        return False


def no_access(stream: Stream) -> str:
    """Lambda's sentence for a role that may not read."""
    shards = "ListShards, " if stream.info.startswith("Kinesis") else ""
    return (
        f"Cannot access stream {stream.arn}. Please ensure the role can perform the GetRecords, GetShardIterator, "
        f"DescribeStream, {shards}and ListStreams Actions on your stream in IAM."
    )
