from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from contracts import load
from processing.glue.days import EVENT_DAYS_AFTER, HISTORY_DAYS, event_ranges, partition_prefix, predicate

DAYS = st.dates(date(2012, 1, 1), date(2014, 12, 31))
NEW_YORK = ZoneInfo("America/New_York")
LONGEST_FLIGHT = timedelta(hours=12)  # EWR to HNL took 695 minutes at most in 2013


def test_every_event_that_the_contract_allows_lies_in_the_days_that_are_read():
    events = load("flights").table("flight_events")
    delays = [events.column(name) for name in ("dep_delay", "arr_delay")]
    earliest = timedelta(minutes=events.column("dep_delay").minimum or 0)
    latest = timedelta(minutes=max(column.maximum or 0 for column in delays))
    for day in (date(2013, 1, 1), date(2013, 3, 10), date(2013, 7, 1), date(2013, 11, 3)):
        first = datetime.combine(day, time(0, 0), NEW_YORK).astimezone(UTC) + earliest
        last = datetime.combine(day, time(23, 59), NEW_YORK).astimezone(UTC) + LONGEST_FLIGHT + latest
        assert day <= first.date()
        assert last.date() <= day + timedelta(EVENT_DAYS_AFTER)


@given(st.sets(DAYS, max_size=20))
def test_ranges_hold_the_days_their_history_and_nothing_more(days):
    needed = {day + timedelta(n) for day in days for n in range(-HISTORY_DAYS, EVENT_DAYS_AFTER + 1)}
    ranges = event_ranges(days)
    covered = [first + timedelta(n) for first, last in ranges for n in range((last - first).days + 1)]
    assert sorted(needed) == covered


def test_neighbouring_days_are_one_range_and_distant_days_are_two():
    near = event_ranges([date(2013, 1, 10), date(2013, 1, 11)])
    assert near == [(date(2013, 1, 3), date(2013, 1, 14))]
    far = event_ranges([date(2013, 11, 20), date(2013, 1, 10)])
    assert far == [(date(2013, 1, 3), date(2013, 1, 13)), (date(2013, 11, 13), date(2013, 11, 23))]


def test_predicate_is_an_alternative_of_ranges():
    ranges = event_ranges([date(2013, 1, 10), date(2013, 11, 20)])
    assert predicate("event_date", ranges) == (
        "(event_date >= '2013-01-03' and event_date <= '2013-01-13') or "
        "(event_date >= '2013-11-13' and event_date <= '2013-11-23')"
    )


def test_partition_prefix_of_a_day():
    assert partition_prefix(date(2013, 2, 3)) == "month=2013-02/day=2013-02-03/"
