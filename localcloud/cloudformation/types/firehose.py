"""Data Firehose delivery streams."""

from typing import Any

from localcloud.cloudformation.errors import StackError
from localcloud.cloudformation.mapping import Properties, lookup
from localcloud.cloudformation.resource import Resource
from localcloud.cloudformation.types.model import Call, ResourceType, Setting, Tagging, by

DESTINATION = "ExtendedS3DestinationConfiguration"
ENCRYPTION = "DeliveryStreamEncryptionConfigurationInput"


def _update_destination(resource: Resource, new: Properties, old: Properties) -> None:
    """UpdateDestination keeps what it is not given, so what was removed is switched off by name.

    https://docs.aws.amazon.com/firehose/latest/APIReference/API_UpdateDestination.html
    """
    if DESTINATION not in new:
        raise StackError(f"{resource.type}: the local cloud does not apply the removal of {DESTINATION}")
    update: dict[str, Any] = dict(new[DESTINATION])
    removed = set(old[DESTINATION]) - set(update)
    for name in ("ProcessingConfiguration", "CloudWatchLoggingOptions", "DataFormatConversionConfiguration"):
        if name in removed:
            update[name] = {"Enabled": False}
            removed.discard(name)
    if "S3BackupConfiguration" in update:
        update["S3BackupUpdate"] = update.pop("S3BackupConfiguration")
    defaults = {
        "Prefix": "",
        "ErrorOutputPrefix": "",
        "CompressionFormat": "UNCOMPRESSED",
        "S3BackupMode": "Disabled",
    }
    update |= {name: defaults[name] for name in removed & defaults.keys()}
    if unable := removed - defaults.keys() - {"S3BackupConfiguration"}:
        raise StackError(f"{resource.type}: the local cloud does not apply the removal of {sorted(unable)}")
    description = resource.call("DescribeDeliveryStream", DeliveryStreamName=resource.physical_id)
    member = "ExtendedS3DestinationUpdate"
    resource.call(
        "UpdateDestination",
        DeliveryStreamName=resource.physical_id,
        CurrentDeliveryStreamVersionId=lookup(description, "DeliveryStreamDescription.VersionId"),
        DestinationId=lookup(description, "DeliveryStreamDescription.Destinations.0.DestinationId"),
        **{member: resource.fitted("UpdateDestination", member, update)},
    )


def _encrypt(resource: Resource, new: Properties, _: Properties) -> None:
    name = resource.physical_id
    if ENCRYPTION not in new:
        resource.call("StopDeliveryStreamEncryption", DeliveryStreamName=name)
        return
    operation = "StartDeliveryStreamEncryption"
    member = "DeliveryStreamEncryptionConfigurationInput"
    value = resource.fitted(operation, member, new[ENCRYPTION])
    resource.call(operation, DeliveryStreamName=name, **{member: value})


TYPES = {
    "KinesisFirehose::DeliveryStream": ResourceType(
        service="firehose",
        name="DeliveryStreamName",
        key=by("DeliveryStreamName"),
        create=Call(operation="CreateDeliveryStream"),
        settings=(
            Setting(properties=(DESTINATION,), apply=_update_destination, on_create=False),
            Setting(properties=(ENCRYPTION,), apply=_encrypt, on_create=False),
        ),
        delete="DeleteDeliveryStream",
        tags=Tagging(add="TagDeliveryStream", remove="UntagDeliveryStream"),
        read="DescribeDeliveryStream",
        attributes={"Arn": "DeliveryStreamDescription.DeliveryStreamARN"},
    ),
}
