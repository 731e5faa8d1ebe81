"""Event patterns of EventBridge: which events a rule is for.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html. moto's own matcher takes
``true`` for 1, passes over unknown operators and does not look into arrays of objects. The library on PyPI
(event-ruler) was last released in 2023.
"""

import glob
import ipaddress
import json
import operator
import re
from collections.abc import Callable, Iterator
from fnmatch import translate
from functools import lru_cache
from typing import Any

Test = Callable[[Any], bool]  # of one value of an event
Match = Callable[[Any], bool]  # of an object in an event

_NUMERIC: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    "=": operator.eq,
    ">": operator.gt,
    ">=": operator.ge,
}


class PatternError(ValueError):
    """The text is no event pattern."""


@lru_cache(maxsize=1024)
def compile_pattern(text: str) -> Match:
    """A function that tells whether an event matches. Raises PatternError."""
    try:
        pattern = json.loads(text)
    except ValueError:
        raise PatternError("Filter is not an object") from None
    if not isinstance(pattern, dict) or not pattern:
        raise PatternError("Filter is not an object")
    return _object(pattern)


def _object(pattern: dict[str, Any]) -> Match:
    """All members must match; of an array in the event, one element."""
    members: list[Match] = []
    for name, wanted in pattern.items():
        if name == "$or" and isinstance(wanted, list) and all(isinstance(part, dict) for part in wanted):
            if len(wanted) < 2:
                raise PatternError("There must have at least 2 Objects in $or relationship.")
            members.append(_any([_object(part) for part in wanted]))
        elif isinstance(wanted, dict):
            if not wanted:
                raise PatternError("Empty objects are not allowed")
            members.append(_nested(name, _object(wanted)))
        elif isinstance(wanted, list):
            members.append(_leaf(name, wanted))
        else:
            raise PatternError(f'"{name}" must be an object or an array')
    return lambda value: all(member(value) for member in members)


def _any(parts: list[Match]) -> Match:
    return lambda value: any(part(value) for part in parts)


def _nested(name: str, inner: Match) -> Match:
    def match(value: Any) -> bool:
        return any(inner(found) for found in _objects(value.get(name)))

    return match


def _objects(value: Any) -> Iterator[dict[str, Any]]:
    """The objects at a place; an empty one where there is none, which "exists": false matches."""
    found = list(_flat(value))
    yield from [item for item in found if isinstance(item, dict)] or [{}]


def _flat(value: Any) -> Iterator[Any]:
    if isinstance(value, list):
        for item in value:
            yield from _flat(item)
    else:
        yield value


def _leaf(name: str, wanted: list[Any]) -> Match:
    if not wanted:
        raise PatternError("Empty arrays are not allowed")
    existence = {bool(item["exists"]) for item in wanted if isinstance(item, dict) and "exists" in item}
    tests = [_test(item) for item in wanted if not (isinstance(item, dict) and "exists" in item)]

    def match(value: Any) -> bool:
        values = [item for item in _flat(value[name]) if not isinstance(item, dict)] if name in value else []
        return bool(values) in existence or any(test(item) for test in tests for item in values)

    return match


def _test(wanted: Any) -> Test:
    if not isinstance(wanted, dict):
        return _equal(wanted)
    if len(wanted) != 1:
        raise PatternError("Only one key allowed in match expression")
    ((name, value),) = wanted.items()
    if name == "anything-but":
        return _anything_but(value)
    if name == "numeric":
        return _numeric(value)
    if name == "cidr":
        return _cidr(value)
    return _text(name, value)


def _equal(wanted: Any) -> Test:
    """Of the same JSON type: true is not 1, and "300, 300.0, and 3.0e2 are not considered equal"."""
    return lambda value: type(value) is type(wanted) and bool(value == wanted)


def _text(name: str, wanted: Any) -> Test:
    """The operators on strings."""
    if name in ("prefix", "suffix") and isinstance(wanted, dict):
        if list(wanted) != ["equals-ignore-case"]:
            raise PatternError(f"Unsupported anything-but pattern in {name}")
        sensitive = _text(name, str(wanted["equals-ignore-case"]).lower())
        return lambda value: isinstance(value, str) and sensitive(value.lower())
    if not isinstance(wanted, str):
        raise PatternError(f"{name} match pattern must be a string")
    tests: dict[str, Callable[[str], bool]] = {
        "prefix": lambda value: value.startswith(wanted),
        "suffix": lambda value: value.endswith(wanted),
        "equals-ignore-case": lambda value: value.lower() == wanted.lower(),
        "wildcard": lambda value: _wildcard(wanted).fullmatch(value) is not None,
    }
    if name not in tests:
        raise PatternError(f"Unrecognized match type {name}")
    if name == "wildcard":
        _wildcard(wanted)
    return lambda value: isinstance(value, str) and tests[name](value)


@lru_cache(maxsize=1024)
def _wildcard(text: str) -> re.Pattern[str]:
    r"""``*`` is any text; ``\*`` and ``\\`` are the characters themselves.

    fnmatch's expressions do not go back for every ``*``: a dozen of them would take years otherwise.
    """
    if "**" in text.replace("\\\\", "").replace("\\*", ""):
        raise PatternError("Consecutive wildcard characters")
    parts = re.findall(r"\\[*\\]|\*|[^*\\]+|\\", text)
    return re.compile(translate("".join("*" if part == "*" else glob.escape(_plain(part)) for part in parts)))


def _plain(part: str) -> str:
    if part == "\\":
        raise PatternError("Invalid escape character")
    return part[1:] if part[:1] == "\\" else part


def _anything_but(wanted: Any) -> Test:
    if isinstance(wanted, dict):
        if len(wanted) != 1:
            raise PatternError("Only one key allowed in match expression")
        ((name, value),) = wanted.items()
        excluded = [_text(name, item) for item in (value if isinstance(value, list) else [value])]
    else:
        items = wanted if isinstance(wanted, list) else [wanted]
        if not items or any(isinstance(item, dict | list) for item in items):
            raise PatternError("Inside anything-but list, only strings and numbers are allowed")
        excluded = [_equal(item) for item in items]
    return lambda value: not any(test(value) for test in excluded)


def _numeric(wanted: Any) -> Test:
    if not isinstance(wanted, list) or not wanted or len(wanted) % 2:
        raise PatternError("Invalid numeric match")
    bounds = list(zip(wanted[::2], wanted[1::2], strict=True))
    for sign, bound in bounds:
        if sign not in _NUMERIC or isinstance(bound, bool) or not isinstance(bound, int | float):
            raise PatternError(f"Unrecognized numeric range operator: {sign} {bound}")
    return lambda value: (
        isinstance(value, int | float)
        and not isinstance(value, bool)
        and all(_NUMERIC[sign](value, bound) for sign, bound in bounds)
    )


def _cidr(wanted: Any) -> Test:
    try:
        network = ipaddress.ip_network(wanted, strict=False)
    except ValueError:
        raise PatternError(f"Malformed CIDR, {wanted}") from None

    def match(value: Any) -> bool:
        try:
            return isinstance(value, str) and ipaddress.ip_address(value) in network
        except ValueError:
            return False

    return match
