"""Definitions and schedules: what is taken, what is refused, how they read back."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.integration.endpoints.hall import variant
from tests.integration.model_monitor.watch import ANALYZER, LAST_HOUR, Watch, config, flights, minutes_ago

DAILY = {"ScheduleExpression": "cron(0 12 ? * * *)"}


def _define(watch: Watch, name: str = "watch", **more: Any) -> None:
    watch.client.create_data_quality_job_definition(JobDefinitionName=name, **watch.request(**more))


def _input(**more: Any) -> dict[str, Any]:
    return {"EndpointInput": {"EndpointName": "flights", "LocalPath": "/opt/ml/processing/input", **more}}


def test_a_definition_reads_back_and_is_listed(watch: Watch) -> None:
    _define(watch, Tags=[{"Key": "team", "Value": "ml"}])
    told = watch.client.describe_data_quality_job_definition(JobDefinitionName="watch")
    assert {name: told[name] for name in watch.request()} == watch.request()
    arn = told["JobDefinitionArn"]
    assert watch.client.list_tags(ResourceArn=arn)["Tags"] == [{"Key": "team", "Value": "ml"}]
    _define(watch, "other")

    def listed(**filters: Any) -> list[str]:
        answer = watch.client.list_data_quality_job_definitions(SortBy="Name", SortOrder="Ascending", **filters)
        return [item["MonitoringJobDefinitionName"] for item in answer["JobDefinitionSummaries"]]

    assert listed(EndpointName="flights") == ["other", "watch"]
    assert listed(NameContains="wat") == ["watch"]
    assert listed(EndpointName="another") == []
    with pytest.raises(ClientError, match="must be unique") as refused:
        _define(watch)
    assert refused.value.response["Error"]["Code"] == "ResourceInUse"
    watch.client.delete_data_quality_job_definition(JobDefinitionName="watch")
    assert listed() == ["other"]


def test_an_endpoint_that_is_not_there_or_captures_nothing_is_refused(watch: Watch) -> None:
    with pytest.raises(ClientError, match="Endpoint 'gone' does not exist or is not valid") as refused:
        _define(watch, DataQualityJobInput=_input(EndpointName="gone"))
    assert refused.value.response["Error"]["Code"] == "ValidationException"
    watch.endpoint(watch.config("quiet", variant("times-10")), "quiet")
    with pytest.raises(ClientError, match="Endpoint 'quiet' does not exist or is not valid"):
        _define(watch, DataQualityJobInput=_input(EndpointName="quiet"))


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"DataQualityAppSpecification": {"ImageUri": "1.dkr.ecr.us-east-1.amazonaws.com/own:1"}}, "the image 1.dkr"),
        (
            {"DataQualityAppSpecification": {"ImageUri": ANALYZER, "ContainerEntrypoint": ["python3"]}},
            "ContainerEntrypoint",
        ),
        ({"DataQualityJobInput": _input(S3InputMode="Pipe")}, "input mode Pipe"),
        ({"DataQualityJobInput": _input(StartTimeOffset="-PT1D")}, "the input's StartTimeOffset"),
        ({"DataQualityBaselineConfig": {}}, "a baseline without StatisticsResource"),
        (
            {
                "DataQualityJobInput": {
                    "BatchTransformInput": {
                        "DataCapturedDestinationS3Uri": "s3://hall/transformed",
                        "DatasetFormat": {"Csv": {"Header": True}},
                        "LocalPath": "/opt/ml/processing/input",
                    }
                }
            },
            "batch transform input",
        ),
    ],
)
def test_what_no_local_execution_does_is_refused_by_name(watch: Watch, change: dict[str, Any], what: str) -> None:
    with pytest.raises(ClientError, match=f"CreateDataQualityJobDefinition with {what}.* not implemented"):
        _define(watch, **change)
    assert watch.client.list_data_quality_job_definitions()["JobDefinitionSummaries"] == []


def test_without_a_stand_in_the_analyzer_is_refused_by_name(watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch.cloud, "analyzer", ())
    with pytest.raises(ClientError, match="sagemaker-model-monitor-analyzer and no stand-in for it"):
        _define(watch)


def test_a_schedule_reads_back_is_changed_and_listed(watch: Watch) -> None:
    watch.schedule(DAILY)
    told = watch.client.describe_monitoring_schedule(MonitoringScheduleName="watch")
    assert told["MonitoringScheduleStatus"] == "Scheduled"
    assert told["MonitoringScheduleConfig"] == config(DAILY, "watch")
    assert told["EndpointName"] == "flights"
    assert "LastMonitoringExecutionSummary" not in told
    arn = told["MonitoringScheduleArn"]
    watch.client.add_tags(ResourceArn=arn, Tags=[{"Key": "team", "Value": "ml"}])
    assert watch.client.list_tags(ResourceArn=arn)["Tags"] == [{"Key": "team", "Value": "ml"}]
    watch.client.delete_tags(ResourceArn=arn, TagKeys=["team"])
    assert watch.client.list_tags(ResourceArn=arn)["Tags"] == []

    every_six = {"ScheduleExpression": "cron(0 0/6 ? * * *)"}
    watch.client.update_monitoring_schedule(
        MonitoringScheduleName="watch", MonitoringScheduleConfig=config(every_six, "watch")
    )
    changed = watch.client.describe_monitoring_schedule(MonitoringScheduleName="watch")
    assert changed["MonitoringScheduleConfig"]["ScheduleConfig"] == every_six
    assert changed["LastModifiedTime"] > told["LastModifiedTime"]

    def listed(**filters: Any) -> list[str]:
        answer = watch.client.list_monitoring_schedules(**filters)
        return [item["MonitoringScheduleName"] for item in answer["MonitoringScheduleSummaries"]]

    assert listed(EndpointName="flights", MonitoringTypeEquals="DataQuality") == ["watch"]
    assert listed(StatusEquals="Stopped") == listed(MonitoringJobDefinitionName="other") == []
    watch.client.stop_monitoring_schedule(MonitoringScheduleName="watch")
    assert listed(StatusEquals="Stopped") == ["watch"]


@pytest.mark.parametrize(
    ("when", "reason"),
    [
        ({"ScheduleExpression": "rate(1 hour)"}, "Invalid ScheduleExpression 'rate"),
        ({"ScheduleExpression": "cron(30 * ? * * *)"}, "Invalid ScheduleExpression"),
        ({"ScheduleExpression": "cron(0 24 ? * * *)"}, "Invalid ScheduleExpression"),
        ({"ScheduleExpression": "cron(0 1/0 ? * * *)"}, "Invalid ScheduleExpression"),
        ({"ScheduleExpression": "NOW"}, "are required for the expression NOW"),
        ({**LAST_HOUR, "DataAnalysisStartTime": "PT1H"}, "must precede"),
        ({**LAST_HOUR, "DataAnalysisStartTime": "-PT25H"}, "at most 24 hours"),
        ({**LAST_HOUR, "DataAnalysisStartTime": "-P1W"}, "'-P1W' is not an offset"),
    ],
)
def test_a_schedule_that_sagemaker_does_not_take(watch: Watch, when: dict[str, str], reason: str) -> None:
    with pytest.raises(ClientError, match=reason) as refused:
        watch.schedule(when)
    assert refused.value.response["Error"]["Code"] == "ValidationException"
    assert watch.client.list_monitoring_schedules()["MonitoringScheduleSummaries"] == []


def test_names_and_other_kinds_of_monitoring(watch: Watch) -> None:
    client = watch.client
    with pytest.raises(ClientError, match="Could not find monitoring schedule watch") as missing:
        client.describe_monitoring_schedule(MonitoringScheduleName="watch")
    assert missing.value.response["Error"]["Code"] == "ResourceNotFound"
    with pytest.raises(ClientError, match="Job definition gone not found"):
        client.create_monitoring_schedule(
            MonitoringScheduleName="watch", MonitoringScheduleConfig=config(DAILY, "gone")
        )
    watch.schedule(DAILY)
    with pytest.raises(ClientError, match="already exists") as taken:
        client.create_monitoring_schedule(
            MonitoringScheduleName="watch", MonitoringScheduleConfig=config(DAILY, "watch")
        )
    assert taken.value.response["Error"]["Code"] == "ResourceInUse"
    with pytest.raises(ClientError, match="CreateMonitoringSchedule with type ModelQuality is not implemented"):
        client.create_monitoring_schedule(
            MonitoringScheduleName="quality",
            MonitoringScheduleConfig={**config(DAILY, "watch"), "MonitoringType": "ModelQuality"},
        )


def test_a_schedule_with_its_definition_inside_runs(watch: Watch) -> None:
    """The form from before there were job definitions of their own."""
    watch.captured(flights("2013-07-01", "2013-07-31", 400), minutes_ago(1))
    given = watch.request()
    inside = {
        "BaselineConfig": given["DataQualityBaselineConfig"],
        "MonitoringInputs": [given["DataQualityJobInput"]],
        "MonitoringOutputConfig": given["DataQualityJobOutputConfig"],
        "MonitoringResources": given["JobResources"],
        "MonitoringAppSpecification": given["DataQualityAppSpecification"],
        "Environment": {"team": "ml"},
        "RoleArn": given["RoleArn"],
    }
    watch.client.create_monitoring_schedule(
        MonitoringScheduleName="watch",
        MonitoringScheduleConfig={"ScheduleConfig": LAST_HOUR, "MonitoringJobDefinition": inside},
    )
    (execution,) = watch.ended()
    assert execution["MonitoringExecutionStatus"] == "CompletedWithViolations"
    assert watch.job(execution)["Environment"]["team"] == "ml"
    assert watch.job(execution)["ProcessingJobName"].startswith("model-monitoring-")
    assert watch.executions(StatusEquals="Completed") == []
    assert watch.executions(StatusEquals="CompletedWithViolations", EndpointName="flights") == [execution]
