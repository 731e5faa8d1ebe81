"""The operations of CloudFormation's API on stacks."""

import json
from typing import Any

from moto.cloudformation.exceptions import AlreadyExistsException, ValidationError

from localcloud.cloudformation import change_sets
from localcloud.cloudformation.changes import differs
from localcloud.cloudformation.deployment import Deployment
from localcloud.cloudformation.removal import remove
from localcloud.cloudformation.request import Call, operation, refuse_busy, run
from localcloud.cloudformation.rollback import continue_rollback
from localcloud.cloudformation.stack import Stack
from localcloud.cloudformation.template import load


@operation
def create_stack(call: Call) -> Any:
    name = call.get("StackName")
    if call.stacks.find(name):
        raise AlreadyExistsException(f"Stack [{name}] already exists")
    stack = call.new_stack()
    stack.termination_protection = bool(call.get("EnableTerminationProtection", False))
    on_failure = call.get("OnFailure", "ROLLBACK")
    stack.disable_rollback = stack.disable_rollback or on_failure == "DO_NOTHING"
    plan = call.plan(stack)
    call.stacks.add(stack)

    def work() -> None:
        Deployment(stack, call.stacks, plan).run()
        if stack.status == "ROLLBACK_COMPLETE" and on_failure == "DELETE":
            remove(stack, call.stacks, [])

    run(work)
    return {"StackId": stack.id}


@operation
def update_stack(call: Call) -> Any:
    stack = call.stack()
    refuse_busy(stack)
    call.describe(stack)
    plan = call.plan(stack)
    if not differs(stack, plan):
        raise ValidationError(message="No updates are to be performed.")
    run(Deployment(stack, call.stacks, plan).run)
    return {"StackId": stack.id}


@operation
def continue_update_rollback(call: Call) -> Any:
    stack, skip = call.stack(), call.get("ResourcesToSkip", [])
    if stack.status != "UPDATE_ROLLBACK_FAILED":
        raise ValidationError(message=f"Stack:{stack.id} is in {stack.status} state and can not continue rollback.")
    failed = [change.member.resource.logical_id for change in stack.unfinished]
    if unknown := [name for name in skip if name not in failed]:
        raise ValidationError(message=f"Resources [{', '.join(unknown)}] did not fail to roll back")
    run(continue_rollback, stack, skip)
    return {}


@operation
def delete_stack(call: Call) -> None:
    stack = call.stacks.find(call.get("StackName"))
    if stack is None or stack.gone:
        return
    if stack.termination_protection:
        raise ValidationError(
            message=f"Stack [{stack.name}] cannot be deleted while TerminationProtection is enabled"
        )
    if stack.busy:
        raise ValidationError(message=f"Stack [{stack.id}] is in {stack.status} state and can not be deleted.")
    run(remove, stack, call.stacks, call.get("RetainResources", []))


@operation
def describe_stacks(call: Call) -> Any:
    if call.get("StackName"):
        return {"Stacks": [call.stack().describe()]}
    return {"Stacks": [stack.describe() for stack in call.stacks if not stack.gone]}


@operation
def list_stacks(call: Call) -> Any:
    wanted = call.get("StackStatusFilter", [])
    names = (
        "StackId", "StackName", "CreationTime", "LastUpdatedTime", "DeletionTime", "StackStatus", "StackStatusReason",
    )  # fmt: skip
    rows = [stack.describe() for stack in call.stacks if not wanted or stack.status in wanted]
    return {"StackSummaries": [{name: row[name] for name in names if name in row} for row in rows]}


@operation
def describe_stack_events(call: Call) -> Any:
    return {"StackEvents": list(reversed(call.stack().events))}


def _rows(stack: Stack) -> list[dict[str, Any]]:
    return [
        {
            "StackName": stack.name,
            "StackId": stack.id,
            "LogicalResourceId": member.resource.logical_id,
            "ResourceType": member.resource.type,
            "Timestamp": member.timestamp,
            "LastUpdatedTimestamp": member.timestamp,
            "ResourceStatus": member.status,
            "Metadata": json.dumps(member.definition.get("Metadata") or {}),
            "DriftInformation": {"StackResourceDriftStatus": "NOT_CHECKED"},
            **({"PhysicalResourceId": member.resource.physical_id} if member.resource.physical_id else {}),
            **({"ResourceStatusReason": member.reason} if member.reason else {}),
        }
        for member in list(stack.revision.members.values())
    ]


@operation
def describe_stack_resources(call: Call) -> Any:
    physical_id, logical_id = call.get("PhysicalResourceId"), call.get("LogicalResourceId")
    if call.get("StackName"):
        stack = call.stack()
    else:
        owners = [s for s in call.stacks if any(row.get("PhysicalResourceId") == physical_id for row in _rows(s))]
        if not owners:
            raise ValidationError(message=f"Stack for {physical_id} does not exist")
        stack = owners[0]
    return {"StackResources": [row for row in _rows(stack) if logical_id in (None, row["LogicalResourceId"])]}


@operation
def describe_stack_resource(call: Call) -> Any:
    stack, logical_id = call.stack(), call.get("LogicalResourceId")
    for row in _rows(stack):
        if row["LogicalResourceId"] == logical_id:
            return {"StackResourceDetail": row}
    raise ValidationError(message=f"Resource {logical_id} does not exist for stack {stack.name}")


@operation
def list_stack_resources(call: Call) -> Any:
    return {"StackResourceSummaries": _rows(call.stack())}


@operation
def get_template(call: Call) -> Any:
    body = change_sets.find(call).plan.body if call.get("ChangeSetName") else call.stack().revision.body
    return {"TemplateBody": body, "StagesAvailable": ["Original", "Processed"]}


@operation
def get_template_summary(call: Call) -> Any:
    body = call.stack().revision.body if call.get("StackName") else call.body()
    return {**_summary(body), "ResourceTypes": sorted({item["Type"] for item in load(body)["Resources"].values()})}


@operation
def validate_template(call: Call) -> Any:
    return _summary(call.body())


def _summary(body: str) -> dict[str, Any]:
    template = load(body)
    parameters = [
        {
            "ParameterKey": name,
            "ParameterType": spec.get("Type", "String"),
            "NoEcho": bool(spec.get("NoEcho", False)),
            **({"DefaultValue": str(spec["Default"])} if "Default" in spec else {}),
            **({"Description": spec["Description"]} if "Description" in spec else {}),
        }
        for name, spec in (template.get("Parameters") or {}).items()
    ]
    described = {"Description": template["Description"]} if "Description" in template else {}
    return {"Parameters": parameters, **described}


@operation
def list_exports(call: Call) -> Any:
    rows = [
        {"ExportingStackId": stack.id, "Name": name, "Value": value} for stack, name, value in call.stacks.exports()
    ]
    return {"Exports": rows}


@operation
def list_imports(call: Call) -> Any:
    name = call.get("ExportName")
    importers = [stack.name for stack in call.stacks.importers(name)]
    if not importers:
        raise ValidationError(message=f"Export '{name}' is not imported by any stack.")
    return {"Imports": importers}


@operation
def update_termination_protection(call: Call) -> Any:
    stack = call.stack()
    stack.termination_protection = bool(call.get("EnableTerminationProtection"))
    return {"StackId": stack.id}
