"""Alarms: what may be defined, and the operations that moto lacks or only pretends."""

import json
import time
from typing import Any

from moto.cloudwatch.exceptions import InvalidFormat, InvalidParameterCombination, ResourceNotFound, ValidationError
from moto.cloudwatch.models import CloudWatchBackend
from moto.cloudwatch.responses import CloudWatchResponse
from moto.core.responses import ActionResult, EmptyResult

from localcloud.cloudwatch import composite
from localcloud.cloudwatch.actions import DONE, State
from localcloud.cloudwatch.engine import Evaluated, cloudwatch_engine
from localcloud.cloudwatch.evaluation import OPERATORS
from localcloud.cloudwatch.metrics_api import check_statistic, parse_expression
from localcloud.cloudwatch.model import watch
from localcloud.paging import page
from localcloud.patching import add, replace
from localcloud.unsupported import NotImplementedLocallyError

_ACTIONS = ("AlarmActions", "OKActions", "InsufficientDataActions")
_STATE = (
    "state_value",
    "state_reason",
    "state_reason_data",
    "state_updated_timestamp",
    "state_transitioned_timestamp",
)


@replace(CloudWatchResponse, "put_metric_alarm", "(self)")
def put_metric_alarm(self: Any) -> EmptyResult:
    """A new alarm begins as INSUFFICIENT_DATA, a changed one keeps its state; both are evaluated at once.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
    """
    given = {name: value for name, value in self.params.items() if value is not None and name != "Tags"}
    _check(given)
    try:
        watched = watch(given)
    except ValueError as error:
        raise ValidationError(f"Invalid metrics list: {error}") from None
    alarm = _put(self, given)
    cloudwatch_engine().put(Evaluated(alarm, given, watched))
    return EmptyResult()


@add(CloudWatchResponse, "put_composite_alarm")
def put_composite_alarm(self: Any) -> EmptyResult:
    """https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutCompositeAlarm.html"""
    given = {name: value for name, value in self.params.items() if value is not None and name != "Tags"}
    if given.get("ActionsSuppressor"):
        raise NotImplementedLocallyError("cloudwatch", "PutCompositeAlarm with ActionsSuppressor")
    _check_actions(given, "PutCompositeAlarm")
    try:
        rule, named = composite.parse(given["AlarmRule"])
    except composite.RuleError as error:
        if str(error) == "AT_LEAST":
            raise NotImplementedLocallyError("cloudwatch", "PutCompositeAlarm with AT_LEAST") from None
        raise ValidationError(f"AlarmRule is not valid: {error}") from None
    engine = cloudwatch_engine()
    region = self.region
    for name in named:
        plain = name.rpartition(":alarm:")[2]
        if (region, plain) not in engine.alarms or plain == given["AlarmName"]:
            told = f"Could not save the composite alarm as alarms [{name}] in the alarm rule do not exist"
            raise ValidationError(told)
    engine.put(Evaluated(_put(self, given), given, None, rule))
    engine.follow(region)
    return EmptyResult()


def _put(response: Any, given: dict[str, Any]) -> Any:
    backend = response.cloudwatch_backend
    with cloudwatch_engine().lock:
        before = backend.alarms.get(given["AlarmName"])
        if before is not None and (before.rule is None) != ("AlarmRule" not in given):
            raise ValidationError(f"The alarm {before.name} exists already, and is of the other type")
        if before is not None:
            response.params.pop("Tags", None)  # "any tags you specify … are ignored", same page
        put_metric_alarm.original(response)  # type: ignore[attr-defined]
        alarm = backend.alarms[given["AlarmName"]]
        if before is None:
            alarm.state_value = "INSUFFICIENT_DATA"
            alarm.state_transitioned_timestamp = alarm.state_updated_timestamp
        else:
            for name in _STATE:
                setattr(alarm, name, getattr(before, name))
    evaluated = Evaluated(alarm, given, None if "AlarmRule" in given else watch(given))
    word = "created" if before is None else "updated"
    kind = "Create" if before is None else "Update"
    cloudwatch_engine().record(
        evaluated, "ConfigurationUpdate", f'Alarm "{alarm.name}" {word}', {"version": "1.0", "type": kind}
    )
    return alarm


def _check(given: dict[str, Any]) -> None:
    """Refuse what AWS refuses, and what is not evaluated here."""
    _check_actions(given, "PutMetricAlarm")
    if given.get("ThresholdMetricId") or "Threshold" not in given:
        raise NotImplementedLocallyError("cloudwatch", "PutMetricAlarm with anomaly detection")
    if given.get("EvaluationCriteria") or given.get("EvaluationInterval"):
        raise NotImplementedLocallyError("cloudwatch", "PutMetricAlarm with PromQL")
    if given["ComparisonOperator"] not in OPERATORS:
        raise NotImplementedLocallyError("cloudwatch", f"PutMetricAlarm with {given['ComparisonOperator']}")
    if given.get("TreatMissingData", "missing") not in ("breaching", "notBreaching", "ignore", "missing"):
        raise ValidationError(f"Option {given['TreatMissingData']} is not supported.")
    if int(given.get("DatapointsToAlarm") or 1) > int(given["EvaluationPeriods"]):
        raise ValidationError("The DatapointsToAlarm must be less than or equal to EvaluationPeriods")
    if bool(given.get("Metrics")) == bool(given.get("MetricName")):
        raise ValidationError("Exactly one of MetricName and Metrics must be given")
    if given.get("Metrics"):
        _check_queries(given["Metrics"])
        return
    statistics = [given[name] for name in ("Statistic", "ExtendedStatistic") if given.get(name)]
    if len(statistics) != 1:
        raise InvalidParameterCombination("Exactly one of Statistic and ExtendedStatistic must be given")
    if not given.get("Period"):
        raise ValidationError("Period must not be null")
    check_statistic(statistics[0], "PutMetricAlarm")


def _check_queries(queries: list[dict[str, Any]]) -> None:
    if sum(bool(query.get("ReturnData", True)) for query in queries) != 1:
        raise ValidationError("Exactly one element of the metrics list should return data.")
    for query in queries:
        if query.get("Expression"):
            parse_expression(query["Expression"], "PutMetricAlarm")
        elif query.get("MetricStat"):
            check_statistic(query["MetricStat"]["Stat"], "PutMetricAlarm")
        else:
            raise ValidationError(f"The metric {query['Id']} has neither MetricStat nor Expression")
        if query.get("AccountId"):
            raise NotImplementedLocallyError("cloudwatch", "PutMetricAlarm with AccountId")
    if not any(query.get("MetricStat") for query in queries):
        raise ValidationError("At least one metric must be in the metrics list")


def _check_actions(given: dict[str, Any], operation: str) -> None:
    for action in (action for name in _ACTIONS for action in given.get(name) or []):
        if not action.startswith(DONE):
            raise NotImplementedLocallyError("cloudwatch", f"{operation} with the action {action}")


@replace(CloudWatchResponse, "describe_alarms", "(self)")
def describe_alarms(self: Any) -> ActionResult:
    """All filters at once, in pages; only metric alarms unless composite ones are asked for.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html
    """
    given = self.params
    if given.get("ChildrenOfAlarmName") or given.get("ParentsOfAlarmName"):
        raise NotImplementedLocallyError("cloudwatch", "DescribeAlarms of children and parents")
    kinds = given.get("AlarmTypes") or ["MetricAlarm"]
    prefix = given.get("ActionPrefix") or ""
    found = [
        alarm
        for name, alarm in sorted(self.cloudwatch_backend.alarms.items())
        if ("MetricAlarm" if alarm.rule is None else "CompositeAlarm") in kinds
        and (not given.get("AlarmNames") or name in given["AlarmNames"])
        and name.startswith(given.get("AlarmNamePrefix") or "")
        and given.get("StateValue") in (None, alarm.state_value)
        and (not prefix or any(action.startswith(prefix) for action in alarm.alarm_actions))
    ]
    told = page({**given, "MaxResults": given.get("MaxRecords") or 50}, "Alarms", found)
    shown = told.pop("Alarms")
    return ActionResult(
        {
            "MetricAlarms": [alarm for alarm in shown if alarm.rule is None],
            "CompositeAlarms": [alarm for alarm in shown if alarm.rule is not None],
            **told,
        }
    )


@add(CloudWatchResponse, "describe_alarm_history")
def describe_alarm_history(self: Any) -> ActionResult:
    """Newest first, also of alarms that are gone."""
    given = self.params
    kinds = given.get("AlarmTypes") or ["MetricAlarm"]
    bounds = (given.get("StartDate"), given.get("EndDate"))
    start, end = (bound.timestamp() if bound else default for bound, default in zip(bounds, (0.0, 1e12), strict=True))
    found = [
        item
        for item in list(cloudwatch_engine().history[self.region])
        if item["AlarmType"] in kinds
        and given.get("AlarmName") in (None, item["AlarmName"])
        and given.get("HistoryItemType") in (None, item["HistoryItemType"])
        and start <= item["Timestamp"] <= end
    ]
    if given.get("ScanBy") != "TimestampAscending":
        found.reverse()
    return ActionResult(page({**given, "MaxResults": given.get("MaxRecords")}, "AlarmHistoryItems", found))


@replace(CloudWatchBackend, "delete_alarms", "(self, alarm_names)")
def delete_alarms(self: Any, alarm_names: list[str]) -> None:
    with cloudwatch_engine().lock:
        delete_alarms.original(self, alarm_names)  # type: ignore[attr-defined]
        for name in alarm_names:
            cloudwatch_engine().delete(self.region_name, name)


@replace(CloudWatchBackend, "set_alarm_state", "(self, alarm_name, reason, reason_data, state_value)")
def set_alarm_state(self: Any, alarm_name: str, reason: str, reason_data: str | None, state_value: str) -> None:
    """Acts as a transition does, and lasts until the next evaluation.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_SetAlarmState.html
    """
    try:
        json.loads(reason_data or "{}")
    except ValueError:
        raise InvalidFormat("StateReasonData is not valid JSON.") from None
    engine = cloudwatch_engine()
    evaluated = engine.alarms.get((self.region_name, alarm_name))
    if evaluated is None:
        raise ResourceNotFound("Alarm does not exist")
    if state_value not in ("OK", "ALARM", "INSUFFICIENT_DATA"):
        raise ValidationError(
            f"1 validation error detected: Value '{state_value}' at 'stateValue' failed to satisfy constraint: "
            "Member must satisfy enum value set: [INSUFFICIENT_DATA, ALARM, OK]"
        )
    engine.change_state(evaluated, State(state_value, reason, reason_data, time.time()))
