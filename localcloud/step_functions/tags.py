"""Tags of state machines and activities."""

from collections.abc import Iterator
from typing import Any

from moto.core.resource_tagging import TaggedResource
from moto.stepfunctions.models import StepFunctionBackend

from localcloud.patching import replace
from localcloud.step_functions.engine import step_functions_engine
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


@replace(StepFunctionBackend, "iter_tagged_resources", "(self)")
def iter_tagged_resources(self: Any) -> Iterator[TaggedResource]:
    """For the Resource Groups Tagging API."""
    store = step_functions_engine().store(self.account_id, self.region_name)
    for arn, resource in (*store.machines.items(), *store.activities.items()):
        if hasattr(resource, "tag_manager"):
            tags = {tag["key"]: tag["value"] for tag in resource.tag_manager.to_tag_list()}
            yield TaggedResource(arn=arn, tags=tags, resource_type=f"states:{arn.split(':')[5]}")


@replace(StepFunctionBackend, "tag_resource", "(self, arn, tags)")
def tag_from_groups(self: Any, arn: str, tags: dict[str, str]) -> None:
    store = step_functions_engine().store(self.account_id, self.region_name)
    found = store.machines.get(arn) or store.activities[arn]
    found.tag_manager.add_all([{"key": key, "value": value} for key, value in tags.items()])


@replace(StepFunctionBackend, "untag_resource", "(self, arn, tag_keys)")
def untag_from_groups(self: Any, arn: str, tag_keys: list[str]) -> None:
    store = step_functions_engine().store(self.account_id, self.region_name)
    (store.machines.get(arn) or store.activities[arn]).tag_manager.remove_all(tag_keys)
