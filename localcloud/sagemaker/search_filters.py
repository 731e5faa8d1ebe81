"""The search expressions of SageMaker: which records have the properties that are asked for.

https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_Filter.html, API_NestedFilters.html and
API_SearchExpression.html. Properties are paths in the record's model; through a list, any of its elements will do.
"""

import contextlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

from botocore.model import Shape
from botocore.utils import parse_timestamp
from moto.sagemaker.exceptions import ValidationError

Record = dict[str, Any]

_ORDERS: dict[str, Callable[[Any, Any], bool]] = {
    "GreaterThan": lambda left, right: left > right,
    "GreaterThanOrEqualTo": lambda left, right: left >= right,
    "LessThan": lambda left, right: left < right,
    "LessThanOrEqualTo": lambda left, right: left <= right,
}
_OF_TEXT = ("Contains", "In")
_NUMBERS = ("integer", "long", "float", "double")


def matches(record: Record, expression: dict[str, Any], shape: Shape) -> bool:
    """Whether ``record`` satisfies a SearchExpression. Raises ValidationError for what its model does not have."""
    found = [
        *(_filter(record, item, shape) for item in expression.get("Filters") or ()),
        *(_nested(record, item, shape) for item in expression.get("NestedFilters") or ()),
        *(matches(record, item, shape) for item in expression.get("SubExpressions") or ()),
    ]
    return any(found) if expression.get("Operator") == "Or" else all(found)


def value_of(record: Record, name: str, shape: Shape) -> Any:
    """The first value of a property, to sort by; None when there is none."""
    kind = _kind(shape, name)
    return next((_typed(value, kind) for value in _values(record, name.split("."))), None)


def _filter(record: Record, given: dict[str, str], shape: Shape) -> bool:
    name, operator = given["Name"], given.get("Operator", "Equals")
    kind = _kind(shape, name)
    values = list(_values(record, name.split(".")))
    if operator in ("Exists", "NotExists"):
        return bool(values) == (operator == "Exists")
    if "Value" not in given:
        raise ValidationError(f"The filter on {name} needs a Value.")
    wanted = given["Value"]
    number = _number(wanted)
    if kind == "value" and number is not None:  # hyperparameters and parameters: text that may be a number
        kind = "double"
        values = [value for value in values if _number(value) is not None]
    if (operator in _ORDERS and kind in ("string", "value")) or (
        operator in _OF_TEXT and kind not in ("string", "value")
    ):
        raise ValidationError(f"The operator {operator} is not supported for the property {name}.")
    if operator == "Contains":
        return any(wanted in str(value) for value in values)
    if operator == "In":
        return any(str(value) in wanted.split(",") for value in values)
    right = _wanted(wanted, kind, name)
    lefts = [_typed(value, kind) for value in values]
    if operator in _ORDERS:
        return any(_ORDERS[operator](left, right) for left in lefts)
    return any(left == right for left in lefts) == (operator == "Equals")


def _nested(record: Record, given: dict[str, Any], shape: Shape) -> bool:
    """Whether one element of a list satisfies all filters, whose names begin with the list's."""
    name = given["NestedPropertyName"]
    _kind(shape, name)
    parts = name.split(".")
    for element in _values(record, parts):
        alone: Any = element
        for part in reversed(parts):
            alone = {part: alone}
        if all(_filter(alone, item, shape) for item in given["Filters"]):
            return True
    return False


def _kind(shape: Shape, name: str) -> str:
    """The type of the value at a path; "value" for those of maps, whose names are the user's."""
    parts = name.split(".")
    if parts[0] in ("Tags", "Metrics"):
        return "string" if parts[0] == "Tags" else "double"
    at = shape
    for part in parts:
        while at.type_name == "list":
            at = at.member
        if at.type_name == "map":
            return "value"
        if at.type_name != "structure" or part not in at.members:
            raise ValidationError(f"Unknown property name: {name}")
        at = at.members[part]
    return str(at.type_name)


def _values(value: Any, parts: list[str]) -> Iterator[Any]:
    """All values at a path; the rest of it is one name where a map has it (``Tags.a.b``)."""
    if isinstance(value, list):
        for item in value:
            yield from _values(item, parts)
    elif not parts:
        yield value
    elif isinstance(value, dict):
        whole = ".".join(parts)
        if whole in value:
            yield from _values(value[whole], [])
        elif parts[0] in value:
            yield from _values(value[parts[0]], parts[1:])


def _number(value: Any) -> float | None:
    with contextlib.suppress(ValueError, TypeError):
        return float(value)
    return None


def _wanted(text: str, kind: str, name: str) -> Any:
    try:
        return _typed(text, kind)
    except (ValueError, OverflowError):
        raise ValidationError(f"The value {text} of the filter on {name} is not of the property's type.") from None


def _typed(value: Any, kind: str) -> Any:
    if kind in _NUMBERS:
        return float(value)
    if kind == "timestamp":
        moment = value if isinstance(value, datetime) else parse_timestamp(value)
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    if kind == "boolean":
        return str(value).lower()
    return str(value)
