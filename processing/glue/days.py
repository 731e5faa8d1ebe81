"""Which days of events a curated day needs. Plain date arithmetic, no Spark."""

from collections.abc import Iterable
from datetime import date, timedelta

Range = tuple[date, date]  # first and last day, both included


def event_ranges(wanted: Iterable[date], history: int, after: int) -> list[Range]:
    """UTC dates of all events of the days ``wanted`` and of the history of each, as few ranges as possible.

    Args:
        history: so many days before a day are looked back on.
        after: the last event of a day may come so many UTC dates later.
    """
    ranges: list[Range] = []
    for day in sorted(set(wanted)):
        first, last = day - timedelta(history), day + timedelta(after)
        if ranges and first <= ranges[-1][1] + timedelta(1):
            ranges[-1] = (ranges[-1][0], last)
        else:
            ranges.append((first, last))
    return ranges


def predicate(column: str, ranges: Iterable[Range]) -> str:
    """Spark SQL that is true where the text ``column`` (yyyy-MM-dd) lies in one of ``ranges``."""
    return " or ".join(f"({column} >= '{first}' and {column} <= '{last}')" for first, last in ranges)


def partition_prefix(day: date) -> str:
    """Where the curated rows of ``day`` lie under the table's location."""
    return f"month={day:%Y-%m}/day={day:%Y-%m-%d}/"
