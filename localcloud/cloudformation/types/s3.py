"""S3 buckets and bucket policies.

CloudFormation spells S3's configurations differently from the API
(https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-s3-bucket.html): the functions here only
rename, so that what they do not know stays in place and is recorded as not applied.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from localcloud.cloudformation.mapping import Properties
from localcloud.cloudformation.resource import Resource
from localcloud.cloudformation.types.model import ResourceType, Setting, by


def _renamed(value: Mapping[str, Any], names: Mapping[str, str]) -> Properties:
    return {names.get(name, name): item for name, item in value.items()}


def _encryption(value: Properties) -> Properties:
    rules = value["ServerSideEncryptionConfiguration"]
    names = {"ServerSideEncryptionByDefault": "ApplyServerSideEncryptionByDefault"}
    return {"Rules": [_renamed(rule, names) for rule in rules]}


def _filter(rule: Properties) -> Properties:
    """The Filter of a lifecycle rule from Prefix, TagFilters and object sizes."""
    parts: Properties = {
        name: rule.pop(name) for name in ("Prefix", "ObjectSizeGreaterThan", "ObjectSizeLessThan") if name in rule
    }
    tags = rule.pop("TagFilters", [])
    if len(parts) + len(tags) <= 1:
        return parts or ({"Tag": tags[0]} if tags else {"Prefix": ""})
    return {"And": {**parts, **({"Tags": tags} if tags else {})}}


def _transition(value: Properties) -> Properties:
    return _renamed(value, {"TransitionInDays": "Days", "TransitionDate": "Date"})


def _noncurrent(value: Properties) -> Properties:
    return _renamed(value, {"TransitionInDays": "NoncurrentDays"})


def _lifecycle_rule(rule: Properties) -> Properties:
    rule = _renamed(rule, {"Id": "ID"})
    expiration = {
        api: rule.pop(name)
        for name, api in (
            ("ExpirationInDays", "Days"),
            ("ExpirationDate", "Date"),
            ("ExpiredObjectDeleteMarker", "ExpiredObjectDeleteMarker"),
        )
        if name in rule
    }
    if expiration:
        rule["Expiration"] = expiration
    if "NoncurrentVersionExpirationInDays" in rule:
        rule["NoncurrentVersionExpiration"] = {"NoncurrentDays": rule.pop("NoncurrentVersionExpirationInDays")}
    for one, many, convert in (
        ("Transition", "Transitions", _transition),
        ("NoncurrentVersionTransition", "NoncurrentVersionTransitions", _noncurrent),
    ):
        items = [*rule.pop(many, []), *([rule.pop(one)] if one in rule else [])]
        if items:
            rule[many] = [convert(item) for item in items]
    rule["Filter"] = _filter(rule)
    return rule


def _lifecycle(value: Properties) -> Properties:
    return {**value, "Rules": [_lifecycle_rule(dict(rule)) for rule in value["Rules"]]}


def _logging(value: Properties) -> Properties:
    names = {"DestinationBucketName": "TargetBucket", "LogFilePrefix": "TargetPrefix"}
    return {"LoggingEnabled": {"TargetPrefix": "", **_renamed(value, names)}}


def _cors(value: Properties) -> Properties:
    names = {"Id": "ID", "MaxAge": "MaxAgeSeconds", "ExposedHeaders": "ExposeHeaders"}
    return {"CORSRules": [_renamed(rule, names) for rule in value["CorsRules"]]}


def _notification_target(arn_name: str, api_name: str) -> Callable[[Properties], Properties]:
    def convert(item: Properties) -> Properties:
        target = _renamed(item, {arn_name: api_name})
        target["Events"] = [target.pop("Event")]
        if "Filter" in target:
            target["Filter"] = {"Key": {"FilterRules": target["Filter"]["S3Key"]["Rules"]}}
        return target

    return convert


NOTIFICATION_TARGETS = {
    "LambdaConfigurations": ("LambdaFunctionConfigurations", _notification_target("Function", "LambdaFunctionArn")),
    "QueueConfigurations": ("QueueConfigurations", _notification_target("Queue", "QueueArn")),
    "TopicConfigurations": ("TopicConfigurations", _notification_target("Topic", "TopicArn")),
}


def _notifications(value: Properties) -> Properties:
    result: Properties = {}
    for name, item in value.items():
        if name == "EventBridgeConfiguration":
            if str(item.get("EventBridgeEnabled", True)).lower() == "true":
                result[name] = {}
        else:
            api_name, convert = NOTIFICATION_TARGETS[name]
            result[api_name] = [convert(dict(target)) for target in item]
    return result


def _tiering(resource: Resource, new: Properties, old: Properties) -> None:
    """One call for each configuration, as for all S3 configurations that are lists with ids."""
    member = "IntelligentTieringConfigurations"
    wanted, present = new.get(member, []), old.get(member, [])
    names = {item["Id"] for item in wanted}
    for item in present:
        if item["Id"] not in names:
            operation = "DeleteBucketIntelligentTieringConfiguration"
            resource.call(operation, Bucket=resource.physical_id, Id=item["Id"])
    for item in wanted:
        if item not in present:
            configuration = _renamed(item, {})
            scope: Properties = {
                name: configuration.pop(name) for name in ("Prefix", "TagFilters") if name in configuration
            }
            if scope:
                configuration["Filter"] = _filter(scope)
            operation = "PutBucketIntelligentTieringConfiguration"
            resource.call(
                operation,
                Bucket=resource.physical_id,
                Id=item["Id"],
                IntelligentTieringConfiguration=resource.fitted(
                    operation, "IntelligentTieringConfiguration", configuration
                ),
            )


def _notify(resource: Resource, new: Properties, _: Properties) -> None:
    operation, member = "PutBucketNotificationConfiguration", "NotificationConfiguration"
    value = _notifications(new.get(member, {}))  # an empty configuration switches notifications off
    resource.call(operation, Bucket=resource.physical_id, **{member: resource.fitted(operation, member, value)})


def _log(resource: Resource, new: Properties, _: Properties) -> None:
    value = _logging(new["LoggingConfiguration"]) if "LoggingConfiguration" in new else {}
    member = resource.fitted("PutBucketLogging", "BucketLoggingStatus", value)
    resource.call("PutBucketLogging", Bucket=resource.physical_id, BucketLoggingStatus=member)


def _version(resource: Resource, new: Properties, _: Properties) -> None:
    """Versioning cannot be removed, only suspended."""
    wanted = new.get("VersioningConfiguration", {"Status": "Suspended"})
    resource.call("PutBucketVersioning", Bucket=resource.physical_id, VersioningConfiguration=wanted)


def _create(resource: Resource, properties: Properties) -> Any:
    members: Properties = {"Bucket": resource.name}
    if resource.region != "us-east-1":
        members["CreateBucketConfiguration"] = {"LocationConstraint": resource.region}
    if "ObjectLockEnabled" in properties:
        members["ObjectLockEnabledForBucket"] = str(properties["ObjectLockEnabled"]).lower() == "true"
    if "OwnershipControls" in properties:  # before the ACL, which it may forbid
        members["ObjectOwnership"] = properties["OwnershipControls"]["Rules"][0]["ObjectOwnership"]
    return resource.call("CreateBucket", **members)


def _website(value: Properties) -> Properties:
    result: Properties = {}
    for name, item in value.items():
        if name == "IndexDocument":
            result[name] = {"Suffix": item}
        elif name == "ErrorDocument":
            result[name] = {"Key": item}
        else:
            result[name] = item
    return result


def _canned_acl(value: str) -> str:
    return re.sub("(?<=[a-z])(?=[A-Z])", "-", value).lower()


TYPES = {
    "S3::Bucket": ResourceType(
        service="s3",
        name="BucketName",
        lower_case=True,
        key=by("Bucket"),
        create=_create,
        settings=(
            Setting(
                properties=("OwnershipControls",),
                put="PutBucketOwnershipControls",
                remove="DeleteBucketOwnershipControls",
            ),
            Setting(
                properties=("PublicAccessBlockConfiguration",),
                put="PutPublicAccessBlock",
                remove="DeletePublicAccessBlock",
            ),
            Setting(properties=("AccessControl",), put="PutBucketAcl", member="ACL", convert=_canned_acl),
            Setting(
                properties=("BucketEncryption",),
                put="PutBucketEncryption",
                member="ServerSideEncryptionConfiguration",
                convert=_encryption,
                remove="DeleteBucketEncryption",
            ),
            Setting(properties=("VersioningConfiguration",), apply=_version),
            Setting(
                properties=("LifecycleConfiguration",),
                put="PutBucketLifecycleConfiguration",
                convert=_lifecycle,
                remove="DeleteBucketLifecycle",
            ),
            Setting(properties=("IntelligentTieringConfigurations",), apply=_tiering),
            Setting(
                properties=("CorsConfiguration",),
                put="PutBucketCors",
                member="CORSConfiguration",
                convert=_cors,
                remove="DeleteBucketCors",
            ),
            Setting(
                properties=("WebsiteConfiguration",),
                put="PutBucketWebsite",
                convert=_website,
                remove="DeleteBucketWebsite",
            ),
            Setting(properties=("ObjectLockEnabled",), apply=lambda *_: None),  # said to CreateBucket
            Setting(properties=("LoggingConfiguration",), apply=_log),
            Setting(properties=("NotificationConfiguration",), apply=_notify),
            Setting(
                properties=("Tags",),
                put="PutBucketTagging",
                member="Tagging",
                convert=lambda tags: {"TagSet": tags},
                remove="DeleteBucketTagging",
            ),
        ),
        delete="DeleteBucket",
        attributes={
            "Arn": "arn:aws:s3:::{id}",
            "DomainName": "{id}.s3.amazonaws.com",
            "DualStackDomainName": "{id}.s3.dualstack.{region}.amazonaws.com",
            "RegionalDomainName": "{id}.s3.{region}.amazonaws.com",
            "WebsiteURL": "http://{id}.s3-website-{region}.amazonaws.com",
        },
    ),
    "S3::BucketPolicy": ResourceType(
        service="s3",
        key=by("Bucket"),
        create=lambda _, properties: {},
        identifier=lambda resource: str(resource.properties["Bucket"]),
        settings=(
            Setting(properties=("Bucket",), apply=lambda *_: None),  # the key; another one is another policy
            Setting(properties=("PolicyDocument",), put="PutBucketPolicy", member="Policy"),
        ),
        delete="DeleteBucketPolicy",
    ),
}
