"""Alarms follow their metrics and act."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from localcloud import LocalCloud
from localcloud.metrics import emit
from tests.integration.inbox import Inbox, until

ALARM: dict[str, Any] = {
    "AlarmName": "errors",
    "Namespace": "Own",
    "MetricName": "Errors",
    "Dimensions": [{"Name": "Endpoint", "Value": "e"}],
    "Statistic": "Sum",
    "Period": 60,
    "EvaluationPeriods": 1,
    "Threshold": 5,
    "ComparisonOperator": "GreaterThanThreshold",
    "TreatMissingData": "notBreaching",
}


def alarm(cloud: LocalCloud, name: str = "errors") -> dict[str, Any]:
    found = cloud.client("cloudwatch").describe_alarms(
        AlarmNames=[name], AlarmTypes=["MetricAlarm", "CompositeAlarm"]
    )
    told: dict[str, Any] = (found["MetricAlarms"] + found["CompositeAlarms"])[0]
    return told


def reaches(cloud: LocalCloud, state: str, name: str = "errors") -> dict[str, Any]:
    return until(lambda: alarm(cloud, name), lambda found: found["StateValue"] == state)


def put(cloud: LocalCloud, value: float, name: str = "Errors", **more: Any) -> None:
    datum = {"MetricName": name, "Dimensions": [{"Name": "Endpoint", "Value": "e"}], "Value": value, **more}
    cloud.client("cloudwatch").put_metric_data(Namespace="Own", MetricData=[datum])


@pytest.fixture
def inbox(cloud: LocalCloud) -> tuple[str, Callable[[], list[dict[str, Any]]]]:
    """A topic, and how to take what was published to it."""
    topic = cloud.client("sns").create_topic(Name="alarms")["TopicArn"]
    inbox = Inbox(cloud, "alarms")
    cloud.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=inbox.arn)

    def take() -> list[dict[str, Any]]:
        found = [json.loads(message["Body"]) for message in inbox.look()]
        inbox.messages.clear()
        return found

    return topic, take


def test_an_alarm_goes_off_at_once_tells_and_comes_back(
    cloud: LocalCloud, inbox: tuple[str, Callable[[], list[dict[str, Any]]]]
) -> None:
    topic, take = inbox
    cloud.client("cloudwatch").put_metric_alarm(**ALARM, AlarmActions=[topic], AlarmDescription="Too many")
    reaches(cloud, "OK")  # by missing data
    for value in (3, 2):
        put(cloud, value)
    assert alarm(cloud)["StateValue"] == "OK"
    put(cloud, 6)
    found = reaches(cloud, "ALARM")
    data = json.loads(found["StateReasonData"])
    assert found["StateReason"].startswith("Threshold Crossed: 1 datapoint [")
    assert data["recentDatapoints"][0] > 5
    assert (data["statistic"], data["period"], data["threshold"]) == ("Sum", 60, 5.0)
    (told,) = until(take, bool)
    message = json.loads(told["Message"])
    assert told["Subject"] == 'ALARM: "errors" in US East (N. Virginia)'
    assert (message["OldStateValue"], message["NewStateValue"]) == ("OK", "ALARM")
    assert message["NewStateReason"] == found["StateReason"]
    assert message["AlarmArn"] == "arn:aws:cloudwatch:us-east-1:123456789012:alarm:errors"
    assert message["Trigger"]["Dimensions"] == [{"value": "e", "name": "Endpoint"}]
    assert message["Trigger"]["Statistic"] == "SUM"
    put(cloud, 100)  # no transition, no second message
    reaches(cloud, "OK")
    history = cloud.client("cloudwatch").describe_alarm_history(AlarmName="errors", HistoryItemType="StateUpdate")
    assert [item["HistorySummary"] for item in history["AlarmHistoryItems"]] == [
        "Alarm updated from ALARM to OK",
        "Alarm updated from OK to ALARM",
        "Alarm updated from INSUFFICIENT_DATA to OK",
    ]
    assert take() == []


def test_other_dimensions_are_another_metric(cloud: LocalCloud) -> None:
    cloud.client("cloudwatch").put_metric_alarm(**{**ALARM, "Dimensions": []})
    reaches(cloud, "OK")
    put(cloud, 100)
    emit("Own", {}, {"Other": (100, "Count")})
    cloud.client("cloudwatch").put_metric_alarm(**{**ALARM, "AlarmName": "same"})  # finds what was put before
    reaches(cloud, "ALARM", "same")
    assert alarm(cloud)["StateValue"] == "OK"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"TreatMissingData": "breaching"}, "ALARM"),
        ({"TreatMissingData": "notBreaching"}, "OK"),
        ({"TreatMissingData": "missing"}, "INSUFFICIENT_DATA"),
    ],
)
def test_a_new_alarm_without_data(cloud: LocalCloud, changes: dict[str, str], expected: str) -> None:
    cloud.client("cloudwatch").put_metric_alarm(**ALARM | changes)
    reaches(cloud, expected)


def test_percentiles_of_a_whole_minute(cloud: LocalCloud) -> None:
    """A slow first request is no slow minute: the average of a minute is known at its end."""
    changes: dict[str, Any] = {"Threshold": 100, "ExtendedStatistic": "p90"}
    cloud.client("cloudwatch").put_metric_alarm(**{n: v for n, v in (ALARM | changes).items() if n != "Statistic"})
    emit("Own", {"Endpoint": "e"}, {"Errors": ([500.0] + [10.0] * 50, "Milliseconds")})
    reaches(cloud, "OK")
    emit("Own", {"Endpoint": "e"}, {"Errors": ([500.0] * 500, "Milliseconds")})
    reaches(cloud, "ALARM")
    history = cloud.client("cloudwatch").describe_alarm_history(
        HistoryItemType="StateUpdate", ScanBy="TimestampAscending"
    )
    assert "to OK" in history["AlarmHistoryItems"][0]["HistorySummary"]


def test_set_alarm_state_acts_and_is_overwritten(
    cloud: LocalCloud, inbox: tuple[str, Callable[[], list[dict[str, Any]]]]
) -> None:
    topic, take = inbox
    cloudwatch = cloud.client("cloudwatch")
    cloudwatch.put_metric_alarm(**ALARM, AlarmActions=[topic])
    reaches(cloud, "OK")
    cloudwatch.set_alarm_state(AlarmName="errors", StateValue="ALARM", StateReason="a test")
    (told,) = until(take, bool)
    assert json.loads(told["Message"])["NewStateReason"] == "a test"
    reaches(cloud, "OK")
    cloudwatch.disable_alarm_actions(AlarmNames=["errors"])
    cloudwatch.set_alarm_state(AlarmName="errors", StateValue="ALARM", StateReason="again")
    reaches(cloud, "OK")
    assert take() == []


def test_an_update_keeps_the_state(cloud: LocalCloud) -> None:
    cloud.client("cloudwatch").put_metric_alarm(**ALARM | {"TreatMissingData": "breaching"})
    before = reaches(cloud, "ALARM")
    cloud.client("cloudwatch").put_metric_alarm(**ALARM | {"TreatMissingData": "breaching", "Threshold": 7})
    cloud.client("cloudwatch").put_metric_alarm(**ALARM | {"AlarmName": "later"})
    reaches(cloud, "OK", "later")  # so the first has been evaluated again too
    after = alarm(cloud)
    assert after["Threshold"] == 7
    assert (after["StateValue"], after["StateUpdatedTimestamp"]) == ("ALARM", before["StateUpdatedTimestamp"])


def test_metric_math_and_composite_alarms(
    cloud: LocalCloud, inbox: tuple[str, Callable[[], list[dict[str, Any]]]]
) -> None:
    topic, take = inbox
    cloudwatch = cloud.client("cloudwatch")
    cloudwatch.put_metric_alarm(
        AlarmName="rate",
        EvaluationPeriods=1,
        Threshold=0.5,
        ComparisonOperator="GreaterThanThreshold",
        Metrics=[
            *(
                {"Id": name.lower(), "ReturnData": False, "MetricStat": {**stat, "Period": 60, "Stat": "Sum"}}
                for name in ("Errors", "Calls")
                for stat in [{"Metric": {"Namespace": "Own", "MetricName": name, "Dimensions": ALARM["Dimensions"]}}]
            ),
            {"Id": "rate", "Expression": "errors / calls", "Label": "Error rate"},
        ],
    )
    cloudwatch.put_metric_alarm(**ALARM)
    cloudwatch.put_composite_alarm(
        AlarmName="both", AlarmRule="ALARM(rate) AND NOT ALARM(errors)", AlarmActions=[topic]
    )
    reaches(cloud, "OK", "both")
    dimensions = {"Endpoint": "e"}
    emit("Own", dimensions, {"Errors": (3, "Count"), "Calls": (4, "Count")})
    found = reaches(cloud, "ALARM", "rate")
    assert "0.75" in found["StateReason"]
    reaches(cloud, "ALARM", "both")
    (told,) = until(take, bool)
    assert json.loads(told["Message"])["AlarmRule"] == "ALARM(rate) AND NOT ALARM(errors)"
    emit("Own", dimensions, {"Errors": (300, "Count"), "Calls": (400, "Count")})
    reaches(cloud, "ALARM", "errors")
    reaches(cloud, "OK", "both")
    assert [item["AlarmName"] for item in cloudwatch.describe_alarms()["MetricAlarms"]] == ["errors", "rate"]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"AlarmActions": ["arn:aws:automate:us-east-1:ec2:stop"]}, "the action arn:aws:automate"),
        ({"ComparisonOperator": "LessThanLowerThreshold"}, "LessThanLowerThreshold"),
        ({"Statistic": None, "ExtendedStatistic": "tm90"}, "the statistic tm90"),
        ({"Threshold": None, "ThresholdMetricId": "band"}, "anomaly detection"),
        (
            {
                **dict.fromkeys(("MetricName", "Namespace", "Dimensions", "Statistic", "Period")),
                "Metrics": [{"Id": "e", "Expression": "SEARCH('{Own} x', 'Sum')"}],
            },
            "SEARCH",
        ),
    ],
)
def test_what_is_not_evaluated_is_refused(cloud: LocalCloud, changes: dict[str, Any], words: str) -> None:
    given = {name: value for name, value in (ALARM | changes).items() if value is not None}
    with pytest.raises(ClientError, match=words) as refused:
        cloud.client("cloudwatch").put_metric_alarm(**given)
    assert refused.value.response["Error"]["Code"] == "NotImplemented"


def test_namespaces_of_aws_are_closed_to_users(cloud: LocalCloud) -> None:
    with pytest.raises(ClientError, match="The value AWS/ for parameter Namespace is invalid"):
        cloud.client("cloudwatch").put_metric_data(Namespace="AWS/Lambda", MetricData=[{"MetricName": "Errors"}])
    emit("AWS/Lambda", {}, {"Errors": (1, "Count")})
    (found,) = cloud.client("cloudwatch").list_metrics(Namespace="AWS/Lambda")["Metrics"]
    assert found["MetricName"] == "Errors"


def test_what_was_put_is_read_back(cloud: LocalCloud) -> None:
    emit("Own", {"Endpoint": "e"}, {"Latency": ([1.0, 2.0, 9.0], "Milliseconds"), "Calls": (3, "Count")})
    now = datetime.now(UTC)
    window: dict[str, Any] = {"StartTime": now - timedelta(minutes=10), "EndTime": now + timedelta(minutes=1)}
    named = {"Namespace": "Own", "MetricName": "Latency", "Dimensions": [{"Name": "Endpoint", "Value": "e"}]}
    cloudwatch = cloud.client("cloudwatch")
    (point,) = cloudwatch.get_metric_statistics(
        **named, **window, Period=3600, Statistics=["Sum", "Maximum"], ExtendedStatistics=["p50"]
    )["Datapoints"]
    assert (point["Sum"], point["Maximum"], point["ExtendedStatistics"], point["Unit"]) == (
        12.0,
        9.0,
        {"p50": 2.0},
        "Milliseconds",
    )
    stat = {"Metric": named, "Period": 3600, "Stat": "Average"}
    (result,) = cloudwatch.get_metric_data(
        **window,
        MetricDataQueries=[
            {"Id": "m", "MetricStat": stat, "ReturnData": False},
            {"Id": "s", "Expression": "m / 1000", "Label": "Seconds"},
        ],
    )["MetricDataResults"]
    assert (result["Label"], result["Values"]) == ("Seconds", [0.004])
    elsewhere = {**named, "Dimensions": []}
    assert not cloudwatch.get_metric_statistics(**elsewhere, **window, Period=60, Statistics=["Sum"])["Datapoints"]


def test_reset_forgets_data_and_alarms(cloud: LocalCloud) -> None:
    put(cloud, 100)
    cloud.client("cloudwatch").put_metric_alarm(**ALARM)
    reaches(cloud, "ALARM")
    cloud.reset()
    cloud.client("cloudwatch").put_metric_alarm(**ALARM)
    assert reaches(cloud, "OK")["StateReason"].startswith("Threshold Crossed: no datapoints")
    history = cloud.client("cloudwatch").describe_alarm_history(HistoryItemType="StateUpdate")["AlarmHistoryItems"]
    assert len(history) == 1
