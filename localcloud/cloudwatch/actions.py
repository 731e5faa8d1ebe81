"""What a change of an alarm's state sets off: notifications, functions, an event."""

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from botocore.session import get_session

from localcloud.cloud import Cloud
from localcloud.cloudwatch.evaluation import stamp
from localcloud.events.emit import emit as emit_event
from localcloud.iam.sessions import client_as_service

DONE = ("arn:aws:sns:", "arn:aws:lambda:")  # actions that this cloud performs
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-actions-Lambda.html
LAMBDA_CALLER = "lambda.alarms.cloudwatch.amazonaws.com"
_MEMBERS = {"ALARM": "AlarmActions", "OK": "OKActions", "INSUFFICIENT_DATA": "InsufficientDataActions"}

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class State:
    """A state and why it holds."""

    value: str
    reason: str
    data: str | None
    time: float

    def told(self) -> dict[str, Any]:
        """As events have it."""
        data = {} if self.data is None else {"reasonData": self.data}
        return {"value": self.value, "reason": self.reason, **data, "timestamp": stamp(self.time)}


@dataclass(frozen=True)
class Change:
    """An alarm has gone from one state to another."""

    name: str
    arn: str
    given: Mapping[str, Any]  # the members of PutMetricAlarm or PutCompositeAlarm
    configured: float
    enabled: bool
    old: State
    new: State

    @property
    def region(self) -> str:
        return self.arn.split(":")[3]

    @property
    def actions(self) -> list[str]:
        """ARNs of what the new state calls for."""
        return list(self.given.get(_MEMBERS[self.new.value]) or []) if self.enabled else []


def announce(change: Change) -> None:
    """The event of the change: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-and-eventbridge.html"""
    emit_event("aws.cloudwatch", "CloudWatch Alarm State Change", [change.arn], _detail(change), change.region)


def perform(cloud: Cloud, change: Change, action: str) -> str | None:
    """Perform one action; what went wrong, or None."""
    region = action.split(":")[3]
    try:
        if action.startswith("arn:aws:sns:"):
            subject = f'{change.new.value}: "{change.name}" in {_region_name(change.region)}'[:100]
            message = json.dumps(_notification(change, cloud.account))
            sns = client_as_service(cloud, "cloudwatch.amazonaws.com", change.arn, "sns", region)
            sns.publish(TopicArn=action, Subject=subject, Message=message)
        else:
            event = json.dumps(_lambda_event(change, cloud.account))
            functions = client_as_service(cloud, LAMBDA_CALLER, change.arn, "lambda", region)
            functions.invoke(FunctionName=action, InvocationType="Event", Payload=event)
    except Exception as error:
        log.warning("the action %s of alarm %s failed: %s", action, change.name, error)
        return str(error)
    return None


def _detail(change: Change) -> dict[str, Any]:
    """The event's detail, which an action's Lambda function gets as ``alarmData`` too."""
    return {
        "alarmName": change.name,
        "configuration": _configuration(change.given),
        "previousState": change.old.told(),
        "state": change.new.told(),
    }


def _configuration(given: Mapping[str, Any]) -> dict[str, Any]:
    described = {"description": given["AlarmDescription"]} if given.get("AlarmDescription") else {}
    if given.get("AlarmRule"):
        return {"alarmRule": given["AlarmRule"], **described}
    queries = given.get("Metrics") or [
        {
            "Id": "m1",
            "MetricStat": {
                "Metric": {name: given.get(name) for name in ("Namespace", "MetricName", "Dimensions")},
                "Period": given["Period"],
                "Stat": given.get("Statistic") or given.get("ExtendedStatistic"),
                "Unit": given.get("Unit"),
            },
        }
    ]
    return {"metrics": [_query(query) for query in queries], **described}


def _query(query: Mapping[str, Any]) -> dict[str, Any]:
    told: dict[str, Any] = {"id": query["Id"], "returnData": query.get("ReturnData", True)}
    for name in ("Expression", "Label", "Period"):
        if query.get(name):
            told[name.lower()] = query[name]
    if stat := query.get("MetricStat"):
        of = stat["Metric"]
        told["metricStat"] = {
            "metric": {
                "namespace": of["Namespace"],
                "name": of["MetricName"],
                "dimensions": {item["Name"]: item["Value"] for item in of.get("Dimensions") or []},
            },
            "period": stat["Period"],
            "stat": stat["Stat"],
            **({"unit": stat["Unit"]} if stat.get("Unit") else {}),
        }
    return told


def _lambda_event(change: Change, account: str) -> dict[str, Any]:
    """https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-actions-Lambda.html"""
    return {
        "source": "aws.cloudwatch",
        "alarmArn": change.arn,
        "accountId": account,
        "time": stamp(change.new.time),
        "region": change.region,
        "alarmData": _detail(change),
    }


def _notification(change: Change, account: str) -> dict[str, Any]:
    """https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html"""
    given = change.given
    told = {
        "AlarmName": change.name,
        "AlarmDescription": given.get("AlarmDescription"),
        "AWSAccountId": account,
        "AlarmConfigurationUpdatedTimestamp": stamp(change.configured),
        "NewStateValue": change.new.value,
        "NewStateReason": change.new.reason,
        "StateChangeTime": stamp(change.new.time),
        "Region": _region_name(change.region),
        "AlarmArn": change.arn,
        "OldStateValue": change.old.value,
        **{name: given.get(name) or [] for name in ("OKActions", "AlarmActions", "InsufficientDataActions")},
    }
    if given.get("AlarmRule"):
        return {**told, "AlarmRule": given["AlarmRule"]}
    return {**told, "Trigger": _trigger(given)}


def _trigger(given: Mapping[str, Any]) -> dict[str, Any]:
    common = {
        "EvaluationPeriods": given["EvaluationPeriods"],
        **({"DatapointsToAlarm": given["DatapointsToAlarm"]} if given.get("DatapointsToAlarm") else {}),
        "ComparisonOperator": given["ComparisonOperator"],
        "Threshold": given["Threshold"],
        "TreatMissingData": given.get("TreatMissingData") or "missing",
        "EvaluateLowSampleCountPercentile": given.get("EvaluateLowSampleCountPercentile") or "",
    }
    if given.get("Metrics"):
        return {"Metrics": given["Metrics"], **common}
    extended = given.get("ExtendedStatistic")
    return {
        "MetricName": given["MetricName"],
        "Namespace": given["Namespace"],
        "StatisticType": "ExtendedStatistic" if extended else "Statistic",
        **({"ExtendedStatistic": extended} if extended else {"Statistic": _SNS_NAMES[given["Statistic"]]}),
        "Unit": given.get("Unit"),
        "Dimensions": [{"value": item["Value"], "name": item["Name"]} for item in given.get("Dimensions") or []],
        "Period": given["Period"],
        **common,
    }


_SNS_NAMES = {
    "Average": "AVERAGE",
    "Maximum": "MAXIMUM",
    "Minimum": "MINIMUM",
    "SampleCount": "SAMPLE_COUNT",
    "Sum": "SUM",
}


@cache
def _region_name(region: str) -> str:
    """us-east-1 is "US East (N. Virginia)", by botocore's list of endpoints."""
    for partition in get_session().get_data("endpoints")["partitions"]:
        if region in partition["regions"]:
            return str(partition["regions"][region]["description"])
    return region
