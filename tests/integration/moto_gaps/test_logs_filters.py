"""Filter patterns of plain terms, and the metrics that are counted by them."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from localcloud import LocalCloud

MESSAGES = (
    "[ERROR 400] BAD REQUEST",
    "[ERROR 401] UNAUTHORIZED REQUEST",
    "[ERROR 419] MISSING ARGUMENTS",
    "[ERROR 420] INVALID ARGUMENTS",
    "[WARN] error_rate is 3",
    'said "stop"',
)
# The examples of AWS's page "Filter pattern syntax" for unstructured events come first
FOUND: tuple[tuple[str, list[int]], ...] = (
    ("ERROR", [0, 1, 2, 3]),
    ("ERROR ARGUMENTS", [2, 3]),
    ("?ERROR ?WARN", [0, 1, 2, 3, 4]),
    ("?ERROR ?ARGUMENTS", [0, 1, 2, 3]),
    ("ERROR -ARGUMENTS", [0, 1]),
    ("ERROR ?BAD", [0, 1, 2, 3]),
    ('"INVALID ARGUMENTS"', [3]),
    ('"[ERROR 4"', [0, 1, 2, 3]),
    ("error", [4]),
    ("error_rate", [4]),
    ('-"ERROR" -WARN', [5]),
    ('?"MISSING A" ?BAD', [0, 2]),
    (r'"\"stop\""', [5]),
    ("  ERROR   401 ", [1]),
    ("", [0, 1, 2, 3, 4, 5]),
    (" ", [0, 1, 2, 3, 4, 5]),
    ('" "', [0, 1, 2, 3, 4, 5]),
    ("NONE", []),
)
INVALID = ("ERROR:", '"open', "a/b", "ERROR -", "a'b'", '"a"b')
REFUSED = {
    "{ $.level = ERROR }": "a filter pattern of JSON",
    "[ip, user, status=4*]": "a filter pattern of columns",
    "%ERR(OR)?%": "a filter pattern of a regular expression",
}
NOW = datetime.now(UTC)


@pytest.fixture
def logs(cloud: LocalCloud) -> Any:
    client = cloud.client("logs")
    client.create_log_group(logGroupName="/app")
    client.create_log_stream(logGroupName="/app", logStreamName="s")
    return client


def put(logs: Any, *messages: str) -> None:
    events = [{"timestamp": int(time.time() * 1000), "message": message} for message in messages]
    logs.put_log_events(logGroupName="/app", logStreamName="s", logEvents=events)


def find(logs: Any, pattern: str) -> list[int]:
    """Places of the messages that the pattern finds."""
    events = logs.filter_log_events(logGroupName="/app", filterPattern=pattern)["events"]
    return sorted(MESSAGES.index(event["message"]) for event in events)


def count(logs: Any, pattern: str, **more: Any) -> None:
    told = {"metricName": "errors", "metricNamespace": "App", "metricValue": "1", **more}
    logs.put_metric_filter(
        logGroupName="/app", filterName="errors", filterPattern=pattern, metricTransformations=[told]
    )


def metric(cloud: LocalCloud) -> dict[str, Any] | None:
    points = cloud.client("cloudwatch").get_metric_statistics(
        Namespace="App", MetricName="errors", StartTime=NOW - timedelta(hours=1), EndTime=NOW + timedelta(hours=1),
        Period=86400, Statistics=["Sum", "SampleCount"],
    )["Datapoints"]  # fmt: skip
    assert len(points) < 2
    return points[0] if points else None


def test_events_that_a_pattern_finds(logs: Any) -> None:
    put(logs, *MESSAGES)
    for pattern, expected in FOUND:
        assert find(logs, pattern) == expected, pattern


@pytest.mark.parametrize("ask", [find, count])
def test_patterns_that_are_not_read(logs: Any, ask: Callable[[Any, str], Any]) -> None:
    def error(pattern: str) -> Any:
        with pytest.raises(ClientError) as caught:
            ask(logs, pattern)
        return caught.value.response["Error"]

    put(logs, *MESSAGES)
    for pattern in INVALID:
        assert error(pattern)["Code"] == "InvalidParameterException", pattern
    for pattern, what in REFUSED.items():
        assert (error(pattern)["Code"], what in error(pattern)["Message"]) == ("NotImplemented", True), pattern
    assert logs.describe_metric_filters(logGroupName="/app")["metricFilters"] == []


def test_a_metric_filter_counts(cloud: LocalCloud, logs: Any) -> None:
    put(logs, *MESSAGES)  # before the filter: not counted
    count(logs, "ERROR -ARGUMENTS", metricValue="2.5", unit="Count")
    assert metric(cloud) is None
    put(logs, "all is well")
    assert metric(cloud) is None
    put(logs, *MESSAGES)
    found = metric(cloud)
    assert found
    assert (found["Sum"], found["SampleCount"], found["Unit"]) == (5.0, 2.0, "Count")


def test_a_default_value(cloud: LocalCloud, logs: Any) -> None:
    count(logs, "ERROR", defaultValue=0)
    put(logs, "all is well")
    found = metric(cloud)
    assert found
    assert (found["Sum"], found["SampleCount"]) == (0.0, 1.0)


@pytest.mark.parametrize("more", [{"dimensions": {"d": "$.d"}}, {"metricValue": "$.latency"}])
def test_what_would_not_be_counted_is_refused(logs: Any, more: dict[str, Any]) -> None:
    with pytest.raises(ClientError, match="NotImplemented"):
        count(logs, "ERROR", **more)
