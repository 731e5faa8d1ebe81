"""An endpoint that captures, the baseline of its model, and a schedule that watches it."""

import json
import time
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from localcloud import LocalCloud
from tests.integration.endpoints.hall import BUCKET, Hall
from tests.integration.sagemaker.workshop import ROLE
from tests.unit.processing.sagemaker.support import curated, event

ANALYZER = "156813124566.dkr.ecr.us-east-1.amazonaws.com/sagemaker-model-monitor-analyzer"
CAPTURE = {
    "EnableCapture": True,
    "InitialSamplingPercentage": 100,
    "DestinationS3Uri": f"s3://{BUCKET}/capture",
    "CaptureOptions": [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}],
    "CaptureContentTypeHeader": {"JsonContentTypes": ["application/json"]},
}
LAST_HOUR = {"ScheduleExpression": "NOW", "DataAnalysisStartTime": "-PT1H", "DataAnalysisEndTime": "PT0H"}
FINAL = ("Completed", "CompletedWithViolations", "Failed", "Stopped")


def flights(start: str, end: str, count: int) -> list[dict[str, Any]]:
    """Requests for flights of these days."""
    rows = curated(start, end).sample(count, random_state=0)
    return [event(row) for _, row in rows.iterrows()]


class Watch(Hall):
    """A hall whose endpoint "flights" captures, and what watches it."""

    def __init__(self, cloud: LocalCloud, baseline: Path) -> None:
        super().__init__(cloud)
        self.simple(DataCaptureConfig=CAPTURE)
        for path in baseline.glob("*.json"):
            self.s3.put_object(Bucket=BUCKET, Key=f"baseline/{path.name}", Body=path.read_bytes())

    def captured(self, requests: Iterable[dict[str, Any]], at: datetime) -> None:
        """A capture file of an endpoint that was asked ``requests`` at one moment."""
        lines: list[str] = []
        for request in requests:
            part = {"observedContentType": "application/json", "mode": "INPUT", "encoding": "JSON"}
            metadata = {"eventId": str(len(lines)), "inferenceTime": f"{at:%Y-%m-%dT%H:%M:%SZ}"}
            record = {
                "captureData": {"endpointInput": {**part, "data": json.dumps(request)}},
                "eventMetadata": metadata,
                "eventVersion": "0",
            }
            lines.append(json.dumps(record))
        key = f"capture/flights/AllTraffic/{at:%Y/%m/%d/%H}/{at:%M-%S}-000.jsonl"
        self.s3.put_object(Bucket=BUCKET, Key=key, Body="\n".join(lines))

    def request(self, **more: Any) -> dict[str, Any]:
        """Members of CreateDataQualityJobDefinition, without the name."""
        return {
            "DataQualityBaselineConfig": {
                "StatisticsResource": {"S3Uri": f"s3://{BUCKET}/baseline/statistics.json"},
                "ConstraintsResource": {"S3Uri": f"s3://{BUCKET}/baseline/constraints.json"},
            },
            "DataQualityAppSpecification": {"ImageUri": ANALYZER},
            "DataQualityJobInput": {
                "EndpointInput": {"EndpointName": "flights", "LocalPath": "/opt/ml/processing/input/endpoint"}
            },
            "DataQualityJobOutputConfig": {
                "MonitoringOutputs": [
                    {
                        "S3Output": {
                            "S3Uri": f"s3://{BUCKET}/monitoring/flights/data",
                            "LocalPath": "/opt/ml/processing/output",
                        }
                    }
                ]
            },
            "JobResources": {
                "ClusterConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 20}
            },
            "RoleArn": ROLE,
            **more,
        }

    def schedule(self, when: dict[str, str], name: str = "watch", **more: Any) -> None:
        """A schedule with a definition of the same name."""
        self.client.create_data_quality_job_definition(JobDefinitionName=name, **self.request(**more))
        self.client.create_monitoring_schedule(
            MonitoringScheduleName=name, MonitoringScheduleConfig=config(when, name)
        )

    def executions(self, name: str = "watch", **more: Any) -> list[dict[str, Any]]:
        """Oldest first."""
        answer = self.client.list_monitoring_executions(MonitoringScheduleName=name, SortOrder="Ascending", **more)
        found: list[dict[str, Any]] = answer["MonitoringExecutionSummaries"]
        return found

    def ended(self, count: int = 1, name: str = "watch", seconds: float = 60) -> list[dict[str, Any]]:
        """The first ``count`` executions, over."""
        deadline = time.monotonic() + seconds
        while True:
            found = self.executions(name)[:count]
            if len(found) == count and all(item["MonitoringExecutionStatus"] in FINAL for item in found):
                return found
            assert time.monotonic() < deadline, found
            time.sleep(0.05)

    def folder(self, prefix: str) -> dict[str, Any]:
        """The JSON files below a prefix, by their names below it."""
        listed = self.s3.list_objects_v2(Bucket=BUCKET, Prefix=prefix).get("Contents", ())
        return {
            item["Key"].removeprefix(prefix).lstrip("/"): json.loads(
                self.s3.get_object(Bucket=BUCKET, Key=item["Key"])["Body"].read()
            )
            for item in listed
        }

    def job(self, execution: dict[str, Any]) -> dict[str, Any]:
        """The processing job of an execution."""
        name = execution["ProcessingJobArn"].rpartition("/")[2]
        told: dict[str, Any] = self.client.describe_processing_job(ProcessingJobName=name)
        return told


def config(when: dict[str, str], definition: str) -> dict[str, Any]:
    """MonitoringScheduleConfig."""
    return {"ScheduleConfig": when, "MonitoringJobDefinitionName": definition, "MonitoringType": "DataQuality"}


def minutes_ago(minutes: float) -> datetime:
    return datetime.now(UTC).replace(tzinfo=None) - timedelta(minutes=minutes)
