"""SNS topics, their policies and subscriptions."""

import json
from collections.abc import Callable
from typing import Any

from localcloud.cloudformation.mapping import Properties, differing
from localcloud.cloudformation.resource import Resource
from localcloud.cloudformation.types.model import Call, ResourceType, Setting, Tagging, by

TOPIC_ATTRIBUTES = (
    "ArchivePolicy", "ContentBasedDeduplication", "DisplayName", "FifoThroughputScope", "FifoTopic", "KmsMasterKeyId",
    "SignatureVersion", "TracingConfig",
)  # fmt: skip
SUBSCRIPTION_ATTRIBUTES = (
    "DeliveryPolicy", "FilterPolicy", "FilterPolicyScope", "RawMessageDelivery", "RedrivePolicy", "ReplayPolicy",
    "SubscriptionRoleArn",
)  # fmt: skip

DEFAULT_ACTIONS = (
    "GetTopicAttributes", "SetTopicAttributes", "AddPermission", "RemovePermission", "DeleteTopic", "Subscribe",
    "ListSubscriptionsByTopic", "Publish",
)  # fmt: skip


def attribute_text(value: Any) -> str:
    """A value as the attribute maps of SNS and SQS want it."""
    if isinstance(value, dict | list):
        return json.dumps(value)
    return str(value).lower() if isinstance(value, bool) else str(value)


def attributes_from(names: tuple[str, ...]) -> Callable[[Resource, Properties], Properties]:
    """Moves the properties that the API takes as attributes into one map."""

    def prepare(_: Resource, properties: Properties) -> Properties:
        attributes = {name: attribute_text(properties.pop(name)) for name in names if name in properties}
        return {**properties, **({"Attributes": attributes} if attributes else {})}

    return prepare


def _set_each(operation: str, member: str) -> Callable[[Resource, Properties, Properties], None]:
    def apply(resource: Resource, new: Properties, old: Properties) -> None:
        after, before = new.get("Attributes", {}), old.get("Attributes", {})
        for name in sorted(differing(before, after)):
            value = after.get(name, "")
            members = {member: resource.physical_id, "AttributeName": name, "AttributeValue": value}
            resource.call(operation, **members)

    return apply


def _subscribe(resource: Resource, new: Properties, old: Properties) -> None:
    wanted = [(item["Protocol"], item["Endpoint"]) for item in new.get("Subscription", [])]
    present = [(item["Protocol"], item["Endpoint"]) for item in old.get("Subscription", [])]
    arn = resource.physical_id
    for item in resource.call("ListSubscriptionsByTopic", TopicArn=arn)["Subscriptions"] if present else ():
        ours = (item["Protocol"], item["Endpoint"])
        if ours in present and ours not in wanted:
            resource.call("Unsubscribe", SubscriptionArn=item["SubscriptionArn"])
    for protocol, endpoint in wanted:
        if (protocol, endpoint) not in present:
            resource.call("Subscribe", TopicArn=arn, Protocol=protocol, Endpoint=endpoint)


def _set_policy(resource: Resource, new: Properties, old: Properties) -> None:
    for arn in set(old.get("Topics", [])) - set(new["Topics"]):
        _clear(resource, arn)
    for arn in new["Topics"]:
        policy = attribute_text(new["PolicyDocument"])
        resource.call("SetTopicAttributes", TopicArn=arn, AttributeName="Policy", AttributeValue=policy)


def _clear(resource: Resource, arn: str) -> None:
    """A topic always has a policy: back to the one that it was created with.

    https://docs.aws.amazon.com/sns/latest/dg/sns-access-policy-use-cases.html
    """
    default = {
        "Version": "2008-10-17",
        "Id": "__default_policy_ID",
        "Statement": [
            {
                "Effect": "Allow",
                "Sid": "__default_statement_ID",
                "Principal": {"AWS": "*"},
                "Action": [f"SNS:{action}" for action in DEFAULT_ACTIONS],
                "Resource": arn,
                "Condition": {"StringEquals": {"AWS:SourceOwner": resource.account}},
            }
        ],
    }
    resource.call_if_present(
        "SetTopicAttributes", TopicArn=arn, AttributeName="Policy", AttributeValue=json.dumps(default)
    )


def _delete_policy(resource: Resource) -> None:
    for arn in resource.properties["Topics"]:
        _clear(resource, arn)


TYPES = {
    "SNS::Topic": ResourceType(
        service="sns",
        name="TopicName",
        key=by("TopicArn"),
        prepare=attributes_from(TOPIC_ATTRIBUTES),
        create=Call(operation="CreateTopic", rename={"TopicName": "Name"}),
        identifier="TopicArn",
        settings=(
            Setting(properties=("Attributes",), apply=_set_each("SetTopicAttributes", "TopicArn"), on_create=False),
            Setting(properties=("Subscription",), apply=_subscribe),
        ),
        delete="DeleteTopic",
        tags=Tagging(
            add="TagResource", remove="UntagResource", key=lambda resource: {"ResourceArn": resource.physical_id}
        ),
        attributes={"TopicArn": "{id}", "TopicName": lambda resource: resource.name},
    ),
    "SNS::TopicPolicy": ResourceType(
        service="sns",
        key=lambda _: {},
        create=lambda _, properties: {},
        settings=(Setting(properties=("PolicyDocument", "Topics"), apply=_set_policy),),
        delete=_delete_policy,
        attributes={"Id": "{id}"},
    ),
    "SNS::Subscription": ResourceType(
        service="sns",
        key=by("SubscriptionArn"),
        prepare=attributes_from(SUBSCRIPTION_ATTRIBUTES),
        create=Call(operation="Subscribe", constant={"ReturnSubscriptionArn": True}),
        identifier="SubscriptionArn",
        settings=(
            Setting(
                properties=("Attributes",),
                apply=_set_each("SetSubscriptionAttributes", "SubscriptionArn"),
                on_create=False,
            ),
        ),
        delete="Unsubscribe",
        attributes={"Arn": "{id}"},
    ),
}
