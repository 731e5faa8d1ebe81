"""Executions: what a job of a schedule gets, what it leaves, and how it ends."""

import json
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import jsonschema
import pytest

from pipelines.definition import MONITORING, Sentinel, render
from stacks.parts.bundle import job_library
from tests.integration.endpoints.hall import BUCKET, until
from tests.integration.model_monitor.schemas import FILES
from tests.integration.model_monitor.watch import LAST_HOUR, Watch, config, flights, minutes_ago
from tests.integration.sagemaker.workshop import ROLE

HOURLY = {"ScheduleExpression": "cron(0 * ? * * *)"}
NAMESPACE = "aws/sagemaker/Endpoints/data-metrics"


def _july(watch: Watch, at: datetime | None = None) -> None:
    watch.captured(flights("2013-07-01", "2013-07-31", 400), at or minutes_ago(1))


def test_violations_of_what_the_endpoint_was_asked(watch: Watch) -> None:
    """From InvokeEndpoint to the files, the metrics and the status."""
    requests = flights("2013-07-01", "2013-07-31", 300)
    for request in requests:
        watch.invoke(request)
    until(lambda: _lines(watch) == 300)
    watch.schedule(LAST_HOUR)
    (execution,) = watch.ended()
    assert execution["MonitoringExecutionStatus"] == "CompletedWithViolations"
    assert execution["EndpointName"] == "flights"
    assert execution["MonitoringJobDefinitionName"] == "watch"

    hour = f"{execution['ScheduledTime']:%Y/%m/%d/%H}"
    found = watch.folder(f"monitoring/flights/data/flights/watch/{hour}")
    assert set(FILES) <= set(found)
    for name, schema in FILES.items():
        jsonschema.validate(found[name], schema)
    assert found["statistics.json"]["dataset"]["item_count"] == 300
    drifted = {
        item["feature_name"]
        for item in found["constraint_violations.json"]["violations"]
        if item["constraint_check_type"] == "baseline_drift_check"
    }
    assert {"temp", "dewp"} <= drifted

    job = watch.job(execution)
    count = len(found["constraint_violations.json"]["violations"])
    assert job["ExitMessage"] == f"CompletedWithViolations: Job completed successfully with {count} violations."
    assert job["MonitoringScheduleArn"].endswith(":monitoring-schedule/watch")

    mean = watch.cloud.client("cloudwatch").get_metric_statistics(
        Namespace=NAMESPACE,
        MetricName="feature_data_temp",
        Dimensions=[{"Name": "Endpoint", "Value": "flights"}, {"Name": "MonitoringSchedule", "Value": "watch"}],
        StartTime=execution["ScheduledTime"] - timedelta(hours=2),
        EndTime=execution["ScheduledTime"] + timedelta(hours=1),
        Period=10800,
        Statistics=["Sum", "SampleCount", "Maximum"],
    )["Datapoints"]
    temperatures = [request["temp"] for request in requests if request["temp"] is not None]
    assert [point["SampleCount"] for point in mean] == [len(temperatures)]
    assert mean[0]["Sum"] == pytest.approx(sum(temperatures))
    assert mean[0]["Maximum"] == max(temperatures)
    assert _metric_names(watch) >= {"feature_non_null_temp", "feature_baseline_drift_temp", "feature_non_null_dest"}


def _lines(watch: Watch) -> int:
    listed = watch.s3.list_objects_v2(Bucket=BUCKET, Prefix="capture/flights/").get("Contents", ())
    bodies = (watch.s3.get_object(Bucket=BUCKET, Key=item["Key"])["Body"].read() for item in listed)
    return sum(len(body.splitlines()) for body in bodies)


def _metric_names(watch: Watch) -> set[str]:
    pages = watch.cloud.client("cloudwatch").get_paginator("list_metrics").paginate(Namespace=NAMESPACE)
    return {metric["MetricName"] for page in pages for metric in page["Metrics"]}


def test_the_container_gets_what_the_contract_says(watch: Watch) -> None:
    at = minutes_ago(1)
    watch.captured(flights("2013-02-01", "2013-02-28", 400), at)
    watch.schedule(LAST_HOUR, DataQualityAppSpecification=_app(watch, Environment={"team": "ml"}))
    (execution,) = watch.ended()
    assert execution["MonitoringExecutionStatus"] == "Completed"
    job = watch.job(execution)
    assert job["ProcessingJobName"].startswith(f"data-quality-monitoring-{execution['ScheduledTime']:%Y%m%d%H%M}-")
    assert "ContainerEntrypoint" not in job["AppSpecification"]
    environment = job["Environment"]
    start, end = (datetime.fromisoformat(environment[name]) for name in ("start_time", "end_time"))
    assert end - start == timedelta(hours=1)
    assert {name: value for name, value in environment.items() if not name.endswith("_time")} == {
        "baseline_constraints": "/opt/ml/processing/baseline/constraints/constraints.json",
        "baseline_statistics": "/opt/ml/processing/baseline/stats/statistics.json",
        "dataset_format": '{"sagemakerCaptureJson":{"captureIndexNames":["endpointInput","endpointOutput"]}}',
        "dataset_source": "/opt/ml/processing/input/endpoint",
        "output_path": "/opt/ml/processing/output",
        "publish_cloudwatch_metrics": "Enabled",
        "sagemaker_endpoint_name": "flights",
        "sagemaker_monitoring_schedule_name": "watch",
        "team": "ml",
    }
    places = {item["InputName"]: item["S3Input"] for item in job["ProcessingInputs"]}
    assert set(places) == {"baseline", "constraints", "endpoint_input_1"}
    hour = f"flights/AllTraffic/{at:%Y/%m/%d/%H}"
    assert places["endpoint_input_1"]["S3Uri"] == f"s3://{BUCKET}/capture/{hour}"
    assert places["endpoint_input_1"]["LocalPath"] == f"/opt/ml/processing/input/endpoint/{hour}"


def _app(watch: Watch, **more: Any) -> dict[str, Any]:
    return {**watch.request()["DataQualityAppSpecification"], **more}


def test_metrics_can_be_switched_off(watch: Watch) -> None:
    _july(watch)
    watch.schedule(
        LAST_HOUR, DataQualityAppSpecification=_app(watch, Environment={"publish_cloudwatch_metrics": "Disabled"})
    )
    assert watch.ended()[0]["MonitoringExecutionStatus"] == "CompletedWithViolations"
    assert _metric_names(watch) == set()


def test_both_modes_write_the_same_three_files(watch: Watch) -> None:
    """The same captured data and the same baseline, once by a schedule, once by the step of the monitoring pipeline."""
    at = minutes_ago(1)
    _july(watch, at)
    watch.schedule(LAST_HOUR)
    (execution,) = watch.ended()
    by_schedule = watch.folder(f"monitoring/flights/data/flights/watch/{execution['ScheduledTime']:%Y/%m/%d/%H}")
    by_step = _step(watch, f"flights/AllTraffic/{at:%Y/%m/%d/%H}/{at:%M-%S}-000.jsonl")
    assert set(FILES) < set(by_schedule)
    assert by_schedule == by_step
    assert by_step["constraint_violations.json"]["violations"]


def _step(watch: Watch, key: str) -> dict[str, Any]:
    """Results of the step Check of the committed pipeline, its plan being that there is one file."""
    with job_library("flights") as archive:
        watch.s3.put_object(Bucket=BUCKET, Key="library.zip", Body=archive.read_bytes())
    for name, body in watch.folder("baseline").items():
        watch.s3.put_object(Bucket=BUCKET, Key=f"monitoring/baseline/{name}", Body=json.dumps(body))
    manifest = json.dumps([{"prefix": f"s3://{BUCKET}/capture/"}, key])
    watch.s3.put_object(Bucket=BUCKET, Key="plans/capture.manifest", Body=manifest)
    values = {item: item.name.lower() for item in Sentinel}
    values |= {Sentinel.ROLE: ROLE, Sentinel.BUCKET: BUCKET, Sentinel.CODE_BUCKET: BUCKET}
    values |= {Sentinel.CODE_KEY: "library.zip", Sentinel.ENDPOINT: "flights"}
    document = json.loads(render(MONITORING, values))
    condition = next(step for step in document["Steps"] if step["Type"] == "Condition")
    (check,) = (step for step in condition["Arguments"]["IfSteps"] if step["Name"] == "Check")
    text = json.dumps(check["Arguments"]).replace(
        json.dumps({"Get": "Steps.Plan.OutputParameters['CaptureManifest']"}),
        json.dumps(f"s3://{BUCKET}/plans/capture.manifest"),
    )
    check["Arguments"] = json.loads(text)
    del check["Arguments"]["ProcessingOutputConfig"]["KmsKeyId"]
    document["Steps"] = [check]
    watch.client.create_pipeline(PipelineName="check", PipelineDefinition=json.dumps(document), RoleArn=ROLE)
    arn = watch.client.start_pipeline_execution(PipelineName="check")["PipelineExecutionArn"]

    def over() -> bool:
        told = watch.client.describe_pipeline_execution(PipelineExecutionArn=arn)
        return bool(told["PipelineExecutionStatus"] != "Executing")

    until(over)
    return watch.folder(f"monitoring/flights/data/{arn.rpartition('/')[2]}")


def test_an_hour_without_data_fails_without_a_job(watch: Watch) -> None:
    _july(watch, minutes_ago(180))
    watch.schedule(LAST_HOUR)
    (execution,) = watch.ended()
    assert execution["MonitoringExecutionStatus"] == "Failed"
    assert execution["FailureReason"] == "Job inputs had no data"
    assert "ProcessingJobArn" not in execution
    told = watch.client.describe_monitoring_schedule(MonitoringScheduleName="watch")
    assert told["MonitoringScheduleStatus"] == "Scheduled"
    assert told["LastMonitoringExecutionSummary"] == execution


def test_requests_outside_the_period_are_not_judged(watch: Watch) -> None:
    """Folders are of whole hours, the period need not be."""
    _july(watch, minutes_ago(40))
    watch.captured(flights("2013-02-01", "2013-02-28", 250), minutes_ago(2))
    watch.schedule({**LAST_HOUR, "DataAnalysisStartTime": "-PT10M"})
    (execution,) = watch.ended()
    assert execution["MonitoringExecutionStatus"] == "Completed"
    hour = f"{execution['ScheduledTime']:%Y/%m/%d/%H}"
    found = watch.folder(f"monitoring/flights/data/flights/watch/{hour}")
    assert found["statistics.json"]["dataset"]["item_count"] == 250


def test_a_baseline_that_is_gone_fails_the_execution_with_the_reason(watch: Watch) -> None:
    _july(watch)
    watch.s3.delete_object(Bucket=BUCKET, Key="baseline/statistics.json")
    watch.schedule(LAST_HOUR)
    (execution,) = watch.ended()
    assert execution["MonitoringExecutionStatus"] == "Failed"
    assert "No S3 objects found under S3 URL" in execution["FailureReason"]
    assert watch.job(execution)["ProcessingJobStatus"] == "Failed"


def test_an_endpoint_that_is_gone_fails_the_execution(watch: Watch) -> None:
    _july(watch)
    watch.schedule(LAST_HOUR)
    watch.ended()
    watch.client.delete_endpoint(EndpointName="flights")
    until(lambda: not watch.client.list_endpoints()["Endpoints"])
    watch.client.stop_monitoring_schedule(MonitoringScheduleName="watch")
    watch.client.start_monitoring_schedule(MonitoringScheduleName="watch")
    _, second = watch.ended(2)
    assert second["MonitoringExecutionStatus"] == "Failed"
    assert second["FailureReason"] == "Endpoint 'flights' does not exist or is not valid"


def test_every_hour_of_the_scaled_clock_is_executed_once(watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    """With an hour in two seconds, every request is judged by one execution, whichever takes its hour."""
    monkeypatch.setattr(watch.cloud, "speed", 1800.0)
    watch.schedule(HOURLY)
    for count in (1, 2, 3):
        watch.captured(flights("2013-02-01", "2013-02-28", count), minutes_ago(0))
        watch.ended(len(watch.executions()) + 1)
    until(lambda: sum(_counted(watch)) >= 6)
    watch.ended(len(watch.executions()) + 1)
    assert sum(_counted(watch)) == 6
    periods = [watch.job(item)["Environment"] for item in watch.executions() if "ProcessingJobArn" in item]
    assert [(one["end_time"] <= other["start_time"]) for one, other in pairwise(periods)] == [True] * (
        len(periods) - 1
    )


def _counted(watch: Watch) -> list[int]:
    """How many rows executions have seen."""
    found = watch.folder("monitoring/flights/data/flights/watch")
    counts = [body["dataset"]["item_count"] for name, body in found.items() if name.endswith("statistics.json")]
    return [count for count in counts if count]


def test_stopped_and_deleted_schedules_begin_nothing(watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch.cloud, "speed", 1800.0)
    watch.schedule(HOURLY)
    watch.schedule(HOURLY, name="other")
    watch.ended()
    watch.client.stop_monitoring_schedule(MonitoringScheduleName="watch")
    watch.client.update_monitoring_schedule(
        MonitoringScheduleName="watch", MonitoringScheduleConfig=config(HOURLY, "watch")
    )
    told = watch.client.describe_monitoring_schedule(MonitoringScheduleName="watch")
    assert told["MonitoringScheduleStatus"] == "Stopped"
    count = len(watch.executions())
    watch.ended(len(watch.executions("other")) + 3, "other")
    assert len(watch.executions()) == count
    watch.client.delete_monitoring_schedule(MonitoringScheduleName="watch")
    assert len(watch.executions()) == count, "the history stays"
    watch.client.start_monitoring_schedule(MonitoringScheduleName="other")
    watch.client.delete_monitoring_schedule(MonitoringScheduleName="other")
    names = [item["MonitoringScheduleName"] for item in _schedules(watch)]
    assert names == []


def _schedules(watch: Watch) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = watch.client.list_monitoring_schedules()["MonitoringScheduleSummaries"]
    return found
