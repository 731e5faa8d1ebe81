"""Undoing the changes of an update that failed, at once or when somebody has put right what was in the way."""

from collections.abc import Callable
from dataclasses import dataclass

from localcloud.cloudformation.removal import reason_of
from localcloud.cloudformation.stack import Member, Stack


@dataclass
class Change:
    """Something done to a resource, to be undone by a rollback."""

    member: Member
    undo: Callable[[], None]
    created: bool


def undo(stack: Stack, change: Change) -> bool:
    """Undo a change; whether that succeeded."""
    try:
        change.undo()
    except Exception as error:
        status = "DELETE_FAILED" if change.created else "UPDATE_FAILED"
        stack.say_of(change.member, status, reason_of(error))
        return False
    return True


def conclude(stack: Stack, left: list[Change]) -> None:
    """End the rollback of an update, in which ``left`` could not be undone."""
    stack.unfinished = left
    names = ", ".join(change.member.resource.logical_id for change in left)
    stack.say(
        f"UPDATE_ROLLBACK_{'FAILED' if left else 'COMPLETE'}",
        f"The following resource(s) failed to update: [{names}]. " if left else "",
    )


def continue_rollback(stack: Stack, skip: list[str]) -> None:
    """Undo what could not be undone before, except resources in ``skip``, which count as done.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-updating-stacks-continueupdaterollback.html
    """
    stack.say("UPDATE_ROLLBACK_IN_PROGRESS", "User Initiated")
    left = []
    for change in stack.unfinished:
        if change.member.resource.logical_id in skip:
            stack.say_of(change.member, "UPDATE_COMPLETE")
        elif not undo(stack, change):
            left.append(change)
    if not left:
        stack.say("UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS")
    conclude(stack, left)
