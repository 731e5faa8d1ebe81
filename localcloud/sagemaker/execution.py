"""One execution of a pipeline: which step may run, what became of it, what became of the whole."""

import threading
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from moto.core.utils import utcnow
from moto.sagemaker.models import SageMakerModelBackend

from localcloud.iam.sessions import client_as
from localcloud.sagemaker import pipeline_metrics
from localcloud.sagemaker.cache import Entry, age, lookup, signature
from localcloud.sagemaker.definition import Definition, Step
from localcloud.sagemaker.engine import SageMakerEngine
from localcloud.sagemaker.expressions import Evaluator, ExpressionError
from localcloud.sagemaker.job_run import PRINCIPAL, SESSION
from localcloud.sagemaker.notify import notify
from localcloud.sagemaker.s3_data import join, parse
from localcloud.sagemaker.steps import WORK, StepContext, StepFailedError, StepStoppedError
from localcloud.standalone.engine_calls import read

MAX_PARALLEL = 2  # steps at once on a laptop, whatever the pipeline allows
FAILED = "Step failure: One or multiple steps failed."  # SageMaker's own text, the reason is at the step
_STEP_EVENT = "SageMaker Model Building Pipeline Execution Step Status Change"
_EXECUTION_EVENT = "SageMaker Model Building Pipeline Execution Status Change"


@dataclass(eq=False)
class StepRecord:
    """A step that has begun: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_PipelineExecutionStep.html."""

    step: Step
    context: StepContext
    status: str = "Starting"
    started: datetime = field(default_factory=utcnow)
    ended: datetime | None = None
    failure: str | None = None
    cached_from: str | None = None
    attempt: int = 1
    properties: dict[str, Any] = field(default_factory=dict)

    def describe(self) -> dict[str, Any]:
        told = {
            "StepName": self.step.name,
            "StepDisplayName": self.step.body.get("DisplayName"),
            "StepDescription": self.step.body.get("Description"),
            "StartTime": self.started,
            "EndTime": self.ended,
            "StepStatus": self.status,
            "CacheHitResult": {"SourcePipelineExecutionArn": self.cached_from} if self.cached_from else None,
            "FailureReason": self.failure[:1024] if self.failure else None,
            "Metadata": self.context.metadata,
            "AttemptCount": self.attempt,
        }
        return {name: value for name, value in told.items() if value is not None}


@dataclass(eq=False)
class Execution:
    """State of one execution, and the thread that moves it on."""

    arn: str
    pipeline: Any  # localcloud.sagemaker.pipelines.Pipeline
    definition: Definition
    definition_text: str
    given: list[dict[str, str]]
    parameters: dict[str, Any]
    engine: SageMakerEngine
    backend: SageMakerModelBackend
    more: dict[str, Any] = field(default_factory=dict)  # display name, description, parallelism, client token
    status: str = "Executing"
    failure: str | None = None
    created: datetime = field(default_factory=utcnow)
    modified: datetime = field(default_factory=utcnow)
    records: dict[str, StepRecord] = field(default_factory=dict)
    outcomes: dict[str, bool] = field(default_factory=dict)  # of condition steps
    done: threading.Event = field(default_factory=threading.Event)
    changed: threading.Condition = field(default_factory=threading.Condition)

    @property
    def identifier(self) -> str:
        return self.arn.rpartition("/")[2]

    def run(self, ended: threading.Event) -> None:
        """Run every step that is to run; the execution is in a final state when this returns."""
        self._announce("")
        limit = min(
            (self.more.get("ParallelismConfiguration") or {}).get("MaxParallelExecutionSteps", 50), MAX_PARALLEL
        )
        with self.changed:
            while not ended.is_set():
                active = [record for record in self.records.values() if record.ended is None]
                ready = self._ready() if self.status == "Executing" and not self._broken() else []
                for step in ready[: limit - len(active)]:
                    self._begin(step, ended)
                    active.append(self.records[step.name])
                if not active:
                    break
                self.changed.wait(0.5)
        if not ended.is_set():
            self._conclude()
        self.done.set()

    def stop(self) -> None:
        """End the running steps, begin no other."""
        with self.changed:
            previous, self.status = self.status, "Stopping"
            for record in self.records.values():
                if record.ended is None:
                    self._step_status(record, "Stopping")
                    for end in record.context.stop:
                        end()
            self.changed.notify_all()
        self._announce(previous)

    def retry(self, ended: threading.Event) -> None:
        """Run on from the steps that did not succeed."""
        with self.changed:
            self.records = {name: record for name, record in self.records.items() if record.status == "Succeeded"}
            self.status, self.failure = "Executing", None
        self.done.clear()
        self.run(ended)

    def _broken(self) -> bool:
        return any(record.status in ("Failed", "Stopped") for record in self.records.values())

    def _ready(self) -> list[Step]:
        succeeded = {name for name, record in self.records.items() if record.status == "Succeeded"}
        return [
            step
            for step in self.definition.steps.values()
            if step.name not in self.records
            and step.after <= succeeded
            and (step.branch is None or self.outcomes.get(step.branch[0]) == step.branch[1])
        ]

    def _client(self, service: str) -> Any:
        """A boto3 client with the credentials of the pipeline's role."""
        region, role = self.backend.region_name, self.pipeline.role_arn
        return client_as(self.engine.cloud, str(role), service, region, session=SESSION, by=PRINCIPAL)

    def _begin(self, step: Step, ended: threading.Event) -> None:
        context = StepContext(
            step.name,
            step.body,
            self.identifier,
            self.backend,
            self._client,
        )
        record = self.records[step.name] = StepRecord(step, context)
        self.engine.background(f"step-{step.name}", lambda _: self._step(record, ended))

    def _step(self, record: StepRecord, ended: threading.Event) -> None:
        self._step_status(record, "Executing")
        status = "Succeeded"
        try:
            record.properties = self._work(record)
        except StepStoppedError:
            status = "Stopped"
        except (StepFailedError, ExpressionError) as error:
            status, record.failure = "Failed", str(error)
        except Exception as error:
            status, record.failure = "Failed", f"InternalServerError: {type(error).__name__}: {error}"
        if ended.is_set():
            return
        self._step_status(record, status)
        with self.changed:
            self.changed.notify_all()

    def _work(self, record: StepRecord) -> dict[str, Any]:
        step, values = record.step, self._evaluator(record)
        if step.type == "Condition":
            outcome = all(values.holds(condition) for condition in step.arguments.get("Conditions") or ())
            self.outcomes[step.name] = outcome
            record.context.metadata["Condition"] = {"Outcome": str(outcome)}
            return {"Outcome": outcome}
        arguments = values.value(step.arguments)
        config = step.body.get("CacheConfig") or {}
        if not config.get("Enabled"):
            return WORK[step.type](record.context, arguments)
        key = signature(step.name, step.type, arguments)
        hit = lookup(self.pipeline.cache, key, age(config["ExpireAfter"]), utcnow())
        if hit is not None:
            record.cached_from = hit.execution_arn
            record.context.metadata.update(hit.metadata)
            return hit.properties
        properties = WORK[step.type](record.context, arguments)
        self.pipeline.cache.append(Entry(key, utcnow(), self.arn, properties, dict(record.context.metadata)))
        return properties

    def _evaluator(self, record: StepRecord) -> Evaluator:
        job_name = record.context.job_name()
        return Evaluator(
            parameters=self.parameters,
            execution={
                "PipelineName": self.pipeline.pipeline_name,
                "PipelineArn": self.pipeline.arn,
                "PipelineExecutionId": self.identifier,
                "PipelineExecutionArn": self.arn,
                "StartDateTime": f"{self.created:%Y-%m-%dT%H:%M:%SZ}",
                "CurrentDateTime": f"{utcnow():%Y-%m-%dT%H:%M:%SZ}",
                "TrainingJobName": job_name,
                "ProcessingJobName": job_name,
            },
            properties=lambda name: self.records[name].properties,
            property_file=self._property_file,
            read=self._read,
        )

    def _property_file(self, step: str, name: str) -> str:
        entry = self.definition.files[step, name]
        for output in self.records[step].properties["ProcessingOutputConfig"]["Outputs"]:
            if output["OutputName"] == entry["OutputName"]:
                return join(output["S3Output"]["S3Uri"], entry["FilePath"])
        raise ExpressionError(f"step {step} has no output {entry['OutputName']} for the property file {name}")

    def _read(self, uri: str) -> str:
        bucket, key = parse(uri)
        s3 = self._client("s3")
        try:
            return read(s3, bucket, key).decode()
        except s3.exceptions.ClientError as error:
            raise ExpressionError(f"{uri} cannot be read: {error.response['Error']['Message']}") from error

    def _conclude(self) -> None:
        previous = self.status
        states = {record.status for record in self.records.values()}
        self.modified = utcnow()
        if "Failed" in states:
            self.failure = FAILED
            self.status = "Failed"
        elif self.status == "Stopping" or "Stopped" in states:
            self.status = "Stopped"
        else:
            self.status = "Succeeded"
        self._announce(previous)

    def _announce(self, previous: str) -> None:
        detail = {
            "pipelineExecutionDisplayName": self.more.get("PipelineExecutionDisplayName"),
            "pipelineExecutionDescription": self.more.get("PipelineExecutionDescription"),
            "currentPipelineExecutionStatus": self.status,
            "previousPipelineExecutionStatus": previous,
            "executionStartTime": self.created,
            "executionEndTime": None if self.status in ("Executing", "Stopping") else self.modified,
            "pipelineArn": self.pipeline.arn,
            "pipelineExecutionArn": self.arn,
        }
        filled = {name: value for name, value in detail.items() if value is not None}
        notify(_EXECUTION_EVENT, [self.pipeline.arn, self.arn], filled, self.backend.region_name)
        pipeline_metrics.count(
            self.pipeline.pipeline_name, self.status, utcnow() - self.created, self.backend.region_name
        )

    def _step_status(self, record: StepRecord, status: str) -> None:
        previous, at = record.status, utcnow()
        if status in ("Succeeded", "Failed", "Stopped"):
            record.ended = at
        record.status = status
        detail = {
            "metadata": {_lower(name): _small(value) for name, value in record.context.metadata.items()},
            "stepStartTime": record.started,
            "stepEndTime": record.ended,
            "stepName": record.step.name,
            "stepType": record.step.type,
            "previousStepStatus": previous,
            "currentStepStatus": status,
            "failureReason": record.failure,
            "pipelineArn": self.pipeline.arn,
            "pipelineExecutionArn": self.arn,
        }
        filled = {name: value for name, value in detail.items() if value is not None}
        notify(_STEP_EVENT, [self.pipeline.arn, self.arn], filled, self.backend.region_name)


def _lower(name: str) -> str:
    return name[:1].lower() + name[1:]


def _small(value: dict[str, Any]) -> dict[str, Any]:
    return {_lower(name): item for name, item in value.items()}
