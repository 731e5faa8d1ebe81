"""Kinesis data streams."""

from localcloud.cloudformation.mapping import Properties
from localcloud.cloudformation.resource import Resource
from localcloud.cloudformation.types.model import Call, ResourceType, Setting, Tagging, by

DEFAULT_RETENTION_HOURS = 24
ENCRYPTION = "StreamEncryption"


def _retain(resource: Resource, new: Properties, old: Properties) -> None:
    hours = int(new.get("RetentionPeriodHours", DEFAULT_RETENTION_HOURS))
    before = int(old.get("RetentionPeriodHours", DEFAULT_RETENTION_HOURS))
    if hours != before:
        verb = "Increase" if hours > before else "Decrease"
        resource.call(f"{verb}StreamRetentionPeriod", StreamName=resource.physical_id, RetentionPeriodHours=hours)


def _encrypt(resource: Resource, new: Properties, old: Properties) -> None:
    if ENCRYPTION in new:
        resource.call("StartStreamEncryption", StreamName=resource.physical_id, **new[ENCRYPTION])
    else:
        resource.call("StopStreamEncryption", StreamName=resource.physical_id, **old[ENCRYPTION])


def _reshard(resource: Resource, new: Properties, _: Properties) -> None:
    if "ShardCount" in new:  # an on-demand stream has none
        resource.call(
            "UpdateShardCount",
            StreamName=resource.physical_id,
            TargetShardCount=int(new["ShardCount"]),
            ScalingType="UNIFORM_SCALING",
        )


def _change_mode(resource: Resource, new: Properties, _: Properties) -> None:
    mode = new.get("StreamModeDetails", {"StreamMode": "PROVISIONED"})
    resource.call("UpdateStreamMode", StreamARN=resource.attribute("Arn"), StreamModeDetails=mode)


def _monitor(resource: Resource, new: Properties, old: Properties) -> None:
    wanted, present = set(new.get("DesiredShardLevelMetrics", [])), set(old.get("DesiredShardLevelMetrics", []))
    for operation, metrics in (
        ("EnableEnhancedMonitoring", wanted - present),
        ("DisableEnhancedMonitoring", present - wanted),
    ):
        if metrics:
            resource.call(operation, StreamName=resource.physical_id, ShardLevelMetrics=sorted(metrics))


TYPES = {
    "Kinesis::Stream": ResourceType(
        service="kinesis",
        name="Name",
        key=by("StreamName"),
        create=Call(operation="CreateStream", rename={"Name": "StreamName"}, without=("Tags",)),
        settings=(
            Setting(properties=("StreamModeDetails",), apply=_change_mode, on_create=False),
            Setting(properties=("ShardCount",), apply=_reshard, on_create=False),
            Setting(properties=("RetentionPeriodHours",), apply=_retain),
            Setting(properties=(ENCRYPTION,), apply=_encrypt),
            Setting(properties=("DesiredShardLevelMetrics",), apply=_monitor),
        ),
        delete="DeleteStream",
        tags=Tagging(add="AddTagsToStream", remove="RemoveTagsFromStream"),
        read="DescribeStreamSummary",
        attributes={"Arn": "StreamDescriptionSummary.StreamARN"},
    ),
}
