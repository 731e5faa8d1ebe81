"""What becomes of a batch that failed: the arithmetic of retries, bisection and partial failures.

https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-create.html and
https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-batchfailurereporting.html
"""

from collections.abc import Iterable
from dataclasses import dataclass

from localcloud.event_sources.records import Entry

# AWS does not say how long it waits. With these, a record that fails for its 60 seconds is tried as often as AWS tried
# it in localstack's test_kinesis_maximum_record_age_exceeded: seven times.
FIRST_PAUSE = 0.5
LONGEST_PAUSE = 60.0


def pause(failures: int) -> float:
    """Seconds, in the cloud, after so many failures in a row."""
    return float(min(FIRST_PAUSE * 2.0 ** min(failures - 1, 16), LONGEST_PAUSE))


@dataclass(frozen=True)
class Work:
    """Entries that are to be delivered together, and how often just these have been."""

    entries: tuple[Entry, ...]
    attempts: int = 0


@dataclass(frozen=True)
class Failure:
    """What to do next: deliver ``again``, in order, and give ``lost`` up."""

    again: tuple[Work, ...]
    lost: tuple[Entry, ...] = ()
    attempts: int = 0


def after_failure(work: Work, first: int | None, *, bisect: bool, most: int) -> Failure:
    """The consequence of a failed invocation.

    A smaller batch begins anew: AWS made four more invocations of the record that three retries were allowed of after
    it had failed among others (snapshot of localstack's test_kinesis_report_batch_item_failures). "When
    ReportBatchItemFailures is turned on … the batch is bisected at the returned sequence number"; splitting in two is
    for a batch that failed as a whole.

    Args:
        first: the lowest entry that the function reported, None when the batch failed as a whole.
        most: MaximumRetryAttempts; -1 is no limit.
    """
    entries = work.entries
    if first:
        return Failure((Work(entries[first:]),))
    if first is None and bisect and len(entries) > 1:
        half = len(entries) // 2
        return Failure((Work(entries[:half]), Work(entries[half:])))
    attempts = work.attempts + 1
    if 0 <= most < attempts:
        return Failure((), entries, attempts)
    return Failure((Work(entries, attempts),))


def expired(entries: Iterable[Entry], oldest: float) -> tuple[tuple[Entry, ...], tuple[Entry, ...]]:
    """Those that arrived before ``oldest``, and the others. A shard's records are in the order of arrival."""
    listed = tuple(entries)
    count = next((n for n, entry in enumerate(listed) if entry.arrival >= oldest), len(listed))
    return listed[:count], listed[count:]
