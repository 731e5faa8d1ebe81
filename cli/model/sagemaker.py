"""The deployed training pipeline and its model packages, asked through boto3 with refusals in one sentence."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from cli.errors import UserError

POLL_SECONDS = 0.5  # of a local cloud; steps on AWS take minutes, so it grows
MAX_POLL_SECONDS = 10.0
RUNNING = ("Executing", "Stopping")
_LOG_GROUPS = {"processing-job": "/aws/sagemaker/ProcessingJobs", "training-job": "/aws/sagemaker/TrainingJobs"}


@dataclass(frozen=True)
class Step:
    """A step that has begun.

    Attributes:
        status: of the API: Starting, Executing, Stopping, Succeeded, Failed, Stopped.
        seconds: until its end, or until now.
        job_arn: of the job that it ran; None for a step without one.
        note: the reason of a failure, the outcome of a condition, or that the result was kept from before.
    """

    name: str
    status: str
    seconds: float
    job_arn: str | None
    note: str


@dataclass(frozen=True)
class Execution:
    """One run of the pipeline; ``status`` is Executing, Stopping, Stopped, Failed or Succeeded."""

    arn: str
    status: str
    reason: str
    steps: tuple[Step, ...]

    @property
    def id(self) -> str:
        return self.arn.rpartition("/")[2]

    @property
    def why(self) -> str:
        """The reason of the step that failed, which says more than the execution's own."""
        failed = [f"{step.name}: {step.note}" for step in self.steps if step.status == "Failed"]
        return "; ".join(failed) or self.reason or "no reason given"

    @property
    def package_arn(self) -> str | None:
        """The model package that was registered."""
        found = [step.job_arn for step in self.steps if step.job_arn and ":model-package/" in step.job_arn]
        return found[0] if found else None


@contextmanager
def refusals() -> Iterator[Any]:
    """A SageMaker client; what the service refuses becomes a UserError."""
    try:
        yield boto3.client("sagemaker")
    except (ClientError, BotoCoreError) as error:
        raise UserError(f"SageMaker refused: {error}") from error


def start(pipeline: str, parameters: dict[str, str]) -> str:
    """Start the pipeline; returns the execution's ARN. Raises UserError when it has no such parameter."""
    given = [{"Name": name, "Value": value} for name, value in parameters.items()]
    with refusals() as client:
        return str(
            client.start_pipeline_execution(PipelineName=pipeline, PipelineParameters=given)["PipelineExecutionArn"]
        )


def find_execution(pipeline: str, identifier: str | None) -> str:
    """ARN of the execution with this id; of the newest when none is given. Raises UserError.

    What is an ARN already, of whatever pipeline, is it.
    """
    if identifier is not None and identifier.startswith("arn:"):
        return identifier
    with refusals() as client:
        pages = client.get_paginator("list_pipeline_executions").paginate(PipelineName=pipeline)
        for page in pages:
            for execution in page["PipelineExecutionSummaries"]:  # newest first
                arn = str(execution["PipelineExecutionArn"])
                if identifier in (None, arn.rpartition("/")[2]):
                    return arn
    if identifier is None:
        raise UserError(f"pipeline {pipeline} has not run yet: start it with `mlref pipeline start`")
    raise UserError(f"pipeline {pipeline} has no execution {identifier}: `mlref pipeline status` shows the newest")


def read(arn: str) -> Execution:
    """The execution as it is now, its steps in the order in which they began."""
    with refusals() as client:
        told = client.describe_pipeline_execution(PipelineExecutionArn=arn)
        pages = client.get_paginator("list_pipeline_execution_steps").paginate(
            PipelineExecutionArn=arn, SortOrder="Ascending"
        )
        steps = tuple(_step(step) for page in pages for step in page["PipelineExecutionSteps"])
    return Execution(arn, told["PipelineExecutionStatus"], told.get("FailureReason", ""), steps)


def wait(arn: str, show: Callable[[Execution], None]) -> Execution:
    """Look until the execution is over; ``show`` gets each look. Interrupting it leaves the execution running."""
    pause = POLL_SECONDS
    while True:
        execution = read(arn)
        show(execution)
        if execution.status not in RUNNING:
            return execution
        time.sleep(pause)
        pause = min(pause * 1.2, MAX_POLL_SECONDS)


def log_lines(job_arn: str) -> Iterator[str]:
    """The log of a processing or training job. Raises UserError when it has none (yet)."""
    kind, _, name = job_arn.rpartition(":")[2].partition("/")
    if kind not in _LOG_GROUPS:
        hint = ": its training jobs do" if kind == "hyper-parameter-tuning-job" else ""
        raise UserError(f"{kind} {name} writes no log{hint}")
    logs = boto3.client("logs")
    group = _LOG_GROUPS[kind]
    try:
        pages = logs.get_paginator("filter_log_events").paginate(logGroupName=group, logStreamNamePrefix=f"{name}/")
        found = False
        for page in pages:
            for event in page["events"]:
                found = True
                yield str(event["message"]).rstrip("\n")
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceNotFoundException":
            raise UserError(f"CloudWatch Logs refused: {error}") from error
        found = False
    if not found:
        raise UserError(f"{name} has not written to {group} yet")


def _step(told: dict[str, Any]) -> Step:
    end = told.get("EndTime") or datetime.now(UTC)
    metadata: dict[str, Any] = told.get("Metadata") or {}
    arns = [item["Arn"] for item in metadata.values() if "Arn" in item]
    note = told.get("FailureReason", "")
    if "Condition" in metadata and not note:
        note = f"outcome {metadata['Condition'].get('Outcome', 'unknown')}"
    if told.get("CacheHitResult"):
        source = told["CacheHitResult"]["SourcePipelineExecutionArn"].rpartition("/")[2]
        note = f"unchanged since execution {source}"
    seconds = (end - told["StartTime"]).total_seconds() if "StartTime" in told else 0.0
    return Step(told["StepName"], told["StepStatus"], max(seconds, 0.0), arns[0] if arns else None, note)
