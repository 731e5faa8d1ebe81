"""Another training: on which days, how often, and that everybody learns why."""

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from lambdas.retrain.handler import days, decide, handler, token
from tests.unit.lambdas.lake import BUCKET, NOW, Lake

EVENT = {
    "id": "0d5ad0c8-8d2a-4c1c-b4d1-1f6d1c3b2a10",
    "detail-type": "CloudWatch Alarm State Change",
    "detail": {"alarmName": "DataViolations", "state": {"value": "ALARM"}},
}
ARGUMENTS: dict[str, Any] = {
    "pipeline": "mlref-training",
    "window_days": 90,
    "cooldown": timedelta(hours=24),
    "now": NOW,
}


@pytest.fixture(autouse=True)
def _settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "PIPELINE": "mlref-training",
        "CURATED_PREFIX": "curated/flights/",
        "WINDOW_DAYS": "90",
        "COOLDOWN_HOURS": "24",
        "TOPIC_ARN": "arn:aws:sns:us-east-1:123456789012:alarms",
    }.items():
        monkeypatch.setenv(name, value)


def curate(lake: Lake, first: date, last: date) -> None:
    for number in range((last - first).days + 1):
        day = first + timedelta(days=number)
        lake.put(f"curated/flights/month={day:%Y-%m}/day={day}/part.parquet")


def parameters(lake: Lake) -> dict[str, str]:
    return {item["Name"]: item["Value"] for item in lake.sent("StartPipelineExecution")["PipelineParameters"]}


def test_an_alarm_starts_a_training_on_the_newest_days(lake: Lake) -> None:
    curate(lake, date(2013, 1, 1), date(2013, 7, 31))
    told = handler(EVENT, None)
    assert told["retraining"] is True
    assert parameters(lake) == {"WindowStart": "2013-05-03", "WindowEnd": "2013-07-31"}  # 90 days, both included
    assert lake.sent("StartPipelineExecution")["PipelineExecutionDisplayName"] == "retrain-until-2013-07-31"
    assert told["execution"] == lake.executions[0]["PipelineExecutionArn"]
    message = lake.sent("Publish")
    assert message["Subject"] == "mlref-training: retraining"
    assert json.loads(message["Message"]) == told
    assert "2013-05-03 to 2013-07-31" in told["reason"]


def test_a_young_table_is_used_whole(lake: Lake) -> None:
    curate(lake, date(2013, 6, 1), date(2013, 7, 10))
    handler(EVENT, None)
    assert parameters(lake) == {"WindowStart": "2013-06-01", "WindowEnd": "2013-07-10"}


def test_nothing_curated_is_nothing_to_train_on(lake: Lake) -> None:
    lake.put("curated/flights/_temporary/0/part.parquet")
    told = handler(EVENT, None)
    assert (told["retraining"], told["reason"]) == (False, "there are no curated days to train on")
    assert [name for name, _ in lake.calls] == ["Publish"]
    assert lake.sent("Publish")["Subject"] == "mlref-training: not retraining"


def test_months_without_days_are_passed_over(lake: Lake) -> None:
    curate(lake, date(2013, 2, 10), date(2013, 3, 5))
    for month in ("2013-01", "2013-04"):
        lake.put(f"curated/flights/month={month}/_hidden/part.parquet")
    assert days(lake.client("s3"), BUCKET, "curated/flights/") == (date(2013, 2, 10), date(2013, 3, 5))


def execution(hours: float, name: str = "retrain-until-2013-03-31") -> dict[str, Any]:
    return {
        "PipelineExecutionArn": "arn",
        "PipelineExecutionDisplayName": name,
        "StartTime": NOW - timedelta(hours=hours),
        "PipelineExecutionStatus": "Failed",
    }


@pytest.mark.parametrize(
    ("known", "starts"),
    [
        ([], True),
        ([execution(23.9)], False),  # whatever came of it
        ([execution(24.1)], True),
        ([execution(1, "execution-1")], True),  # a person's or a schedule's
        ([execution(1), *(execution(0.5, f"execution-{number}") for number in range(5))], False),
    ],
)
def test_the_cooldown_counts_what_alarms_have_started(lake: Lake, known: list[dict[str, Any]], starts: bool) -> None:
    lake.executions = known
    decision = decide(lake.client("sagemaker"), (date(2013, 1, 1), date(2013, 3, 31)), **ARGUMENTS)
    assert (decision.execution is not None) is starts
    assert ("StartPipelineExecution" in [name for name, _ in lake.calls]) is starts
    if not starts:
        assert decision.reason.startswith("retrain-until-2013-03-31 began at 2026-11-2")
        assert decision.reason.endswith("within the cooldown of 24 h")


def test_alarms_at_the_same_time_ask_for_the_same_execution() -> None:
    """Neither sees the other's execution yet: SageMaker makes one of requests that are the same."""
    day = timedelta(hours=24)
    morning = datetime(2020, 2, 29, 8, tzinfo=UTC)
    assert token("p", day, morning) == token("p", day, morning + timedelta(seconds=2))
    assert token("p", day, morning) != token("q", day, morning)
    assert 32 <= len(token("p", day, morning)) <= 128
    for hours in (24, 24.5, 47, 48, 100):  # an execution that the cooldown allows is another one
        assert token("p", day, morning) != token("p", day, morning + timedelta(hours=hours))
    requests = []
    for _ in range(2):
        lake = Lake()
        decide(lake.client("sagemaker"), (date(2013, 1, 1), date(2013, 3, 31)), **ARGUMENTS | {"now": morning})
        requests.append(lake.sent("StartPipelineExecution"))
    assert requests[0] == requests[1]
    assert requests[0]["ClientRequestToken"] == token("mlref-training", day, morning)
