"""From captured requests to another training, through the deployed pipeline, functions, rules and alarms."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.integration.inbox import Inbox, until
from tests.integration.model_monitor.schemas import FILES
from tests.integration.monitoring.site import ENDPOINT, Site

pytestmark = pytest.mark.xdist_group("monitored")


def decisions(site: Site) -> list[dict[str, Any]]:
    return [line for line in site.log("Retrain") if line["message"] == "decided"]


def test_control_days_are_quiet_and_july_starts_one_training(site: Site) -> None:
    inbox = Inbox(site.cloud)
    site.cloud.client("sns").subscribe(
        TopicArn=site.outputs["mlref-Foundation"]["AlarmTopicArn"], Protocol="sqs", Endpoint=inbox.arn
    )
    site.curate("2013-03-18", "2013-03-31")
    control = site.capture("2013-03-27", "2013-03-28")
    run, steps = site.run()
    assert {name: step["StepStatus"] for name, step in steps.items()} == dict.fromkeys(
        ("Plan", "AnythingCaptured", "Check", "Quality"), "Succeeded"
    )
    data, quality = site.found("data", run), site.found("quality", run)
    assert set(data) == set(quality) == {name.removesuffix(".json") for name in FILES} | {"report"}
    assert data["constraint_violations"]["violations"] == []
    assert (data["report"]["judged"], data["report"]["rows"]) == (True, 900)
    assert (quality["report"]["judged"], quality["report"]["merged"] > 800) == (True, True)
    assert 0.5 < quality["report"]["auc"] < 0.85
    assert quality["constraint_violations"]["violations"] == []
    for check in ("data", "quality"):
        assert site.published(check, "Violations", 1) == [0]
        assert site.published(check, "Rows", 1)[0] > 800
    assert site.published("quality", "Auc", 1) == [pytest.approx(quality["report"]["auc"])]
    assert site.trainings() == []
    assert decisions(site) == []

    site.s3.delete_object(Bucket=site.lake, Key=control)
    site.capture("2013-07-01", "2013-07-07")
    run, _ = site.run()
    found = site.found("data", run)
    drifted = {item["feature_name"] for item in found["constraint_violations"]["violations"]}
    assert {"temp", "dewp"} <= drifted
    assert site.published("data", "Violations", 2)[-1] == len(found["constraint_violations"]["violations"])
    assert site.published("data", "DriftedShare", 2)[-1] == pytest.approx(found["report"]["drifted_share"])
    assert site.found("quality", run)["report"]["judged"] is False  # July is not curated yet

    (first,) = until(lambda: decisions(site), lambda lines: len(lines) >= 1)
    assert first["retraining"] is True
    (training,) = site.trainings()
    assert training["PipelineExecutionArn"] == first["execution"]
    assert training["PipelineExecutionDisplayName"] == "retrain-until-2013-03-31"
    given = site.sagemaker.list_pipeline_parameters_for_execution(PipelineExecutionArn=first["execution"])
    assert given["PipelineParameters"] == [
        {"Name": "WindowStart", "Value": "2013-03-18"},
        {"Name": "WindowEnd", "Value": "2013-03-31"},
    ]

    # the same violations once more, when the first alarm is over
    until(lambda: site.alarm("data")["StateValue"], lambda state: state == "OK")
    key = f"monitoring/{ENDPOINT}/data/{run}/constraint_violations.json"
    site.s3.copy_object(
        Bucket=site.lake, Key=key, CopySource={"Bucket": site.lake, "Key": key}, MetadataDirective="REPLACE"
    )
    _, second = until(lambda: decisions(site), lambda lines: len(lines) >= 2)
    assert second["retraining"] is False
    assert "within the cooldown of 24 h" in second["reason"]
    assert [item["PipelineExecutionArn"] for item in site.trainings()] == [first["execution"]]

    until(inbox.look, lambda messages: len(messages) >= 4)
    bodies = [json.loads(json.loads(message["Body"])["Message"]) for message in inbox.messages]
    assert sorted(body["retraining"] for body in bodies if "retraining" in body) == [False, True]
    assert {body["NewStateValue"] for body in bodies if "NewStateValue" in body} == {"ALARM"}


def test_nothing_captured_is_no_failure_and_runs_no_job(site: Site) -> None:
    run, steps = site.run()
    assert set(steps) == {"Plan", "AnythingCaptured"}
    assert steps["AnythingCaptured"]["Metadata"]["Condition"]["Outcome"] == "False"
    assert site.found("data", run) == {}


def test_only_what_was_captured_in_the_window_is_looked_at_of_every_variant(site: Site) -> None:
    site.capture("2013-03-25", "2013-03-25", "champion", rows=300)
    site.capture("2013-03-26", "2013-03-26", "challenger", rows=250)
    now = datetime.now(UTC)
    run, steps = site.run(WindowEnd=f"{now - timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}")
    assert "Check" not in steps
    run, _ = site.run(WindowStart=f"{now - timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}")
    assert site.found("data", run)["report"]["rows"] == 550


def test_predictions_without_truth_are_not_judged(site: Site) -> None:
    """Nothing at all is curated: no job fails for want of it."""
    site.capture("2013-03-27", "2013-03-27", rows=300)
    run, steps = site.run()
    assert steps["Quality"]["StepStatus"] == "Succeeded"
    report = site.found("quality", run)["report"]
    assert (report["judged"], report["rows"], report["merged"]) == (False, 300, 0)
    assert site.published("quality", "Violations", 1) == [0]


def test_predictions_are_compared_with_the_truth_later(site: Site) -> None:
    """With a delay, those of the window are left for a later execution."""
    site.curate("2013-03-27", "2013-03-27")
    site.capture("2013-03-27", "2013-03-27", rows=300)
    run, _ = site.run(TruthDelayHours="24")
    assert site.found("data", run)["report"]["rows"] == 300
    assert site.found("quality", run)["report"]["rows"] == 0
    later = datetime.now(UTC) + timedelta(hours=24)
    run, _ = site.run(TruthDelayHours="24", WindowEnd=f"{later:%Y-%m-%dT%H:%M:%SZ}")
    assert site.found("quality", run)["report"]["merged"] > 250


def test_a_window_that_is_none_fails_with_the_reason_and_an_alarm(site: Site) -> None:
    with pytest.raises(AssertionError, match="WindowStart must be a time in ISO 8601"):
        site.run(WindowStart="yesterday")
    alarms = site.cloud.client("cloudwatch")
    (name,) = [
        item["AlarmName"]
        for item in alarms.describe_alarms()["MetricAlarms"]
        if item["MetricName"] == "ExecutionFailed"
    ]
    until(
        lambda: alarms.describe_alarm_history(AlarmName=name, HistoryItemType="StateUpdate")["AlarmHistoryItems"],
        lambda history: any("to ALARM" in item["HistorySummary"] for item in history),
    )


def test_files_that_are_not_of_a_check_are_told_and_left(site: Site) -> None:
    site.put(f"monitoring/{ENDPOINT}/data/x/statistics.json", "{}")
    site.put(f"monitoring/{ENDPOINT}/data/x/report.json", "{}")
    site.put(f"monitoring/{ENDPOINT}/data/x/constraint_violations.json", "no JSON")
    site.put(f"monitoring/{ENDPOINT}/elsewhere/constraint_violations.json", '{"violations": []}')
    site.put("monitoring/other/data/x/constraint_violations.json", '{"violations": []}')  # of another endpoint
    lines = until(lambda: site.log("Publish"), lambda found: len(found) >= 2)
    assert {line["key"].removeprefix(f"monitoring/{ENDPOINT}/"): line["message"] for line in lines} == {
        "data/x/constraint_violations.json": "nothing published",
        "elsewhere/constraint_violations.json": "nothing published",
    }
