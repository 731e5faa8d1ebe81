"""Order of creation."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localcloud.cloudformation.errors import TemplateError
from localcloud.cloudformation.graph import creation_order, dependencies, references


def _resource(*needs: str, **more: Any) -> dict[str, Any]:
    return {"Type": "AWS::SQS::Queue", "Properties": {"A": [{"Ref": name} for name in needs]}, **more}


def test_every_way_to_refer() -> None:
    value = {
        "a": {"Ref": "A"},
        "b": [{"Fn::GetAtt": ["B", "Arn"]}, {"Fn::GetAtt": "C.Arn"}],
        "d": {"Fn::Sub": "${D}-${E.Arn}-${!F}"},
        "g": {"Fn::Sub": ["${x}-${G}", {"x": {"Ref": "H"}}]},
        "i": {"Fn::If": ["Condition", {"Ref": "I"}, "no"]},
    }
    assert {name for _, name in references(value)} == set("ABCDEGHI")


def test_depends_on_counts() -> None:
    assert dependencies(_resource("A", DependsOn=["B", "C"])) == {"A", "B", "C"}
    assert dependencies(_resource(DependsOn="B")) == {"B"}


def test_circle_is_named() -> None:
    with pytest.raises(TemplateError) as refusal:
        creation_order({"A": _resource("B"), "B": _resource("A"), "C": _resource()})
    assert str(refusal.value) == "Circular dependency between resources: [A, B]"


@given(st.permutations(list(range(8))), st.sets(st.tuples(st.integers(0, 7), st.integers(0, 7))))
def test_needs_come_first(shuffled: list[int], edges: set[tuple[int, int]]) -> None:
    resources = {
        f"R{number}": _resource(*(f"R{low}" for high, low in edges if high == number and low < high))
        for number in shuffled
    }
    order = creation_order(resources)
    assert sorted(order) == sorted(resources)
    for name, resource in resources.items():
        assert all(order.index(need) < order.index(name) for need in dependencies(resource))
