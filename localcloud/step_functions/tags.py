"""Tags of state machines and activities."""

from typing import Any

from moto.stepfunctions.parser.backend.state_machine import StateMachineRevision

from localcloud.step_functions.operations import Call, StatesError, operation


def _tagged(call: Call) -> Any:
    arn = call["resourceArn"]
    found = call.store.machines.get(arn) or call.store.activities.get(arn)
    if found is None or not hasattr(found, "tag_manager"):
        raise StatesError("ResourceNotFound", f"Resource not found: '{arn}'")
    return found.tag_manager


@operation("TagResource")
def tag_resource(call: Call) -> None:
    _tagged(call).add_all(call["tags"])


@operation("UntagResource")
def untag_resource(call: Call) -> None:
    _tagged(call).remove_all(call["tagKeys"])


@operation("ListTagsForResource")
def list_tags_for_resource(call: Call) -> dict[str, Any]:
    return {"tags": _tagged(call).to_tag_list()}


def is_tagged(resource: Any) -> bool:
    return isinstance(resource, StateMachineRevision)
