"""The CloudFormation registry schemas: what properties a type has and which of them force a replacement.

Read from the JSON files that cfn-lint ships, one at a time when a type is first used; cfn-lint itself is never
imported, which would cost seconds. The format is that of
https://docs.aws.amazon.com/cloudformation-cli/latest/userguide/resource-type-schema.html
"""

import json
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from localcloud.cloudformation.errors import StackError

REGION = "us-east-1"  # has every type


@cache
def _folder() -> Path:
    spec = find_spec("cfnlint")
    if spec is None or spec.origin is None:
        raise RuntimeError("cfn-lint is not installed: it carries the CloudFormation registry schemas")
    return Path(spec.origin).parent / "data" / "schemas"


@cache
def _files() -> dict[str, str]:
    index: dict[str, str] = json.loads((_folder() / "providers" / f"{REGION}.json").read_text("utf-8"))
    return index


def exists(resource_type: str) -> bool:
    """Whether AWS has the type."""
    return resource_type in _files()


class Schema:
    """The schema of one resource type."""

    def __init__(self, resource_type: str) -> None:
        text = (_folder() / "resources" / f"{_files()[resource_type]}.json").read_text("utf-8")
        self._document: dict[str, Any] = json.loads(text)
        self.properties: dict[str, Any] = self._document["properties"]
        self.read_only = self._paths("readOnlyProperties")
        identifiers = self._paths("primaryIdentifier") - self.read_only
        self.create_only = self._paths("createOnlyProperties") | identifiers

    def _paths(self, key: str) -> frozenset[tuple[str, ...]]:
        return frozenset(tuple(path.split("/")[2:]) for path in self._document.get(key) or ())

    def max_length(self, name: str) -> int | None:
        """The longest value of a string property."""
        length = self.properties[name].get("maxLength")
        return None if length is None else int(length)

    def is_list(self, name: str) -> bool:
        """Whether a property is a list of values; tags can be a map, too."""
        return "items" in self._resolved(self.properties[name])

    def replaced_by(self, old: Mapping[str, Any], new: Mapping[str, Any]) -> set[str]:
        """Changed properties that only a new resource can have."""
        return {path[0] for path in self.create_only if _at(old, path) != _at(new, path)}

    def check(self, logical_id: str, properties: Mapping[str, Any]) -> None:
        """Refuse missing and unknown properties, at any depth, with CloudFormation's words."""
        problems = list(self._problems(properties, self._document, "#"))
        problems += [
            f"#: extraneous key [{path[0]}] is not permitted"
            for path in sorted(self.read_only)
            if len(path) == 1 and path[0] in properties
        ]
        if problems:
            message = "\n".join(problems)
            raise StackError(f"Properties validation failed for resource {logical_id} with message:\n{message}")

    def _problems(self, value: Any, schema: Mapping[str, Any], where: str) -> Iterator[str]:
        schema = self._resolved(schema)
        if isinstance(value, dict):
            declared = schema.get("properties")
            if declared is None:
                return
            for name in schema.get("required") or ():
                if name not in value:
                    yield f"{where}: required key [{name}] not found"
            for name, item in value.items():
                if name in declared:
                    yield from self._problems(item, declared[name], f"{where}/{name}")
                elif schema.get("additionalProperties") is False and "patternProperties" not in schema:
                    yield f"{where}: extraneous key [{name}] is not permitted"
        elif isinstance(value, list):
            for index, item in enumerate(value):
                yield from self._problems(item, schema.get("items") or {}, f"{where}/{index}")
        elif "enum" in schema and str(value) not in [str(item) for item in schema["enum"]]:
            yield f"{where}: {value} is not a valid enum value"

    def _resolved(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        while isinstance(schema, dict) and "$ref" in schema:
            target: Any = self._document
            for step in schema["$ref"].removeprefix("#/").split("/"):
                target = target[step]
            schema = target
        return schema


def _at(value: Any, path: tuple[str, ...]) -> Any:
    for step in path:
        value = value.get(step) if isinstance(value, dict) else None
    return value


@cache
def schema(resource_type: str) -> Schema:
    """The schema of ``resource_type``, which must exist."""
    return Schema(resource_type)
