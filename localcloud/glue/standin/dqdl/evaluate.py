"""Evaluating a rule set on a Spark DataFrame, with as few passes over it as there can be."""

import math
from dataclasses import dataclass
from typing import Any

from .conditions import holds
from .measures import Aggregate, Groups, Measure, Plan, Verdict, plan, quoted, unmet
from .model import Composite, Condition, Rule, simple_rules
from .parse import parse


@dataclass(frozen=True)
class Outcome:
    """A row of the result of EvaluateDataQuality."""

    rule: str
    outcome: str  # Passed or Failed
    reason: str | None
    metrics: dict[str, float]


def evaluate(ruleset: str, frame: Any, spark: Any) -> list[Outcome]:
    """Outcomes of the rules of ``ruleset``, in their order. DqdlError and UnsupportedDqdlError as from ``parse``."""
    rules = parse(ruleset)
    plans: dict[Rule, Plan] = {}
    verdicts: dict[Rule, Verdict] = {}
    for rule in simple_rules(rules):
        if rule.type == "CustomSql":
            verdicts[rule] = _custom_sql(rule, frame, spark)
        else:
            plans[rule] = plan(rule, tuple(frame.columns))
    values = _measure(frame, {measure for found in plans.values() for measure in found.measures})
    for rule, found in plans.items():
        verdicts[rule] = found.judge(values)
    return [_outcome(rule, verdicts) for rule in rules]


def overall_score(outcomes: list[Outcome]) -> float:
    """Share of the rules that passed; Glue's Score."""
    return sum(outcome.outcome == "Passed" for outcome in outcomes) / len(outcomes)


def _outcome(rule: Rule | Composite, verdicts: dict[Rule, Verdict]) -> Outcome:
    verdict = _verdict(rule, verdicts)
    return Outcome(rule.text, "Passed" if verdict.passed else "Failed", verdict.reason, verdict.metrics)


def _verdict(rule: Rule | Composite, verdicts: dict[Rule, Verdict]) -> Verdict:
    if isinstance(rule, Rule):
        return verdicts[rule]
    parts = [_verdict(part, verdicts) for part in rule.rules]
    passed = (all if rule.operator == "and" else any)(part.passed for part in parts)
    metrics = {name: value for part in parts for name, value in part.metrics.items()}
    reasons = [part.reason for part in parts if part.reason]
    return Verdict(passed, None if passed else " ".join(reasons) or None, metrics)


def _measure(frame: Any, measures: set[Measure]) -> dict[Measure, float]:
    values: dict[Measure, float] = {}
    aggregates = sorted((found for found in measures if isinstance(found, Aggregate)), key=str)
    if aggregates:
        # Two steps, because Sail names an aggregate by its argument without its casts, and such names may collide.
        arguments = frame.selectExpr(*(f"{found.argument} AS a{at}" for at, found in enumerate(aggregates)))
        totals = (f"{found.function}(a{at}) AS m{at}" for at, found in enumerate(aggregates))
        row = arguments.selectExpr(*totals).collect()[0]
        values.update({found: _number(row[at]) for at, found in enumerate(aggregates)})
    grouped = {(found.columns, found.where) for found in measures if isinstance(found, Groups)}
    for columns, where in grouped:
        rows, distinct, unique = _count_groups(frame, columns, where)
        values[Groups(columns, where, "rows")] = rows
        values[Groups(columns, where, "distinct")] = distinct
        values[Groups(columns, where, "unique")] = unique
    return values


def _count_groups(frame: Any, columns: tuple[str, ...], where: str | None) -> tuple[float, float, float]:
    names = [quoted(column) for column in columns]
    kept = frame.where(" OR ".join(f"{name} IS NOT NULL" for name in names))
    if where:
        kept = kept.where(where)
    counts = kept.selectExpr(*(f"{name} AS k{at}" for at, name in enumerate(names)))
    counts = counts.groupBy(*(f"k{at}" for at in range(len(names)))).count()
    row = counts.selectExpr("sum(count)", "count(1)", "count(CASE WHEN count = 1 THEN 1 END)").collect()[0]
    return _number(row[0] or 0), _number(row[1]), _number(row[2])


def _custom_sql(rule: Rule, frame: Any, spark: Any) -> Verdict:
    """https://docs.aws.amazon.com/glue/latest/dg/dqdl-rule-types-CustomSql.html: with an expression, the statement
    gives one number; without one it gives the rows that pass, and their share is compared with the threshold."""
    frame.createOrReplaceTempView("primary")
    try:
        answer = spark.sql(rule.parameters[0])
        if rule.condition is not None:
            return _single_number(rule.condition, answer.collect())
        passing, rows = answer.count(), frame.count()
    except Exception as error:
        return Verdict(False, f"Error executing SQL statement: {str(error).splitlines()[0]}")
    if not rows:
        return Verdict(False, "Custom SQL rule could not be evaluated due to data frame being empty")
    share = passing / rows
    passed = holds(rule.threshold or Condition("=", (1.0,)), share)
    return Verdict(passed, None if passed else unmet(share), {"Dataset.*.CustomSQL": share})


def _single_number(condition: Condition, rows: list[Any]) -> Verdict:
    if len(rows) != 1 or len(rows[0]) != 1 or rows[0][0] is None:
        return Verdict(False, "The output from CustomSQL must be one row with one number")
    value = float(rows[0][0])
    passed = holds(condition, value)
    return Verdict(passed, None if passed else unmet(value), {"Dataset.*.CustomSQL": value})


def _number(value: Any) -> float:
    return math.nan if value is None else float(value)
