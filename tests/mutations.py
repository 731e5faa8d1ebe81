"""Documents with one thing wrong in them."""

import copy
from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st

# Of every JSON type, and what readers trip over: another type, nothing, too much, a name that is none
JUNK: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1.5, 10**30, "", "x", "a.b", "a b", "\u202e\x1b[31m", "9" * 500),
    *([], [[]], [None], [1], ["x"], [{}], {}, {"": {}}, {"x": 1}, {"Get": 1}, {"Ref": []}, {"Fn::If": "x"}),
)


@st.composite
def mutants(draw: st.DrawFn, document: Any) -> Any:
    """``document`` with one or two places replaced, left out, renamed, doubled or wrapped."""
    changed = copy.deepcopy(document)
    for _ in range(draw(st.integers(1, 2))):
        _change(draw, changed)
    return changed


def _change(draw: st.DrawFn, document: Any) -> None:
    places = list(_places(document))
    if not places:
        return
    parent, key = draw(st.sampled_from(places))
    kind = draw(st.sampled_from(("junk", "drop", "wrap", "rename", "move")))
    if kind == "junk":
        parent[key] = copy.deepcopy(draw(st.sampled_from(JUNK)))
    elif kind == "drop":
        del parent[key]
    elif kind == "wrap":
        parent[key] = draw(st.sampled_from(([parent[key]], {"x": parent[key]}, str(parent[key]))))
    elif kind == "move":  # what stands elsewhere in the same document
        other, there = draw(st.sampled_from(places))
        parent[key] = copy.deepcopy(other[there])
    elif isinstance(parent, dict):
        parent[draw(st.sampled_from(("", "Name", "Other", "é", "x" * 300)))] = parent.pop(key)
    else:
        parent.append(copy.deepcopy(parent[key]))


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    for key in list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ():
        yield value, key
        yield from _places(value[key])
