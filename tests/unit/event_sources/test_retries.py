"""What becomes of a batch that failed."""

from hypothesis import given
from hypothesis import strategies as st

from localcloud.event_sources.records import Entry
from localcloud.event_sources.retries import LONGEST_PAUSE, Work, after_failure, expired, pause


def _entries(*numbers: int) -> tuple[Entry, ...]:
    return tuple(Entry(number, float(number), b"") for number in numbers)


def _numbers(works: tuple[Work, ...]) -> list[tuple[list[int], int]]:
    return [([entry.sequence for entry in work.entries], work.attempts) for work in works]


def test_a_failed_batch_is_tried_again_as_often_as_allowed() -> None:
    work = Work(_entries(1, 2))
    for attempts in (1, 2):
        (work,) = after_failure(work, None, bisect=False, most=2).again
        assert work.attempts == attempts
    failure = after_failure(work, None, bisect=False, most=2)
    assert (failure.again, failure.lost, failure.attempts) == ((), work.entries, 3)


def test_without_a_limit_it_is_tried_for_ever() -> None:
    failure = after_failure(Work(_entries(1), 9999), None, bisect=True, most=-1)
    assert _numbers(failure.again) == [([1], 10000)]


def test_bisection_is_no_attempt() -> None:
    failure = after_failure(Work(_entries(1, 2, 3)), None, bisect=True, most=0)
    assert _numbers(failure.again) == [([1], 0), ([2, 3], 0)]
    assert failure.lost == ()


def test_what_comes_after_the_lowest_failure_begins_anew() -> None:
    failure = after_failure(Work(_entries(1, 2, 3, 4), 1), 2, bisect=True, most=1)
    assert _numbers(failure.again) == [([3, 4], 0)]


def test_a_failure_at_the_first_is_an_attempt_of_the_whole() -> None:
    failure = after_failure(Work(_entries(1, 2)), 0, bisect=True, most=3)
    assert _numbers(failure.again) == [([1, 2], 1)]
    assert after_failure(Work(_entries(1, 2), 3), 0, bisect=True, most=3).lost == _entries(1, 2)


@given(st.integers(1, 40), st.integers(0, 3), st.sets(st.integers(1, 40)), st.booleans())
def test_nothing_is_lost_but_what_failed_often_enough(count: int, most: int, bad: set[int], bisect: bool) -> None:
    """Every entry is delivered or given up once, in order; with bisection only the bad ones are given up."""
    todo, done, lost = [Work(_entries(*range(1, count + 1)))], list[int](), list[int]()
    while todo:
        work = todo.pop(0)
        if not bad & {entry.sequence for entry in work.entries}:
            done += [entry.sequence for entry in work.entries]
            continue
        failure = after_failure(work, None, bisect=bisect, most=most)
        lost += [entry.sequence for entry in failure.lost]
        todo[:0] = failure.again
    assert sorted(done + lost) == list(range(1, count + 1))
    assert done == sorted(done)
    if bisect:
        assert set(lost) == bad & set(range(1, count + 1))


def test_pauses_double_up_to_a_minute() -> None:
    assert [pause(n) for n in (1, 2, 3)] == [0.5, 1.0, 2.0]
    assert pause(1000) == LONGEST_PAUSE
    # localstack's AWS-validated test_kinesis_maximum_record_age_exceeded: seven invocations in sixty seconds
    assert sum(sum(map(pause, range(1, n))) < 60 for n in range(1, 20)) == 7


def test_the_old_come_first() -> None:
    entries = _entries(1, 2, 3)
    assert expired(entries, 2.0) == (entries[:1], entries[1:])
    assert expired(entries, 9.0) == (entries, ())
    assert expired((), 9.0) == ((), ())
