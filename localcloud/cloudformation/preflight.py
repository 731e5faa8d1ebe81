"""What CloudFormation decides about a template before it starts: parameters, rules, references, capabilities."""

from typing import Any

from localcloud.cloudformation import schema
from localcloud.cloudformation.deployment import Plan
from localcloud.cloudformation.errors import StackError, TemplateError
from localcloud.cloudformation.functions import is_function
from localcloud.cloudformation.graph import creation_order
from localcloud.cloudformation.intrinsics import Evaluator
from localcloud.cloudformation.stack import Stack, Stacks, StackScope
from localcloud.cloudformation.stack_tags import Tags
from localcloud.cloudformation.template import (
    IGNORED_TYPES,
    check_references,
    is_custom,
    load,
    parameter_values,
    required_capabilities,
)


class MissingCapabilitiesError(StackError):
    """The caller did not acknowledge that the template makes IAM entities."""


def make_plan(body: str, given: dict[str, str], tags: Tags, stack: Stack, stacks: Stacks) -> Plan:
    """Check a template against the parameters it is to be deployed with.

    Raises:
        TemplateError: with the message of CloudFormation's ValidationError.
        MissingCapabilitiesError: ``stack.capabilities`` lacks one that is needed.
    """
    template = load(body)
    types = {resource["Type"] for resource in template["Resources"].values()}
    unknown = sorted(kind for kind in types - IGNORED_TYPES if not is_custom(kind) and not schema.exists(kind))
    if unknown:
        raise TemplateError(f"Template format error: Unrecognized resource types: [{', '.join(unknown)}]")
    scope = StackScope(stack, stacks)
    parameters = parameter_values(template, given, scope.parameter)
    evaluator = Evaluator(template, parameters, stack.pseudo_parameters, None)
    live, outputs = evaluator.live_resources(), evaluator.live_outputs()
    check_references(template, live, outputs)
    creation_order(live)
    known = Evaluator(template, parameters, stack.pseudo_parameters, _NothingYet())
    for value in (*(resource["Properties"] for resource in live.values()), *outputs.values()):
        _check_known(value, known)
    if failed := evaluator.failed_assertions():
        raise TemplateError(f"Template validation error: {'; '.join(failed)}")
    _check_capabilities(live, stack.capabilities)
    return Plan(template, body, given, parameters, tags)


class _LaterError(Exception):
    """A value depends on what is not there yet."""


class _NothingYet:
    """The scope before anything is made."""

    def _later(self, *_: str) -> str:
        raise _LaterError

    reference = attribute = exported = parameter = _later


def _check_known(value: Any, evaluator: Evaluator) -> None:
    """Evaluate each function that needs nothing but parameters: a wrong one is refused before anything is made."""
    if is_function(value):
        try:
            evaluator.value(value)
        except _LaterError:
            pass
        else:
            return
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        _check_known(item, evaluator)


def _check_capabilities(live: dict[str, Any], acknowledged: list[str]) -> None:
    needed = required_capabilities(live)
    named = "CAPABILITY_NAMED_IAM" in acknowledged  # includes the other
    if missing := [name for name in needed if name not in acknowledged and not named]:
        raise MissingCapabilitiesError(f"Requires capabilities : [{', '.join(missing)}]")
