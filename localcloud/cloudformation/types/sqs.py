"""SQS queues and their policies."""

from typing import Any

from localcloud.cloudformation.mapping import Properties
from localcloud.cloudformation.resource import Resource
from localcloud.cloudformation.types.model import Call, ResourceType, Setting, Tagging, by
from localcloud.cloudformation.types.sns import attribute_text, attributes_from

# Defaults that a removed property goes back to
# (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html)
DEFAULTS = {
    "ContentBasedDeduplication": "false", "DelaySeconds": "0", "KmsMasterKeyId": "", "MaximumMessageSize": "1048576",
    "MessageRetentionPeriod": "345600", "ReceiveMessageWaitTimeSeconds": "0", "RedriveAllowPolicy": "",
    "RedrivePolicy": "", "SqsManagedSseEnabled": "true", "VisibilityTimeout": "30",
    "KmsDataKeyReusePeriodSeconds": "300", "DeduplicationScope": "queue", "FifoThroughputLimit": "perQueue",
    "FifoQueue": "false",
}  # fmt: skip


def _set_attributes(resource: Resource, new: Properties, old: Properties) -> None:
    after: Any = new.get("Attributes", {})
    removed = {name: DEFAULTS[name] for name in old.get("Attributes", {}) if name not in after}
    resource.call("SetQueueAttributes", QueueUrl=resource.physical_id, Attributes={**removed, **after})


def _set_policy(resource: Resource, new: Properties, old: Properties) -> None:
    for url in set(old.get("Queues", [])) - set(new["Queues"]):
        _clear(resource, url)
    for url in new["Queues"]:
        policy = attribute_text(new["PolicyDocument"])
        resource.call("SetQueueAttributes", QueueUrl=url, Attributes={"Policy": policy})


def _clear(resource: Resource, url: str) -> None:
    resource.call_if_present("SetQueueAttributes", QueueUrl=url, Attributes={"Policy": ""})


def _delete_policy(resource: Resource) -> None:
    for url in resource.properties["Queues"]:
        _clear(resource, url)


TYPES = {
    "SQS::Queue": ResourceType(
        service="sqs",
        name="QueueName",
        key=by("QueueUrl"),
        prepare=attributes_from(tuple(DEFAULTS)),
        create=Call(operation="CreateQueue"),
        identifier="QueueUrl",
        settings=(Setting(properties=("Attributes",), apply=_set_attributes, on_create=False),),
        delete="DeleteQueue",
        tags=Tagging(add="TagQueue", remove="UntagQueue"),
        attributes={
            "Arn": lambda resource: f"arn:aws:sqs:{resource.region}:{resource.account}:{resource.name}",
            "QueueName": lambda resource: resource.name,
            "QueueUrl": "{id}",
        },
    ),
    "SQS::QueuePolicy": ResourceType(
        service="sqs",
        key=lambda _: {},
        create=lambda _, properties: {},
        settings=(Setting(properties=("PolicyDocument", "Queues"), apply=_set_policy),),
        delete=_delete_policy,
        attributes={"Id": "{id}"},
    ),
}
