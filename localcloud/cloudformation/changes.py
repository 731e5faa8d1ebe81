"""What a change set would do, told before it is done."""

from collections.abc import Iterator
from typing import Any

from localcloud.cloudformation.deployment import Plan
from localcloud.cloudformation.graph import references
from localcloud.cloudformation.intrinsics import Evaluator
from localcloud.cloudformation.mapping import differing
from localcloud.cloudformation.schema import schema
from localcloud.cloudformation.stack import Stack
from localcloud.cloudformation.stack_tags import Tags, passed_on
from localcloud.cloudformation.template import is_custom

Change = dict[str, Any]


def changes(stack: Stack, plan: Plan) -> list[Change]:
    """The Changes of DescribeChangeSet: Add, Modify, Remove, in the order of the template.

    Properties are compared as the template writes them; references to what is replaced count as changes too, their
    new value being unknown until then.
    """
    new = Evaluator(plan.template, plan.parameters, stack.pseudo_parameters, None).live_resources()
    before = stack.revision
    old = (
        Evaluator(before.template, before.parameters, stack.pseudo_parameters, None).live_resources()
        if before.template
        else {}
    )
    found: list[Change] = []
    replaced: set[str] = set()
    parameters = differing(before.parameters, plan.parameters)
    tags = before.tags, plan.tags
    for name, definition in new.items():
        if name not in old or name not in before.members:
            found.append(_change("Add", name, definition["Type"], None))
            continue
        change = _modification(name, old[name], definition, parameters | replaced, tags)
        if change is not None:
            change["ResourceChange"]["PhysicalResourceId"] = before.members[name].resource.physical_id
            if change["ResourceChange"]["Replacement"] == "True":
                replaced.add(name)
            found.append(change)
    for name, member in before.members.items():
        if name not in new:
            found.append(_change("Remove", name, member.resource.type, member.resource.physical_id))
    return found


def differs(stack: Stack, plan: Plan) -> bool:
    """Whether a deployment would change anything: resources, their attributes, outputs, or tags of the stack."""
    before = stack.revision
    return (
        bool(changes(stack, plan))
        or before.template.get("Outputs") != plan.template.get("Outputs")
        or before.tags != plan.tags
    )


def _change(action: str, name: str, resource_type: str, physical_id: str | None, **more: Any) -> Change:
    change = {"Action": action, "LogicalResourceId": name, "ResourceType": resource_type, "Scope": [], "Details": []}
    if physical_id:
        change["PhysicalResourceId"] = physical_id
    return {"Type": "Resource", "ResourceChange": {**change, **more}}


def _modification(
    name: str, old: dict[str, Any], new: dict[str, Any], moved: set[str], tags: tuple[Tags, Tags]
) -> Change | None:
    before, after = old.get("Properties") or {}, new.get("Properties") or {}
    names = differing(before, after) | {
        key for key, value in after.items() if any(reference in moved for _, reference in references(value))
    }
    attributes = [key for key in differing(old, new) if key != "Properties"]
    if passed_on(old["Type"], before, tags[0]) != passed_on(new["Type"], after, tags[1]):
        attributes.append("Tags")
    if not names and not attributes:
        return None
    replacement = old["Type"] != new["Type"] or (
        not is_custom(new["Type"]) and bool(schema(new["Type"]).replaced_by(before, after) & names)
    )
    return _change(
        "Modify",
        name,
        new["Type"],
        None,
        Replacement="True" if replacement else "False",
        Scope=sorted({*(("Properties",) if names else ()), *attributes}),
        Details=list(_details(names, replacement, attributes)),
    )


def _details(names: set[str], replacement: bool, attributes: list[str]) -> Iterator[dict[str, Any]]:
    for name in sorted(names):
        yield {
            "Target": {
                "Attribute": "Properties",
                "Name": name,
                "RequiresRecreation": "Always" if replacement else "Never",
            },
            "Evaluation": "Static",
            "ChangeSource": "DirectModification",
        }
    for attribute in sorted(attributes):
        yield {
            "Target": {"Attribute": attribute, "RequiresRecreation": "Never"},
            "Evaluation": "Static",
            "ChangeSource": "DirectModification",
        }
