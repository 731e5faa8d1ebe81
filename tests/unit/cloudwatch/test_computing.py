"""Statistics, metric math and rules of composite alarms."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localcloud.cloudwatch import composite, statistics
from localcloud.cloudwatch.metric_math import Expression, UnsupportedMathError
from localcloud.cloudwatch.series import Datum, Series, data_of, metric

ONE = metric("X", "m", [])
numbers = st.floats(-1e6, 1e6)


def datum(time: float, value: float, count: float = 1) -> Datum:
    return Datum(time, value * count, count, value, value, "None")


@given(st.lists(st.tuples(st.floats(0, 100), numbers)), st.floats(0, 100), st.floats(0, 100))
def test_a_window_has_what_lies_in_it(data: list[tuple[float, float]], start: float, end: float) -> None:
    series = Series()
    for time, value in data:
        series.add(ONE, [datum(time, value)])
    found = series.between(ONE, start, end)
    assert sorted((item.time, item.minimum) for item in found) == sorted(d for d in data if start <= d[0] < end)
    assert [item.time for item in found] == sorted(item.time for item in found)


@given(st.lists(numbers, min_size=1), st.floats(0.01, 100))
def test_percentiles_are_values_that_were_seen(values: list[float], share: float) -> None:
    found = statistics.compute(f"p{share:.2f}", [datum(0, value) for value in values])
    assert found in values
    assert statistics.compute("Minimum", [datum(0, value) for value in values]) == min(values)
    assert statistics.compute("p100", [datum(0, value) for value in values]) == max(values)


def test_counts_and_sets_of_statistics() -> None:
    (first, second) = data_of({"Values": [1.0, 10.0], "Counts": [3.0, 1.0]}, 0)
    assert statistics.compute("Average", [first, second]) == 13 / 4
    assert statistics.compute("p75", [first, second]) == 1
    assert statistics.compute("p76", [first, second]) == 10
    stored = data_of({"StatisticValues": {"Sum": 9, "SampleCount": 3, "Minimum": 1, "Maximum": 7}}, 0)
    found = {name: statistics.compute(name, stored) for name in ("Sum", "Average", "Minimum", "Maximum", "p50")}
    assert found == {"Sum": 9, "Average": 3, "Minimum": 1, "Maximum": 7, "p50": None}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("errors / total * 100", 25.0),
        ("100*(errors/total)", 25.0),
        ("errors / none", None),
        ("errors / zero", None),
        ("FILL(none, 0) + errors", 1.0),
        ("IF(total > 3, errors / total, 0)", 0.25),
        ("IF(total > 4, errors / total, 7)", 7.0),
        ("SUM([errors, total, none])", 5.0),
        ("MAX([errors, total])", 4.0),
        ("total ^ 2 - -errors", 17.0),
        ("errors == 1 AND total >= 4", 1.0),
        ("errors > 1 || total < 4", 0.0),
        ("CEIL(errors / total)", 1.0),
    ],
)
def test_metric_math(text: str, expected: float | None) -> None:
    values = {"errors": 1.0, "total": 4.0, "none": None, "zero": 0.0}
    assert Expression(text).value(values) == expected


@pytest.mark.parametrize(
    "text",
    [
        "ANOMALY_DETECTION_BAND(m1)",
        "SEARCH('{AWS/EC2} x', 'Sum')",
        "RATE(m1)",
        "SUM(m1)",
        "m1.upper()",
        "__import__('os')",
        "m1 if m2 else m3",
        "m1 +",
        "FILL(m1, REPEAT)",
        "SELECT AVG(x) FROM y",
    ],
)
def test_other_math_is_refused_when_it_is_read(text: str) -> None:
    with pytest.raises(UnsupportedMathError, match="metric math"):
        Expression(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ALARM(a)", True),
        ('OK("b c") AND NOT ALARM(d)', True),
        ("ALARM(d) OR ALARM(a) AND OK(a)", False),
        ("(ALARM(d) OR ALARM(a)) AND TRUE", True),
        ("NOT (ALARM(a) OR FALSE)", False),
        ("INSUFFICIENT_DATA(arn:aws:cloudwatch:us-east-1:1:alarm:e)", True),
        ("ALARM(unknown)", False),
    ],
)
def test_composite_rules(text: str, expected: bool) -> None:
    states = {"a": "ALARM", "b c": "OK", "d": "OK", "arn:aws:cloudwatch:us-east-1:1:alarm:e": "INSUFFICIENT_DATA"}
    rule, _ = composite.parse(text)
    assert rule(states.get) is expected


@pytest.mark.parametrize("text", ["", "ALARM(", "a", "ALARM(a) ALARM(b)", "AT_LEAST(1, ALARM, (a, b))"])
def test_what_is_no_rule(text: str) -> None:
    with pytest.raises(composite.RuleError):
        composite.parse(text)
