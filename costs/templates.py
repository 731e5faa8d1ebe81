"""A cloud assembly as the estimators see it: stacks, their resources, values without intrinsic functions."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

UNKNOWN = "unknown"  # stands for what only the deployment knows, such as a bucket's name


@dataclass(frozen=True)
class Resource:
    """One resource of a template."""

    logical_id: str
    type: str
    properties: dict[str, Any]

    @property
    def name(self) -> str:
        """The logical id without CDK's hash."""
        head, tail = self.logical_id[:-8], self.logical_id[-8:]
        return head if head and all(character in "0123456789ABCDEF" for character in tail) else self.logical_id


@dataclass(frozen=True)
class Stack:
    """A stack by its physical name."""

    name: str
    resources: tuple[Resource, ...]

    def of(self, kind: str) -> Iterator[Resource]:
        return (resource for resource in self.resources if resource.type == kind)


def stacks(assembly: Path) -> tuple[Stack, ...]:
    """The stacks of a ``cdk.out``, in the order of its manifest, which is that of deployment."""
    manifest = json.loads((assembly / "manifest.json").read_text("utf-8"))
    found = (item["properties"] for item in manifest["artifacts"].values() if item["type"].endswith(":stack"))
    return tuple(_stack(assembly / item["templateFile"], item["stackName"]) for item in found)


def text(value: Any) -> str:
    """A value as text, with `UNKNOWN` for what a reference stands for."""
    if isinstance(value, dict) and list(value) == ["Fn::Join"]:
        separator, parts = value["Fn::Join"]
        return str(separator).join(text(part) for part in parts)
    return UNKNOWN if isinstance(value, dict) else str(value)


def _stack(template: Path, name: str) -> Stack:
    resources = json.loads(template.read_text("utf-8"))["Resources"]
    return Stack(
        name, tuple(Resource(key, item["Type"], item.get("Properties", {})) for key, item in resources.items())
    )
