"""Pipelines and their executions: the operations of the API."""

import random
import string
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from botocore.exceptions import BotoCoreError
from moto.core.responses import ActionResult
from moto.core.utils import utcnow
from moto.sagemaker.exceptions import ResourceNotFound, ValidationError
from moto.sagemaker.models import SageMakerModelBackend
from moto.sagemaker.responses import SageMakerResponse
from moto.sagemaker.utils import arn_formatter

from localcloud.glue.state import page
from localcloud.patching import add, replace
from localcloud.sagemaker.cache import Entry, age
from localcloud.sagemaker.definition import CACHEABLE, Definition, parse
from localcloud.sagemaker.document import invalid
from localcloud.sagemaker.engine import sagemaker_engine
from localcloud.sagemaker.execution import Execution
from localcloud.standalone.engine_calls import read
from localcloud.unsupported import NotImplementedLocallyError

_OVER = ("Succeeded", "Failed", "Stopped")
_REFUSED = ("SelectiveExecutionConfig", "PipelineVersionId", "PipelineVersionAlias", "MlflowExperimentName")


@dataclass(eq=False)
class Pipeline:
    """A pipeline; names as moto has them where moto's own code reads them (list, tags)."""

    pipeline_name: str
    arn: str
    request: dict[str, Any]
    pipeline_definition: str
    definition: Definition
    tags: list[dict[str, str]]
    creation_time: datetime = field(default_factory=utcnow)
    last_modified_time: datetime = field(default_factory=utcnow)
    last_execution_time: datetime | None = None
    executions: dict[str, Execution] = field(default_factory=dict)
    cache: list[Entry] = field(default_factory=list)

    @property
    def pipeline_display_name(self) -> str:
        return str(self.request.get("PipelineDisplayName") or self.pipeline_name)

    @property
    def pipeline_description(self) -> str | None:
        return self.request.get("PipelineDescription")

    @property
    def role_arn(self) -> str | None:
        return self.request.get("RoleArn")

    def describe(self) -> dict[str, Any]:
        told = {
            "PipelineArn": self.arn,
            "PipelineName": self.pipeline_name,
            "PipelineDisplayName": self.pipeline_display_name,
            "PipelineDescription": self.pipeline_description,
            "PipelineDefinition": self.pipeline_definition,
            "RoleArn": self.role_arn,
            "PipelineStatus": "Active",
            "CreationTime": self.creation_time,
            "LastModifiedTime": self.last_modified_time,
            "LastRunTime": self.last_execution_time,
            "ParallelismConfiguration": self.request.get("ParallelismConfiguration"),
        }
        return {name: value for name, value in told.items() if value is not None}


def _find(of: SageMakerModelBackend, name: str) -> Pipeline:
    """By name or ARN; in ARNs, SageMaker writes the name in lower case."""
    for pipeline in of.pipelines.values():
        if name in (pipeline.pipeline_name, pipeline.arn):
            found: Pipeline = pipeline
            return found
    raise ResourceNotFound(f"Pipeline '{name}' does not exist.")


def _execution(response: Any) -> Execution:
    arn = response.params["PipelineExecutionArn"]
    for pipeline in response.sagemaker_backend.pipelines.values():
        if arn in pipeline.executions:
            found: Execution = pipeline.executions[arn]
            return found
    raise ResourceNotFound(f"Pipeline execution with ARN {arn} does not exist.")


def _definition(response: Any, operation: str) -> tuple[str, Definition] | None:
    """The definition in a request, checked; None when there is none."""
    text, location = (response.params.get(name) for name in ("PipelineDefinition", "PipelineDefinitionS3Location"))
    if text and location:
        raise ValidationError("Both Pipeline Definition and Pipeline Definition S3 Location shouldn't be present")
    if location:
        s3 = sagemaker_engine().cloud.engine_client("s3", response.region)
        version = {"VersionId": location["VersionId"]} if location.get("VersionId") else {}
        try:
            body = read(s3, location["Bucket"], location["ObjectKey"], **version)
        except s3.exceptions.ClientError as error:
            raise ValidationError(f"The definition cannot be read: {error.response['Error']['Message']}") from error
        except BotoCoreError as error:  # a name that no bucket has
            raise ValidationError(f"The definition cannot be read: {error}") from error
        text = body.decode("utf-8", "surrogateescape")  # what is not UTF-8 is refused with the rest
    if not text:
        return None
    definition = parse(text, operation)
    for step in definition.steps.values():
        config = step.body.get("CacheConfig") or {}
        if config.get("Enabled"):
            age(config.get("ExpireAfter") or "")
            if step.type not in CACHEABLE:
                raise invalid(f"step '{step.name}' cannot be cached")
    return text, definition


@replace(SageMakerModelBackend, "_get_resource_from_arn", "(self, arn)")
def get_resource_from_arn(self: Any, arn: str) -> Any:
    """What tags belong to: also pipelines with capitals in their names and versions of models."""
    kind, _, name = arn.rpartition(":")[2].partition("/")
    if kind == "pipeline":
        return _find(self, arn)
    if kind == "model-package":
        return self.describe_model_package(arn)
    found = get_resource_from_arn.original(self, arn)  # type: ignore[attr-defined]
    if found is None:
        raise ValidationError(f"Could not find {kind} with name {name}")
    return found


@replace(SageMakerResponse, "create_pipeline", "(self)")
def create_pipeline(self: Any) -> ActionResult:
    given, of = self.params, self.sagemaker_backend
    name = given["PipelineName"]
    checked = _definition(self, "CreatePipeline")
    if checked is None:
        raise ValidationError("Either Pipeline Definition or Pipeline Definition S3 location should be provided")
    if name in of.pipelines:
        raise ValidationError(
            "Pipeline names must be unique within an AWS account and region. "
            f"Pipeline with name ({name}) already exists."
        )
    arn = arn_formatter("pipeline", name.lower(), of.account_id, of.region_name)
    of.pipelines[name] = Pipeline(name, arn, dict(given), *checked, tags=list(given.get("Tags") or ()))
    sagemaker_engine().python.warm()
    return ActionResult({"PipelineArn": arn})


@replace(SageMakerResponse, "update_pipeline", "(self)")
def update_pipeline(self: Any) -> ActionResult:
    """Only what is named changes. Executions under way keep the definition they began with."""
    pipeline = _find(self.sagemaker_backend, self.params["PipelineName"])
    checked = _definition(self, "UpdatePipeline")
    if checked is not None:
        pipeline.pipeline_definition, pipeline.definition = checked
    members = ("PipelineDisplayName", "PipelineDescription", "RoleArn", "ParallelismConfiguration")
    pipeline.request.update({name: self.params[name] for name in members if name in self.params})
    pipeline.last_modified_time = utcnow()
    return ActionResult({"PipelineArn": pipeline.arn})


@replace(SageMakerResponse, "describe_pipeline", "(self)")
def describe_pipeline(self: Any) -> ActionResult:
    return ActionResult(_find(self.sagemaker_backend, self.params["PipelineName"]).describe())


@replace(SageMakerResponse, "delete_pipeline", "(self)")
def delete_pipeline(self: Any) -> ActionResult:
    pipeline = _find(self.sagemaker_backend, self.params["PipelineName"])
    if any(execution.status not in _OVER for execution in pipeline.executions.values()):
        raise ValidationError(f"Pipeline {pipeline.pipeline_name} has executions that are running: stop them first.")
    del self.sagemaker_backend.pipelines[pipeline.pipeline_name]
    return ActionResult({"PipelineArn": pipeline.arn})


@replace(SageMakerResponse, "start_pipeline_execution", "(self)")
def start_pipeline_execution(self: Any) -> ActionResult:
    given, of = self.params, self.sagemaker_backend
    for name in _REFUSED:
        if given.get(name):
            raise NotImplementedLocallyError("sagemaker", f"StartPipelineExecution with {name}")
    with sagemaker_engine().lock:  # requests with one token are one execution, also at the same time
        return ActionResult({"PipelineExecutionArn": _started(_find(of, given["PipelineName"]), given, of).arn})


def _started(pipeline: Pipeline, given: dict[str, Any], of: SageMakerModelBackend) -> Execution:
    token = given.get("ClientRequestToken")
    for known in pipeline.executions.values():
        if token and known.more.get("ClientRequestToken") == token:
            return known
    parameters = list(given.get("PipelineParameters") or ())
    identifier = "".join(random.choices(string.ascii_lowercase + string.digits, k=12))  # noqa: S311 - no secret
    execution = Execution(
        arn=f"{pipeline.arn}/execution/{identifier}",
        pipeline=pipeline,
        definition=pipeline.definition,
        definition_text=pipeline.pipeline_definition,
        given=parameters,
        parameters=pipeline.definition.values(parameters),
        engine=sagemaker_engine(),
        backend=of,
        more={
            "ParallelismConfiguration": pipeline.request.get("ParallelismConfiguration"),
            "PipelineExecutionDisplayName": f"execution-{int(utcnow().timestamp() * 1000)}",
            **{name: value for name, value in given.items() if value is not None and name != "PipelineParameters"},
        },
    )
    pipeline.executions[execution.arn] = execution
    pipeline.last_execution_time = execution.created
    sagemaker_engine().background(f"pipeline-{identifier}", execution.run)
    return execution


@replace(SageMakerResponse, "describe_pipeline_execution", "(self)")
def describe_pipeline_execution(self: Any) -> ActionResult:
    found = _execution(self)
    names = ("PipelineExecutionDisplayName", "PipelineExecutionDescription", "ParallelismConfiguration")
    told = {
        "PipelineArn": found.pipeline.arn,
        "PipelineExecutionArn": found.arn,
        "PipelineExecutionStatus": found.status,
        "FailureReason": found.failure,
        "CreationTime": found.created,
        "LastModifiedTime": found.modified,
        **{name: found.more.get(name) for name in names},
    }
    return ActionResult({name: value for name, value in told.items() if value is not None})


@replace(SageMakerResponse, "list_pipeline_executions", "(self)")
def list_pipeline_executions(self: Any) -> ActionResult:
    given = self.params  # newest first, unless asked otherwise
    since, until = (
        given.get(name) and given[name].replace(tzinfo=None) for name in ("CreatedAfter", "CreatedBefore")
    )
    found = [
        {
            "PipelineExecutionArn": item.arn,
            "StartTime": item.created,
            "PipelineExecutionStatus": item.status,
            "PipelineExecutionDisplayName": item.more.get("PipelineExecutionDisplayName"),
            **({"PipelineExecutionFailureReason": item.failure} if item.failure else {}),
        }
        for item in _find(self.sagemaker_backend, given["PipelineName"]).executions.values()
        if (since is None or item.created > since) and (until is None or item.created < until)
    ]
    if given.get("SortOrder") != "Ascending":
        found.reverse()
    return ActionResult(page(given, "PipelineExecutionSummaries", found))


@replace(SageMakerResponse, "describe_pipeline_definition_for_execution", "(self)")
def describe_pipeline_definition_for_execution(self: Any) -> ActionResult:
    found = _execution(self)
    return ActionResult({"PipelineDefinition": found.definition_text, "CreationTime": found.created})


@replace(SageMakerResponse, "list_pipeline_parameters_for_execution", "(self)")
def list_pipeline_parameters_for_execution(self: Any) -> ActionResult:
    return ActionResult(page(self.params, "PipelineParameters", _execution(self).given))


@add(SageMakerResponse, "list_pipeline_execution_steps")
def list_pipeline_execution_steps(self: Any) -> ActionResult:
    """Only steps that have begun; the latest first unless asked otherwise."""
    found = [record.describe() for record in list(_execution(self).records.values())]
    if self.params.get("SortOrder") != "Ascending":
        found.reverse()
    return ActionResult(page(self.params, "PipelineExecutionSteps", found))


@add(SageMakerResponse, "stop_pipeline_execution")
def stop_pipeline_execution(self: Any) -> ActionResult:
    execution = _execution(self)
    if execution.status != "Executing":
        raise ValidationError(
            f"Pipeline execution with ARN {execution.arn} status {execution.status}. Only pipelines with 'Executing' "
            "status can be stopped."
        )
    execution.stop()
    return ActionResult({"PipelineExecutionArn": execution.arn})


@add(SageMakerResponse, "retry_pipeline_execution")
def retry_pipeline_execution(self: Any) -> ActionResult:
    """Run on from the steps that failed or were stopped."""
    execution = _execution(self)
    if execution.status not in ("Failed", "Stopped"):
        raise ValidationError(f"Pipeline execution with ARN {execution.arn} is {execution.status}: nothing to retry.")
    execution.status = "Executing"
    sagemaker_engine().background(f"pipeline-{execution.identifier}", execution.retry)
    return ActionResult({"PipelineExecutionArn": execution.arn})


@add(SageMakerResponse, "update_pipeline_execution")
def update_pipeline_execution(self: Any) -> ActionResult:
    execution = _execution(self)
    members = ("PipelineExecutionDescription", "PipelineExecutionDisplayName", "ParallelismConfiguration")
    execution.more.update({name: self.params[name] for name in members if name in self.params})
    return ActionResult({"PipelineExecutionArn": execution.arn})
