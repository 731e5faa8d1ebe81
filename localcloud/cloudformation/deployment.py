"""Creating and updating a stack, and rolling back.

Resources are made one after another in the order of their needs. What an update replaces or removes is deleted only
after everything else succeeded, as in
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-updating-stacks-update-behaviors.html
"""

import copy
from dataclasses import dataclass, field
from typing import Any

from localcloud.cloudformation.conflicts import Conflicts
from localcloud.cloudformation.custom import CustomResource
from localcloud.cloudformation.errors import StackError
from localcloud.cloudformation.graph import creation_order
from localcloud.cloudformation.intrinsics import Evaluator
from localcloud.cloudformation.managed import ManagedResource
from localcloud.cloudformation.removal import delete_member, reason_of
from localcloud.cloudformation.rollback import Change, conclude, undo
from localcloud.cloudformation.service import CallError
from localcloud.cloudformation.stack import Member, Revision, Stack, Stacks, StackScope, now
from localcloud.cloudformation.stack_tags import tagged
from localcloud.cloudformation.template import is_custom

REPLACING = "Requested update requires the creation of a new physical resource; hence creating one."


@dataclass
class Plan:
    """A template that passed preflight, with its parameters, and the tags of the stack."""

    template: dict[str, Any]
    body: str
    given: dict[str, str]
    parameters: dict[str, Any]
    tags: list[dict[str, str]]

    def revision(self, **more: Any) -> Revision:
        """What a stack holds that is deployed from it."""
        return Revision(self.template, self.body, self.given, self.parameters, tags=self.tags, **more)


class ResourceFailedError(StackError):
    """A resource failed; its event is recorded, the stack is to be rolled back."""

    def __init__(self, logical_id: str, verb: str) -> None:
        super().__init__(f"The following resource(s) failed to {verb}: [{logical_id}]. ")


@dataclass
class Deployment:
    """One creation or update of a stack."""

    stack: Stack
    stacks: Stacks
    plan: Plan
    _changes: list[Change] = field(default_factory=list)
    _conflicts: Conflicts = field(default_factory=lambda: Conflicts({}))
    _stale: list[tuple[Member, str]] = field(default_factory=list)  # members to delete, and the policy that decides

    def run(self) -> None:
        """Deploy; afterwards the stack's status tells how it went."""
        stack, plan = self.stack, self.plan
        updating = stack.status != "REVIEW_IN_PROGRESS"
        before = stack.revision
        stack.revision = plan.revision(members=dict(before.members), outputs=before.outputs)
        stack.updated = now() if updating else None
        stack.say("UPDATE_IN_PROGRESS" if updating else "CREATE_IN_PROGRESS", "User Initiated")
        try:
            self._apply(before)
        except Exception as error:
            self._fail(error, before, updating)
            return
        if updating:
            stack.say("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS")
            self._clean_up()
        stack.say("UPDATE_COMPLETE" if updating else "CREATE_COMPLETE")

    def _apply(self, before: Revision) -> None:
        stack, revision = self.stack, self.stack.revision
        evaluator = Evaluator(
            self.plan.template, self.plan.parameters, stack.pseudo_parameters, StackScope(stack, self.stacks)
        )
        live = evaluator.live_resources()
        self._conflicts = Conflicts(live)
        revision.order = creation_order(live)
        for name in revision.order:
            self._deploy(name, live[name], evaluator)
        revision.outputs = self._outputs(evaluator)
        old = {item["ExportName"]: item["OutputValue"] for item in before.outputs if "ExportName" in item}
        new = {item["ExportName"]: item["OutputValue"] for item in revision.outputs if "ExportName" in item}
        self.stacks.refuse_use({name for name, value in old.items() if new.get(name) != value}, stack)
        for name in reversed(before.order):
            if name not in live:
                member = revision.members.pop(name)
                self._stale.append((member, str(member.definition.get("DeletionPolicy", "Delete"))))

    def _deploy(self, name: str, definition: dict[str, Any], evaluator: Evaluator) -> None:
        member = self.stack.revision.members.get(name)
        try:
            own = evaluator.value(definition.get("Properties") or {})
            properties = tagged(definition["Type"], own, self.plan.tags)
        except StackError as error:
            raise self._report_unresolved(name, definition, member, error) from error
        if member is None:
            self._create(name, definition, properties, None)
        elif member.resource.type != definition["Type"]:
            self._create(name, definition, properties, member)
        elif properties == member.resource.properties:
            self.stack.revision.members[name] = Member(
                member.resource, definition, member.status, member.reason, member.timestamp
            )
        elif member.resource.replacement_needed(properties):
            self._replace(name, definition, properties, member)
        else:
            self._update(name, definition, properties, member)

    def _report_unresolved(
        self, name: str, definition: dict[str, Any], member: Member | None, error: StackError
    ) -> StackError:
        """A property that cannot be evaluated fails its resource."""
        resource = CustomResource(name, definition["Type"], self.stack.context) if member is None else member.resource
        verb = "create" if member is None else "update"
        self.stack.say_of(Member(resource, definition), f"{verb.upper()}_FAILED", str(error))
        return ResourceFailedError(name, verb)

    def _create(self, name: str, definition: dict[str, Any], properties: dict[str, Any], old: Member | None) -> None:
        stack = self.stack
        make = CustomResource if is_custom(definition["Type"]) else ManagedResource
        try:
            resource = make(name, definition["Type"], stack.context)
        except StackError as error:  # not a type of this cloud
            unknown = CustomResource(name, definition["Type"], stack.context)
            stack.say_of(Member(unknown, definition), "CREATE_FAILED", str(error))
            raise ResourceFailedError(name, "create") from error
        member = Member(resource, definition)
        stack.revision.members[name] = member
        stack.say_of(member, "CREATE_IN_PROGRESS")
        self._changes.append(Change(member, lambda: self._take_back(name, member, old), created=True))
        try:
            self._conflicts.check(resource, properties)
            resource.create(properties)
        except Exception as error:
            stack.say_of(member, "CREATE_FAILED", reason_of(error))
            raise ResourceFailedError(name, "create") from error
        ignored = f"Not applied locally: {', '.join(resource.not_applied)}" if resource.not_applied else ""
        stack.say_of(member, "CREATE_COMPLETE", ignored)
        if old is not None:
            self._stale.insert(0, (old, str(definition.get("UpdateReplacePolicy", "Delete"))))

    def _replace(self, name: str, definition: dict[str, Any], properties: dict[str, Any], old: Member) -> None:
        resource = old.resource
        self.stack.say_of(old, "UPDATE_IN_PROGRESS", REPLACING)
        if resource.custom_name and resource.custom_name in properties.values():
            reason = (
                "CloudFormation cannot update a stack when a custom-named resource requires replacing. "
                f"Rename {resource.custom_name} and update the stack again."
            )
            self.stack.say_of(old, "UPDATE_FAILED", reason)
            raise ResourceFailedError(name, "update")
        self._create(name, definition, properties, old)

    def _update(self, name: str, definition: dict[str, Any], properties: dict[str, Any], old: Member) -> None:
        stack, resource = self.stack, old.resource
        before, physical_id = copy.deepcopy(resource.properties), resource.physical_id
        member = Member(resource, definition)
        stack.revision.members[name] = member
        stack.say_of(member, "UPDATE_IN_PROGRESS")
        self._changes.append(Change(member, lambda: self._revert(old, before, properties), created=False))
        try:
            self._conflicts.check(resource, properties)
            resource.update(properties)
        except Exception as error:
            if isinstance(resource, ManagedResource) and isinstance(error, CallError) and error.absent:
                resource.doubt(properties)  # the resource itself may be gone, which the way back is to find out
            stack.say_of(member, "UPDATE_FAILED", reason_of(error))
            raise ResourceFailedError(name, "update") from error
        stack.say_of(member, "UPDATE_COMPLETE")
        self._delete_if_superseded(member, physical_id, before)

    def _delete_if_superseded(self, member: Member, physical_id: str | None, properties: dict[str, Any]) -> None:
        """A custom resource that answered with another PhysicalResourceId has replaced itself."""
        if member.resource.physical_id != physical_id:
            old = copy.copy(member.resource)
            old.physical_id, old.properties = physical_id, properties
            policy = str(member.definition.get("UpdateReplacePolicy", "Delete"))
            self._stale.insert(0, (Member(old, member.definition), policy))

    def _outputs(self, evaluator: Evaluator) -> list[dict[str, str]]:
        outputs = []
        taken = {name: stack for stack, name, _ in self.stacks.exports() if stack is not self.stack}
        for key, spec in evaluator.live_outputs().items():
            output = {"OutputKey": key, "OutputValue": str(evaluator.value(spec["Value"]))}
            if "Description" in spec:
                output["Description"] = str(spec["Description"])
            if "Export" in spec:
                output["ExportName"] = str(evaluator.value(spec["Export"]["Name"]))
                if output["ExportName"] in taken:
                    owner = taken[output["ExportName"]].name
                    raise StackError(f"Export with name {output['ExportName']} is already exported by stack {owner}")
            outputs.append(output)
        return outputs

    # -- rollback --------------------------------------------------------------------------------------------------

    def _fail(self, error: Exception, before: Revision, updating: bool) -> None:
        stack = self.stack
        if stack.disable_rollback:
            stack.say("UPDATE_FAILED" if updating else "CREATE_FAILED", reason_of(error))
            return
        prefix = "UPDATE_" if updating else ""
        stack.say(f"{prefix}ROLLBACK_IN_PROGRESS", reason_of(error))
        self._stale.clear()
        updated = [change for change in reversed(self._changes) if not change.created]
        created = [change for change in reversed(self._changes) if change.created]
        left = [change for change in updated if not undo(stack, change)]
        if updating and not left:
            stack.say("UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS")
        remaining = [change for change in created if not undo(stack, change)]
        self._clean_up()
        before_members = before.members if updating else stack.revision.members
        stack.revision = before if updating else self.plan.revision()
        stack.revision.members = before_members
        if updating:
            conclude(stack, left)  # what was not deleted is left behind, and the stack is as it was
        else:
            stack.say(f"ROLLBACK_{'FAILED' if remaining else 'COMPLETE'}")

    def _take_back(self, name: str, member: Member, old: Member | None) -> None:
        members = self.stack.revision.members
        failed = member.status == "CREATE_FAILED"
        if failed and member.resource.physical_id is None:  # never came to be
            members.pop(name)
        else:
            kept = member.definition.get("DeletionPolicy") == "Retain" and not failed
            delete_member(self.stack, member, "Retain" if kept else "Delete")
            members.pop(name)
        if old is not None:
            members[name] = old

    def _revert(self, member: Member, properties: dict[str, Any], tried: dict[str, Any]) -> None:
        resource = member.resource
        physical_id = resource.physical_id
        self.stack.revision.members[resource.logical_id] = member
        self.stack.say_of(member, "UPDATE_IN_PROGRESS")
        try:
            resource.update(properties)
        except StackError:
            if isinstance(resource, ManagedResource):
                resource.doubt(tried)
            raise
        self.stack.say_of(member, "UPDATE_COMPLETE")
        self._delete_if_superseded(member, physical_id, tried)

    def _clean_up(self) -> None:
        """Delete what is no longer part of the stack. A failure leaves the thing behind, the stack is complete."""
        for member, policy in self._stale:
            try:
                delete_member(self.stack, member, policy)
            except Exception as error:
                self.stack.say_of(member, "DELETE_FAILED", reason_of(error))
