"""What each type of step does: it calls the same API that any client would."""

import json
import random
import string
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from moto.sagemaker.models import SageMakerModelBackend

from localcloud.sagemaker.job import PROCESSING, TRAINING, TRANSFORM, TUNING, Kind, jobs
from localcloud.sagemaker.tuning import summaries

_STOP = {
    PROCESSING: "stop_processing_job",
    TRAINING: "stop_training_job",
    TRANSFORM: "stop_transform_job",
    TUNING: "stop_hyper_parameter_tuning_job",
}
_CREATE = {
    PROCESSING: "CreateProcessingJob",
    TRAINING: "CreateTrainingJob",
    TRANSFORM: "CreateTransformJob",
    TUNING: "CreateHyperParameterTuningJob",
}
_METADATA = {PROCESSING: "ProcessingJob", TRAINING: "TrainingJob", TRANSFORM: "TransformJob", TUNING: "TuningJob"}


class StepFailedError(Exception):
    """The step failed; the text is its FailureReason."""


class StepStoppedError(Exception):
    """The job of the step was stopped."""


@dataclass
class StepContext:
    """What a step may use, and where it leaves what it did.

    Attributes:
        metadata: of PipelineExecutionStep, filled while the step runs.
        stop: set by who wants the step to end; empty while there is nothing to stop.
    """

    name: str
    body: dict[str, Any]
    execution_id: str
    backend: SageMakerModelBackend
    client: Callable[[str], Any]  # service → boto3 client
    metadata: dict[str, Any] = field(default_factory=dict)
    stop: list[Callable[[], None]] = field(default_factory=list)

    def job_name(self) -> str:
        """``pipelines-EXECUTION-STEP-RANDOM``, as SageMaker names the jobs of steps."""
        letters = random.choices(string.ascii_letters + string.digits, k=10)  # noqa: S311 - a name, no secret
        step = "".join(letter if letter.isalnum() else "-" for letter in self.name)[:30].strip("-")
        return f"pipelines-{self.execution_id}-{step}-{''.join(letters)}"

    def call(self, operation: str, **arguments: Any) -> dict[str, Any]:
        """One call of SageMaker, with a refusal as SageMaker words it in a step."""
        client = self.client("sagemaker")
        method = getattr(client, _method(client, operation))
        try:
            answer: dict[str, Any] = method(**arguments)
        except ClientError as error:
            details = error.response["Error"]["Message"]
            raise StepFailedError(
                f"ClientError: Failed to invoke sagemaker:{operation}. Error Details: {details}"
            ) from error
        except BotoCoreError as error:  # arguments that do not fit the operation's model
            raise StepFailedError(
                f"ClientError: Failed to invoke sagemaker:{operation}. Error Details: {error}"
            ) from error
        answer.pop("ResponseMetadata", None)
        return answer


def _method(client: Any, operation: str) -> str:
    names: dict[str, str] = client.meta.method_to_api_mapping
    return next(name for name, api in names.items() if api == operation)


def _job(kind: Kind, context: StepContext, arguments: dict[str, Any]) -> dict[str, Any]:
    name = context.job_name()
    if kind is TUNING:
        name = name[-32:].strip("-")  # the limit of tuning job names
    created = context.call(_CREATE[kind], **{**arguments, f"{kind.member}Name": name})
    arn = created[f"{kind.member}Arn"]
    context.metadata[_METADATA[kind]] = {"Arn": arn}
    job = jobs(context.backend, kind)[name]
    context.stop.append(job.stop)
    job.done.wait()
    if job.status == "Stopped":
        raise StepStoppedError
    if job.status != "Completed":
        raise StepFailedError(job.failure or f"the job ended in status {job.status}")
    properties = job.describe()
    if kind is TUNING:
        metric = "FinalHyperParameterTuningJobObjectiveMetric"
        sign = (
            -1
            if arguments["HyperParameterTuningJobConfig"]["HyperParameterTuningJobObjective"]["Type"] == ("Maximize")
            else 1
        )
        scored = [item for item in summaries(job) if metric in item]
        properties["TrainingJobSummaries"] = sorted(scored, key=lambda item: sign * item[metric]["Value"])
    return properties


def processing(context: StepContext, arguments: dict[str, Any]) -> dict[str, Any]:
    return _job(PROCESSING, context, arguments)


def training(context: StepContext, arguments: dict[str, Any]) -> dict[str, Any]:
    return _job(TRAINING, context, arguments)


def tuning(context: StepContext, arguments: dict[str, Any]) -> dict[str, Any]:
    return _job(TUNING, context, arguments)


def transform(context: StepContext, arguments: dict[str, Any]) -> dict[str, Any]:
    return _job(TRANSFORM, context, arguments)


def fail(context: StepContext, arguments: dict[str, Any]) -> dict[str, Any]:
    message = arguments.get("ErrorMessage") or ""
    context.metadata["Fail"] = {"ErrorMessage": message}
    raise StepFailedError(message)


def register_model(context: StepContext, arguments: dict[str, Any]) -> dict[str, Any]:
    """A model package, in a group that is made if there is none."""
    group = arguments.get("ModelPackageGroupName")
    if group and group.split("/")[-1] not in context.backend.model_package_groups:
        context.call("CreateModelPackageGroup", ModelPackageGroupName=group)
    arn = context.call("CreateModelPackage", **arguments)["ModelPackageArn"]
    context.metadata["RegisterModel"] = {"Arn": arn}
    return context.call("DescribeModelPackage", ModelPackageName=arn)


def model(context: StepContext, arguments: dict[str, Any]) -> dict[str, Any]:
    name = context.job_name()
    arn = context.call("CreateModel", **{**arguments, "ModelName": name})["ModelArn"]
    context.metadata["Model"] = {"Arn": arn}
    return context.call("DescribeModel", ModelName=name)


def call_function(context: StepContext, arguments: dict[str, Any]) -> dict[str, Any]:
    """A Lambda function: its arguments are the payload, its outputs members of the JSON it returns."""
    arn = context.body["FunctionArn"]

    def failed(details: str) -> StepFailedError:
        return StepFailedError(f"ClientError: Failed to invoke lambda:Invoke. Error Details: {details}"[:1024])

    try:
        answer = context.client("lambda").invoke(FunctionName=arn, Payload=json.dumps(arguments).encode())
    except ClientError as error:  # it is not there, or the role may not call it
        raise failed(error.response["Error"]["Message"]) from error
    payload = answer["Payload"].read().decode()
    if answer.get("FunctionError"):
        raise failed(payload)
    returned = json.loads(payload) if payload else None
    outputs = []
    for wanted in context.body.get("OutputParameters") or ():
        name = wanted["OutputName"]
        if not isinstance(returned, dict) or name not in returned:
            raise StepFailedError(f"ClientError: the function returned no {name}")
        outputs.append({"Name": name, "Value": returned[name]})
    context.metadata["Lambda"] = {
        "Arn": arn,
        "OutputParameters": [{"Name": item["Name"], "Value": str(item["Value"])} for item in outputs],
    }
    return {"OutputParameters": {item["Name"]: item["Value"] for item in outputs}}


WORK: dict[str, Callable[[StepContext, dict[str, Any]], dict[str, Any]]] = {
    "Processing": processing,
    "Training": training,
    "Tuning": tuning,
    "Transform": transform,
    "Fail": fail,
    "RegisterModel": register_model,
    "Model": model,
    "Lambda": call_function,
}
