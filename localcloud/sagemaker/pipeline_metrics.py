"""Metrics of pipeline executions: by pipeline, without those of steps and of the account.

https://docs.aws.amazon.com/sagemaker/latest/dg/monitoring-cloudwatch.html#cloudwatch-metrics-pipelines
"""

from datetime import timedelta

from localcloud.metrics import emit

NAMESPACE = "AWS/Sagemaker/ModelBuildingPipeline"
_COUNTED = {
    "Executing": "ExecutionStarted",
    "Succeeded": "ExecutionSucceeded",
    "Failed": "ExecutionFailed",
    "Stopped": "ExecutionStopped",
}


def count(pipeline: str, status: str, lasted: timedelta, region: str) -> None:
    """An execution is now in ``status``, ``lasted`` after its start."""
    if status not in _COUNTED:
        return
    values: dict[str, tuple[float, str]] = {_COUNTED[status]: (1, "Count")}
    if status != "Executing":
        values["ExecutionDuration"] = (lasted / timedelta(milliseconds=1), "Milliseconds")
    emit(NAMESPACE, {"PipelineName": pipeline}, values, region)
