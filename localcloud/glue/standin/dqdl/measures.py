"""What is measured for a rule, and what the measures say.

Measures of one frame are collected first and computed together: one aggregation over the frame for all of them, and
one over its groups for each set of columns whose duplicates count.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from .conditions import holds, predicate
from .model import Condition, Rule


@dataclass(frozen=True)
class Aggregate:
    """``function`` over the whole frame, of an SQL expression of its rows."""

    function: str
    argument: str


@dataclass(frozen=True)
class Groups:
    """How the rows fall into groups of equal ``columns``; rows in which all of them are NULL are left out.

    ``what``: ``rows``, ``distinct`` (groups) or ``unique`` (groups of one row).
    """

    columns: tuple[str, ...]
    where: str | None
    what: str


Measure = Aggregate | Groups
Values = Mapping[Measure, float]


@dataclass(frozen=True)
class Verdict:
    """Outcome of one rule: Passed or Failed, why, and the metrics it was judged by."""

    passed: bool
    reason: str | None = None
    metrics: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Plan:
    """What a rule needs and how it judges."""

    measures: tuple[Measure, ...]
    judge: Callable[[Values], Verdict]


def unmet(value: object) -> str:
    """Glue's failure reason."""
    return f"Value: {value} does not meet the constraint requirement!"


def plan(rule: Rule, columns: tuple[str, ...]) -> Plan:
    """How to evaluate ``rule`` on a frame with ``columns``; CustomSql is evaluated on its own."""
    if rule.type in _ABOUT_COLUMNS:
        verdict = _ABOUT_COLUMNS[rule.type](rule, columns)
        return Plan((), lambda _: verdict)
    missing = [name for name in rule.parameters if name.lower() not in {column.lower() for column in columns}]
    if missing:
        failed = Verdict(False, f"Column {missing[0]} does not exist")
        return Plan((), lambda _: failed)
    return _PLANS[rule.type](rule)


# --- rules about the columns themselves: nothing to measure --------------------------------------------------


def _column_exists(rule: Rule, columns: tuple[str, ...]) -> Verdict:
    found = rule.parameters[0].lower() in {column.lower() for column in columns}
    return Verdict(found, None if found else f"Column {rule.parameters[0]} does not exist")


def _column_count(rule: Rule, columns: tuple[str, ...]) -> Verdict:
    return _compare(rule.condition, float(len(columns)), "Dataset.*.ColumnCount")


def _column_names(rule: Rule, columns: tuple[str, ...]) -> Verdict:
    import re  # noqa: PLC0415 - only here

    others = [column for column in columns if not re.search(rule.parameters[0], column)]
    metrics = {"Dataset.*.ColumnNamesPatternMatchRatio": 1 - len(others) / len(columns) if columns else math.nan}
    reason = f"Columns that do not match the pattern: {', '.join(others)}" if others else None
    return Verdict(not others, reason, metrics)


_ABOUT_COLUMNS: dict[str, Callable[[Rule, tuple[str, ...]], Verdict]] = {
    "ColumnExists": _column_exists,
    "ColumnCount": _column_count,
    "ColumnNamesMatchPattern": _column_names,
}


# --- rules about the rows --------------------------------------------------------------------------------------


def _row_count(rule: Rule) -> Plan:
    rows = _rows(rule)
    return Plan((rows,), lambda values: _compare(rule.condition, values[rows], "Dataset.*.RowCount"))


def _completeness(rule: Rule) -> Plan:
    rows, complete = _rows(rule), _count(rule, f"{_name(rule)} IS NOT NULL")
    condition = rule.condition or Condition("=", (1.0,))
    metric = f"Column.{rule.parameters[0]}.Completeness"
    return Plan((rows, complete), lambda values: _compare(condition, _ratio(values[complete], values[rows]), metric))


def _uniqueness(rule: Rule) -> Plan:
    rows, unique = _groups(rule, "rows"), _groups(rule, "unique")
    condition = rule.condition or Condition("=", (1.0,))
    metric = f"{_columns(rule)}.Uniqueness"
    return Plan((rows, unique), lambda values: _compare(condition, _ratio(values[unique], values[rows]), metric))


def _unique_value_ratio(rule: Rule) -> Plan:
    distinct, unique = _groups(rule, "distinct"), _groups(rule, "unique")
    metric = f"{_columns(rule)}.UniqueValueRatio"
    return Plan(
        (distinct, unique), lambda values: _compare(rule.condition, _ratio(values[unique], values[distinct]), metric)
    )


def _primary_key(rule: Rule) -> Plan:
    rows = _rows(rule)
    complete = [_count(rule, f"{quoted(name)} IS NOT NULL") for name in rule.parameters]
    grouped, unique = _groups(rule, "rows"), _groups(rule, "unique")

    def judge(values: Values) -> Verdict:
        metrics = {f"{_columns(rule)}.Uniqueness": _ratio(values[unique], values[grouped])}
        for name, measure in zip(rule.parameters, complete, strict=True):
            metrics[f"Column.{name}.Completeness"] = _ratio(values[measure], values[rows])
        worst = next((value for value in metrics.values() if value != 1.0), None)
        return Verdict(worst is None, None if worst is None else unmet(worst), metrics)

    return Plan((rows, *complete, grouped, unique), judge)


def _distinct_values(rule: Rule) -> Plan:
    distinct = _groups(rule, "distinct")
    metric = f"Column.{rule.parameters[0]}.DistinctValuesCount"
    return Plan((distinct,), lambda values: _compare(rule.condition, values[distinct], metric))


def _column_values(rule: Rule) -> Plan:
    condition = _required(rule)
    name = _name(rule)
    passing = predicate(condition, name)
    metric = f"Column.{rule.parameters[0]}.ColumnValues.Compliance"
    # a value that fails because it is NULL is told so
    told_null = condition.operator not in ("!=", "not in", "matches", "not matches")
    nulls = _count(rule, f"{name} IS NULL AND NOT coalesce({passing}, false)") if told_null else None
    return _compliance(rule, passing, metric, nulls)


def _column_data_type(rule: Rule) -> Plan:
    condition = _required(rule)
    kind = str(condition.operands[0]).upper()
    spark = {"INTEGER": "INT", "LONG": "BIGINT"}.get(kind, kind)
    castable = f"try_cast({_name(rule)} AS {spark}) IS NOT NULL"
    passing = castable if condition.operator == "=" else f"NOT ({castable})"
    return _compliance(rule, passing, f"Column.{rule.parameters[0]}.ColumnDataType.Compliance", None)


def _column_length(rule: Rule) -> Plan:
    # "treats NULLs as 0 length strings": docs, dqdl-rule-types-ColumnLength
    length = f"coalesce(length({_name(rule)}), 0)"
    passing = predicate(_required(rule), length)
    return _compliance(rule, passing, f"Column.{rule.parameters[0]}.LengthCompliance", None)


def _statistic(function: str, metric: str) -> Callable[[Rule], Plan]:
    def make(rule: Rule) -> Plan:
        value = f"CAST({_name(rule)} AS DOUBLE)"
        inner = f"CASE WHEN {rule.where} THEN {value} END" if rule.where else value
        measure = Aggregate(function, inner)
        name = f"Column.{rule.parameters[0]}.{metric}"
        return Plan((measure,), lambda values: _compare(rule.condition, values[measure], name))

    return make


_PLANS: dict[str, Callable[[Rule], Plan]] = {
    "RowCount": _row_count,
    "IsComplete": _completeness,
    "Completeness": _completeness,
    "IsUnique": _uniqueness,
    "Uniqueness": _uniqueness,
    "UniqueValueRatio": _unique_value_ratio,
    "IsPrimaryKey": _primary_key,
    "DistinctValuesCount": _distinct_values,
    "ColumnValues": _column_values,
    "ColumnDataType": _column_data_type,
    "ColumnLength": _column_length,
    "Mean": _statistic("avg", "Mean"),
    "Sum": _statistic("sum", "Sum"),
    "StandardDeviation": _statistic("stddev_pop", "StandardDeviation"),
}


def _compliance(rule: Rule, passing: str, metric: str, nulls: Measure | None) -> Plan:
    rows, good = _rows(rule), _count(rule, passing)
    condition = rule.threshold or Condition("=", (1.0,))

    def judge(values: Values) -> Verdict:
        verdict = _compare(condition, _ratio(values[good], values[rows]), metric)
        if not verdict.passed and nulls is not None and values[nulls]:
            return Verdict(False, unmet("NULL"), verdict.metrics)
        return verdict

    return Plan((rows, good) if nulls is None else (rows, good, nulls), judge)


def _compare(condition: Condition | None, value: float, metric: str) -> Verdict:
    assert condition is not None  # noqa: S101 - the parser saw to it
    if math.isnan(value):
        return Verdict(False, f"{metric.rsplit('.', 1)[-1]} has no value: there are no rows to measure")
    passed = holds(condition, value)
    return Verdict(passed, None if passed else unmet(value), {metric: value})


def _required(rule: Rule) -> Condition:
    assert rule.condition is not None  # noqa: S101 - the parser saw to it
    return rule.condition


def quoted(name: str) -> str:
    """A column name as Spark SQL."""
    return "`" + name.replace("`", "``") + "`"


def _name(rule: Rule) -> str:
    return quoted(rule.parameters[0])


def _columns(rule: Rule) -> str:
    names = ",".join(rule.parameters)
    return f"Multicolumn.{names}" if len(rule.parameters) > 1 else f"Column.{names}"


def _rows(rule: Rule) -> Aggregate:
    return Aggregate("count", f"CASE WHEN {rule.where} THEN 1 END" if rule.where else "1")


def _count(rule: Rule, test: str) -> Aggregate:
    filtered = f"({rule.where}) AND ({test})" if rule.where else test
    return Aggregate("count", f"CASE WHEN {filtered} THEN 1 END")


def _groups(rule: Rule, what: str) -> Groups:
    return Groups(rule.parameters, rule.where, what)


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else math.nan
