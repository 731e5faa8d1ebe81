"""Expressions and conditions of a pipeline definition.

``{"Get": …}``, ``{"Std:Join": …}``, ``{"Std:JsonGet": …}`` and the conditions of ConditionStep: all that the SDK's
``sagemaker.core.workflow`` can write. Anything else that looks like an expression is refused by name.
"""

import json
import operator
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from localcloud.sagemaker.document import ANY, FUNCTIONS, check_expression, check_members, invalid
from localcloud.unsupported import NotImplementedLocallyError

GET, JOIN, JSON_GET = "Get", "Std:Join", "Std:JsonGet"
EXECUTION = frozenset(
    {
        *("StartDateTime", "CurrentDateTime", "PipelineName", "PipelineArn", "PipelineExecutionId"),
        *("PipelineExecutionArn", "TrainingJobName", "ProcessingJobName"),
    }
)
_COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "Equals": operator.eq,
    "GreaterThan": operator.gt,
    "GreaterThanOrEqualTo": operator.ge,
    "LessThan": operator.lt,
    "LessThanOrEqualTo": operator.le,
}
# Members of each type. AWS's schema has other ones for In ("Value", "In"); these are what the SDK writes and runs.
_CONDITIONS: dict[str, dict[str, Any]] = {
    **{kind: {"LeftValue": ANY, "RightValue": ANY} for kind in _COMPARE},
    "In": {"QueryValue": ANY, "Values": [ANY]},
    "Not": {"Condition": dict},
    "Or": {"Conditions": [dict]},
}
_ONLY_SAGEMAKER = ("NotEquals", "NotIn")  # in the schema, not in the SDK
_PATH = re.compile(r"\.?([^.\[\]']+)|\['([^']*)'\]|\[\"([^\"]*)\"\]|\[(\d+)\]")
_NAMES = ("OutputName", "InputName", "ChannelName", "Name")  # what a quoted index of a list means


class ExpressionError(Exception):
    """An expression that has no value in this execution; the text becomes the step's FailureReason."""


def _function(node: dict[str, Any], step: str, operation: str) -> str | None:
    if len(node) != 1:
        return None
    (name,) = node
    if name in FUNCTIONS:
        check_expression(node, f"step '{step}'")
        return str(name)
    if name.startswith("Std:"):
        raise NotImplementedLocallyError("sagemaker", f"{operation} with the function {name} in step {step}")
    return None


def references(node: Any, step: str, operation: str) -> Iterator[tuple[str, str]]:
    """(Parameters | Execution | Steps, the rest) of every Get below ``node``; unknown functions are refused."""
    if isinstance(node, list):
        for item in node:
            yield from references(item, step, operation)
    elif isinstance(node, dict):
        if _function(node, step, operation) == GET:
            kind, _, rest = node[GET].partition(".")
            if kind not in ("Parameters", "Execution", "Steps"):
                raise NotImplementedLocallyError("sagemaker", f"{operation} with Get {node[GET]} in step {step}")
            yield kind, _bare(rest) if kind == "Steps" else rest
            return
        for item in node.values():
            yield from references(item, step, operation)


def _bare(rest: str) -> str:
    """``Name.X`` of ``Name['a'].X``: a step's name ends at the first dot or bracket."""
    match = re.match(r"[^.\[]+", rest)
    name = match[0] if match else rest
    return name + rest[len(name) :]


def check_condition(condition: Any, step: str, operation: str) -> None:
    """Refuse a condition that is none, or of a type that only SageMaker knows."""
    place = f"a condition of step '{step}'"
    kind = condition.get("Type") if isinstance(condition, dict) else None
    if kind in _ONLY_SAGEMAKER:
        raise NotImplementedLocallyError("sagemaker", f"{operation} with the condition {kind} in step {step}")
    if not isinstance(kind, str) or kind not in _CONDITIONS:
        raise invalid(f"Unknown condition type {kind!r} (at {place}).")
    members = _CONDITIONS[kind]
    check_members(condition, {"Type": str, **members}, place, tuple(members))
    nested = [condition["Condition"]] if kind == "Not" else condition["Conditions"] if kind == "Or" else []
    for item in nested:
        check_condition(item, step, operation)


@dataclass(frozen=True)
class Evaluator:
    """Values of expressions in one execution.

    Attributes:
        properties: of a step that has succeeded, as its Describe operation tells them.
        property_file: (step, name of the file) → its S3 URI.
        read: the text of an S3 object.
    """

    parameters: dict[str, Any]
    execution: dict[str, Any]
    properties: Callable[[str], dict[str, Any]]
    property_file: Callable[[str, str], str]
    read: Callable[[str], str]

    def value(self, node: Any) -> Any:
        """``node`` with every expression in it evaluated. Raises ExpressionError."""
        if isinstance(node, list):
            return [self.value(item) for item in node]
        if not isinstance(node, dict):
            return node
        if len(node) == 1:
            ((name, body),) = node.items()
            if name == GET:
                return self._get(body)
            if name == JOIN:
                return text(self.value(body.get("On", ""))).join(text(item) for item in self.value(body["Values"]))
            if name == JSON_GET:
                return self._json(body)
        return {name: self.value(item) for name, item in node.items()}

    def holds(self, condition: dict[str, Any]) -> bool:
        """Whether a condition is true."""
        kind = condition["Type"]
        if kind == "Not":
            return not self.holds(condition["Condition"])
        if kind == "Or":
            return any(self.holds(item) for item in condition["Conditions"])
        if kind == "In":
            return self.value(condition["QueryValue"]) in self.value(condition["Values"])
        left, right = self.value(condition["LeftValue"]), self.value(condition["RightValue"])
        try:
            return bool(_COMPARE[kind](left, right))
        except TypeError:
            raise ExpressionError(f"{left!r} cannot be compared with {right!r}") from None

    def _get(self, reference: str) -> Any:
        kind, _, rest = reference.partition(".")
        if kind == "Parameters":
            return self.parameters[rest]
        if kind == "Execution":
            return self.execution[rest]
        name = _bare(rest)
        step = re.match(r"[^.\[]+", name)
        assert step is not None  # noqa: S101 - the definition was checked
        return follow(self.properties(step[0]), rest[len(step[0]) :], reference)

    def _json(self, body: dict[str, Any]) -> Any:
        if "PropertyFile" in body:
            reference = body["PropertyFile"]
            _, step, _, name = (reference[GET] if isinstance(reference, dict) else reference).split(".", 3)
            uri = self.property_file(step, name)
        else:
            uri = text(self.value(body["S3Uri"]))
        path = text(self.value(body["Path"]))
        try:
            content = json.loads(self.read(uri))
        except ValueError as error:
            raise ExpressionError(f"{uri} is not JSON: {error}") from None
        return follow(content, path, f"{path} of {uri}")


def text(value: Any) -> str:
    """A value inside Std:Join."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def follow(value: Any, path: str, shown: str) -> Any:
    """What ``path`` (``a.b['c'][0]``) leads to; a list of named members may be asked by name.

    Raises:
        ExpressionError: it leads nowhere; the text begins with ``shown``.
    """
    position = 0
    while position < len(path):
        match = _PATH.match(path, position)
        if match is None:
            raise ExpressionError(f"{shown}: the path cannot be read from '{path[position:]}' on")
        position = match.end()
        plain, quoted, double, index = match.groups()
        value = _member(value, int(index) if index else plain or quoted or double, shown)
    return value


def _member(value: Any, key: Any, shown: str) -> Any:
    if isinstance(value, list) and isinstance(key, str):
        for item in value:
            if isinstance(item, dict) and any(item.get(name) == key for name in _NAMES):
                return item
    elif isinstance(value, list | dict):
        try:
            return value[key]
        except (KeyError, IndexError, TypeError):
            pass
    raise ExpressionError(f"{shown}: there is no {key!r}")
