"""Change sets: plans that are looked at before they are executed."""

import uuid
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from moto.cloudformation.exceptions import CloudFormationError, ValidationError

from localcloud.cloudformation.changes import changes, differs
from localcloud.cloudformation.deployment import Deployment, Plan
from localcloud.cloudformation.request import Call, operation, refuse_busy, run
from localcloud.cloudformation.stack import Stack, now

NO_CHANGES = "The submitted information didn't contain changes. Submit different information to create a change set."


class ChangeSetNotFoundError(CloudFormationError):  # type: ignore[misc]
    code = "ChangeSetNotFound"


class InvalidChangeSetStatusError(CloudFormationError):  # type: ignore[misc]
    code = "InvalidChangeSetStatus"


@dataclass
class ChangeSet:
    """A plan that waits for its execution."""

    name: str
    id: str
    stack: Stack
    plan: Plan
    changes: list[dict[str, Any]]
    problem: str
    capabilities: list[str]
    role_arn: str | None
    created: datetime = field(default_factory=now)

    def summary(self) -> dict[str, Any]:
        reason = {"StatusReason": self.problem} if self.problem else {}
        return {
            "ChangeSetName": self.name,
            "ChangeSetId": self.id,
            "StackId": self.stack.id,
            "StackName": self.stack.name,
            "CreationTime": self.created,
            "Status": "FAILED" if self.problem else "CREATE_COMPLETE",
            "ExecutionStatus": "UNAVAILABLE" if self.problem else "AVAILABLE",
            **reason,
        }


def find(call: Call) -> ChangeSet:
    """The change set that a request names, by its ARN or by its name and stack."""
    name, stack_name = call.get("ChangeSetName"), call.get("StackName")
    for change_set in reversed(call.stacks.change_sets.values()):
        stack = change_set.stack
        if name == change_set.id or (name == change_set.name and stack_name in (stack.name, stack.id)):
            found: ChangeSet = change_set
            return found
    raise ChangeSetNotFoundError(f"ChangeSet [{name}] does not exist")


@operation
def create_change_set(call: Call) -> Any:
    kind, name = call.get("ChangeSetType", "UPDATE"), call.get("ChangeSetName")
    stack = call.stacks.find(call.get("StackName"))
    if kind == "CREATE" and stack is not None and stack.status != "REVIEW_IN_PROGRESS":
        raise ValidationError(
            message=f"Stack [{stack.name}] already exists and cannot be created again with the changeSet [{name}]."
        )
    fresh = stack is None and kind == "CREATE"
    stack = call.new_stack() if fresh else call.stack()
    if kind != "CREATE":
        refuse_busy(stack)
    probe = Stack(stack.name, stack.region, stack.account, stack.context.strict, stack.context.client)
    probe.id, probe.revision, probe.capabilities = stack.id, stack.revision, call.get("Capabilities", [])
    plan = call.plan(probe)
    if fresh:
        call.stacks.add(stack)
    empty = not fresh and not differs(stack, plan)
    arn = f"arn:aws:cloudformation:{stack.region}:{stack.account}:changeSet/{name}/{uuid.uuid4()}"
    call.stacks.change_sets[arn] = ChangeSet(
        name, arn, stack, plan, changes(stack, plan), NO_CHANGES if empty else "", probe.capabilities,
        call.get("RoleARN"),
    )  # fmt: skip
    return {"Id": arn, "StackId": stack.id}


@operation
def describe_change_set(call: Call) -> Any:
    change_set = find(call)
    given = [{"ParameterKey": key, "ParameterValue": str(value)} for key, value in change_set.plan.given.items()]
    return {
        **change_set.summary(),
        "Changes": change_set.changes,
        "Tags": change_set.plan.tags,
        "Parameters": given,
        "Capabilities": change_set.capabilities,
    }


@operation
def delete_change_set(call: Call) -> None:
    try:
        change_set = find(call)
    except ChangeSetNotFoundError:
        return  # deleting what is not there succeeds
    del call.stacks.change_sets[change_set.id]


@operation
def list_change_sets(call: Call) -> Any:
    stack = call.stack()
    return {"Summaries": [item.summary() for item in call.stacks.change_sets.values() if item.stack is stack]}


@operation
def execute_change_set(call: Call) -> None:
    change_set = find(call)
    if change_set.problem:
        raise InvalidChangeSetStatusError(
            f"ChangeSet [{change_set.id}] cannot be executed in its current status of [FAILED]"
        )
    stack = change_set.stack
    if stack.status != "REVIEW_IN_PROGRESS":
        refuse_busy(stack)
    for identifier in [key for key, item in call.stacks.change_sets.items() if item.stack is stack]:
        del call.stacks.change_sets[identifier]  # the others describe changes to a stack that is no more
    stack.capabilities, stack.role_arn = change_set.capabilities, change_set.role_arn
    stack.disable_rollback = bool(call.get("DisableRollback", False))
    run(Deployment(stack, call.stacks, change_set.plan).run)
