"""The days whose events a day of flights needs."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from contracts import load
from datasets.flights.curation import EVENT_DAYS_AFTER

NEW_YORK = ZoneInfo("America/New_York")
LONGEST_FLIGHT = timedelta(hours=12)  # EWR to HNL took 695 minutes at most in 2013


def test_every_event_that_the_contract_allows_lies_in_the_days_that_are_read() -> None:
    events = load("flights").table("flight_events")
    delays = [events.column(name) for name in ("dep_delay", "arr_delay")]
    earliest = timedelta(minutes=events.column("dep_delay").minimum or 0)
    latest = timedelta(minutes=max(column.maximum or 0 for column in delays))
    for day in (date(2013, 1, 1), date(2013, 3, 10), date(2013, 7, 1), date(2013, 11, 3)):
        first = datetime.combine(day, time(0, 0), NEW_YORK).astimezone(UTC) + earliest
        last = datetime.combine(day, time(23, 59), NEW_YORK).astimezone(UTC) + LONGEST_FLIGHT + latest
        assert day <= first.date()
        assert last.date() <= day + timedelta(EVENT_DAYS_AFTER)
