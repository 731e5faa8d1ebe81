"""Schedule expressions of EventBridge Scheduler, of rules and of Glue: rate(…), cron(…), at(…).

https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
Libraries looked at: aws-croniter 2.1 cannot read LW and gives up after ten steps; croniter and cronsim have neither W
nor AWS's fields.
"""

import calendar
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_RATE = re.compile(r"rate\((\d+) (minute|hour|day)(s?)\)")
_AT = re.compile(r"at\((\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\)")
_CRON = re.compile(r"cron\((\S+) +(\S+) +(\S+) +(\S+) +(\S+) +(\S+)\)")
_MONTHS = {name.upper(): number for number, name in enumerate(calendar.month_abbr) if name}
_DAYS = {name: number for number, name in enumerate(("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"), 1)}
_LAST_YEAR = 2199


class ExpressionError(ValueError):
    """The text is no schedule expression."""


@dataclass(frozen=True)
class Rate:
    """Regular intervals, from an anchor on."""

    every: timedelta

    def after(self, moment: datetime, anchor: datetime) -> datetime | None:
        """The first time later than ``moment``; the anchor itself is one."""
        if moment < anchor:
            return anchor
        return anchor + ((moment - anchor) // self.every + 1) * self.every


@dataclass(frozen=True)
class At:
    """Once."""

    time: datetime

    def after(self, moment: datetime, anchor: datetime) -> datetime | None:
        """The time, unless it has passed."""
        return self.time if self.time > moment else None


@dataclass(frozen=True)
class Cron:
    """Times of the calendar, in a time zone."""

    minutes: frozenset[int]
    hours: frozenset[int]
    days: Callable[[date], bool]
    months: frozenset[int]
    years: frozenset[int]
    zone: ZoneInfo

    def after(self, moment: datetime, anchor: datetime) -> datetime | None:
        """The first time later than ``moment``.

        What falls into the hour that daylight saving skips is skipped; what falls into the hour that comes twice is
        done the first time.
        """
        local = moment.astimezone(self.zone)
        for day in self._dates(local.date()):
            for hour in sorted(self.hours):
                for minute in sorted(self.minutes):
                    found = datetime(day.year, day.month, day.day, hour, minute, tzinfo=self.zone)
                    exists = found.astimezone(UTC).astimezone(self.zone).replace(tzinfo=None) == found.replace(
                        tzinfo=None
                    )
                    if exists and found.astimezone(UTC) > moment:
                        return found.astimezone(UTC)
        return None

    def _dates(self, first: date) -> Iterator[date]:
        for year in sorted(year for year in self.years if year >= first.year):
            for month in sorted(self.months):
                if (year, month) < (first.year, first.month):
                    continue
                for number in range(1, calendar.monthrange(year, month)[1] + 1):
                    day = date(year, month, number)
                    if day >= first and self.days(day):
                        yield day


Expression = Rate | At | Cron


def parse(text: str, zone: str = "UTC") -> Expression:
    """Read an expression; ExpressionError when it is none."""
    try:
        where = ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError):
        raise ExpressionError(f"{zone} is no time zone") from None
    if found := _RATE.fullmatch(text):
        number, unit, plural = int(found[1]), found[2], found[3]
        if not number or (number == 1) == bool(plural):
            raise ExpressionError(f"{text}: 1 has a singular, more a plural unit")
        return Rate(timedelta(**{f"{unit}s": number}))
    if found := _AT.fullmatch(text):
        try:
            return At(datetime.fromisoformat(found[1]).replace(tzinfo=where).astimezone(UTC))
        except ValueError:
            raise ExpressionError(f"{text} is no time") from None
    if found := _CRON.fullmatch(text):
        return _cron(found.groups(), where)
    raise ExpressionError(f"{text} is neither rate(…) nor cron(…) nor at(…)")


def _cron(fields: tuple[str, ...], zone: ZoneInfo) -> Cron:
    minute, hour, day_of_month, month, day_of_week, year = fields
    if (day_of_month == "?") == (day_of_week == "?"):
        raise ExpressionError("exactly one of day-of-month and day-of-week must be ?")
    days = _days_of_week(day_of_week) if day_of_month == "?" else _days_of_month(day_of_month)
    return Cron(
        _numbers(minute, 0, 59),
        _numbers(hour, 0, 23),
        days,
        _numbers(month, 1, 12, _MONTHS),
        _numbers(year, 1970, _LAST_YEAR),
        zone,
    )


def _numbers(text: str, low: int, high: int, names: dict[str, int] | None = None) -> frozenset[int]:
    """The values of a field: lists of values, ranges and steps."""
    found: set[int] = set()
    for part in text.split(","):
        span, _, step = part.partition("/")
        first, dash, last = span.partition("-")
        start = low if first == "*" else _number(first, low, high, names)
        until = high if first == "*" or step else start
        end = _number(last, low, high, names) if dash else until
        every = _number(step, 1, high) if step or "/" in part else 1
        values = range(start, end + 1) if start <= end else [*range(start, high + 1), *range(low, end + 1)]
        found.update(values[::every])
    return frozenset(found)


def _number(text: str, low: int, high: int, names: dict[str, int] | None = None) -> int:
    number = (names or {}).get(text.upper())
    if number is None and text.isdecimal():
        number = int(text)
    if number is None or not low <= number <= high:
        raise ExpressionError(f"{text or 'nothing'} is not from {low} to {high}")
    return number


def _days_of_month(text: str) -> Callable[[date], bool]:
    if text == "L":
        return partial(_from_end, 0)
    if text == "LW":
        return lambda day: day == _weekday_near(day, _length(day))
    if text.startswith("L-"):
        return partial(_from_end, _number(text[2:], 1, 30))
    if text.endswith("W"):
        number = _number(text[:-1], 1, 31)
        return lambda day: number <= _length(day) and day == _weekday_near(day, number)
    numbers = _numbers(text, 1, 31)
    return lambda day: day.day in numbers


def _length(day: date) -> int:
    return calendar.monthrange(day.year, day.month)[1]


def _from_end(distance: int, day: date) -> bool:
    return day.day == _length(day) - distance


def _weekday_near(month: date, number: int) -> date:
    """The weekday nearest to a day, within its month."""
    day = month.replace(day=number)
    if day.isoweekday() == 6:
        return day - timedelta(days=1) if number > 1 else day + timedelta(days=2)
    if day.isoweekday() == 7:
        return day + timedelta(days=1) if number < _length(day) else day - timedelta(days=2)
    return day


def _days_of_week(text: str) -> Callable[[date], bool]:
    """Sunday is 1."""
    if text == "L":
        return lambda day: _of_week(day) == 7
    if text.endswith("L"):
        number = _number(text[:-1], 1, 7, _DAYS)
        return lambda day: _of_week(day) == number and day.day > _length(day) - 7
    if "#" in text:
        name, _, nth = text.partition("#")
        number, occurrence = _number(name, 1, 7, _DAYS), _number(nth, 1, 5)
        return lambda day: _of_week(day) == number and (day.day - 1) // 7 + 1 == occurrence
    numbers = _numbers(text, 1, 7, _DAYS)
    return lambda day: _of_week(day) in numbers


def _of_week(day: date) -> int:
    return day.isoweekday() % 7 + 1
