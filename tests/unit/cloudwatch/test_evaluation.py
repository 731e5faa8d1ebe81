"""Alarm states by CloudWatch's own tables.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
"""

import operator
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localcloud.cloudwatch.evaluation import LOOK_BACK, Point, Rules, decide, reason_data

ALARM, OK, INSUFFICIENT, KEPT = "ALARM", "OK", "INSUFFICIENT_DATA", None
TREATMENTS = ("missing", "ignore", "breaching", "notBreaching")


def points(text: str) -> list[Point]:
    """From the tables' notation, oldest first: 0 within the threshold, X breaching, - missing."""
    values = {"0": 0.0, "X": 9.0, "-": None}
    return [Point(60.0 * index, values[mark], 1.0) for index, mark in enumerate(text.split())][::-1]


def state(text: str, missing: str, needed: int | None, periods: int = 3, current: str = "OK") -> str | None:
    verdict = decide(Rules("GreaterThanThreshold", 5, periods, needed, missing), points(text), current)
    return verdict.state if verdict else None


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ("0 - X - X", (OK, OK, OK, OK)),
        ("0 - - - -", (OK, OK, OK, OK)),
        ("- - - - -", (INSUFFICIENT, KEPT, ALARM, OK)),
        ("0 X X - X", (ALARM, ALARM, ALARM, ALARM)),
        ("- - X - -", (ALARM, KEPT, ALARM, OK)),
        ("- - - - X", (KEPT, KEPT, ALARM, OK)),  # "does not go immediately into ALARM state"
        ("- - - X -", (KEPT, KEPT, ALARM, OK)),
    ],
)
def test_three_of_three(data: str, expected: tuple[str | None, ...]) -> None:
    assert tuple(state(data, missing, None) for missing in TREATMENTS) == expected


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ("0 - X - X", (ALARM, ALARM, ALARM, ALARM)),
        ("0 0 X 0 X", (ALARM, ALARM, ALARM, ALARM)),
        ("0 - X - -", (OK, OK, ALARM, OK)),
        ("- - - - 0", (OK, OK, ALARM, OK)),
        ("- - - X -", (ALARM, KEPT, ALARM, OK)),
    ],
)
def test_two_of_three(data: str, expected: tuple[str | None, ...]) -> None:
    assert tuple(state(data, missing, 2) for missing in TREATMENTS) == expected


marks = st.sampled_from("0X-")


@st.composite
def alarms(draw: st.DrawFn) -> tuple[str, int, int]:
    periods = draw(st.integers(1, 6))
    data = draw(st.lists(marks, min_size=periods + LOOK_BACK, max_size=periods + LOOK_BACK))
    return " ".join(data), periods, draw(st.integers(1, periods))


@given(alarms(), st.sampled_from(TREATMENTS))
def test_the_newest_complete_periods_decide_alone(alarm: tuple[str, int, int], missing: str) -> None:
    data, periods, needed = alarm
    whole = data.replace("-", "0")
    breaching = whole.split()[-periods:].count("X")
    assert state(whole, missing, needed, periods) == (ALARM if breaching >= needed else OK)


@given(alarms())
def test_breaching_is_the_strictest_and_not_breaching_the_mildest(alarm: tuple[str, int, int]) -> None:
    data, periods, needed = alarm
    states = {missing: state(data, missing, needed, periods) for missing in TREATMENTS}
    if ALARM in states.values():
        assert states["breaching"] == ALARM
    if states["notBreaching"] == ALARM:
        assert set(states.values()) == {ALARM}
    assert states["ignore"] != INSUFFICIENT


@pytest.mark.parametrize(
    ("name", "compare"),
    [
        ("GreaterThanThreshold", operator.gt),
        ("GreaterThanOrEqualToThreshold", operator.ge),
        ("LessThanThreshold", operator.lt),
        ("LessThanOrEqualToThreshold", operator.le),
    ],
)
@pytest.mark.parametrize("value", [4.0, 5.0, 6.0])
def test_operators(name: str, compare: Callable[[float, float], bool], value: float) -> None:
    verdict = decide(Rules(name, 5, 1, None), [Point(0, value, 1)], "OK")
    assert verdict is not None
    assert (verdict.state == ALARM) is compare(value, 5)


@pytest.mark.parametrize(
    ("rules", "data", "reason"),
    [  # sentences as real alarms have them
        (
            Rules("GreaterThanOrEqualToThreshold", 1.0, 1, None),
            [Point(1729969140, 3.0, 3)],
            "Threshold Crossed: 1 datapoint [3.0 (26/10/24 18:59:00)] was greater than or equal to the threshold "
            "(1.0).",
        ),
        (
            Rules("GreaterThanThreshold", 50.0, 1, 1),
            [Point(1570035540, 99.5, 1)],
            "Threshold Crossed: 1 out of the last 1 datapoints [99.5 (02/10/19 16:59:00)] was greater than the "
            "threshold (50.0) (minimum 1 datapoint for OK -> ALARM transition).",
        ),
        (
            Rules("LessThanThreshold", 1.0, 2, None, "breaching"),
            [Point(0, None), Point(0, None)],
            "Threshold Crossed: no datapoints were received for 2 periods and 2 missing datapoints were treated as "
            "[Breaching].",
        ),
        (
            Rules("LessThanThreshold", 1.0, 2, None, "breaching"),
            [Point(60, None), Point(1790373060, 1.0, 1)],
            "Threshold Crossed: 1 datapoint [1.0 (25/09/26 21:51:00)] was not less than the threshold (1.0) and 1 "
            "missing datapoint was treated as [Breaching].",
        ),
        (Rules("LessThanThreshold", 1.0, 1, None), [Point(0, None)], "Insufficient Data: 1 datapoint was unknown."),
    ],
)
def test_reasons(rules: Rules, data: list[Point], reason: str) -> None:
    verdict = decide(rules, data, "OK")
    assert verdict is not None
    assert verdict.reason == reason


def test_reason_data() -> None:
    rules = Rules("GreaterThanThreshold", 5.0, 2, None)
    verdict = decide(rules, [Point(1729969140, 9.0, 2), Point(1729969080, 8.0, 3)], "OK")
    assert verdict is not None
    assert reason_data(verdict, rules, 1729969238.853, period=60, statistic="Sum") == {
        "version": "1.0",
        "queryDate": "2024-10-26T19:00:38.853+0000",
        "startDate": "2024-10-26T18:58:00.000+0000",
        "statistic": "Sum",
        "period": 60,
        "recentDatapoints": [8.0, 9.0],
        "threshold": 5.0,
        "evaluatedDatapoints": [
            {"timestamp": "2024-10-26T18:59:00.000+0000", "sampleCount": 2, "value": 9.0},
            {"timestamp": "2024-10-26T18:58:00.000+0000", "sampleCount": 3, "value": 8.0},
        ],
    }
