"""Conditions: those that are used exist, and their order."""

from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from typing import Any

from localcloud.cloudformation.errors import TemplateError
from localcloud.cloudformation.graph import PSEUDO_PARAMETERS, references


def check_conditions(template: Mapping[str, Any]) -> None:
    """Refuse names of conditions that the template does not have. Raises TemplateError."""
    known = template.get("Conditions") or {}
    for section in ("Resources", "Outputs"):
        for member in (template.get(section) or {}).values():
            if "Condition" in member and member["Condition"] not in known:
                raise _unresolved(member["Condition"], section)
            for name in _named(member, "Fn::If"):
                if name not in known:
                    raise TemplateError(f"Template error: unresolved condition dependency {name} in Fn::If")
    for section in ("Conditions", "Rules"):
        for name in _named(template.get(section), "Condition"):
            if name not in known:
                raise _unresolved(name, section)
    values = {*(template.get("Parameters") or {}), *PSEUDO_PARAMETERS}
    if others := sorted({name for _, name in references(known)} - values):
        raise TemplateError(
            f"Template format error: Unresolved dependencies [{', '.join(others)}]. Cannot reference resources in the "
            "Conditions block of the template"
        )


def condition_order(template: Mapping[str, Any]) -> list[str]:
    """Names of the conditions, each after those that it asks. Raises TemplateError for those that ask each other."""
    conditions = template.get("Conditions") or {}
    asked = {name: set(_named(condition, "Condition")) for name, condition in conditions.items()}
    try:
        return [name for name in TopologicalSorter(asked).static_order() if name in conditions]
    except CycleError as error:
        circle = ", ".join(sorted(set(error.args[1])))
        raise TemplateError(f"Template error: Found circular condition dependency: [{circle}]") from None


def _named(value: Any, function: str) -> Iterator[str]:
    """Names of conditions that ``function`` uses inside ``value``."""
    if isinstance(value, list):
        for item in value:
            yield from _named(item, function)
    elif isinstance(value, dict):
        if len(value) == 1 and function in value:
            argument = value[function]
            name = argument[0] if function == "Fn::If" else argument
            if isinstance(name, str):
                yield name
        for item in value.values():
            yield from _named(item, function)


def _unresolved(name: str, section: str) -> TemplateError:
    return TemplateError(
        f"Template format error: Unresolved condition dependency {name} in the {section} block of the template"
    )
