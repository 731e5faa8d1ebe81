"""Whether an alarm's datapoints mean OK, ALARM or INSUFFICIENT_DATA: the rules of CloudWatch, on plain values.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation.html
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
"""

import operator
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

OPERATORS: dict[str, tuple[Callable[[float, float], bool], str]] = {
    "GreaterThanThreshold": (operator.gt, "greater than"),
    "GreaterThanOrEqualToThreshold": (operator.ge, "greater than or equal to"),
    "LessThanThreshold": (operator.lt, "less than"),
    "LessThanOrEqualToThreshold": (operator.le, "less than or equal to"),
}
LOOK_BACK = 2  # periods behind EvaluationPeriods, as in the page's tables: 5 for 3


@dataclass(frozen=True)
class Point:
    """One period: when it began, its value (None: missing) and how many samples it has."""

    time: float
    value: float | None
    samples: float = 0.0


@dataclass(frozen=True)
class Rules:
    """What decides, of an alarm's definition."""

    operator: str
    threshold: float
    periods: int
    needed: int | None  # DatapointsToAlarm
    missing: str = "missing"

    def breaches(self, value: float) -> bool:
        return OPERATORS[self.operator][0](value, self.threshold)


@dataclass(frozen=True)
class Verdict:
    """The state that the points mean, why, and the points that counted (newest first)."""

    state: str
    reason: str
    points: tuple[Point, ...]


def decide(rules: Rules, points: list[Point], current: str) -> Verdict | None:
    """The verdict over ``points`` (newest first, ``periods + LOOK_BACK`` of them); None keeps the state."""
    wanted = rules.needed or rules.periods
    real = [point for point in points if point.value is not None][: rules.periods]
    absent = rules.periods - len(real)
    breaching = [point for point in real if point.value is not None and rules.breaches(point.value)]
    if not real and rules.missing == "missing":
        told = f"Insufficient Data: {_counted(rules.periods, 'datapoint')} unknown."
        return Verdict("INSUFFICIENT_DATA", told, tuple(points[: rules.periods]))
    if not real and rules.missing == "ignore":
        return None
    filled = absent if rules.missing == "breaching" else 0
    if len(breaching) + filled >= wanted:
        return _crossed(rules, (current, "ALARM"), breaching, real)
    if absent and rules.missing in ("missing", "ignore") and len(breaching) == len(real):
        # All that is known breaches, but it is too little: "Avoiding premature transitions to alarm state"
        old_enough = points.index(real[-1]) + 1 >= wanted
        if rules.missing == "missing" and old_enough:
            return _crossed(rules, (current, "ALARM"), breaching, real)
        return None
    return _crossed(rules, (current, "OK"), [point for point in real if point not in breaching], real)


def _crossed(rules: Rules, states: tuple[str, str], decisive: list[Point], real: list[Point]) -> Verdict:
    """The sentence of StateReason, for the way from the one of ``states`` to the other."""
    current, state = states
    absent = rules.periods - len(real)
    treated = {"breaching": "[Breaching]", "notBreaching": "[NonBreaching]"}.get(rules.missing)
    missing = f"{_counted(absent, 'missing datapoint')} treated as {treated}" if absent and treated else ""
    if not real:
        periods = f"{rules.periods} period{'' if rules.periods == 1 else 's'}"
        told = f"no datapoints were received for {periods} and {missing}."
        return Verdict(state, f"Threshold Crossed: {told}", ())
    relation = f"{'' if state == 'ALARM' else 'not '}{OPERATORS[rules.operator][1]} the threshold ({rules.threshold})"
    shown = ", ".join(f"{point.value} ({_day(point.time)})" for point in decisive[:5])
    shown = f" [{shown}{', ...' if len(decisive) > 5 else ''}]"
    if rules.needed:
        count = len(decisive)
        told = (
            f"{count} out of the last {rules.periods} datapoints{shown} {'was' if count == 1 else 'were'} {relation}"
        )
        minimum = rules.needed if state == "ALARM" else rules.periods - rules.needed + 1
        noun = "datapoint" if minimum == 1 else "datapoints"
        tail = f" (minimum {minimum} {noun} for {current} -> {state} transition)."
        return Verdict(state, f"Threshold Crossed: {told}{tail}", tuple(real))
    told = _counted(len(decisive), "datapoint", shown) + f" {relation}" + (f" and {missing}" if missing else "")
    return Verdict(state, f"Threshold Crossed: {told}.", tuple(real))


def reason_data(verdict: Verdict, rules: Rules, now: float, *, period: int, statistic: str | None) -> dict[str, Any]:
    """StateReasonData; a metric math alarm has no statistic."""
    known = [point for point in verdict.points if point.value is not None]
    told: dict[str, Any] = {"version": "1.0", "queryDate": stamp(now)}
    if known:
        told["startDate"] = stamp(known[-1].time)
    if statistic:
        told["statistic"] = statistic
    return {
        **told,
        "period": period,
        "recentDatapoints": [point.value for point in reversed(known)],
        "threshold": rules.threshold,
        "evaluatedDatapoints": [
            {"timestamp": stamp(point.time)}
            | ({} if point.value is None else {"sampleCount": point.samples, "value": point.value})
            for point in verdict.points
        ],
    }


def stamp(time: float) -> str:
    """2019-10-02T17:04:40.989+0000"""
    return datetime.fromtimestamp(time, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "+0000"


def _day(time: float) -> str:
    return datetime.fromtimestamp(time, UTC).strftime("%d/%m/%y %H:%M:%S")


def _counted(count: int, noun: str, between: str = "") -> str:
    return f"{count} {noun}{between} was" if count == 1 else f"{count} {noun}s{between} were"
