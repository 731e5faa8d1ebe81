"""Item batchers: several items for one child of a distributed Map state.

https://docs.aws.amazon.com/step-functions/latest/dg/input-output-itembatcher.html
"""

from typing import Any

from localcloud.step_functions import documents, templates
from localcloud.step_functions.paths import find

_LIMIT = 256 * 1024  # bytes of a child's input


def of(env: Any, state: dict[str, Any], items: list[Any]) -> list[tuple[Any, int]]:
    """Inputs of children, with the number of their items."""
    batcher = state["ItemBatcher"]
    most = _number(env, state, batcher, "MaxItemsPerBatch") or len(items)
    size = min(_number(env, state, batcher, "MaxInputBytesPerBatch") or _LIMIT, _LIMIT)
    shared = templates.value(env, batcher["BatchInput"], state) if "BatchInput" in batcher else None
    around: dict[str, Any] = {"Items": []} if shared is None else {"BatchInput": shared, "Items": []}
    batches: list[list[Any]] = []
    room = 0
    for item in items:
        needs = len(documents.text(item).encode()) + 1
        if not batches or len(batches[-1]) >= most or needs > room:
            batches.append([])
            room = size - len(documents.text(around).encode())
        batches[-1].append(item)
        room -= needs
    return [({**around, "Items": batch}, len(batch)) for batch in batches]


def _number(env: Any, state: dict[str, Any], batcher: dict[str, Any], name: str) -> int:
    if path := batcher.get(f"{name}Path"):
        return int(find(path, env.states.get_input()))
    found = batcher.get(name, 0)
    return int(templates.value(env, {"n": found}, state)["n"] if isinstance(found, str) else found)
