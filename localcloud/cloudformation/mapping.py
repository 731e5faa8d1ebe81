"""From the properties of a resource to the input of a service's API, by botocore's shapes.

Names match without regard to case, values become what the shape says (CloudFormation accepts "true" and "5"), JSON
documents become strings where the API takes a string, tag lists become maps where it takes a map. What a shape has no
member for is recorded, never lost.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

from localcloud.cloudformation.errors import StackError

Properties = dict[str, Any]  # of a resource, in CloudFormation's spelling
Members = dict[str, Any]


def member_name(shape: Any, name: str) -> str | None:
    """The member of a structure that is called ``name``, in whatever case."""
    for member in shape.members:
        if member.lower() == name.lower():
            return str(member)
    return None


def fit(value: Any, shape: Any, path: str, dropped: list[str]) -> Any:
    """``value`` in the form of ``shape``; paths that have no place in it are appended to ``dropped``.

    Raises:
        StackError: a value that cannot become what the API takes, naming its path.
    """
    fitter: Callable[..., Any] = _FITTERS.get(shape.type_name, _same)
    try:
        return fitter(value, shape, path, dropped)
    except (TypeError, ValueError, AttributeError) as error:
        raise StackError(f"Value of property {path} must be of type {shape.type_name}: {value!r}") from error


def _structure(value: Any, shape: Any, path: str, dropped: list[str]) -> Any:
    if set(value) <= {"Key", "Value"} and set(shape.members) == {"TagKey", "TagValue"}:  # KMS
        return {"TagKey": value["Key"], "TagValue": str(value["Value"])}
    fitted: Members = {}
    for name, item in value.items():
        member = member_name(shape, name)
        if member is None:
            dropped.append(f"{path}.{name}")
        else:
            fitted[member] = fit(item, shape.members[member], f"{path}.{name}", dropped)
    return fitted


def _list(value: Any, shape: Any, path: str, dropped: list[str]) -> list[Any]:
    if isinstance(value, dict):  # tags written as a map
        value = [{"Key": key, "Value": item} for key, item in value.items()]
    items = value if isinstance(value, list) else [value]
    return [fit(item, shape.member, path, dropped) for item in items]


def _map(value: Any, shape: Any, path: str, dropped: list[str]) -> Members:
    if isinstance(value, list):  # tags written as a list
        value = {tag["Key"]: tag.get("Value", "") for tag in value}
    return {str(key): fit(item, shape.value, f"{path}.{key}", dropped) for key, item in value.items()}


def _string(value: Any, *_: Any) -> str:
    if isinstance(value, dict | list):
        return json.dumps(value)
    return str(value).lower() if isinstance(value, bool) else str(value)


def _boolean(value: Any, *_: Any) -> bool:
    if str(value).lower() not in ("true", "false"):
        raise ValueError(value)
    return str(value).lower() == "true"


def _same(value: Any, *_: Any) -> Any:
    return value


_FITTERS: dict[str, Callable[..., Any]] = {
    "structure": _structure,
    "list": _list,
    "map": _map,
    "string": _string,
    "boolean": _boolean,
    "integer": lambda value, *_: int(value),
    "long": lambda value, *_: int(value),
    "float": lambda value, *_: float(value),
    "double": lambda value, *_: float(value),
    "blob": lambda value, *_: value if isinstance(value, bytes) else str(value).encode(),
}


def arguments(
    properties: Mapping[str, Any], shape: Any, rename: Mapping[str, str], dropped: list[str]
) -> tuple[Members, set[str]]:
    """The input of an operation from ``properties``.

    Args:
        properties: top-level properties of the resource.
        shape: botocore's input shape.
        rename: property name → member name, where they differ by more than case.
        dropped: receives paths of nested values that the shape has no member for.

    Returns:
        The input, and the names of the properties that are in it.
    """
    fitted: Members = {}
    used = set()
    for name, value in properties.items():
        member = member_name(shape, rename.get(name, name))
        if member is not None:
            fitted[member] = fit(value, shape.members[member], name, dropped)
            used.add(name)
    return fitted, used


def lookup(answer: Any, path: str) -> Any:
    """The value at a dotted path ("StreamDescription.StreamARN", "tableList.0.name"); KeyError when absent."""
    value = answer
    for step in path.split("."):
        try:
            value = value[int(step) if isinstance(value, list) else step]
        except (IndexError, KeyError, TypeError):
            raise KeyError(path) from None
    return value


def differing(old: Mapping[str, Any], new: Mapping[str, Any]) -> set[str]:
    """Names of properties that were added, removed or changed."""
    missing = object()
    return {name for name in {*old, *new} if old.get(name, missing) != new.get(name, missing)}
