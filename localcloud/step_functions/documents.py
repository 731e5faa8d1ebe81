"""Parts of the definition that an execution runs, as JSON."""

import copy
import json
from collections.abc import Iterator
from functools import lru_cache
from typing import Any


def state(env: Any, name: str) -> dict[str, Any]:
    """A state by its name, which is unique in a definition."""
    found = _states(env.aws_execution_details.definition).get(name)
    if found is None:
        raise ValueError(f"there is no state {name}")
    return found


def language(env: Any) -> str:
    """The query language of the whole machine."""
    return str(_document(env.aws_execution_details.definition).get("QueryLanguage", "JSONPath"))


def child_machine(env: Any, of: dict[str, Any], arn: str) -> Any:
    """What the children of a distributed Map state execute, as a state machine."""
    about = env.aws_execution_details
    processor = dict(of.get("ItemProcessor") or of["Iterator"])
    config = processor.pop("ProcessorConfig", None) or {}
    processor.setdefault("QueryLanguage", language(env))
    machine = copy.copy(about.machine)
    machine.definition = json.dumps(processor)
    machine.arn = arn
    machine.sm_type = config.get("ExecutionType") or about.machine.sm_type
    machine.cloud_watch_logging_configuration = about.machine.cloud_watch_logging_configuration
    return machine


def text(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), default=str)


@lru_cache(maxsize=64)
def _document(definition: str) -> dict[str, Any]:
    return dict(json.loads(definition))


def named(definition: str) -> dict[str, dict[str, Any]]:
    """All states of a definition by their names."""
    return _states(definition)


@lru_cache(maxsize=64)
def _states(definition: str) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for name, state in _all(_document(definition)):
        found.setdefault(name, state)
    return found


def _all(machine: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Those of the machine before those in its states."""
    states = machine.get("States", {})
    yield from states.items()
    for found in states.values():
        for inner in (*found.get("Branches", ()), found.get("Iterator"), found.get("ItemProcessor")):
            if isinstance(inner, dict):
                yield from _all(inner)
