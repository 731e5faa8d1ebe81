"""Where in its state an expression stands, as events of failures tell it: ``Output/total``."""

import json
from collections.abc import Iterator
from functools import lru_cache
from typing import Any


def location(env: Any, expression: str) -> str | None:
    """The first field of the current state whose text is the expression."""
    definition = getattr(env.aws_execution_details, "definition", None)
    if definition is None:
        return None
    name = env.states.context_object.context_object_data["State"]["Name"]
    return _places(definition).get((name, expression.strip()))


@lru_cache(maxsize=64)
def _places(definition: str) -> dict[tuple[str, str], str]:
    found: dict[tuple[str, str], str] = {}
    for state, path, text in _expressions(json.loads(definition)):
        found.setdefault((state, text), path)
    return found


def _expressions(machine: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    """State, path and text of every expression."""
    for name, state in machine.get("States", {}).items():
        own = {
            field: value for field, value in state.items() if field not in ("Branches", "Iterator", "ItemProcessor")
        }
        for path, text in _texts(own, ""):
            yield name, path, text
        for inner in (*state.get("Branches", ()), state.get("Iterator"), state.get("ItemProcessor")):
            if isinstance(inner, dict):
                yield from _expressions(inner)


def _texts(value: Any, at: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for name, item in value.items():
            yield from _texts(item, f"{at}/{name}" if at else name)
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _texts(item, f"{at}[{number}]")
    elif isinstance(value, str) and value.startswith("{%") and value.endswith("%}"):
        yield at, value[2:-2].strip()
