"""The DQDL parser and what conditions mean."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localcloud.glue.standin.dqdl.conditions import holds, predicate
from localcloud.glue.standin.dqdl.model import (
    Composite,
    Condition,
    DqdlError,
    Keyword,
    Moment,
    Rule,
    UnsupportedDqdlError,
)
from localcloud.glue.standin.dqdl.parse import parse


def one(text: str) -> Rule:
    (rule,) = parse(f"Rules = [ {text} ]")
    assert isinstance(rule, Rule)
    return rule


def test_a_rule_has_parameters_condition_filter_and_threshold() -> None:
    rule = one('ColumnValues "a b" in ["x", NULL,\n EMPTY] where "c > 1" with threshold >= 0.9')
    assert rule == Rule(
        "ColumnValues",
        ("a b",),
        Condition("in", ("x", Keyword("NULL"), Keyword("EMPTY"))),
        "c > 1",
        Condition(">=", (0.9,)),
        'ColumnValues "a b" in ["x", NULL, EMPTY] where "c > 1" with threshold >= 0.9',
    )


@pytest.mark.parametrize(
    ("text", "condition"),
    [
        ("RowCount = 5", Condition("=", (5.0,))),
        ("RowCount != -5", Condition("!=", (-5.0,))),
        ("RowCount between 1 and 2.5", Condition("between", (1.0, 2.5))),
        ("RowCount not in [1, 2]", Condition("not in", (1.0, 2.0))),
        ('ColumnValues "a" not matches "x\\"y"', Condition("not matches", ('x"y',))),
        ('ColumnValues "a" > now()', Condition(">", (Moment(),))),
        ('ColumnValues "a" > (now() - 3 days)', Condition(">", (Moment(-3, "days"),))),
        (
            'ColumnValues "a" between "2013-01-01" and "2014-01-01"',
            Condition("between", ("2013-01-01", "2014-01-01")),
        ),
    ],
)
def test_conditions(text: str, condition: Condition) -> None:
    assert one(text).condition == condition


def test_and_binds_stronger_than_or_and_comments_are_skipped() -> None:
    (rule,) = parse('Rules = [ # all\n (RowCount > 1) OR (IsComplete "a") and (IsUnique "a") ]')
    assert isinstance(rule, Composite)
    assert rule.operator == "or"
    inner = rule.rules[1]
    assert isinstance(inner, Composite)
    assert (inner.operator, len(inner.rules)) == ("and", 2)
    assert rule.text == '(RowCount > 1) OR (IsComplete "a") and (IsUnique "a")'


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "'Rules' expected"),
        ("Rules = []", "at least one rule"),
        ("Rules = [ RowCount ]", "needs an expression"),
        ('Rules = [ IsComplete "a" > 1 ]', "takes no expression"),
        ('Rules = [ IsComplete "a" "b" ]', "takes 1 parameters"),
        ('Rules = [ IsComplete "a" with threshold > 1 ]', "takes no threshold"),
        ('Rules = [ Mean "a" > "x" ]', "compares with numbers"),
        ("Rules = [\n RowCount > ]", "line 2"),
        ('Rules = [ Nonsense "a" ]', "Nonsense is not a DQDL rule type"),
        ('Rules = [ iscomplete "a" ]', "iscomplete"),
        ('Rules = [ ColumnDataType "a" = "TEXT" ]', "TEXT"),
        ("Rules = [ RowCount > 1 ] more", "the end expected"),
        ('Rules = [ (IsComplete "a" ]', "')' expected"),
        ("Rules = [ RowCount > 1; ]", "unexpected ';'"),
    ],
)
def test_what_is_no_dqdl_is_told(text: str, told: str) -> None:
    with pytest.raises(DqdlError) as refused:
        parse(text)
    assert told in str(refused.value)


@pytest.mark.parametrize(
    "text",
    [
        'Rules = [ DataFreshness "a" <= 3 days ]',
        "Rules = [ RowCount > avg(last(10)) ]",
        'Rules = [ IsComplete "a" ] Analyzers = [ RowCount ]',
        'sql = "select 1" Rules = [ CustomSql $sql = 1 ]',
        'Rules = [ IsComplete "a" labels = ["x"="y"] ]',
        'Rules = [ ColumnDataType "a" = "DATE" with format = "x" ]',
    ],
)
def test_what_is_dqdl_but_not_evaluated_is_named(text: str) -> None:
    with pytest.raises(UnsupportedDqdlError):
        parse(text)


@pytest.mark.parametrize(
    ("operator", "operands", "passing", "failing"),
    [
        ("=", (1.0,), 1, 2),
        ("!=", (1.0,), 2, 1),
        (">", (1.0,), 2, 1),
        (">=", (1.0,), 1, 0),
        ("<", (1.0,), 0, 1),
        ("<=", (1.0,), 1, 2),
        ("between", (1.0, 3.0), 2, 3),
        ("not between", (1.0, 3.0), 1, 2),
        ("in", (1.0, 3.0), 3, 2),
        ("not in", (1.0, 3.0), 2, 3),
    ],
)
def test_numbers(operator: str, operands: tuple[float, ...], passing: float, failing: float) -> None:
    condition = Condition(operator, operands)
    assert holds(condition, float(passing))
    assert not holds(condition, float(failing))
    assert not holds(condition, float("nan"))


def test_a_value_with_quotes_stays_a_value() -> None:
    assert predicate(Condition("in", ("o'b\\",)), "c") == "(c IN ('o\\'b\\\\'))"


@given(st.text(max_size=80))
def test_any_text_is_parsed_or_refused(text: str) -> None:
    for source in (text, f"Rules = [ {text} ]", f'Rules = [ ColumnValues "a" {text} ]'):
        try:
            parse(source)
        except (DqdlError, UnsupportedDqdlError):
            continue
