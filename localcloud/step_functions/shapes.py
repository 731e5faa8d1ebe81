"""Parameters and answers of the services, between their API's form and that of the States Language.

Step Functions calls with AWS's SDK for Java: members begin with capitals, what an API takes as text may be given as
JSON, and times are ISO texts in integrations of the SDK, milliseconds in optimized ones.
"""

import json
from datetime import datetime
from functools import cache
from typing import Any

from botocore.model import ListShape, MapShape, OperationModel, Shape, StructureShape
from botocore.response import StreamingBody
from moto.core.utils import get_service_model
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service import StateTaskService
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service_aws_sdk import (
    StateTaskServiceAwsSdk,
)
from moto.stepfunctions.parser.utils import camel_to_snake_case

from localcloud.patching import replace


@cache
def operation(service: str, action: str) -> OperationModel | None:
    """An operation by boto3's name of the service and the name of its method."""
    model = get_service_model(service)
    name = next((name for name in model.operation_names if camel_to_snake_case(name) == action), None)
    return model.operation_model(name) if name else None


def request(value: Any, shape: Shape | None) -> Any:
    """Parameters as botocore takes them."""
    if isinstance(shape, StructureShape) and isinstance(value, dict):
        names = {camel_to_snake_case(name): name for name in shape.members}
        return {
            (own := names.get(camel_to_snake_case(name), name)): request(item, shape.members.get(own))
            for name, item in value.items()
            if item is not None  # which is as if it was not given
        }
    if isinstance(shape, ListShape) and isinstance(value, list):
        return [request(item, shape.member) for item in value]
    if isinstance(shape, MapShape) and isinstance(value, dict):
        return {name: request(item, shape.value) for name, item in value.items()}
    if shape is not None and shape.type_name == "string" and not isinstance(value, str) and value is not None:
        return json.dumps(value, separators=(",", ":"))
    if shape is not None and shape.type_name == "blob" and not isinstance(value, bytes):
        return (value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))).encode()
    return value


def answer(value: Any, shape: Shape | None, *, iso: bool) -> Any:
    """An answer of botocore as JSON with the names of the States Language.

    Args:
        iso: times as text, not in milliseconds.
    """
    if isinstance(value, dict):
        members = shape.members if isinstance(shape, StructureShape) else {}
        inner = shape.value if isinstance(shape, MapShape) else None
        return {
            StateTaskService._to_sfn_cased(name) if name in members else name: answer(
                item, members.get(name, inner), iso=iso
            )
            for name, item in value.items()
        }
    if isinstance(value, list):
        return [answer(item, shape.member if isinstance(shape, ListShape) else None, iso=iso) for item in value]
    if isinstance(value, datetime):
        return moment(value) if iso else int(value.timestamp() * 1000)
    if isinstance(value, StreamingBody):
        return value.read().decode("utf-8", "replace")
    if isinstance(value, bytes | bytearray):
        return bytes(value).decode("utf-8", "replace")
    return value


def moment(value: datetime) -> str:
    """As Java's Instant prints it."""
    return value.isoformat().replace("+00:00", "Z")


def _model(self: Any, service: str | None, action: str | None) -> OperationModel | None:
    return operation(self._get_boto_service_name(service), self._get_boto_service_action(action))


@replace(StateTaskService, "_normalise_parameters", "(self, parameters, boto_service_name, service_action_name)")
def normalise_parameters(
    self: Any,
    parameters: dict[str, Any],
    boto_service_name: str | None = None,
    service_action_name: str | None = None,
) -> None:
    """In place, as moto calls it."""
    model = _model(self, boto_service_name, service_action_name)
    made = request(dict(parameters), model.input_shape if model else None)
    parameters.clear()
    parameters.update(made)


@replace(StateTaskService, "_normalise_response", "(self, response, boto_service_name, service_action_name)")
def normalise_response(
    self: Any, response: Any, boto_service_name: str | None = None, service_action_name: str | None = None
) -> None:
    """In place, too."""
    if not isinstance(response, dict):
        return
    model = _model(self, boto_service_name, service_action_name)
    iso = isinstance(self, StateTaskServiceAwsSdk)
    made = answer(dict(response), model.output_shape if model else None, iso=iso)
    response.clear()
    response.update(made)
