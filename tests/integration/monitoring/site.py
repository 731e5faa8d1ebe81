"""The deployed stacks, the baseline of a model, and an endpoint's captured requests, put where they belong."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cli.model.monitor import window
from localcloud import LocalCloud
from processing.sagemaker import inference
from tests.integration.inbox import until
from tests.unit.processing.sagemaker.support import captured, curated, write_curated

ENDPOINT = "mlref-flights"
NAMESPACE = "mlref/Monitoring"
OVER = ("Succeeded", "Failed", "Stopped")


@dataclass(frozen=True)
class Trained:
    """A model, and the folder of its baseline's files."""

    model: inference.Model
    baseline: Path


class Site:
    """A lake with a baseline, below stacks that are deployed."""

    def __init__(self, cloud: LocalCloud, outputs: dict[str, dict[str, str]], trained: Trained, folder: Path) -> None:
        self.cloud = cloud
        self.outputs = outputs
        self.trained = trained
        self.folder = folder
        self.lake = outputs["mlref-Foundation"]["LakeBucketName"]
        self.training = outputs["mlref-Training"]["TrainingPipelineName"]
        self.s3, self.sagemaker = cloud.client("s3"), cloud.client("sagemaker")
        for path in trained.baseline.glob("*.json"):
            self.put(f"monitoring/baseline/{path.name}", path.read_bytes())

    def put(self, key: str, body: bytes | str) -> None:
        self.s3.put_object(Bucket=self.lake, Key=key, Body=body)

    def curate(self, start: str, end: str) -> None:
        """The days' partitions of the curated table."""
        folder = write_curated(curated(start, end), self.folder / f"curated-{start}")
        for path in folder.rglob("*.parquet"):
            self.put(f"curated/flights/{path.relative_to(folder).as_posix()}", path.read_bytes())

    def capture(self, start: str, end: str, variant: str = "AllTraffic", rows: int = 900) -> str:
        """What the endpoint captured when it was asked about flights of these days; the key of its file."""
        frame = curated(start, end)
        sample = frame.sample(min(rows, len(frame)), random_state=0)
        source = captured(self.trained.model, sample, self.folder / f"capture-{start}-{variant}")
        now = datetime.now(UTC)
        key = f"capture/{ENDPOINT}/{variant}/{now:%Y/%m/%d/%H}/{now:%M-%S}-{start}.jsonl"
        (file,) = source.iterdir()
        self.put(key, file.read_text("utf-8").replace("2013-04-01T00:00:00Z", f"{now:%Y-%m-%dT%H:%M:%SZ}"))
        return key

    def run(self, **parameters: str) -> tuple[str, dict[str, dict[str, Any]]]:
        """An execution of the monitoring pipeline, succeeded: its id and its steps; by default up to now."""
        parameters = window(None, None) | parameters
        arn = self.sagemaker.start_pipeline_execution(
            PipelineName=self.outputs["mlref-Monitoring"]["MonitoringPipelineName"],
            PipelineParameters=[{"Name": name, "Value": value} for name, value in parameters.items()],
        )["PipelineExecutionArn"]
        told = until(
            lambda: self.sagemaker.describe_pipeline_execution(PipelineExecutionArn=arn),
            lambda it: it["PipelineExecutionStatus"] in OVER,
            90,
        )
        listed = self.sagemaker.list_pipeline_execution_steps(PipelineExecutionArn=arn)["PipelineExecutionSteps"]
        steps = {step["StepName"]: step for step in listed}
        assert told["PipelineExecutionStatus"] == "Succeeded", steps
        return arn.rpartition("/")[2], steps

    def found(self, check: str, run: str) -> dict[str, Any]:
        """The files of a check, by name without ending."""
        prefix = f"monitoring/{ENDPOINT}/{check}/{run}/"
        listed = self.s3.list_objects_v2(Bucket=self.lake, Prefix=prefix).get("Contents", ())
        return {
            item["Key"].removeprefix(prefix).removesuffix(".json"): json.loads(
                self.s3.get_object(Bucket=self.lake, Key=item["Key"])["Body"].read()
            )
            for item in listed
        }

    def published(self, check: str, name: str, count: int) -> list[float]:
        """Values of a metric as soon as there are so many, the largest of each second."""
        request = {
            "Namespace": NAMESPACE,
            "MetricName": name,
            "Dimensions": [{"Name": "Endpoint", "Value": ENDPOINT}, {"Name": "Check", "Value": check}],
            "StartTime": datetime(2026, 1, 1, tzinfo=UTC),
            "EndTime": datetime(2100, 1, 1, tzinfo=UTC),
            "Period": 1,
            "Statistics": ["Maximum", "SampleCount"],
        }
        client = self.cloud.client("cloudwatch")
        points = until(
            lambda: client.get_metric_statistics(**request)["Datapoints"],
            lambda found: sum(point["SampleCount"] for point in found) >= count,
        )
        return [point["Maximum"] for point in sorted(points, key=lambda point: point["Timestamp"])]

    def alarm(self, check: str) -> dict[str, Any]:
        (found,) = [
            item
            for item in self.cloud.client("cloudwatch").describe_alarms()["MetricAlarms"]
            if item["MetricName"] == "Violations" and {"Name": "Check", "Value": check} in item["Dimensions"]
        ]
        return dict(found)

    def log(self, function: str) -> list[dict[str, Any]]:
        """JSON lines of the function whose logical id begins so."""
        resources = self.cloud.client("cloudformation").describe_stack_resources(StackName="mlref-Monitoring")
        (group,) = [
            item["PhysicalResourceId"]
            for item in resources["StackResources"]
            if item["ResourceType"] == "AWS::Logs::LogGroup"
            and item["LogicalResourceId"].startswith(f"{function}Logs")
        ]
        events = self.cloud.client("logs").filter_log_events(logGroupName=group)["events"]
        return [json.loads(event["message"]) for event in events if event["message"].startswith("{")]

    def trainings(self) -> list[dict[str, Any]]:
        found = self.sagemaker.list_pipeline_executions(PipelineName=self.training)["PipelineExecutionSummaries"]
        return list(found)
