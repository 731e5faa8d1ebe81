"""EventBridge rules, and schedules of EventBridge Scheduler."""

from localcloud.cloudformation.errors import StackError
from localcloud.cloudformation.mapping import Properties
from localcloud.cloudformation.resource import Resource
from localcloud.cloudformation.types.model import Call, ResourceType, Setting, Tagging, by, by_arn


def _rule_key(resource: Resource) -> Properties:
    bus = resource.properties.get("EventBusName")
    return {"Name": resource.name, "Rule": resource.name, **({"EventBusName": bus} if bus else {})}


def _where(resource: Resource) -> Properties:
    return {name: value for name, value in _rule_key(resource).items() if name != "Name"}


def _rule_id(resource: Resource) -> str:
    """Ref is the name, or ``bus|name`` on a custom bus."""
    bus = resource.properties.get("EventBusName", "default")
    return resource.name if bus == "default" else f"{bus}|{resource.name}"


def _set_targets(resource: Resource, new: Properties, old: Properties) -> None:
    targets = new.get("Targets", [])
    gone = {target["Id"] for target in old.get("Targets", [])} - {target["Id"] for target in targets}
    if gone:
        resource.call("RemoveTargets", **_where(resource), Ids=sorted(gone))
    if targets:
        answer = resource.call(
            "PutTargets", **_where(resource), Targets=resource.fitted("PutTargets", "Targets", targets)
        )
        if answer.get("FailedEntries"):
            raise StackError(f"{resource.type}: targets were refused: {answer['FailedEntries']}")


def _delete_rule(resource: Resource) -> None:
    if ids := [target["Id"] for target in resource.properties.get("Targets", [])]:
        resource.call_if_present("RemoveTargets", **_where(resource), Ids=ids)
    resource.call_if_present("DeleteRule", **{k: v for k, v in _rule_key(resource).items() if k != "Rule"})


def _schedule_key(resource: Resource) -> Properties:
    group = resource.properties.get("GroupName")
    return {"Name": resource.physical_id, **({"GroupName": group} if group else {})}


TYPES = {
    "Events::Rule": ResourceType(
        service="events",
        name="Name",
        key=_rule_key,
        create=Call(operation="PutRule"),
        identifier=_rule_id,
        update=Call(operation="PutRule"),
        settings=(Setting(properties=("Targets",), apply=_set_targets),),
        delete=_delete_rule,
        tags=Tagging(add="TagResource", remove="UntagResource", key=by_arn("ResourceARN")),
        read="DescribeRule",
        attributes={"Arn": "Arn", "RuleName": lambda resource: resource.name},
    ),
    "Scheduler::Schedule": ResourceType(
        service="scheduler",
        name="Name",
        key=_schedule_key,
        create=Call(operation="CreateSchedule"),
        update=Call(operation="UpdateSchedule"),
        delete="DeleteSchedule",
        read="GetSchedule",
        attributes={"Arn": "Arn"},
    ),
    "Scheduler::ScheduleGroup": ResourceType(
        service="scheduler",
        name="Name",
        key=by("Name"),
        create=Call(operation="CreateScheduleGroup"),
        delete="DeleteScheduleGroup",
        tags=Tagging(add="TagResource", remove="UntagResource", key=by_arn("ResourceArn")),
        read="GetScheduleGroup",
        attributes={
            "Arn": "Arn",
            "CreationDate": "CreationDate",
            "LastModificationDate": "LastModificationDate",
            "State": "State",
        },
    ),
}
