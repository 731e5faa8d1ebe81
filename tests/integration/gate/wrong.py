"""Requests that break one constraint of a model each: whatever a shape says of a member, a value that is not so."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from localcloud.gate.patterns import compiled, matches
from localcloud.gate.quirks import enforced
from tests.integration.gate.minimal import DEEPEST, minimal

LONGEST = 200_000  # characters: what may be longer is not tried
MOST = 1001  # elements
UNFIT = (
    "!",
    " ",
    "a b",
    "*",
    "ü",
    "a/../b",
    "_",
    ".",
    "0",
    "a",
    "A",
    "-1",
)  # one of them breaks nearly every pattern
NUMBERS = ("integer", "long", "float", "double")


class Wrong(NamedTuple):
    """One broken constraint.

    Attributes:
        path: of the member, in AWS's spelling, as `localcloud.gate.constraints` has it.
        trait: required, pattern, enum, min or max.
        value: of the shape that was asked about.
    """

    path: str
    trait: str
    value: Any


def wrong_requests(service: str, shape: Any, seen: set[str]) -> Iterator[Wrong]:
    """Each constraint of the shape and of those in it once, in an otherwise minimal request.

    Args:
        seen: names of structures that need not be looked into again; grows.
    """
    yield from _structure(service, shape, "", seen, 0)


def _structure(service: str, shape: Any, path: str, seen: set[str], depth: int) -> Iterator[Wrong]:
    if shape.name in seen or depth > DEEPEST or shape.is_document_type or shape.serialization.get("eventstream"):
        return
    seen.add(shape.name)
    around = minimal(shape)
    for name, member in shape.members.items():
        where = f"{path}.{name[:1].lower()}{name[1:]}".lstrip(".")
        in_path = member.serialization.get("location") == "uri"
        if name in shape.required_members and not in_path and enforced(service, f"{shape.name}.{name}", "required"):
            yield Wrong(where, "required", {key: value for key, value in around.items() if key != name})
        base = {} if shape.is_tagged_union else around
        for found in _value(service, member, where, seen, depth + 1):
            if in_path and found.value in ("", None):  # which would be another path
                continue
            yield found._replace(value={**base, name: found.value})


def _value(service: str, shape: Any, path: str, seen: set[str], depth: int) -> Iterator[Wrong]:
    kind = shape.type_name
    if kind == "structure":
        yield from _structure(service, shape, path, seen, depth)
    elif kind in ("list", "map"):
        yield from _sizes(service, shape, path)
        inner = shape.member if kind == "list" else shape.value
        nested = inner.type_name in ("structure", "list", "map")
        key = None if kind == "list" else minimal(shape.key)
        step = f".{'1' if kind == 'list' else key}.member" if nested else ""
        for found in _value(service, inner, path + step, seen, depth + 1):
            yield found._replace(value=[found.value] if kind == "list" else {key: found.value})
    else:
        yield from _scalar(service, shape, path)


def _sizes(service: str, shape: Any, path: str) -> Iterator[Wrong]:
    if shape.type_name != "list":
        return
    element = minimal(shape.member)
    most, fewest = shape.metadata.get("max"), shape.metadata.get("min") or 0
    if most is not None and most < MOST and enforced(service, shape.name, "max"):
        yield Wrong(path, "max", [element] * (most + 1))
    if fewest > 1 and enforced(service, shape.name, "min"):
        yield Wrong(path, "min", [element] * (fewest - 1))


def _scalar(service: str, shape: Any, path: str) -> Iterator[Wrong]:
    traits = {
        name: shape.metadata[name]
        for name in ("pattern", "enum", "min", "max")
        if name in shape.metadata and enforced(service, shape.name, name)
    }
    if shape.type_name in NUMBERS:
        if "max" in traits and traits["max"] < 2**31 - 1:
            yield Wrong(path, "max", traits["max"] + 1)
        if "min" in traits:
            yield Wrong(path, "min", traits["min"] - 1)
    elif shape.type_name == "string":
        if "enum" in traits:
            yield Wrong(path, "enum", "NOT-A-VALUE")
        if traits.get("max", LONGEST) < LONGEST:
            yield Wrong(path, "max", "a" * (traits["max"] + 1))
        if traits.get("min", 0) > 0:
            yield Wrong(path, "min", "a" * (traits["min"] - 1))
        if "pattern" in traits:
            pattern, shortest = compiled(traits["pattern"]), traits.get("min", 0)
            fitting = (text * max(1, shortest) for text in UNFIT)
            unfit = next((text for text in fitting if not matches(pattern, text)), None)
            if unfit is not None:
                yield Wrong(path, "pattern", unfit)
