"""The processing job of an execution.

Its variables: https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-byoc-contract-inputs.html; names of inputs
and outputs are those of jobs that the service has started.
"""

import json
import secrets
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from localcloud.model_monitor.definitions import Work
from localcloud.sagemaker.processing import ProcessingRun
from localcloud.sagemaker.s3_data import join

STATISTICS, CONSTRAINTS = "/opt/ml/processing/baseline/stats", "/opt/ml/processing/baseline/constraints"
SCRIPTS = {  # member of the definition → (name of the input, variable)
    "RecordPreprocessorSourceUri": ("pre_processor_script", "record_preprocessor_script"),
    "PostAnalyticsProcessorSourceUri": ("post_processor_script", "post_analytics_processor_script"),
}
# https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-byoc-cloudwatch.html and the alarms of AWS's examples
NAMESPACE = "aws/sagemaker/Endpoints/data-metrics"
METRICS = "/opt/ml/output/metrics/cloudwatch"
_BATCH = 500  # of PutMetricData's 1,000 data


def request(
    work: Work, schedule: str, hour: datetime, window: tuple[datetime, datetime], sources: dict[str, str]
) -> dict[str, Any]:
    """Members of CreateProcessingJob.

    Args:
        hour: for which the execution was scheduled.
        window: start and end of the data.
        sources: S3 URI of each hourly folder by its path below the endpoint's captured data.
    """
    start, end = (f"{moment:%Y-%m-%dT%H:%M:%SZ}" for moment in window)
    target = work.output["MonitoringOutputs"][0]["S3Output"]
    statistics, constraints = (work.baseline[f"{name}Resource"]["S3Uri"] for name in ("Statistics", "Constraints"))
    inputs = [_input("baseline", statistics, STATISTICS), _input("constraints", constraints, CONSTRAINTS)]
    environment = {
        "publish_cloudwatch_metrics": "Enabled",
        **work.environment,
        "dataset_format": '{"sagemakerCaptureJson":{"captureIndexNames":["endpointInput","endpointOutput"]}}',
        "dataset_source": work.endpoint["LocalPath"],
        "output_path": target["LocalPath"],
        "baseline_statistics": join(STATISTICS, statistics.rpartition("/")[2]),
        "baseline_constraints": join(CONSTRAINTS, constraints.rpartition("/")[2]),
        "start_time": start,
        "end_time": end,
        "metric_time": start,
        "sagemaker_endpoint_name": work.endpoint_name,
        "sagemaker_monitoring_schedule_name": schedule,
    }
    for member, (name, variable) in SCRIPTS.items():
        if uri := work.app.get(member):
            folder = f"/opt/ml/processing/code/{name}"
            inputs.append(_input(name, uri, folder))
            environment[variable] = join(folder, uri.rpartition("/")[2])
    for number, (below, uri) in enumerate(sources.items(), 1):
        inputs.append(_input(f"endpoint_input_{number}", uri, join(work.endpoint["LocalPath"], below)))
    output = {
        "S3Uri": join(target["S3Uri"], work.endpoint_name, schedule, f"{hour:%Y/%m/%d/%H}"),
        "LocalPath": target["LocalPath"],
        "S3UploadMode": target.get("S3UploadMode", "Continuous"),
    }
    key = {"KmsKeyId": work.output["KmsKeyId"]} if work.output.get("KmsKeyId") else {}
    kind = "data-quality" if work.name else "model"
    more = {"StoppingCondition": work.stopping, "NetworkConfig": work.network}
    return {
        "ProcessingJobName": f"{kind}-monitoring-{hour:%Y%m%d%H%M}-{secrets.token_hex(12)}",
        "AppSpecification": {"ImageUri": work.app["ImageUri"]},
        "Environment": environment,
        "ProcessingInputs": inputs,
        "ProcessingOutputConfig": {"Outputs": [{"OutputName": "result", "S3Output": output}], **key},
        "ProcessingResources": work.resources,
        "RoleArn": work.role,
        **{name: value for name, value in more.items() if value},
    }


def _input(name: str, uri: str, path: str) -> dict[str, Any]:
    place = {"S3Uri": uri, "LocalPath": path, "S3DataType": "S3Prefix", "S3InputMode": "File"}
    return {"InputName": name, "S3Input": {**place, "S3DataDistributionType": "FullyReplicated"}}


def _folder_of(module: str) -> Path:
    """The folder from which Python imports ``module``: the one with its outermost package."""
    spec = find_spec(module.partition(".")[0])
    assert spec is not None  # noqa: S101 - the cloud has looked for it
    place = spec.submodule_search_locations[0] if spec.submodule_search_locations else str(spec.origin)
    return Path(place).parent


class AnalyzerRun(ProcessingRun):
    """The cloud's stand-in for AWS's image, which has an entry point of its own."""

    def words(self) -> list[str]:
        return ["python3", "-m", *self.engine.cloud.analyzer]

    def own_variables(self) -> dict[str, str]:
        return {"PYTHONPATH": str(_folder_of(self.engine.cloud.analyzer[0]))}

    def finish(self) -> None:
        super().finish()
        folder = self.container.path(METRICS)
        data = [
            json.loads(line)
            for file in (sorted(folder.glob("*.jsonl")) if folder.is_dir() else ())
            for line in file.read_text("utf-8").splitlines()
        ]
        client = self.client("cloudwatch")
        for first in range(0, len(data), _BATCH):
            client.put_metric_data(Namespace=NAMESPACE, MetricData=data[first : first + _BATCH])
