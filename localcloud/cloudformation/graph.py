"""Which resource needs which, and the order that follows."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from localcloud.cloudformation.errors import TemplateError
from localcloud.cloudformation.functions import GET_ATT

PSEUDO_PARAMETERS = frozenset(
    {
        "AWS::AccountId", "AWS::NotificationARNs", "AWS::NoValue", "AWS::Partition", "AWS::Region", "AWS::StackId",
        "AWS::StackName", "AWS::URLSuffix",
    }
)  # fmt: skip
SUBSTITUTION = re.compile(r"\$\{([^!{}][^{}]*)\}")


def references(value: Any) -> Iterator[tuple[str, str]]:
    """(intrinsic, logical or parameter name) of every Ref, Fn::GetAtt and Fn::Sub inside ``value``."""
    if isinstance(value, list):
        for item in value:
            yield from references(item)
    elif isinstance(value, dict):
        if len(value) == 1:
            ((function, argument),) = value.items()
            if function == "Ref" and isinstance(argument, str):
                yield "Ref", argument
                return
            if function == "Fn::GetAtt":
                yield function, attribute_reference(argument)[0]
                return
            if function == "Fn::Sub":
                yield from _substitutions(argument)
                return
        for item in value.values():
            yield from references(item)


def _substitutions(argument: Any) -> Iterator[tuple[str, str]]:
    text, own = argument if isinstance(argument, list) else (argument, {})
    for name in SUBSTITUTION.findall(text):
        if name.strip() not in own:
            head, dot, _ = name.strip().partition(".")
            yield ("Fn::GetAtt" if dot else "Ref"), head
    yield from references(own)


def attribute_reference(argument: Any) -> tuple[str, Any]:
    """(logical name, attribute) of the argument of Fn::GetAtt, which may be "A.B" or ["A", "B"]."""
    if isinstance(argument, str) and "." in argument:
        name, _, attribute = argument.partition(".")
        return name, attribute
    if isinstance(argument, list) and len(argument) == 2 and isinstance(argument[0], str):
        return argument[0], argument[1]
    raise TemplateError(f"Template error: {GET_ATT}")


def dependencies(resource: Mapping[str, Any]) -> set[str]:
    """Names that ``resource`` refers to, by DependsOn or by its properties."""
    explicit = resource.get("DependsOn", [])
    return {name for _, name in references(resource.get("Properties"))} | (
        {explicit} if isinstance(explicit, str) else set(explicit)
    )


def needs(name: str, resources: Mapping[str, Any]) -> set[str]:
    """Everything that is made before ``name`` because of what it refers to, directly or not."""
    found: set[str] = set()
    waiting = [name]
    while waiting:
        new = (dependencies(resources[waiting.pop()]) & resources.keys()) - found
        found |= new
        waiting += new
    return found


def creation_order(resources: Mapping[str, Any]) -> list[str]:
    """Logical names, each after what it needs; deletion goes the other way.

    Raises:
        TemplateError: resources that need each other.
    """
    waiting = {name: dependencies(resource) & resources.keys() for name, resource in resources.items()}
    order: list[str] = []
    while waiting:
        ready = [name for name, needs in waiting.items() if needs.isdisjoint(waiting)]
        if not ready:
            raise TemplateError(f"Circular dependency between resources: [{', '.join(sorted(waiting))}]")
        order += ready
        for name in ready:
            del waiting[name]
    return order
