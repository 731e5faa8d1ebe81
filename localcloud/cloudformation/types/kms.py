"""KMS keys and aliases."""

from localcloud.cloudformation.mapping import Properties
from localcloud.cloudformation.resource import Resource
from localcloud.cloudformation.types.model import Call, ResourceType, Setting, Tagging, by

DEFAULT_WINDOW_DAYS = 30


def _is(value: object) -> bool:
    return str(value).lower() == "true"


def _rotate(resource: Resource, new: Properties, _: Properties) -> None:
    if not _is(new.get("EnableKeyRotation", False)):
        resource.call("DisableKeyRotation", KeyId=resource.physical_id)
        return
    period: Properties = (
        {"RotationPeriodInDays": int(new["RotationPeriodInDays"])} if "RotationPeriodInDays" in new else {}
    )
    resource.call("EnableKeyRotation", KeyId=resource.physical_id, **period)


def _enable(resource: Resource, new: Properties, _: Properties) -> None:
    operation = "EnableKey" if _is(new.get("Enabled", True)) else "DisableKey"
    resource.call(operation, KeyId=resource.physical_id)


def _delete(resource: Resource) -> None:
    days = int(resource.properties.get("PendingWindowInDays", DEFAULT_WINDOW_DAYS))
    resource.call_if_present("ScheduleKeyDeletion", KeyId=resource.physical_id, PendingWindowInDays=days)


TYPES = {
    "KMS::Key": ResourceType(
        service="kms",
        key=by("KeyId"),
        create=Call(operation="CreateKey", rename={"KeyPolicy": "Policy"}),
        identifier="KeyMetadata.KeyId",
        update=Call(operation="UpdateKeyDescription", reset={"Description": ""}),
        settings=(
            Setting(
                properties=("KeyPolicy",),
                put="PutKeyPolicy",
                member="Policy",
                constant={"PolicyName": "default"},
                on_create=False,
            ),
            Setting(properties=("EnableKeyRotation", "RotationPeriodInDays"), apply=_rotate),
            Setting(properties=("Enabled",), apply=_enable),
        ),
        used_elsewhere=("PendingWindowInDays", "BypassPolicyLockoutSafetyCheck"),
        delete=_delete,
        tags=Tagging(add="TagResource", remove="UntagResource"),
        read="DescribeKey",
        attributes={"Arn": "KeyMetadata.Arn", "KeyId": "{id}"},
    ),
    "KMS::Alias": ResourceType(
        service="kms",
        name="AliasName",
        key=by("AliasName"),
        create=Call(operation="CreateAlias"),
        update=Call(operation="UpdateAlias"),
        delete="DeleteAlias",
    ),
}
