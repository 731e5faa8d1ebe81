"""Deleting resources and whole stacks."""

import logging

from localcloud.cloudformation.errors import StackError
from localcloud.cloudformation.stack import Member, Stack, Stacks, now

log = logging.getLogger(__name__)


def delete_member(stack: Stack, member: Member, policy: str) -> None:
    """Delete a resource unless its policy keeps it."""
    if policy in ("Retain", "RetainExceptOnCreate"):
        stack.say_of(member, "DELETE_SKIPPED")
        return
    stack.say_of(member, "DELETE_IN_PROGRESS")
    member.resource.delete()
    stack.say_of(member, "DELETE_COMPLETE")


def remove(stack: Stack, stacks: Stacks, retain: list[str]) -> None:
    """Delete a stack and what it holds, except resources in ``retain``."""
    stack.say("DELETE_IN_PROGRESS", "User Initiated")
    failed = []
    try:
        exports = {item["ExportName"] for item in stack.revision.outputs if "ExportName" in item}
        stacks.refuse_use(exports, stack)
    except StackError as error:
        stack.say("DELETE_FAILED", str(error))
        return
    order = stack.revision.order or list(stack.revision.members)
    for name in reversed([name for name in order if name in stack.revision.members]):
        member = stack.revision.members[name]
        policy = "Retain" if name in retain else str(member.definition.get("DeletionPolicy", "Delete"))
        try:
            delete_member(stack, member, policy)
        except Exception as error:
            stack.say_of(member, "DELETE_FAILED", reason_of(error))
            failed.append(name)
            break  # what the others need is still there
        del stack.revision.members[name]
    if failed:
        stack.say("DELETE_FAILED", f"The following resource(s) failed to delete: [{', '.join(failed)}]. ")
        return
    stack.revision.outputs, stack.revision.imports = [], set()
    stack.deleted = now()
    stack.say("DELETE_COMPLETE")


def reason_of(error: Exception) -> str:
    """What an event says about ``error``; a fault of our own is logged with its trace."""
    if isinstance(error, StackError):
        return str(error)
    log.error("internal failure of the CloudFormation engine", exc_info=error)
    return f"Internal Failure: {error!r}"
