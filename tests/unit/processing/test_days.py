from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from processing.glue.days import event_ranges, partition_prefix, predicate

DAYS = st.dates(date(2012, 1, 1), date(2014, 12, 31))


@given(st.sets(DAYS, max_size=20))
def test_ranges_hold_the_days_their_history_and_nothing_more(days: set[date]) -> None:
    needed = {day + timedelta(n) for day in days for n in range(-7, 4)}
    ranges = event_ranges(days, 7, 3)
    covered = [first + timedelta(n) for first, last in ranges for n in range((last - first).days + 1)]
    assert sorted(needed) == covered


def test_neighbouring_days_are_one_range_and_distant_days_are_two() -> None:
    near = event_ranges([date(2013, 1, 10), date(2013, 1, 11)], 7, 3)
    assert near == [(date(2013, 1, 3), date(2013, 1, 14))]
    far = event_ranges([date(2013, 11, 20), date(2013, 1, 10)], 7, 3)
    assert far == [(date(2013, 1, 3), date(2013, 1, 13)), (date(2013, 11, 13), date(2013, 11, 23))]


def test_predicate_is_an_alternative_of_ranges() -> None:
    ranges = event_ranges([date(2013, 1, 10), date(2013, 11, 20)], 7, 3)
    assert predicate("event_date", ranges) == (
        "(event_date >= '2013-01-03' and event_date <= '2013-01-13') or "
        "(event_date >= '2013-11-13' and event_date <= '2013-11-23')"
    )


def test_partition_prefix_of_a_day() -> None:
    assert partition_prefix(date(2013, 2, 3)) == "month=2013-02/day=2013-02-03/"
