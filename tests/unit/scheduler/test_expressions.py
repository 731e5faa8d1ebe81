"""Schedule expressions, by AWS's examples and by properties.

https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html
"""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localcloud.scheduler.expressions import Cron, ExpressionError, Rate, parse

START = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)  # a Saturday
moments = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))


def times(text: str, count: int = 3, start: datetime = START, zone: str = "UTC") -> list[str]:
    expression = parse(text, zone)
    found = []
    moment: datetime | None = start
    for _ in range(count):
        moment = expression.after(moment, start) if moment else None
        found.append(moment.strftime("%Y-%m-%d %H:%M") if moment else "never")
    return found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("rate(5 minutes)", ["2026-11-21 12:05", "2026-11-21 12:10", "2026-11-21 12:15"]),
        ("rate(1 day)", ["2026-11-22 12:00", "2026-11-23 12:00", "2026-11-24 12:00"]),
        ("at(2026-11-21T13:30:00)", ["2026-11-21 13:30", "never", "never"]),
        ("cron(0 10 * * ? *)", ["2026-11-22 10:00", "2026-11-23 10:00", "2026-11-24 10:00"]),
        ("cron(15 12 * * ? *)", ["2026-11-21 12:15", "2026-11-22 12:15", "2026-11-23 12:15"]),
        ("cron(0 18 ? * MON-FRI *)", ["2026-11-23 18:00", "2026-11-24 18:00", "2026-11-25 18:00"]),
        ("cron(0 8 1 * ? *)", ["2026-12-01 08:00", "2027-01-01 08:00", "2027-02-01 08:00"]),
        ("cron(0/15 * * * ? *)", ["2026-11-21 12:15", "2026-11-21 12:30", "2026-11-21 12:45"]),
        ("cron(0/10 * ? * MON-FRI *)", ["2026-11-23 00:00", "2026-11-23 00:10", "2026-11-23 00:20"]),
        ("cron(0/30 20-2 ? * MON-FRI *)", ["2026-11-23 00:00", "2026-11-23 00:30", "2026-11-23 01:00"]),
        ("cron(15 10 ? * 6L 2027-2028)", ["2027-01-29 10:15", "2027-02-26 10:15", "2027-03-26 10:15"]),
        ("cron(0 9 ? * 2#1 *)", ["2026-12-07 09:00", "2027-01-04 09:00", "2027-02-01 09:00"]),
        ("cron(0 9 L * ? *)", ["2026-11-30 09:00", "2026-12-31 09:00", "2027-01-31 09:00"]),
        ("cron(0 9 L-3 FEB ? *)", ["2027-02-25 09:00", "2028-02-26 09:00", "2029-02-25 09:00"]),
        ("cron(0 9 LW * ? *)", ["2026-11-30 09:00", "2026-12-31 09:00", "2027-01-29 09:00"]),
        ("cron(0 9 1W * ? *)", ["2026-12-01 09:00", "2027-01-01 09:00", "2027-02-01 09:00"]),
        ("cron(0 9 1W MAY ? 2027)", ["2027-05-03 09:00", "never", "never"]),  # the 1st is a Saturday
        ("cron(0 9 31W JAN ? 2027)", ["2027-01-29 09:00", "never", "never"]),  # the 31st is a Sunday
        ("cron(0 9 15W AUG ? 2027)", ["2027-08-16 09:00", "never", "never"]),
        ("cron(0 9 29 2 ? *)", ["2028-02-29 09:00", "2032-02-29 09:00", "2036-02-29 09:00"]),
        ("cron(0 9 30 2 ? 2027)", ["never"] * 3),
        ("cron(0 9 1 1 ? 2020)", ["never"] * 3),
        ("cron(5,50 0 ? JAN,JUL sun 2027)", ["2027-01-03 00:05", "2027-01-03 00:50", "2027-01-10 00:05"]),
    ],
)
def test_examples(text: str, expected: list[str]) -> None:
    assert times(text) == expected


def test_a_leap_day_is_found_over_a_century_without_one() -> None:
    assert times("cron(0 9 29 2 ? *)", 1, datetime(2096, 3, 1, tzinfo=UTC)) == ["2104-02-29 09:00"]


def test_time_zones() -> None:
    assert times("cron(0 9 * * ? *)", 1, zone="Europe/Paris") == ["2026-11-22 08:00"]
    assert times("at(2026-11-22T09:00:00)", 1, zone="America/New_York") == ["2026-11-22 14:00"]


def test_daylight_saving() -> None:
    """Skipped when the hour is, done once when it comes twice, in New York's year 2027."""
    zone = "America/New_York"
    spring, autumn = datetime(2027, 3, 13, 12, tzinfo=UTC), datetime(2027, 11, 6, 12, tzinfo=UTC)
    assert times("cron(30 2 * * ? *)", 2, spring, zone) == ["2027-03-15 06:30", "2027-03-16 06:30"]
    assert times("cron(30 1 * * ? *)", 2, autumn, zone) == ["2027-11-07 05:30", "2027-11-08 06:30"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "rate(0 minutes)",
        "rate(1 minutes)",
        "rate(5 minute)",
        "rate(5 seconds)",
        "rate(-1 days)",
        "at(2026-13-01T00:00:00)",
        "at(2026-11-21)",
        "cron(* * * * *)",
        "cron(0 0 * * * *)",
        "cron(0 0 ? * ? *)",
        "cron(60 0 * * ? *)",
        "cron(0 24 * * ? *)",
        "cron(0 0 32 * ? *)",
        "cron(0 0 0 * ? *)",
        "cron(0 0 ? * 0 *)",
        "cron(0 0 ? * MON#6 *)",
        "cron(0 0 * 13 ? *)",
        "cron(0 0 * * ? 1969)",
        "cron(0/0 0 * * ? *)",
        "cron(0/ 0 * * ? *)",
        "cron(a 0 * * ? *)",
        "0 0 * * ? *",
    ],
)
def test_what_is_no_expression(text: str) -> None:
    with pytest.raises(ExpressionError):
        parse(text)


def test_an_unknown_time_zone() -> None:
    with pytest.raises(ExpressionError, match="no time zone"):
        parse("rate(1 day)", "Mars/Phobos")


fields = st.tuples(
    st.integers(0, 59).map(str) | st.just("*") | st.just("5/20") | st.just("10-12,40"),
    st.integers(0, 23).map(str) | st.just("*") | st.just("22-3"),
    st.integers(1, 28).map(str) | st.sampled_from(["*", "L", "LW", "15W", "L-2", "1-5"]),
    st.integers(1, 12).map(str) | st.sampled_from(["*", "JAN-MAR", "NOV-FEB"]),
)
zones = st.sampled_from(["UTC", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"])


@given(fields, zones, moments)
def test_what_cron_finds_fits_its_fields_and_is_later(text: tuple[str, ...], zone: str, moment: datetime) -> None:
    expression = parse(f"cron({' '.join(text)} ? *)", zone)
    assert isinstance(expression, Cron)
    found = expression.after(moment, moment)
    assert found is not None
    local = found.astimezone(expression.zone)
    assert found > moment
    assert local.minute in expression.minutes
    assert local.hour in expression.hours
    assert local.month in expression.months
    assert expression.days(local.date())
    assert found.second == found.microsecond == 0


@given(st.sampled_from(["cron(*/7 * * * ? *)", "cron(0 */5 ? * 2-6 *)", "cron(30 9 L * ? *)"]), moments)
def test_nothing_lies_between_two_times(text: str, moment: datetime) -> None:
    expression = parse(text)
    first = expression.after(moment, moment)
    assert first is not None
    halfway = moment + (first - moment) / 2
    assert expression.after(halfway, moment) == first
    assert expression.after(first - timedelta(seconds=1), moment) == first


@given(st.integers(2, 500), st.sampled_from(["minute", "hour", "day"]), moments, moments)
def test_rates_are_multiples_from_the_anchor(count: int, unit: str, anchor: datetime, moment: datetime) -> None:
    expression = parse(f"rate({count} {unit}s)")
    assert isinstance(expression, Rate)
    found = expression.after(moment, anchor)
    assert found is not None
    assert found > moment or found == anchor > moment
    assert (found - anchor) % expression.every == timedelta(0)
    assert moment < anchor or found - moment <= expression.every
