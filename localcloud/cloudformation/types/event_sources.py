"""Lambda: event source mappings.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-eventsourcemapping.html
"""

import time
from typing import Any

from localcloud.cloudformation.mapping import Properties
from localcloud.cloudformation.resource import Resource
from localcloud.cloudformation.service import CallError
from localcloud.cloudformation.types.model import Call, ResourceType, Tagging, by, by_arn

# What UpdateEventSourceMapping takes for "not set"
UNSET: Properties = {
    "BisectBatchOnFunctionError": False,
    "DestinationConfig": {"OnFailure": {}},
    "Enabled": True,
    "FilterCriteria": {},
    "FunctionResponseTypes": [],
    "KmsKeyArn": "",
    "MaximumBatchingWindowInSeconds": 0,
    "MaximumRecordAgeInSeconds": -1,
    "MaximumRetryAttempts": -1,
    "MetricsConfig": {"Metrics": []},
    "ParallelizationFactor": 1,
    "ScalingConfig": {},
    "TumblingWindowInSeconds": 0,
}
_SETTLED = ("Enabled", "Disabled")
_LOOK = 0.02  # seconds between looks


def _with_size(_: Resource, properties: Properties) -> Properties:
    """The default depends on the source, and an update has no value for "not set"."""
    default = 10 if ":sqs:" in str(properties.get("EventSourceArn")) else 100
    return {"BatchSize": default, **properties}


def _state(resource: Resource) -> Any:
    """None when there is none."""
    try:
        return resource.call("GetEventSourceMapping", UUID=resource.physical_id)["State"]
    except CallError as error:
        if not error.absent:
            raise
        return None


def _settle(resource: Resource) -> None:
    while _state(resource) not in (*_SETTLED, None):
        time.sleep(_LOOK)


def _delete(resource: Resource) -> None:
    _settle(resource)
    resource.call_if_present("DeleteEventSourceMapping", UUID=resource.physical_id)
    while _state(resource) is not None:
        time.sleep(_LOOK)


TYPES = {
    "Lambda::EventSourceMapping": ResourceType(
        service="lambda",
        key=by("UUID"),
        prepare=_with_size,
        create=Call(operation="CreateEventSourceMapping"),
        identifier="UUID",
        update=Call(operation="UpdateEventSourceMapping", reset=UNSET),
        settle=_settle,
        delete=_delete,
        tags=Tagging(add="TagResource", remove="UntagResource", key=by_arn("Resource", "EventSourceMappingArn")),
        read="GetEventSourceMapping",
        attributes={"Id": "{id}", "EventSourceMappingArn": "EventSourceMappingArn"},
    ),
}
