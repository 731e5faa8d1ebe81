"""The structure of a definition: fields that are required, and transitions to states that are there.

https://states-language.net/spec.html, with the codes of ValidateStateMachineDefinition and the sentences that
localstack has recorded of AWS (tests/aws/services/stepfunctions).
"""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple

SCHEMA = "SCHEMA_VALIDATION_FAILED"
TARGET = "MISSING_TRANSITION_TARGET"
_TYPES = ("Task", "Wait", "Pass", "Succeed", "Fail", "Choice", "Parallel", "Map")
_REQUIRED = {"Task": ("Resource",), "Choice": ("Choices",), "Parallel": ("Branches",), "Map": ("ItemProcessor",)}
_RESOURCE = re.compile(r"arn:[a-z-]+:states:([a-z0-9-]*):([0-9]*):([a-zA-Z0-9-]+):?(.*)")
_JSONATA = "JSONata"


class Fault(NamedTuple):
    """One thing that is wrong; ``location`` is a JSON pointer."""

    code: str
    message: str
    location: str


def faults(document: Any, kind: str = "STANDARD") -> list[Fault]:
    """What is wrong with a definition of a machine of a type."""
    if not isinstance(document, dict):
        return [Fault(SCHEMA, "Definition must be a valid JSON object", "")]
    return list(_machine(document, "", kind, document.get("QueryLanguage")))


def _machine(document: dict[str, Any], at: str, kind: str, language: Any) -> Iterator[Fault]:
    missing = [name for name in ("States", "StartAt") if name not in document]
    if missing:
        yield Fault(SCHEMA, f"These fields are required: [{', '.join(missing)}]", at or "/")
        return
    states, start = document["States"], document["StartAt"]
    if not isinstance(states, dict) or not states:
        yield Fault(SCHEMA, "Value cannot be empty", f"{at}/States")
        return
    if start not in states:
        yield Fault(TARGET, f"Missing 'StartAt' target: {start}", f"{at}/StartAt")
    reached = {start}
    for name, state in states.items():
        where = f"{at}/States/{name}"
        if not isinstance(state, dict):
            yield Fault(SCHEMA, "Expected value of type Object", where)
            continue
        yield from _state(state, where, kind, language)
        for field, target in _targets(state):
            reached.add(target)
            if target not in states:
                yield Fault(TARGET, f"Missing '{field.rpartition('/')[2]}' target: {target}", f"{where}/{field}")
    for name in states.keys() - reached:
        yield Fault(TARGET, f'State "{name}" is not reachable.', f"{at}/States/{name}")


def _state(state: dict[str, Any], at: str, kind: str, language: Any) -> Iterator[Fault]:
    what = state.get("Type")
    if "Type" not in state:
        yield Fault(SCHEMA, "These fields are required: [Type]", at)
        return
    if what not in _TYPES:
        yield Fault(SCHEMA, f"The field 'Type' should have one of these values: [{', '.join(_TYPES)}]", f"{at}/Type")
        return
    missing = [name for name in _REQUIRED.get(what, ()) if name not in state]
    if missing and not (what == "Map" and "Iterator" in state):
        yield Fault(SCHEMA, f"These fields are required: [{', '.join(missing)}]", at)
    if language == _JSONATA and state.get("QueryLanguage", _JSONATA) != _JSONATA:
        yield Fault(SCHEMA, "'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine", at)
    if what not in ("Succeed", "Fail", "Choice"):
        given = [name for name in ("Next", "End") if name in state]
        if len(given) != 1:
            said = "These fields are mutually exclusive" if given else "One of these fields is required"
            yield Fault(SCHEMA, f"{said}: [Next, End]", at)
    if what in _SPECIAL:
        yield from _SPECIAL[what](state, at, kind, language)


def _task(state: dict[str, Any], at: str, kind: str, _: Any) -> Iterator[Fault]:
    if "Credentials" in state and not {"RoleArn", "RoleArn.$"} & set(state["Credentials"] or ()):
        yield Fault(SCHEMA, "The field 'RoleArn' is required but was missing", f"{at}/Credentials")
    resource = str(state.get("Resource", ""))
    found = _RESOURCE.fullmatch(resource)
    if found is None:
        return
    express = kind == "EXPRESS"
    pattern = resource.rpartition(".")[2].partition(":")[0]
    if express and found[3] == "activity":
        yield Fault(SCHEMA, "Express state machine does not support Activity ARN", f"{at}/Resource")
    elif express and pattern in ("sync", "waitForTaskToken"):
        blank = " " if pattern == "waitForTaskToken" else ""
        told = f"Express state machine does not support '.{pattern}' service integration{blank}"
        yield Fault(SCHEMA, told, f"{at}/Resource")


def _wait(state: dict[str, Any], at: str, _: str, language: Any) -> Iterator[Fault]:
    names = ["Seconds", "SecondsPath", "Timestamp", "TimestampPath"]
    given = [name for name in names if name in state]
    if len(given) != 1:
        said = "Only one of these fields may be set" if given else "One of these fields is required"
        yield Fault(SCHEMA, f"{said}: [{', '.join(names)}]", at)
    text, language = state.get("Timestamp"), state.get("QueryLanguage", language)
    if isinstance(text, str) and not (language == _JSONATA and text.startswith("{%")) and not is_time(text):
        yield Fault(SCHEMA, "String does not match RFC3339 timestamp", f"{at}/Timestamp")


def is_time(text: Any) -> bool:
    """RFC 3339, with the T and Z of the States Language in capitals."""
    if not isinstance(text, str) or not re.fullmatch(
        r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", text
    ):
        return False
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def _parallel(state: dict[str, Any], at: str, kind: str, language: Any) -> Iterator[Fault]:
    branches = state.get("Branches")
    if branches == []:
        yield Fault(SCHEMA, "Value cannot be empty", f"{at}/Branches")
    for number, branch in enumerate(branches if isinstance(branches, list) else []):
        if isinstance(branch, dict):
            yield from _machine(branch, f"{at}/Branches[{number}]", kind, language)


def _map(state: dict[str, Any], at: str, kind: str, language: Any) -> Iterator[Fault]:
    for name in ("Iterator", "ItemProcessor"):
        if isinstance(state.get(name), dict):
            kind = (state[name].get("ProcessorConfig") or {}).get("ExecutionType") or kind
            yield from _machine(state[name], f"{at}/{name}", kind, language)


def _choice(state: dict[str, Any], at: str, *_: Any) -> Iterator[Fault]:
    rules = state.get("Choices")
    if rules == []:
        yield Fault(SCHEMA, "Value cannot be empty", f"{at}/Choices")
    for number, rule in enumerate(rules if isinstance(rules, list) else []):
        if isinstance(rule, dict) and "Next" not in rule:
            yield Fault(SCHEMA, "These fields are required: [Next]", f"{at}/Choices[{number}]")


_SPECIAL = {"Task": _task, "Wait": _wait, "Parallel": _parallel, "Map": _map, "Choice": _choice}


def _targets(state: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Where a state may lead to, with the field that says so."""
    for field in ("Next", "Default"):
        if isinstance(state.get(field), str):
            yield field, state[field]
    for name in ("Choices", "Catch"):
        rules = state.get(name)
        for number, rule in enumerate(rules if isinstance(rules, list) else []):
            if isinstance(rule, dict) and isinstance(rule.get("Next"), str):
                yield f"{name}[{number}]/Next", rule["Next"]
