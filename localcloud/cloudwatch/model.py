"""An alarm as its definition reads, and the datapoints it looks at.

A period of the cloud passes ``speed`` times faster than by the wall clock, by which metric data are stamped: a
period of 300 s is a window of 300/speed s.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from localcloud.cloudwatch import statistics
from localcloud.cloudwatch.evaluation import LOOK_BACK, Point, Rules
from localcloud.cloudwatch.metric_math import Expression
from localcloud.cloudwatch.series import Datum, Metric, Series, metric

_RISING = {"Sum", "SampleCount", "Maximum"}  # more data only make these larger (of values that are not negative)


@dataclass(frozen=True)
class Source:
    """One metric that an alarm reads."""

    of: Metric
    statistic: str
    unit: str | None

    @staticmethod
    def of_stat(stat: Mapping[str, Any]) -> "Source":
        """From a MetricStat."""
        named = stat["Metric"]
        found = metric(named["Namespace"], named["MetricName"], named.get("Dimensions") or [])
        return Source(found, stat["Stat"], stat.get("Unit"))


@dataclass(frozen=True)
class Watch:
    """What a metric alarm computes: sources by id, and how their values become one."""

    sources: dict[str, Source]
    result: str  # the id of the source or expression that is compared
    expressions: dict[str, Expression]
    period: int
    rules: Rules

    @property
    def statistic(self) -> str | None:
        source = self.sources.get(self.result)
        return source.statistic if source else None

    def step(self, speed: float) -> float:
        """Wall-clock seconds between evaluations: each minute of the cloud, or 10 s for high-resolution alarms."""
        return (60 if self.period >= 60 else 10) / speed

    def points(self, series: Series, now: float, speed: float, *, open_too: bool = False) -> list[Point]:
        """The alarm's evaluation range, newest first; with ``open_too`` up to the end of the step under way."""
        step, window = self.step(speed), self.period / speed
        end = (math.floor(now / step) + open_too) * step
        return [
            self._point(series, end - (index + 1) * window, end - index * window)
            for index in range(self.rules.periods + LOOK_BACK)
        ]

    def _point(self, series: Series, start: float, end: float) -> Point:
        values: dict[str, float | None] = {}
        count = 0.0
        for name, source in self.sources.items():
            data = series.between(source.of, start, end, source.unit)
            values[name] = statistics.compute(source.statistic, data)
            count += statistics.samples(data)
        for name, expression in self.expressions.items():
            values[name] = expression.value(values)
        return Point(start, values[self.result], count)

    def decided_early(self, data: list[Datum]) -> bool:
        """Whether more data in the step under way cannot undo a breach that ``data`` show."""
        upward = self.rules.operator.startswith("Greater")
        if self.statistic == "Minimum":
            return not upward
        return upward and self.statistic in _RISING and all(datum.minimum >= 0 for datum in data)


def watch(given: Mapping[str, Any]) -> Watch:
    """From the members of PutMetricAlarm, which have been checked."""
    rules = Rules(
        operator=given["ComparisonOperator"],
        threshold=float(given["Threshold"]),
        periods=int(given["EvaluationPeriods"]),
        needed=int(given["DatapointsToAlarm"]) if given.get("DatapointsToAlarm") else None,
        missing=given.get("TreatMissingData") or "missing",
    )
    if given.get("MetricName"):
        statistic = given.get("Statistic") or given["ExtendedStatistic"]
        of = metric(given["Namespace"], given["MetricName"], given.get("Dimensions") or [])
        source = Source(of, statistic, given.get("Unit"))
        if given["Namespace"] == "AWS/DynamoDB":  # "always ignore missing data", alarms-and-missing-data.html
            rules = Rules(rules.operator, rules.threshold, rules.periods, rules.needed, "ignore")
        return Watch({"": source}, "", {}, int(given["Period"]), rules)
    queries = given["Metrics"]
    stats = {query["Id"]: query["MetricStat"] for query in queries if query.get("MetricStat")}
    expressions = {query["Id"]: Expression(query["Expression"]) for query in queries if query.get("Expression")}
    (result,) = (query for query in queries if query.get("ReturnData", True))
    periods = [int(stat["Period"]) for stat in stats.values()]
    period = int(result.get("Period") or (result.get("MetricStat") or {}).get("Period") or max(periods))
    sources = {name: Source.of_stat(stat) for name, stat in stats.items()}
    return Watch(sources, result["Id"], in_order(expressions, set(sources)), period, rules)


def in_order(expressions: dict[str, Expression], known: set[str]) -> dict[str, Expression]:
    """Expressions after those they read; ValueError when one reads what there is not."""
    ordered: dict[str, Expression] = {}
    while len(ordered) < len(expressions):
        ready = [
            name
            for name, expression in expressions.items()
            if name not in ordered and expression.names <= known | ordered.keys()
        ]
        if not ready:
            unknown = sorted(set().union(*(e.names for e in expressions.values())) - known - expressions.keys())
            raise ValueError(f"the expressions read {', '.join(unknown) or 'each other in a circle'}")
        ordered.update({name: expressions[name] for name in ready})
    return ordered
