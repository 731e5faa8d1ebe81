"""Athena: workgroups and named queries."""

from typing import Any

from localcloud.cloudformation.mapping import Properties
from localcloud.cloudformation.resource import Resource
from localcloud.cloudformation.types.model import Call, ResourceType, Setting, Tagging, by

# What UpdateWorkGroup removes only when it is told to
# (https://docs.aws.amazon.com/athena/latest/APIReference/API_WorkGroupConfigurationUpdates.html).
REMOVABLE = ("BytesScannedCutoffPerQuery", "CustomerContentEncryptionConfiguration")
REMOVABLE_FROM_RESULT = ("AclConfiguration", "EncryptionConfiguration", "ExpectedBucketOwner", "OutputLocation")


def _arn(resource: Resource) -> Properties:
    name = resource.physical_id
    return {"ResourceARN": f"arn:aws:athena:{resource.region}:{resource.account}:workgroup/{name}"}


def _configure(resource: Resource, new: Properties, old: Properties) -> None:
    after: Any = new.get("WorkGroupConfiguration", {})
    before: Any = old.get("WorkGroupConfiguration", {})
    updates = dict(after)
    updates |= {f"Remove{name}": True for name in REMOVABLE if name in before and name not in after}
    result = dict(updates.pop("ResultConfiguration", {}))
    result_before = before.get("ResultConfiguration", {})
    result |= {
        f"Remove{name}": True for name in REMOVABLE_FROM_RESULT if name in result_before and name not in result
    }
    if result:
        updates["ResultConfigurationUpdates"] = result
    resource.call(
        "UpdateWorkGroup",
        WorkGroup=resource.physical_id,
        ConfigurationUpdates=resource.fitted("UpdateWorkGroup", "ConfigurationUpdates", updates),
    )


def _delete_workgroup(resource: Resource) -> None:
    everything = str(resource.properties.get("RecursiveDeleteOption", False)).lower() == "true"
    resource.call_if_present("DeleteWorkGroup", WorkGroup=resource.physical_id, RecursiveDeleteOption=everything)


TYPES = {
    "Athena::WorkGroup": ResourceType(
        service="athena",
        name="Name",
        key=by("WorkGroup"),
        create=Call(operation="CreateWorkGroup", rename={"WorkGroupConfiguration": "Configuration"}),
        update=Call(operation="UpdateWorkGroup", reset={"Description": ""}),
        settings=(
            Setting(properties=("State",), put="UpdateWorkGroup"),
            Setting(properties=("WorkGroupConfiguration",), apply=_configure, on_create=False),
        ),
        used_elsewhere=("RecursiveDeleteOption",),
        delete=_delete_workgroup,
        tags=Tagging(add="TagResource", remove="UntagResource", key=_arn),
        read="GetWorkGroup",
        attributes={
            "CreationTime": "WorkGroup.CreationTime",
            "WorkGroupConfiguration.EngineVersion.EffectiveEngineVersion": (
                "WorkGroup.Configuration.EngineVersion.EffectiveEngineVersion"
            ),
        },
    ),
    "Athena::NamedQuery": ResourceType(
        service="athena",
        name="Name",
        key=by("NamedQueryId"),
        create=Call(operation="CreateNamedQuery"),
        identifier="NamedQueryId",
        delete="DeleteNamedQuery",
        attributes={"NamedQueryId": "{id}"},
    ),
}
