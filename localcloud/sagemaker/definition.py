"""A pipeline definition, read and checked before anything runs.

Schema: https://aws-sagemaker-mlops.github.io/sagemaker-model-building-pipeline-definition-JSON-schema/. What cannot
be run here is refused when the pipeline is created, by name, and so are references to what does not exist.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from moto.sagemaker.exceptions import ValidationError

from localcloud.sagemaker.expressions import EXECUTION, check_condition, references
from localcloud.unsupported import NotImplementedLocallyError

VERSION = "2020-12-01"
STEP_TYPES = frozenset(
    {"Processing", "Training", "Tuning", "Transform", "Condition", "Fail", "RegisterModel", "Model", "Lambda"}
)
CACHEABLE = frozenset({"Processing", "Training", "Tuning", "Transform"})
_TYPES = {"String": str, "Integer": int, "Float": float, "Boolean": bool}


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
            else:
                value = _TYPES[self.type](given)
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
        document = json.loads(text)
        if not isinstance(document, dict):
            raise TypeError("it is no object")
    except (ValueError, TypeError) as error:
        raise ValidationError(f"Unable to parse pipeline definition: {error}") from None
    if document.get("Version") != VERSION:
        raise _invalid(f"Version must be '{VERSION}', got {document.get('Version')!r}")
    parameters = {item["Name"]: _parameter(item) for item in document.get("Parameters") or ()}
    steps: dict[str, Step] = {}
    for step in _flat(document.get("Steps") or [], None):
        if step.name in steps:
            raise _invalid(f"Duplicate step name '{step.name}'")
        if step.type not in STEP_TYPES:
            raise NotImplementedLocallyError("sagemaker", f"{operation} with step {step.name} of type {step.type}")
        steps[step.name] = step
    if not steps:
        raise _invalid("there are no steps")
    files = {
        (step.name, item["PropertyFileName"]): item
        for step in steps.values()
        for item in step.body.get("PropertyFiles") or ()
    }
    draft = Definition(parameters, steps, files)
    linked = {name: _linked(step, draft, operation) for name, step in steps.items()}
    _check_order(linked)
    return Definition(parameters, linked, files)


def _parameter(item: dict[str, Any]) -> Parameter:
    if item.get("Type") not in _TYPES:
        raise _invalid(f"Parameter '{item.get('Name')}' has the type {item.get('Type')!r}")
    return Parameter(item["Name"], item["Type"], item.get("DefaultValue"), tuple(item.get("EnumValues") or ()))


def _flat(steps: list[dict[str, Any]], branch: tuple[str, bool] | None) -> Iterator[Step]:
    for body in steps:
        if not body.get("Name") or not body.get("Type"):
            raise _invalid(f"a step without a name or type: {json.dumps(body)[:200]}")
        yield Step(body["Name"], body["Type"], body, branch)
        if body["Type"] == "Condition":
            for member, outcome in (("IfSteps", True), ("ElseSteps", False)):
                yield from _flat(body.get("Arguments", {}).get(member) or [], (body["Name"], outcome))


def _own(step: Step) -> Any:
    """What belongs to the step itself, not to the steps in its branches."""
    if step.type == "Condition":
        return step.arguments.get("Conditions") or []
    return step.body


def _linked(step: Step, known: Definition, operation: str) -> Step:
    """``step`` with what it waits for; everything it refers to exists."""
    after = set()
    for entry in step.body.get("DependsOn") or ():
        if not isinstance(entry, str):
            raise NotImplementedLocallyError("sagemaker", f"{operation} with a trigger in DependsOn of {step.name}")
        after.add(entry)
    if step.type == "Condition":
        for condition in step.arguments.get("Conditions") or ():
            check_condition(condition, step.name, operation)
    for kind, target in references(_own(step), step.name, operation):
        if not _exists(kind, target, known):
            raise _invalid(f"step '{step.name}' refers to the unknown {kind}.{target}")
        if kind == "Steps":
            after.add(target.partition(".")[0])
    for name in sorted(after):
        if name not in known.steps:
            raise _invalid(f"step '{step.name}' depends on the unknown step '{name}'")
        if not _visible(known.steps[name], step, known):
            raise _invalid(f"step '{step.name}' depends on '{name}', which is inside a branch of a condition step")
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
    done: set[str] = set()
    while len(done) < len(steps):
        ready = {name for name, step in steps.items() if name not in done and step.after <= done}
        if not ready:
            raise _invalid(f"a cycle among the steps {sorted(steps.keys() - done)}")
        done |= ready


def _invalid(reason: str) -> ValidationError:
    return ValidationError(f"Unable to parse pipeline definition: {reason}")
