"""Every resource type that AWS has is made by operations that this cloud answers, or fails its stack by name."""

from typing import Any

import pytest

from localcloud import kept
from localcloud.cloudformation import schema
from localcloud.cloudformation.errors import StackError
from localcloud.cloudformation.managed import ManagedResource
from localcloud.cloudformation.types import TYPES
from localcloud.cloudformation.types.model import Call, ResourceType

EVERY_TYPE = sorted(schema._files())


def operations(facts: ResourceType) -> set[str]:
    """Those that a type's table names; what its functions call passes the gate when they are tested."""
    named: list[Any] = [facts.create, facts.update, facts.delete, facts.read]
    for setting in facts.settings:
        named += [setting.put, setting.remove]
    if facts.tags:
        named += [facts.tags.add, facts.tags.remove]
    return {
        operation.operation if isinstance(operation, Call) else operation
        for operation in named
        if operation and (isinstance(operation, Call) or not callable(operation))
    }


def test_a_type_is_made_by_operations_that_are_answered() -> None:
    refused = {
        name: operations(facts) - kept.operations(facts.service)
        for name, facts in TYPES.items()
        if operations(facts) - kept.operations(facts.service)
    }
    assert refused == {}
    assert sum(len(operations(facts)) for facts in TYPES.values()) > 200


def test_every_other_type_is_refused_by_name() -> None:
    others = [name for name in EVERY_TYPE if name not in TYPES]
    for name in others:
        with pytest.raises(StackError, match=f"^{name} is not supported by the local cloud$"):
            ManagedResource("Subject", name, None)  # type: ignore[arg-type]
    assert len(others) > 1000


def test_what_is_made_is_a_type_of_aws() -> None:
    assert set(TYPES) <= set(EVERY_TYPE)
