"""What a schedule calls: templated targets, and any operation of the AWS SDK.

https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-targets-templated.html
https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-targets-universal.html
"""

import json
from collections.abc import Callable
from functools import cache
from typing import Any

from botocore import xform_name
from botocore.model import ListShape, OperationModel, Shape, StructureShape
from botocore.session import get_session

from localcloud.events.targets import DeliveryError, Sending, passes, sender
from localcloud.unsupported import NotImplementedLocallyError

_UNIVERSAL = "arn:aws:scheduler:::aws-sdk:"
_SERVICES = {"cloudwatchlogs": "logs", "eventbridge": "events", "sfn": "stepfunctions"}  # where boto3's name differs
# "EventBridge Scheduler does not support read-only API actions, such as common GET operations", the page above
_READ_ONLY = (
    "get", "describe", "list", "poll", "receive", "search", "scan", "query", "select", "read", "discover", "validate",
    "batchGet", "batchDescribe", "batchRead", "transactGet", "adminGet", "adminList", "retrieve", "isAuthorized",
)  # fmt: skip


class TargetError(ValueError):
    """Scheduler does not take the target."""


def through(target: dict[str, Any], operation: str) -> Callable[[Sending], None]:
    """How to call a target. Raises TargetError, or by name NotImplementedLocallyError."""
    arn = target["Arn"]
    if arn.startswith(_UNIVERSAL):
        service, action = _universal(arn)
        return lambda sending: _call(sending, service, action)
    if ":event-bus/" in arn:
        if not target.get("EventBridgeParameters"):
            raise TargetError("EventBridgeParameters is required for EventBridge PutEvents targets.")
        return _put_event
    if ":kinesis:" in arn and not (target.get("KinesisParameters") or {}).get("PartitionKey"):
        raise TargetError("KinesisParameters is required for Kinesis PutRecord targets.")
    found = sender(arn)
    if found is None or ":log-group:" in arn:
        raise NotImplementedLocallyError("scheduler", f"{operation} with the target {arn}")
    return found


@cache
def _universal(arn: str) -> tuple[str, OperationModel]:
    """boto3's name of the service, and the operation."""
    name, _, action = arn.removeprefix(_UNIVERSAL).partition(":")
    service = _SERVICES.get(name, name)
    session = get_session()
    if service not in session.get_available_services():
        raise TargetError(f"Invalid RequestJson provided. Reason: The service {name} is not known.")
    model = session.get_service_model(service)
    operation = next((known for known in model.operation_names if known.lower() == action.lower()), None)
    if operation is None or action.startswith(_READ_ONLY):
        raise TargetError(f"{arn} is not supported.")
    return service, model.operation_model(operation)


def _call(sending: Sending, service: str, operation: OperationModel) -> None:
    try:
        given = json.loads(sending.payload or "{}")
    except ValueError as error:
        raise DeliveryError("INVALID_JSON", f"The input is not JSON: {error}") from None
    client = sending.client(service)
    getattr(client, xform_name(operation.name))(**_fitted(given, operation.input_shape))


def _fitted(value: Any, shape: Shape | None) -> Any:
    """Members by the names of boto3, which begin with a small letter in some services."""
    if isinstance(value, dict) and isinstance(shape, StructureShape):
        names = {name.lower(): name for name in shape.members}
        return {
            names.get(name.lower(), name): _fitted(item, shape.members.get(names.get(name.lower(), name)))
            for name, item in value.items()
        }
    if isinstance(value, list) and isinstance(shape, ListShape):
        return [_fitted(item, shape.member) for item in value]
    return value


def _put_event(sending: Sending) -> None:
    given = sending.target["EventBridgeParameters"]
    entry = {
        "Source": given["Source"],
        "DetailType": given["DetailType"],
        "Detail": sending.payload,
        "EventBusName": sending.arn,
    }
    (answer,) = sending.client("events").put_events(Entries=[entry])["Entries"]
    if code := answer.get("ErrorCode"):
        again = passes(code)
        told = f"{code}: {answer['ErrorMessage']}"
        raise DeliveryError("THROTTLING" if again else "INVALID_PARAMETER", told, retriable=again)
