"""A pipeline definition, read and checked before anything runs.

Its form is document.py's. What cannot be run here is refused when the pipeline is created, by name, and so are
references to what does not exist.
"""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter
from typing import Any

from moto.sagemaker.exceptions import ValidationError

from localcloud.documents import DocumentError, read_json
from localcloud.sagemaker.document import check_definition, check_step, invalid
from localcloud.sagemaker.expressions import EXECUTION, check_condition, references
from localcloud.unsupported import NotImplementedLocallyError

VERSION = "2020-12-01"
STEP_TYPES = frozenset(
    {"Processing", "Training", "Tuning", "Transform", "Condition", "Fail", "RegisterModel", "Model", "Lambda"}
)
ONLY_SAGEMAKER = frozenset(  # types of StepTypeEnum, SDK 3.27
    {
        *("AutoML", "Callback", "ClarifyCheck", "Cleanup", "EMR", "EMRServerless", "Endpoint", "EndpointConfig"),
        *("ForEach", "InferenceComponent", "Job", "Lineage", "QualityCheck"),
    }
)
CACHEABLE = frozenset({"Processing", "Training", "Tuning", "Transform"})
_TYPES: dict[str, Any] = {"String": str, "Integer": int, "Float": float, "Boolean": bool}
_NUMBERS = {"Integer": r"[+-]?[0-9]+", "Float": r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?"}


@dataclass(frozen=True)
class Step:
    """One step, where it is nested and what it waits for."""

    name: str
    type: str
    body: dict[str, Any]
    branch: tuple[str, bool] | None = None  # the condition step it belongs to, and the outcome that runs it
    after: frozenset[str] = frozenset()  # names of steps that must have succeeded

    @property
    def arguments(self) -> dict[str, Any]:
        found: dict[str, Any] = self.body.get("Arguments") or {}
        return found


@dataclass(frozen=True)
class Parameter:
    """A parameter of the pipeline; ``default`` None means that an execution must give it."""

    name: str
    type: str
    default: Any = None
    allowed: tuple[Any, ...] = ()

    def value(self, given: str) -> Any:
        """The typed value of what StartPipelineExecution sent as text. Raises ValidationError."""
        try:
            if self.type == "Boolean":
                value: Any = {"true": True, "false": False}[given.lower()]
            elif self.type == "String" or re.fullmatch(_NUMBERS[self.type], given):
                value = _TYPES[self.type](given)
            else:
                raise ValueError(given)
            if value in (math.inf, -math.inf):  # digits of a number that no double holds
                raise ValueError(given)
        except (KeyError, ValueError):
            raise ValidationError(f"Parameter [{self.name}] must be of type {self.type}: got '{given}'") from None
        if self.allowed and value not in self.allowed:
            raise ValidationError(f"Parameter [{self.name}] must be one of {list(self.allowed)}: got '{given}'")
        return value


@dataclass(frozen=True)
class Definition:
    """All steps, nested ones too, in the order of the document."""

    parameters: dict[str, Parameter]
    steps: dict[str, Step]
    files: dict[tuple[str, str], dict[str, str]] = field(default_factory=dict)  # (step, property file) → its entry

    def values(self, given: list[dict[str, str]]) -> dict[str, Any]:
        """Value of every parameter in an execution. Raises ValidationError."""
        named = {item["Name"]: item["Value"] for item in given}
        if unknown := sorted(named.keys() - self.parameters.keys()):
            raise ValidationError(f"Unknown parameter(s) {unknown}: the pipeline has {sorted(self.parameters)}")
        found = {}
        for name, parameter in self.parameters.items():
            if name not in named and parameter.default is None:
                raise ValidationError(f"Parameter [{name}] has no default value and must be given")
            found[name] = parameter.value(named[name]) if name in named else parameter.default
        return found


def parse(text: str, operation: str) -> Definition:
    """Read and check a definition.

    Raises:
        ValidationError: what SageMaker would not take.
        NotImplementedLocallyError: what only SageMaker can run, named together with ``operation``.
    """
    try:
        document = read_json(text)
    except DocumentError as error:
        raise invalid(f"Not JSON: {error}.") from None
    check_definition(document)
    if document.get("Version") != VERSION:
        raise invalid(f"Version must be '{VERSION}', got {document.get('Version')!r}")
    parameters: dict[str, Parameter] = {}
    for item in document.get("Parameters") or ():
        if item["Name"] in parameters:
            raise invalid(f"Duplicate parameter name '{item['Name']}'")
        parameters[item["Name"]] = _parameter(item)
    steps: dict[str, Step] = {}
    for step in _flat(document.get("Steps") or [], None, "Steps", operation):
        if step.name in steps:
            raise invalid(f"Duplicate step name '{step.name}'")
        steps[step.name] = step
    if not steps:
        raise invalid("there are no steps")
    files: dict[tuple[str, str], dict[str, str]] = {}
    for step in steps.values():
        for item in step.body.get("PropertyFiles") or ():
            key = step.name, item["PropertyFileName"]
            if key in files:
                raise invalid(f"Duplicate property file '{key[1]}' of step '{step.name}'")
            files[key] = item
    draft = Definition(parameters, steps, files)
    linked = {name: _linked(step, draft, operation) for name, step in steps.items()}
    _check_order(linked)
    return Definition(parameters, linked, files)


def _parameter(item: dict[str, Any]) -> Parameter:
    name, kind, default = item["Name"], item.get("Type"), item.get("DefaultValue")
    if kind not in _TYPES:
        raise invalid(f"Parameter '{name}' has the type {kind!r}")
    allowed = tuple(item.get("EnumValues") or ())
    for value in (*allowed, *([] if default is None else [default])):
        right = int | float if kind == "Float" else _TYPES[kind]
        if not isinstance(value, right) or (isinstance(value, bool) and kind != "Boolean"):
            raise invalid(f"Parameter '{name}' is of type {kind}, and {value!r} is not")
    if allowed and default is not None and default not in allowed:
        raise invalid(f"Parameter '{name}' must be one of {list(allowed)}, and its default is {default!r}")
    return Parameter(name, kind, default, allowed)


def _flat(steps: list[Any], branch: tuple[str, bool] | None, place: str, operation: str) -> Iterator[Step]:
    for number, body in enumerate(steps):
        here = f"{place}[{number}]"
        kind = body.get("Type")
        if isinstance(kind, str) and kind in ONLY_SAGEMAKER:
            raise NotImplementedLocallyError("sagemaker", f"{operation} with step {body.get('Name')} of type {kind}")
        if not isinstance(kind, str) or kind not in STEP_TYPES:
            raise invalid(f"Unknown step type {kind!r} (at {here}).")
        check_step(body, here)
        yield Step(body["Name"], kind, body, branch)
        if kind == "Condition":
            for member, outcome in (("IfSteps", True), ("ElseSteps", False)):
                inner = body["Arguments"].get(member) or []
                yield from _flat(inner, (body["Name"], outcome), f"{here}.Arguments.{member}", operation)


def _own(step: Step) -> Any:
    """What belongs to the step itself, not to the steps in its branches."""
    if step.type == "Condition":
        return step.arguments.get("Conditions") or []
    return step.body


def _linked(step: Step, known: Definition, operation: str) -> Step:
    """``step`` with what it waits for; everything it refers to exists."""
    after = set()
    for entry in step.body.get("DependsOn") or ():
        if isinstance(entry, dict):
            raise NotImplementedLocallyError("sagemaker", f"{operation} with a trigger in DependsOn of {step.name}")
        if not isinstance(entry, str):
            raise invalid(f"Expecting a Json String (at DependsOn of step '{step.name}').")
        after.add(entry)
    if step.type == "Condition":
        for condition in step.arguments.get("Conditions") or ():
            check_condition(condition, step.name, operation)
    for kind, target in references(_own(step), step.name, operation):
        if not _exists(kind, target, known):
            raise invalid(f"step '{step.name}' refers to the unknown {kind}.{target}")
        if kind == "Steps":
            after.add(target.partition(".")[0])
    for name in sorted(after):
        if name not in known.steps:
            raise invalid(f"step '{step.name}' depends on the unknown step '{name}'")
        if not _visible(known.steps[name], step, known):
            raise invalid(f"step '{step.name}' depends on '{name}', which is inside a branch of a condition step")
    if step.branch is not None:
        after.add(step.branch[0])
    return Step(step.name, step.type, step.body, step.branch, frozenset(after))


def _exists(kind: str, target: str, known: Definition) -> bool:
    if kind == "Parameters":
        return target in known.parameters
    if kind == "Execution":
        return target in EXECUTION
    name, _, rest = target.partition(".")
    if rest.startswith("PropertyFiles."):
        return (name, rest.removeprefix("PropertyFiles.")) in known.files
    return name in known.steps


def _visible(target: Step, source: Step, known: Definition) -> bool:
    """A step in a branch may run or not: only steps of the same branch, or below it, may wait for it."""
    here: Step | None = source
    while here is not None:
        if here.branch == target.branch:
            return True
        here = known.steps[here.branch[0]] if here.branch else None
    return False


def _check_order(steps: dict[str, Step]) -> None:
    try:
        TopologicalSorter({name: step.after for name, step in steps.items()}).prepare()
    except CycleError as error:
        raise invalid(f"a cycle among the steps {sorted(set(error.args[1]))}") from None
