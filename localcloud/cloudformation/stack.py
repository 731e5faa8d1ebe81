"""Stacks: what they hold, what they say about themselves, and what they see of each other."""

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from localcloud.cloudformation.custom import CustomResource
from localcloud.cloudformation.errors import StackError
from localcloud.cloudformation.managed import ManagedResource
from localcloud.cloudformation.service import Context

Made = ManagedResource | CustomResource


def now() -> datetime:
    """The time of an event."""
    return datetime.now(UTC)


@dataclass
class Member:
    """A resource of a stack, with the definition in the template that made it what it is."""

    resource: Made
    definition: dict[str, Any]
    status: str = ""
    reason: str = ""
    timestamp: datetime = field(default_factory=now)


@dataclass
class Revision:
    """What a stack was deployed from, and what came of it."""

    template: dict[str, Any] = field(default_factory=dict)
    body: str = "{}"
    given: dict[str, str] = field(default_factory=dict)  # parameters as the caller gave them
    parameters: dict[str, Any] = field(default_factory=dict)  # as they were used
    members: dict[str, Member] = field(default_factory=dict)
    order: list[str] = field(default_factory=list)
    outputs: list[dict[str, str]] = field(default_factory=list)
    imports: set[str] = field(default_factory=set)
    tags: list[dict[str, str]] = field(default_factory=list)  # of the stack, passed on to its resources


class Stack:
    """One stack. Operations on it are in `deployment`."""

    def __init__(self, name: str, region: str, account: str, strict: bool, client: Callable[[str, str], Any]) -> None:
        self.name = name
        self.region = region
        self.account = account
        self.id = f"arn:aws:cloudformation:{region}:{account}:stack/{name}/{uuid.uuid4()}"
        self.context = Context(name, self.id, region, account, strict, client)
        self.revision = Revision()
        self.status = "REVIEW_IN_PROGRESS"
        self.reason = ""
        self.events: list[dict[str, Any]] = []
        self.capabilities: list[str] = []
        self.role_arn: str | None = None
        self.termination_protection = False
        self.unfinished: list[Any] = []  # what a rollback could not undo, for ContinueUpdateRollback
        self.disable_rollback = False
        self.created = now()
        self.updated: datetime | None = None
        self.deleted: datetime | None = None

    @property
    def gone(self) -> bool:
        """Whether it is only a memory: describable by its id alone."""
        return self.status == "DELETE_COMPLETE"

    @property
    def busy(self) -> bool:
        return self.status.endswith("IN_PROGRESS") and self.status != "REVIEW_IN_PROGRESS"

    @property
    def pseudo_parameters(self) -> dict[str, Any]:
        """https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/pseudo-parameter-reference.html"""
        return {
            "AWS::AccountId": self.account,
            "AWS::NotificationARNs": [],
            "AWS::Partition": "aws",
            "AWS::Region": self.region,
            "AWS::StackId": self.id,
            "AWS::StackName": self.name,
            "AWS::URLSuffix": "amazonaws.com",
        }

    def say(self, status: str, reason: str = "") -> None:
        """Record an event of the stack itself."""
        self.status, self.reason = status, reason
        self._event(self.name, self.id, "AWS::CloudFormation::Stack", status, reason)

    def say_of(self, member: Member, status: str, reason: str = "") -> None:
        """Record an event of a resource."""
        member.status, member.reason, member.timestamp = status, reason, now()
        resource = member.resource
        self._event(resource.logical_id, resource.physical_id or "", resource.type, status, reason)

    def _event(self, logical_id: str, physical_id: str, resource_type: str, status: str, reason: str) -> None:
        event = {
            "StackId": self.id,
            "EventId": f"{logical_id}-{status}-{len(self.events)}",
            "StackName": self.name,
            "LogicalResourceId": logical_id,
            "PhysicalResourceId": physical_id,
            "ResourceType": resource_type,
            "Timestamp": now(),
            "ResourceStatus": status,
        }
        self.events.append({**event, "ResourceStatusReason": reason} if reason else event)

    def describe(self) -> dict[str, Any]:
        """The stack as DescribeStacks returns it."""
        declared = self.revision.template.get("Parameters") or {}
        parameters = [
            {"ParameterKey": name, "ParameterValue": str(self.revision.given.get(name, spec.get("Default", "")))}
            | self._resolved(name, spec)
            for name, spec in declared.items()
        ]
        optional = {
            "Description": self.revision.template.get("Description"),
            "LastUpdatedTime": self.updated,
            "DeletionTime": self.deleted,
            "RoleARN": self.role_arn,
            "StackStatusReason": self.reason or None,
        }
        return {
            "StackId": self.id,
            "StackName": self.name,
            "CreationTime": self.created,
            "StackStatus": self.status,
            "Parameters": parameters,
            "Outputs": self.revision.outputs,
            "Tags": self.revision.tags,
            "Capabilities": self.capabilities,
            "NotificationARNs": [],
            "DisableRollback": self.disable_rollback,
            "EnableTerminationProtection": self.termination_protection,
            "DriftInformation": {"StackDriftStatus": "NOT_CHECKED"},
            **{name: value for name, value in optional.items() if value is not None},
        }

    def _resolved(self, name: str, spec: dict[str, Any]) -> dict[str, str]:
        if not str(spec.get("Type")).startswith("AWS::SSM::Parameter::Value"):
            return {}
        return {"ResolvedValue": str(self.revision.parameters.get(name, ""))}


class Stacks:
    """The stacks of one account and region."""

    def __init__(self) -> None:
        self._all: list[Stack] = []
        self.change_sets: dict[str, Any] = {}

    def add(self, stack: Stack) -> None:
        self._all.append(stack)

    def remove(self, stack: Stack) -> None:
        self._all.remove(stack)

    def __iter__(self) -> Iterator[Stack]:
        return iter(list(self._all))

    def find(self, name: str) -> Stack | None:
        """By id, also when it is deleted; by name otherwise."""
        for stack in self:
            if stack.id == name or (stack.name == name and not stack.gone):
                return stack
        return None

    def exports(self) -> Iterator[tuple[Stack, str, str]]:
        """(stack, export name, value) of all exports."""
        for stack in self:
            for output in stack.revision.outputs:
                if "ExportName" in output:
                    yield stack, output["ExportName"], output["OutputValue"]

    def importers(self, export: str) -> list[Stack]:
        """Stacks that import ``export``."""
        return [stack for stack in self if not stack.gone and export in stack.revision.imports]

    def refuse_use(self, exports: set[str], of: Stack) -> None:
        """An export cannot go, or change, while another stack imports it."""
        for name in sorted(exports):
            users = [stack.name for stack in self.importers(name) if stack is not of]
            if users:
                raise StackError(f"Export {name} cannot be deleted as it is in use by {', '.join(users)}")


class StackScope:
    """What intrinsics see: the resources of the stack, exports of the others, SSM parameters."""

    def __init__(self, stack: Stack, stacks: Stacks) -> None:
        self._stack = stack
        self._stacks = stacks

    def reference(self, name: str) -> Any:
        return self._stack.revision.members[name].resource.physical_id

    def attribute(self, name: str, attribute: str) -> Any:
        return self._stack.revision.members[name].resource.attribute(attribute)

    def exported(self, name: str) -> str:
        for stack, export, value in self._stacks.exports():
            if export == name and stack is not self._stack:
                self._stack.revision.imports.add(name)
                return value
        raise StackError(f"No export named {name} found.")

    def parameter(self, name: str) -> str:
        client = self._stack.context.client("ssm", self._stack.region)
        try:
            return str(client.get_parameter(Name=name)["Parameter"]["Value"])
        except client.exceptions.ParameterNotFound:
            raise KeyError(name) from None
