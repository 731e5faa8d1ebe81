"""PutMetricData, GetMetricData and GetMetricStatistics on our own series; moto lists the metrics."""

import math
import time
from datetime import UTC, datetime
from typing import Any

from moto.cloudwatch.exceptions import InvalidParameterCombination, InvalidParameterValue, ValidationError
from moto.cloudwatch.models import CloudWatchBackend, MetricDatum
from moto.cloudwatch.responses import CloudWatchResponse
from moto.core.responses import ActionResult, EmptyResult

from localcloud.cloudwatch import statistics
from localcloud.cloudwatch.engine import cloudwatch_engine
from localcloud.cloudwatch.metric_math import Expression, UnsupportedMathError
from localcloud.cloudwatch.model import Source, in_order
from localcloud.cloudwatch.series import Datum, data_of, metric
from localcloud.patching import replace
from localcloud.unsupported import NotImplementedLocallyError


@replace(CloudWatchResponse, "put_metric_data", "(self)")
def put_metric_data(self: Any) -> EmptyResult:
    """AWS's own namespaces are AWS's: https://github.com/boto/boto3/issues/1847 has the sentence."""
    if self.params["Namespace"].startswith("AWS/"):
        raise InvalidParameterValue("The value AWS/ for parameter Namespace is invalid.")
    self.cloudwatch_backend.put_metric_data(self.params["Namespace"], self.params.get("MetricData") or [])
    return EmptyResult()


@replace(CloudWatchBackend, "put_metric_data", "(self, namespace, metric_data)")
def keep(self: Any, namespace: str, metric_data: list[dict[str, Any]]) -> None:
    """Into the series; moto gets one datum of each metric, for ListMetrics."""
    for number, member in enumerate(metric_data, 1):
        self._validate_parameters_put_metric_data(member, number)
    now = time.time()
    for member in metric_data:
        dimensions = member.get("Dimensions") or []
        of = metric(namespace, member["MetricName"], dimensions)
        if cloudwatch_engine().add_data(self.region_name, of, data_of(member, now)):
            self.metric_data.append(MetricDatum(namespace, member["MetricName"], 0.0, dimensions, None))


def _between(backend: Any, source: Source, start: float, end: float) -> list[Datum]:
    """A source's data; the metrics of S3's storage are moto's, computed when they are asked for."""
    if source.of[0] != "AWS/S3":
        return cloudwatch_engine().series[backend.region_name].between(source.of, start, end, source.unit)
    found = []
    for datum in backend.aws_metric_data:
        named = [{"Name": item.name, "Value": item.value} for item in datum.dimensions]
        if metric(datum.namespace, datum.name, named) == source.of:
            stamp = datum.timestamp.replace(tzinfo=UTC).timestamp()
            if start <= stamp < end:
                found.append(Datum(stamp, datum.value, 1.0, datum.value, datum.value, datum.unit))
    return found


def _periods(backend: Any, source: Source, start: float, end: float, period: int) -> dict[float, list[Datum]]:
    """Data by the beginning of their period; periods are counted from ``start``."""
    found: dict[float, list[Datum]] = {}
    for datum in _between(backend, source, start, end):
        found.setdefault(start + (datum.time - start) // period * period, []).append(datum)
    return found


def _times(request: dict[str, Any]) -> tuple[float, float]:
    """The interval, from a whole minute on."""
    start, end = (_seconds(request[name]) for name in ("StartTime", "EndTime"))
    if start >= end:
        raise InvalidParameterValue("The parameter StartTime must be less than the parameter EndTime.")
    return math.floor(start / 60) * 60.0, end


def _seconds(time: datetime) -> float:
    return (time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp()


def check_statistic(statistic: str, operation: str) -> None:
    """Refuse trimmed means and other statistics that are not computed here."""
    if not statistics.is_known(statistic):
        raise NotImplementedLocallyError("cloudwatch", f"{operation} with the statistic {statistic}")


@replace(CloudWatchResponse, "get_metric_statistics", "(self)")
def get_metric_statistics(self: Any) -> ActionResult:
    """https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricStatistics.html"""
    request = self.params
    standard, extended = (request.get(name) or [] for name in ("Statistics", "ExtendedStatistics"))
    if not standard and not extended:
        raise InvalidParameterCombination("Must specify either Statistics or ExtendedStatistics")
    for statistic in (*standard, *extended):
        check_statistic(statistic, "GetMetricStatistics")
    start, end = _times(request)
    of = metric(request["Namespace"], request["MetricName"], request.get("Dimensions") or [])
    source = Source(of, "", request.get("Unit"))
    points = []
    for begin, data in sorted(_periods(self.cloudwatch_backend, source, start, end, int(request["Period"])).items()):
        point: dict[str, Any] = {"Timestamp": datetime.fromtimestamp(begin, UTC), "Unit": data[-1].unit}
        point |= {statistic: statistics.compute(statistic, data) for statistic in standard}
        values = {statistic: statistics.compute(statistic, data) for statistic in extended}
        if known := {statistic: value for statistic, value in values.items() if value is not None}:
            point["ExtendedStatistics"] = known
        points.append(point)
    return ActionResult({"Label": request["MetricName"], "Datapoints": points})


@replace(CloudWatchResponse, "get_metric_data", "(self)")
def get_metric_data(self: Any) -> ActionResult:
    """https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html, in one page."""
    request = self.params
    start, end = _times(request)
    found: dict[str, dict[float, float | None]] = {}
    queries = request.get("MetricDataQueries") or []
    expressions = {}
    for query in queries:
        if stat := query.get("MetricStat"):
            check_statistic(stat["Stat"], "GetMetricData")
            source = Source.of_stat(stat)
            periods = _periods(self.cloudwatch_backend, source, start, end, int(stat["Period"]))
            computed = {begin: statistics.compute(source.statistic, data) for begin, data in periods.items()}
            found[query["Id"]] = {begin: value for begin, value in computed.items() if value is not None}
        elif query.get("Expression"):
            expressions[query["Id"]] = parse_expression(query["Expression"], "GetMetricData")
        else:
            raise ValidationError("The parameter MetricDataQueries.member.1.MetricStat is required.\n")
    try:
        ordered = in_order(expressions, set(found))
    except ValueError as error:
        raise ValidationError(f"Error in expression: {error}") from None
    for name, expression in ordered.items():
        begins = sorted(set().union(*(found[read] for read in expression.names)))
        values = {
            begin: expression.value({read: found[read].get(begin) for read in expression.names}) for begin in begins
        }
        found[name] = {begin: value for begin, value in values.items() if value is not None}
    newest_first = request.get("ScanBy") != "TimestampAscending"
    results = []
    for query in queries:
        if query.get("ReturnData", True):
            named = (query.get("MetricStat") or {}).get("Metric", {}).get("MetricName", query["Id"])
            points = sorted(found[query["Id"]].items(), reverse=newest_first)
            results.append(
                {
                    "Id": query["Id"],
                    "Label": query.get("Label") or named,
                    "Timestamps": [datetime.fromtimestamp(begin, UTC) for begin, _ in points],
                    "Values": [value for _, value in points],
                    "StatusCode": "Complete",
                }
            )
    return ActionResult({"MetricDataResults": results})


def parse_expression(text: str, operation: str) -> Expression:
    """Metric math, or the refusal of what is not evaluated here (SEARCH, SELECT, functions over time)."""
    try:
        return Expression(text)
    except UnsupportedMathError as error:
        raise NotImplementedLocallyError("cloudwatch", f"{operation} with {error}") from None
