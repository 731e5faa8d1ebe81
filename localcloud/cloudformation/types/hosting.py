"""SageMaker: models, endpoint configurations and endpoints. Ref is the ARN of each."""

import time
from collections.abc import Callable
from typing import Any

from localcloud.cloudformation.errors import StackError
from localcloud.cloudformation.resource import Resource
from localcloud.cloudformation.service import CallError
from localcloud.cloudformation.types.model import Call, Key, ResourceType, Tagging

_LOOK = 0.05  # seconds between two looks at an endpoint that changes
_IN_PROGRESS = ("Creating", "Updating", "SystemUpdating", "RollingBack", "Deleting")
_TAGS = Tagging(add="AddTags", remove="DeleteTags", key=lambda resource: {"ResourceArn": resource.physical_id})


def _named(member: str) -> Key:
    return lambda resource: {member: str(resource.physical_id).rpartition("/")[2]}


def _delete(operation: str, key: Key) -> Callable[[Resource], None]:
    def delete(resource: Resource) -> None:
        try:
            resource.call(operation, **key(resource))
        except CallError as error:
            if "Could not find" not in str(error):  # SageMaker has no code of its own for what is gone
                raise

    return delete


def _settled(resource: Resource) -> Any:
    """The description of an endpoint that does not change any more; None when there is none."""
    while True:
        try:
            told = resource.call("DescribeEndpoint", **_named("EndpointName")(resource))
        except CallError:
            return None
        if told["EndpointStatus"] not in _IN_PROGRESS:
            return told
        time.sleep(_LOOK)


def _settle(resource: Resource) -> None:
    """Wait for the deployment; one that failed or was rolled back fails the resource with its reason."""
    told = _settled(resource)
    if told is None or told["EndpointStatus"] != "InService" or "FailureReason" in told:
        reason = (told or {}).get("FailureReason", "the endpoint was deleted")
        raise StackError(f"Resource handler returned message: {reason}")


def _delete_endpoint(resource: Resource) -> None:
    if _settled(resource) is not None:
        _delete("DeleteEndpoint", _named("EndpointName"))(resource)
        _settled(resource)


TYPES = {
    "SageMaker::Model": ResourceType(
        service="sagemaker",
        name="ModelName",
        key=_named("ModelName"),
        create=Call(operation="CreateModel"),
        identifier="ModelArn",
        delete=_delete("DeleteModel", _named("ModelName")),
        tags=_TAGS,
        attributes={"ModelArn": "{id}", "ModelName": lambda resource: resource.name},
    ),
    "SageMaker::EndpointConfig": ResourceType(
        service="sagemaker",
        name="EndpointConfigName",
        key=_named("EndpointConfigName"),
        create=Call(operation="CreateEndpointConfig"),
        identifier="EndpointConfigArn",
        delete=_delete("DeleteEndpointConfig", _named("EndpointConfigName")),
        tags=_TAGS,
        attributes={"EndpointConfigArn": "{id}", "EndpointConfigName": lambda resource: resource.name},
    ),
    "SageMaker::Endpoint": ResourceType(
        service="sagemaker",
        name="EndpointName",
        key=_named("EndpointName"),
        create=Call(operation="CreateEndpoint"),
        identifier="EndpointArn",
        update=Call(operation="UpdateEndpoint"),
        settle=_settle,
        delete=_delete_endpoint,
        tags=_TAGS,
        attributes={"EndpointArn": "{id}", "EndpointName": lambda resource: resource.name},
        # of UpdateEndpoint, which gets them together with what has changed
        used_elsewhere=(
            "RetainAllVariantProperties",
            "ExcludeRetainedVariantProperties",
            "RetainDeploymentConfig",
        ),
    ),
}
