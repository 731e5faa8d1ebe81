"""Integrations of services that moto's interpreter only passes on, and how all of them wait for what they began."""

import json
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError
from moto.core.utils import get_service_model
from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import FailureEventException
from moto.stepfunctions.parser.asl.component.state.exec.execute_state import ExecutionState
from moto.stepfunctions.parser.asl.component.state.exec.state_task import state_task_factory
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.resource import ResourceCondition
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service import StateTaskService
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service_aws_sdk import (
    _SERVICE_ERROR_NAMES,
    StateTaskServiceAwsSdk,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service_callback import (
    StateTaskServiceCallback,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service_lambda import (
    StateTaskServiceLambda,
)
from moto.stepfunctions.parser.asl.eval.callback.callback import (
    CallbackOutcomeFailure,
    CallbackOutcomeFailureError,
    CallbackOutcomeSuccess,
    CallbackTimeoutError,
    HeartbeatTimedOut,
    HeartbeatTimeoutError,
)

from localcloud import kept
from localcloud.iam.recorder import AccessDeniedError
from localcloud.patching import replace
from localcloud.step_functions.failures import TASK_FAILED, task
from localcloud.step_functions.polling import JOBS, Started
from localcloud.step_functions.roles import client

# How errors of a service begin, and the error of those that its model does not name
# https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
_ERRORS = {
    "athena": ("Athena", "AmazonAthenaException"),
    "glue": ("Glue", "AWSGlueException"),
    "sagemaker": ("SageMaker", "AmazonSageMakerException"),
    "batch": ("Batch", "AWSBatchException"),
    "ecs": ("ECS", "AmazonECSException"),
    "emr-serverless": ("EMRServerless", "EMRServerlessException"),
    "elasticmapreduce": ("ElasticMapReduce", "AmazonElasticMapReduceException"),
    "events": ("EventBridge", "AmazonEventBridgeException"),
    "lambda": ("Lambda", "AWSLambdaException"),
    "states": ("StepFunctions", "AWSStepFunctionsException"),
    "dynamodb": ("DynamoDB", "AmazonDynamoDBException"),
    "sns": ("SNS", "AmazonSNSException"),
    "sqs": ("SQS", "AmazonSQSException"),
    "codebuild": ("CodeBuild", "AWSCodeBuildException"),
}
_BOTO3 = {"elasticmapreduce": "emr", "databrew": "databrew", "emr-containers": "emr-containers"}
# Services whose tasks are a `ServiceTask`
_OURS = (
    *("athena", "bedrock", "codebuild", "databrew", "eks", "elasticmapreduce", "emr-containers", "emr-serverless"),
    *("glue", "mediaconvert", "sagemaker"),
)
_OF_CALLS = (ClientError, BotoCoreError, AccessDeniedError)
_PATTERNS = {ResourceCondition.Sync, ResourceCondition.Sync2, ResourceCondition.WaitForTaskToken}


class ServiceTask(StateTaskServiceCallback):  # type: ignore[misc]
    """Calls an operation, and waits for its job where the resource ends in .sync."""

    def __init__(self) -> None:
        super().__init__(supported_integration_patterns=_PATTERNS)

    def _validate_service_integration_is_supported(self) -> None:
        """Which operation there is, is seen when it is called."""

    def _get_boto_service_name(self, boto_service_name: str | None = None) -> str:
        name = boto_service_name or self.resource.api_name
        return _BOTO3.get(name, name)

    def _eval_service_task(
        self, env: Any, resource_runtime_part: Any, normalised_parameters: dict[str, Any], state_credentials: Any
    ) -> None:
        service, action = self._get_boto_service_name(), self._get_boto_service_action()
        calls = client(state_credentials.role_arn, state_credentials.machine, service, resource_runtime_part.region)
        told = getattr(calls, action)(**normalised_parameters)
        told.pop("ResponseMetadata", None)
        if service == "glue" and "JobName" in normalised_parameters:
            told["JobName"] = normalised_parameters["JobName"]
        env.stack.append(told)


@replace(ExecutionState, "_from_error", "(self, env, ex)")
def from_error(self: Any, env: Any, ex: Exception) -> Any:
    """Errors of calls that the integration of a service does not tell by itself."""
    if (
        not isinstance(self, StateTaskService)
        or not isinstance(ex, _OF_CALLS)
        or isinstance(ex, ParamValidationError)
    ):
        return from_error.original(self, env, ex)  # type: ignore[attr-defined]
    resource, kind = self._get_sfn_resource(), self._get_sfn_resource_type()
    if isinstance(ex, AccessDeniedError):  # the role cannot be assumed
        return task(env, "States.Permissions", str(ex), resource, kind)
    prefix, other = _ERRORS.get(self.resource.service_name, (self.resource.service_name.title(), "Exception"))
    if not isinstance(ex, ClientError):  # there was no answer
        return task(env, f"{prefix}.SdkClientException", str(ex), resource, kind)
    name = error_name(self._get_boto_service_name(), ex, other)
    return task(env, f"{prefix}.{name}", cause_of(ex, prefix), resource, kind)


def error_name(service: str, error: ClientError, other: str) -> str:
    """The name of an exception of AWS's SDK for Java: that of the model, else the one of the whole service."""
    code = str(error.response["Error"]["Code"])
    modelled = {shape.metadata.get("error", {}).get("code", shape.name) for shape in _errors(service)}
    if code not in modelled and code != "NotImplemented":
        return other
    return code if code.endswith("Exception") else f"{code}Exception"


def _errors(service: str) -> Any:
    return get_service_model(service).error_shapes


def cause_of(error: ClientError, service: str) -> str:
    """As AWS's SDK for Java prints an exception."""
    told, about = error.response["Error"], error.response["ResponseMetadata"]
    parts = (
        f"Service: {service}",
        f"Status Code: {about['HTTPStatusCode']}",
        f"Error Code: {told['Code']}",
        f"Request ID: {about['RequestId']}",
        "Proxy: null",
    )
    return f"{told['Message']} ({'; '.join(parts)})"


@replace(state_task_factory, "state_task_service_for", "(service_name)")
def state_task_service_for(service_name: str) -> Any:
    if service_name in _OURS:
        return ServiceTask()
    return state_task_service_for.original(service_name)  # type: ignore[attr-defined]


@replace(
    StateTaskServiceCallback,
    "_eval_integration_pattern",
    "(self, env, resource_runtime_part, normalised_parameters, state_credentials)",
)
def eval_integration_pattern(
    self: Any, env: Any, resource_runtime_part: Any, normalised_parameters: dict[str, Any], state_credentials: Any
) -> None:
    """Put the result of what was begun in the place of the answer to its beginning."""
    told = env.stack.pop()
    if self.resource.condition == ResourceCondition.WaitForTaskToken:
        env.stack.append(_of_token(self, env))
        return
    token = (env.states.context_object.context_object_data.get("Task") or {}).get("Token")
    endpoint = env.callback_pool_manager.get(token) if token else None
    job = JOBS.get((self._get_boto_service_name(), self._get_boto_service_action()))
    resource, kind = self._get_sfn_resource(), self._get_sfn_resource_type()
    if job is None:
        raise _refusal(env, resource, kind)
    started = Started(
        job,
        self._get_boto_service_name(),
        resource_runtime_part.region,
        state_credentials.role_arn,
        state_credentials.machine,
        normalised_parameters,
        told,
    )
    parsed = self.resource.condition == ResourceCondition.Sync2

    def told_by_token() -> bool:
        """The job, or who it has given the token, tells the end before it ends."""
        return endpoint is not None and endpoint.get_outcome() is not None

    found = started.result(env, resource, kind, parsed=parsed, over=told_by_token)
    env.stack.append(_of_token(self, env) if told_by_token() else found)


def _refusal(env: Any, resource: str, kind: str) -> FailureEventException:
    """Of a job that this cloud does not wait for, by name."""
    return FailureEventException(task(env, TASK_FAILED, kept.refusal(f"{kind}:{resource}"), resource, kind))


def _of_token(self: Any, env: Any) -> Any:
    """What was sent for the token of this task."""
    token = env.states.context_object.context_object_data["Task"]["Token"]
    endpoint = env.callback_pool_manager.get(token)
    beats = None
    if self.heartbeat:
        self.heartbeat.eval(env=env)
        beats = endpoint.setup_heartbeat_endpoint(heartbeat_seconds=env.stack.pop())
    outcome = None
    while outcome is None and env.is_running():
        if beats is None:
            outcome = endpoint.wait()
        elif beats.clear_and_wait():
            outcome = endpoint.get_outcome()
        elif env.is_running():
            endpoint.report(HeartbeatTimedOut())
            raise HeartbeatTimeoutError
    if isinstance(outcome, CallbackOutcomeFailure):
        raise CallbackOutcomeFailureError(callback_outcome_failure=outcome)
    if not isinstance(outcome, CallbackOutcomeSuccess):
        raise CallbackTimeoutError
    return json.loads(outcome.output)


@replace(StateTaskServiceAwsSdk, "_normalise_service_error_name", "(service_name)")
def normalise_service_error_name(self: Any, service_name: str) -> str:
    """As AWS's SDK for Java calls its package: moto's table, else by the id of the service."""
    known = _SERVICE_ERROR_NAMES.get(service_name.lower())
    if known is not None:
        return str(known)
    name = self._get_boto_service_name()
    return str(get_service_model(name).service_id.replace(" ", ""))


@replace(StateTaskServiceLambda, "_error_cause_from_client_error", "(client_error)")
def error_cause_from_client_error(self: Any, client_error: ClientError) -> tuple[str, str]:
    """What Lambda's model does not name, a missing permission too, is an AWSLambdaException."""
    name = error_name("lambda", client_error, "AWSLambdaException")
    return f"Lambda.{name}", cause_of(client_error, "AWSLambda")
