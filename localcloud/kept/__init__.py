"""What this cloud does, operation by operation: every other operation of every service is refused by name.

moto answers 3,700 operations of 170 services, and most of its answers about work are invented: a job that is done, a
server that is online, a sentence that is neutral. So nothing passes that is not listed in the tables beside this file.
An operation is listed when its answer is true here: its work is done, or it keeps what it is given and reads it back
without claiming that anything runs by it. What stands on AWS for something that runs (an instance, a cluster, a server,
a bot) is not listed without an engine. A new version of moto cannot add to this.
"""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import yaml

REAL = "real"
KEPT = "kept"


class Group(NamedTuple):
    """Operations of one service that are honest for the same reason.

    Attributes:
        how: REAL or KEPT.
        why: what is done, or what is kept and what does not follow from it.
    """

    how: str
    why: str
    operations: tuple[str, ...]


@cache
def tables() -> dict[str, tuple[Group, ...]]:
    """The groups of every service that has any, by boto3's name of it."""
    return {
        service: tuple(_groups(service, groups))
        for file in sorted(Path(__file__).parent.glob("*.yaml"))
        for service, groups in yaml.safe_load(file.read_text("utf-8")).items()
    }


@cache
def operations(service: str) -> frozenset[str]:
    """The operations of a service that this cloud answers."""
    return frozenset(name for group in tables().get(service, ()) for name in group.operations)


def is_kept(service: str, operation: str) -> bool:
    """Whether this cloud answers the operation."""
    return operation in operations(service)


def refusal(what: str) -> str:
    """The sentence for what this cloud does not do, with what to do instead.

    Args:
        what: as ``service:Operation``, or a part of one.
    """
    return (
        f"{what} is not implemented by the local cloud: run it on AWS, or replace it in your tests; "
        "docs/what-is-real-locally.md lists what works here"
    )


def _groups(service: str, groups: list[dict[str, str]]) -> Iterator[Group]:
    for group in groups:
        (how,) = set(group) - {"operations"}
        if how not in (REAL, KEPT):
            raise ValueError(f"{service}: a group is {REAL} or {KEPT}, not {how}")
        yield Group(how, group[how], tuple(group["operations"].split()))
