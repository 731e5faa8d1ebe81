"""A test case of one resource type, and how what was deployed is compared with what the template said."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from localcloud import LocalCloud

Properties = dict[str, Any]
Read = Callable[[LocalCloud, str], list[Any]]  # (cloud, Ref) → answers of the service


@dataclass(frozen=True, kw_only=True)
class Case:
    """One type: created with `properties`, changed to `changed`, changed back, deleted."""

    type: str
    properties: Properties
    read: Read
    ref: str  # fnmatch pattern of what Ref returns
    attributes: dict[str, str] = field(default_factory=dict)  # Fn::GetAtt → fnmatch pattern
    changed: Properties | None = None
    needs: dict[str, Any] = field(default_factory=dict)  # further resources of the template
    unreadable: tuple[str, ...] = ()  # names of leaves that no operation of the service returns
    prepare: Callable[[LocalCloud], None] = lambda _: None

    def template(self, properties: Properties) -> str:
        outputs: dict[str, Any] = {"Ref": {"Value": {"Ref": "Subject"}}}
        for index, name in enumerate(self.attributes):
            outputs[f"A{index}"] = {"Value": {"Fn::GetAtt": ["Subject", name]}}
        subject = {"Type": self.type, "Properties": properties}
        return json.dumps({"Resources": {**self.needs, "Subject": subject}, "Outputs": outputs})


def leaves(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """(name, value) of every leaf, lower case; documents inside strings are opened, tags are (key, value)."""
    if isinstance(value, str) and value[:1] in "{[":
        try:
            value = json.loads(value)
        except ValueError:
            yield name.lower(), value.lower()
            return
    if isinstance(value, dict):
        pair = {key.lower().removeprefix("tag"): item for key, item in value.items()}
        if set(pair) == {"key", "value"}:
            yield str(pair["key"]).lower(), str(pair["value"]).lower()
            return
        for key, item in value.items():
            if key != "ResponseMetadata":
                yield from leaves(item, key)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from leaves(item, name)
    else:
        text = value.decode() if isinstance(value, bytes) else str(value)
        yield name.lower(), text.lower().removesuffix(".0")


def missing(wanted: Properties, answers: list[Any], unreadable: tuple[str, ...]) -> list[tuple[str, str]]:
    """Leaves of the template that the service does not show.

    A leaf must be there under its own name; where the service has no such name at all, its value must be there.
    """
    found = set(leaves(answers))
    names, values = {name for name, _ in found}, {value for _, value in found}
    skipped = {"ref", "fn::getatt", *(name.lower() for name in unreadable)}
    return [
        (name, value)
        for name, value in leaves(wanted)
        if name not in skipped and ((name, value) not in found if name in names else value not in values)
    ]


def left_over(before: Properties, after: Properties, answers: list[Any]) -> list[tuple[str, str]]:
    """Leaves that the template had and no longer has, and the service still shows."""
    found = set(leaves(answers))
    return sorted((set(leaves(before)) - set(leaves(after))) & found)
