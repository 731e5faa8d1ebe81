"""Which days of events a day of flights needs. Plain date arithmetic, no Spark."""

from collections.abc import Iterable
from datetime import date, timedelta

# An event of flight_date D lies in the UTC dates D to D+3. Scheduled departures of D in New York are 04:00 UTC of D
# to 05:00 UTC of D+1, and the contract bounds how early (2 h) and how late (48 h) a flight may be. So nothing happens
# before 02:00 UTC of D, and a flight of 12 h (Honolulu) as late as can be lands at 17:00 UTC of D+3.
EVENT_DAYS_AFTER = 3

# Delay rates of a day look back on the flights of this many days before it.
HISTORY_DAYS = 7

Range = tuple[date, date]  # first and last day, both included


def event_ranges(flight_dates: Iterable[date]) -> list[Range]:
    """UTC dates of all events of ``flight_dates`` and of the history of each, as few ranges as possible."""
    ranges: list[Range] = []
    for day in sorted(set(flight_dates)):
        first, last = day - timedelta(HISTORY_DAYS), day + timedelta(EVENT_DAYS_AFTER)
        if ranges and first <= ranges[-1][1] + timedelta(1):
            ranges[-1] = (ranges[-1][0], last)
        else:
            ranges.append((first, last))
    return ranges


def predicate(column: str, ranges: Iterable[Range]) -> str:
    """Spark SQL that is true where the text ``column`` (yyyy-MM-dd) lies in one of ``ranges``."""
    return " or ".join(f"({column} >= '{first}' and {column} <= '{last}')" for first, last in ranges)


def partition_prefix(day: date) -> str:
    """Where the curated flights of ``day`` lie under the table's location."""
    return f"month={day:%Y-%m}/day={day:%Y-%m-%d}/"
