"""DynamoDB tables of one region."""

from typing import Any

from localcloud.cloudformation.mapping import Properties
from localcloud.cloudformation.resource import Resource
from localcloud.cloudformation.types.model import Call, ResourceType, Setting, Tagging, by, by_arn


def _in_api_spelling(_: Resource, properties: Properties) -> Properties:
    if "SSESpecification" in properties:
        encryption = dict(properties["SSESpecification"])
        properties["SSESpecification"] = {"Enabled": encryption.pop("SSEEnabled", False), **encryption}
    if "StreamSpecification" in properties:
        properties["StreamSpecification"] = {"StreamEnabled": True, **properties["StreamSpecification"]}
    return properties


def _time_to_live(resource: Resource, new: Properties, old: Properties) -> None:
    wanted: Any = new.get("TimeToLiveSpecification") or {**old["TimeToLiveSpecification"], "Enabled": False}
    member = resource.fitted("UpdateTimeToLive", "TimeToLiveSpecification", wanted)
    resource.call("UpdateTimeToLive", TableName=resource.physical_id, TimeToLiveSpecification=member)


def _recovery(resource: Resource, new: Properties, _: Properties) -> None:
    wanted: Any = new.get("PointInTimeRecoverySpecification", {"PointInTimeRecoveryEnabled": False})
    member = resource.fitted("UpdateContinuousBackups", "PointInTimeRecoverySpecification", wanted)
    resource.call("UpdateContinuousBackups", TableName=resource.physical_id, PointInTimeRecoverySpecification=member)


TYPES = {
    "DynamoDB::Table": ResourceType(
        service="dynamodb",
        name="TableName",
        key=by("TableName"),
        prepare=_in_api_spelling,
        create=Call(operation="CreateTable"),
        # UpdateTable refuses members that do not change, so it gets only those that do
        update=Call(
            operation="UpdateTable",
            reset={
                "DeletionProtectionEnabled": False,
                "SSESpecification": {"Enabled": False},
                "StreamSpecification": {"StreamEnabled": False},
            },
        ),
        settings=(
            Setting(properties=("TimeToLiveSpecification",), apply=_time_to_live),
            Setting(properties=("PointInTimeRecoverySpecification",), apply=_recovery),
        ),
        delete="DeleteTable",
        tags=Tagging(add="TagResource", remove="UntagResource", key=by_arn("ResourceArn")),
        read="DescribeTable",
        attributes={"Arn": "Table.TableArn", "StreamArn": "Table.LatestStreamArn"},
    ),
}
