"""Which data an alarm looks at, and when."""

from typing import Any

import pytest

from localcloud.cloudwatch.model import watch
from localcloud.cloudwatch.series import Datum, Series, metric

ALARM: dict[str, Any] = {
    "Namespace": "Own",
    "MetricName": "Errors",
    "Statistic": "Sum",
    "Period": 300,
    "EvaluationPeriods": 3,
    "Threshold": 5,
    "ComparisonOperator": "GreaterThanThreshold",
}
ERRORS = metric("Own", "Errors", [])


def datum(time: float, value: float = 1.0) -> Datum:
    return Datum(time, value, 1.0, value, value, "None")


def test_windows_end_with_a_minute_and_pass_at_the_clouds_speed() -> None:
    """With speed 60 a minute is a second, and 5 minutes are 5 seconds."""
    series = Series()
    for second in range(40):
        series.add(ERRORS, [datum(1000 + second + 0.5)])
    points = watch(ALARM).points(series, now=1033.7, speed=60)
    assert [point.time for point in points] == [1028, 1023, 1018, 1013, 1008]  # two more than EvaluationPeriods
    assert {(point.value, point.samples) for point in points} == {(5.0, 5.0)}
    early = watch(ALARM).points(series, now=1033.7, speed=60, open_too=True)
    assert early[0].time == 1029
    slow = watch(ALARM).points(series, now=1033.7, speed=1)
    assert [point.time for point in slow] == [720, 420, 120, -180, -480]


def test_high_resolution_alarms_look_every_10_seconds() -> None:
    assert watch({**ALARM, "Period": 10}).step(1) == watch({**ALARM, "Period": 30}).step(1) == 10
    assert watch({**ALARM, "Period": 60}).step(1) == watch(ALARM).step(1) == 60


@pytest.mark.parametrize(
    ("changes", "values", "expected"),
    [
        ({}, [1], True),
        ({}, [1, -1], False),  # the sum may fall again
        ({"Statistic": "SampleCount"}, [1], True),
        ({"Statistic": "Maximum"}, [1], True),
        ({"Statistic": "Average"}, [1], False),
        ({"Statistic": None, "ExtendedStatistic": "p99"}, [1], False),
        ({"Statistic": "Minimum"}, [1], False),
        ({"ComparisonOperator": "LessThanThreshold"}, [1], False),  # more data may come
        ({"ComparisonOperator": "LessThanThreshold", "Statistic": "Minimum"}, [1], True),
    ],
)
def test_what_more_data_cannot_undo(changes: dict[str, Any], values: list[float], expected: bool) -> None:
    assert watch({**ALARM, **changes}).decided_early([datum(0, value) for value in values]) is expected


def test_dynamodb_ignores_missing_data() -> None:
    assert watch({**ALARM, "TreatMissingData": "breaching"}).rules.missing == "breaching"
    assert watch({**ALARM, "Namespace": "AWS/DynamoDB", "TreatMissingData": "breaching"}).rules.missing == "ignore"


def test_expressions_that_read_each_other() -> None:
    stat = {"Metric": {"Namespace": "Own", "MetricName": "Errors"}, "Period": 60, "Stat": "Sum"}
    queries = [
        {"Id": "last", "Expression": "middle + 1"},
        {"Id": "middle", "Expression": "m * 2", "ReturnData": False},
        {"Id": "m", "MetricStat": stat, "ReturnData": False},
    ]
    given = {name: ALARM[name] for name in ("EvaluationPeriods", "Threshold", "ComparisonOperator")}
    series = Series()
    series.add(ERRORS, [datum(50, 4)])
    assert watch({**given, "Metrics": queries}).points(series, now=61, speed=1)[0].value == 9
    with pytest.raises(ValueError, match="read nothing"):
        watch({**given, "Metrics": [*queries[1:], {"Id": "last", "Expression": "nothing + 1"}]})
    with pytest.raises(ValueError, match="circle"):
        watch(
            {
                **given,
                "Metrics": [queries[0], {"Id": "middle", "Expression": "last", "ReturnData": False}, queries[2]],
            }
        )
