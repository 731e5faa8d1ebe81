"""Event patterns, by the examples of AWS's pages and by properties.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
"""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localcloud.events.patterns import PatternError, compile_pattern


def matches(pattern: Any, event: Any) -> bool:
    return compile_pattern(json.dumps(pattern))(event)


@pytest.mark.parametrize(
    ("rule", "yes", "no"),
    [
        ("New York", ["New York", ["x", "New York"]], ["new york", None, [], {"New York": 1}]),
        ("", [""], [None, "x"]),
        (None, [None], ["", 0, False]),
        (True, [True], [1, "true", False]),
        (1, [1], [True, 1.0, "1", 2]),
        ({"prefix": "us-"}, ["us-east-1"], ["eu-us-", 5, None]),
        ({"prefix": {"equals-ignore-case": "eventb"}}, ["EventBridge", "eventb"], ["xEventB"]),
        ({"suffix": ".png"}, ["a.png"], ["a.PNG", "a.png.gz"]),
        ({"suffix": {"equals-ignore-case": ".png"}}, ["a.PNG"], ["a.pn"]),
        ({"equals-ignore-case": "alice"}, ["Alice", "ALICE"], ["alice "]),
        ({"anything-but": "initializing"}, ["running", 5], ["initializing"]),
        ({"anything-but": ["a", "b"]}, ["c"], ["a", "b"]),
        ({"anything-but": [100, 200]}, [300, "100"], [100]),
        ({"anything-but": {"prefix": "us-"}}, ["eu-1"], ["us-1"]),
        ({"anything-but": {"prefix": ["us-", "eu-"]}}, ["ap-1"], ["us-1", "eu-1"]),
        ({"anything-but": {"suffix": ".png"}}, ["a.txt"], ["a.png"]),
        ({"anything-but": {"equals-ignore-case": "INIT"}}, ["x"], ["init", "Init"]),
        ({"anything-but": {"wildcard": "*/lib/*"}}, ["/bin/x"], ["/usr/lib/x"]),
        ({"numeric": ["=", 100]}, [100, 100.0], [101, "100", True]),
        ({"numeric": [">", 10, "<=", 20]}, [11, 20], [10, 21, "15"]),
        ({"cidr": "10.0.0.0/24"}, ["10.0.0.7"], ["10.0.1.7", "host", 5]),
        ({"cidr": "2001:db8::/32"}, ["2001:db8::1"], ["2002::1"]),
        ({"wildcard": "dir/*.png"}, ["dir/a.png", "dir/b/c.png"], ["dir/a.jpg", "adir/a.png"]),
        ({"wildcard": "a\\*b"}, ["a*b"], ["axb"]),
        ({"wildcard": "a\\\\*"}, ["a\\x"], ["ax"]),
        ({"wildcard": "a?[b]*"}, ["a?[b]\nc"], ["ax[b]c", "a?bc"]),
        ({"wildcard": "*a" * 12 + "b"}, ["a" * 60 + "b"], ["a" * 60]),
        ({"exists": True}, ["x", None, 0, [1]], [[], {"a": 1}]),
        ({"exists": False}, [[], {"a": 1}], ["x", None]),
    ],
)
def test_operators(rule: Any, yes: list[Any], no: list[Any]) -> None:
    pattern = {"detail": {"field": [rule]}}
    assert [value for value in yes if not matches(pattern, {"detail": {"field": value}})] == []
    assert [value for value in no if matches(pattern, {"detail": {"field": value}})] == []


def test_a_missing_field_matches_only_exists_false() -> None:
    assert matches({"detail": {"a": {"b": [{"exists": False}]}}}, {"detail": {}})
    assert matches({"detail": {"a": [{"exists": False}, "x"]}}, {"source": "y"})
    assert not matches({"detail": {"a": [{"anything-but": "x"}]}}, {"detail": {}})
    assert not matches({"detail": {"a": [{"exists": True}]}}, {"detail": {}})


def test_and_or_and_nesting() -> None:
    pattern = {
        "source": ["aws.cloudwatch"],
        "$or": [
            {"detail": {"metric": ["A"]}},
            {"detail": {"n": [{"numeric": [">", 5]}], "$or": [{"x": [1]}, {"y": [2]}]}},
        ],
    }
    event = {"source": "aws.cloudwatch", "detail": {"metric": "B", "n": 6, "y": 2}}
    assert matches(pattern, event)
    assert matches(pattern, {**event, "detail": {"metric": "A"}})
    assert not matches(pattern, {**event, "source": "other"})
    assert not matches(pattern, {**event, "detail": {"n": 6, "y": 3}})
    assert not matches(pattern, {**event, "detail": {"n": 5, "y": 2}})


def test_fields_of_one_element_of_an_array() -> None:
    """https://github.com/aws/event-ruler "And and Or Relationship among fields with Ruler", array consistency"""
    people = [{"first": "Anna", "last": "Smith"}, {"first": "John", "last": "Doe"}]
    event = {"detail": {"people": people}}
    assert matches({"detail": {"people": {"first": ["John"], "last": ["Doe"]}}}, event)
    assert not matches({"detail": {"people": {"first": ["Anna"], "last": ["Doe"]}}}, event)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        "not json",
        '{"source": "aws.s3"}',
        '{"source": []}',
        '{"source": {}}',
        '{"source": [{"like": "x"}]}',
        '{"source": [{"prefix": 5}]}',
        '{"source": [{"prefix": "a", "suffix": "b"}]}',
        '{"n": [{"numeric": [">"]}]}',
        '{"n": [{"numeric": ["~", 5]}]}',
        '{"n": [{"numeric": [">", "5"]}]}',
        '{"ip": [{"cidr": "10.0.0"}]}',
        '{"a": [{"anything-but": {"numeric": [">", 5]}}]}',
        '{"a": [{"anything-but": []}]}',
        '{"a": [{"wildcard": "a**b"}]}',
        '{"$or": [{"a": ["x"]}]}',
    ],
)
def test_what_is_no_pattern(text: str) -> None:
    with pytest.raises(PatternError):
        compile_pattern(text)


names = st.sampled_from(["a", "b", "c", "detail-type"])
scalars = st.none() | st.booleans() | st.integers(-9, 9) | st.floats(-9, 9) | st.text("ab*\\/", max_size=4)
events = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
    max_leaves=8,
)


def as_pattern(value: dict[str, Any]) -> dict[str, Any]:
    """The pattern of an event with exactly these leaves."""
    pattern: dict[str, Any] = {}
    for name, item in value.items():
        if isinstance(item, dict):
            if inner := as_pattern(item):
                pattern[name] = inner
        elif not isinstance(item, list):
            pattern[name] = [item]
    return pattern


@given(st.dictionaries(names, events, min_size=1))
def test_an_event_matches_the_pattern_made_of_it(event: dict[str, Any]) -> None:
    pattern = as_pattern(event)
    if pattern:
        assert matches(pattern, event)
        assert matches(pattern, {**event, "more": 1})


@given(st.dictionaries(names, events), names, scalars)
def test_exists_and_anything_but_are_opposites(event: dict[str, Any], name: str, value: Any) -> None:
    exists = {state: matches({name: [{"exists": state}]}, event) for state in (True, False)}
    assert exists[True] is not exists[False]
    event[name] = value
    if isinstance(value, str | int | float):
        assert matches({name: [value]}, event) is not matches({name: [{"anything-but": value}]}, event)


@given(st.text("ab*\\/", max_size=6))
def test_a_value_matches_its_own_escaped_wildcard(value: str) -> None:
    escaped = value.replace("\\", "\\\\").replace("*", "\\*")
    assert matches({"a": [{"wildcard": escaped}]}, {"a": value})
    assert matches({"a": [{"wildcard": "*"}]}, {"a": value})
    assert matches({"a": [{"wildcard": f"{escaped}*"}]}, {"a": f"{value}x"})
    assert not matches({"a": [{"wildcard": f"{escaped}x"}]}, {"a": value})


@given(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6))
def test_numeric(value: float, bound: float) -> None:
    signs = {sign: matches({"n": [{"numeric": [sign, bound]}]}, {"n": value}) for sign in ("<", "<=", "=", ">", ">=")}
    expected = {
        "<": value < bound,
        "<=": value <= bound,
        "=": value == bound,
        ">": value > bound,
        ">=": value >= bound,
    }
    assert signs == expected
