"""Controls of AWS Security Hub and their AWS Config rules, on the templates before any account sees them.

Each test cites the control (https://docs.aws.amazon.com/securityhub/latest/userguide/securityhub-controls-reference.html)
and the rule (https://docs.aws.amazon.com/config/latest/developerguide/managed-rules-by-aws-config.html). What deviates
in the default templates says why, and is held to be the only one. The endpoint's own (SageMaker.4, SageMaker.5), which
a function creates, are with the function: tests/unit/lambdas/deploy_model.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from costs.templates import Resource

Properties = dict[str, Any]
EVERY = "*"


@dataclass(frozen=True)
class Control:
    """A control.

    Attributes:
        id: Security Hub's and AWS Config's names; the first is empty where only AWS Config has the rule.
        kind: of the resources it looks at.
        holds: for the properties of one of them, and its template.
        deviates: logical ids (without hash) where it does not hold by default, with the reason; `EVERY` for all.
    """

    id: tuple[str, str]
    kind: str
    holds: Callable[[Properties, Any, str], bool]
    deviates: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.id[0] or self.id[1]


def public_access_blocked(bucket: Properties, _template: Any, _key: str) -> bool:
    return set(bucket["PublicAccessBlockConfiguration"].values()) == {True}


def tls_only(_bucket: Properties, template: Any, key: str) -> bool:
    return any(
        statement["Effect"] == "Deny" and statement.get("Condition", {}) == {"Bool": {"aws:SecureTransport": "false"}}
        for item in template.of("AWS::S3::BucketPolicy").values()
        if item["Properties"]["Bucket"] == {"Ref": key}
        for statement in item["Properties"]["PolicyDocument"]["Statement"]
    )


def kms_by_default(bucket: Properties, _template: Any, _key: str) -> bool:
    (rule,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    return bool(rule["ServerSideEncryptionByDefault"]["SSEAlgorithm"] == "aws:kms")


def not_public(policy: Properties, _template: Any, _key: str) -> bool:
    """Nobody who is just anybody is allowed anything without a condition."""
    return all(
        statement["Effect"] == "Deny" or statement["Principal"] not in ("*", {"AWS": "*"}) or "Condition" in statement
        for statement in (policy.get("PolicyDocument") or policy["KeyPolicy"])["Statement"]
    )


def retention_of_a_week(stream: Properties, _template: Any, _key: str) -> bool:
    return int(stream["RetentionPeriodHours"]) >= 168


def retention_of_a_year(group: Properties, _template: Any, _key: str) -> bool:
    return int(group["RetentionInDays"]) >= 365


def encrypted_workgroup(group: Properties, _template: Any, _key: str) -> bool:
    configuration = group["WorkGroupConfiguration"]
    result = configuration["ResultConfiguration"]["EncryptionConfiguration"]["EncryptionOption"] == "SSE_KMS"
    return bool(result and configuration["EnforceWorkGroupConfiguration"])


def glue_encrypts(configuration: Properties, _template: Any, _key: str) -> bool:
    given = configuration["EncryptionConfiguration"]
    modes = (
        given["CloudWatchEncryption"]["CloudWatchEncryptionMode"],
        given["JobBookmarksEncryption"]["JobBookmarksEncryptionMode"],
        *(item["S3EncryptionMode"] for item in given["S3Encryptions"]),
    )
    return "DISABLED" not in modes


ACCESS_LOGS = "AccessLogs"
CONTROLS = [
    Control(("S3.8", "s3-bucket-level-public-access-prohibited"), "S3::Bucket", public_access_blocked),
    Control(("S3.5", "s3-bucket-ssl-requests-only"), "S3::Bucket", tls_only),
    Control(
        ("S3.9", "s3-bucket-logging-enabled"),
        "S3::Bucket",
        lambda bucket, *_: "LoggingConfiguration" in bucket,
        {ACCESS_LOGS: "It holds the access logs; logging it to itself would never end."},
    ),
    Control(
        ("S3.12", "s3-bucket-acl-prohibited"),
        "S3::Bucket",
        lambda bucket, *_: bucket["OwnershipControls"]["Rules"] == [{"ObjectOwnership": "BucketOwnerEnforced"}],
    ),
    Control(
        ("S3.13", "s3-lifecycle-policy-check"),
        "S3::Bucket",
        lambda bucket, *_: any(rule["Status"] == "Enabled" for rule in bucket["LifecycleConfiguration"]["Rules"]),
    ),
    Control(
        ("S3.14", "s3-bucket-versioning-enabled"),
        "S3::Bucket",
        lambda bucket, *_: bucket.get("VersioningConfiguration") == {"Status": "Enabled"},
        {ACCESS_LOGS: "Access logs are written once and expire."},
    ),
    Control(
        ("S3.17", "s3-default-encryption-kms"),
        "S3::Bucket",
        kms_by_default,
        {ACCESS_LOGS: "S3 delivers access logs only to a bucket that it encrypts with its own key."},
    ),
    Control(
        ("KMS.4", "cmk-backing-key-rotation-enabled"), "KMS::Key", lambda key, *_: key["EnableKeyRotation"] is True
    ),
    Control(("KMS.5", "kms-key-policy-no-public-access"), "KMS::Key", not_public),
    Control(
        ("Kinesis.1", "kinesis-stream-encrypted"),
        "Kinesis::Stream",
        lambda stream, *_: stream["StreamEncryption"]["EncryptionType"] == "KMS",
    ),
    Control(
        ("Kinesis.3", "kinesis-stream-backup-retention-check"),
        "Kinesis::Stream",
        retention_of_a_week,
        {EVERY: "More than a day costs extra, and the lake has a backup of every record (setting retention_hours)."},
    ),
    Control(
        ("DataFirehose.1", "kinesis-firehose-delivery-stream-encrypted"),
        "KinesisFirehose::DeliveryStream",
        lambda stream, *_: "DeliveryStreamEncryptionConfigurationInput" in stream,
        {EVERY: "It cannot be set with a Kinesis stream as source, whose own encryption holds instead (Kinesis.1)."},
    ),
    Control(
        ("Glue.4", "glue-spark-job-supported-version"),
        "Glue::Job",
        lambda job, *_: float(job["GlueVersion"]) >= 3.0,
    ),
    Control(
        ("", "glue-job-logging-enabled"),
        "Glue::Job",
        lambda job, *_: job["DefaultArguments"].get("--enable-continuous-cloudwatch-log") == "true",
        {EVERY: "The argument is of earlier versions: since Glue 5.0 every job logs continuously."},
    ),
    Control(("", "glue-encryption-at-rest"), "Glue::SecurityConfiguration", glue_encrypts),
    Control(("", "athena-workgroup-encrypted-at-rest"), "Athena::WorkGroup", encrypted_workgroup),
    Control(
        ("Athena.4", "athena-workgroup-logging-enabled"),
        "Athena::WorkGroup",
        lambda group, *_: group["WorkGroupConfiguration"]["PublishCloudWatchMetricsEnabled"] is True,
    ),
    Control(
        ("Lambda.3", "lambda-inside-vpc"),
        "Lambda::Function",
        lambda function, *_: "VpcConfig" in function,
        {EVERY: "The default deployment has no network of its own."},
    ),
    Control(
        ("Lambda.7", "lambda-function-xray-enabled"),
        "Lambda::Function",
        lambda function, *_: function.get("TracingConfig") == {"Mode": "Active"},
        {EVERY: "The functions call one service each, or two; traces would cost more than they tell."},
    ),
    Control(
        ("Lambda.1", "lambda-function-public-access-prohibited"),
        "Lambda::Permission",
        lambda permission, *_: permission["Principal"] != "*" and "SourceArn" in permission,
    ),
    Control(("SNS.1", "sns-encrypted-kms"), "SNS::Topic", lambda topic, *_: "KmsMasterKeyId" in topic),
    Control(("SNS.4", "sns-topic-no-public-access"), "SNS::TopicPolicy", not_public),
    Control(
        ("SQS.1", "sqs-queue-encrypted"),
        "SQS::Queue",
        lambda queue, *_: queue.get("SqsManagedSseEnabled") is True or "KmsMasterKeyId" in queue,
    ),
    Control(("SQS.3", "sqs-queue-no-public-access"), "SQS::QueuePolicy", not_public),
    Control(
        ("CloudWatch.15", "cloudwatch-alarm-action-check"),
        "CloudWatch::Alarm",
        lambda alarm, *_: bool(alarm.get("AlarmActions")),
    ),
    Control(
        ("CloudWatch.17", "cloudwatch-alarm-action-enabled-check"),
        "CloudWatch::Alarm",
        lambda alarm, *_: alarm.get("ActionsEnabled", True) is True,
    ),
    Control(
        ("CloudWatch.16", "cw-loggroup-retention-period-check"),
        "Logs::LogGroup",
        retention_of_a_year,
        {EVERY: "A sandbox keeps its logs for a month (setting log_retention_days)."},
    ),
    Control(("", "cloudwatch-log-group-encrypted"), "Logs::LogGroup", lambda group, *_: "KmsKeyId" in group),
]


@pytest.mark.parametrize("control", CONTROLS, ids=str)
def test_control_holds_but_where_a_reason_says_why_not(control: Control, default: Any) -> None:
    looked_at, broken = set(), set()
    for template in default.templates:
        for key, item in template.resources.items():
            if item["Type"] != f"AWS::{control.kind}":
                continue
            name = Resource(key, "", {}).name
            looked_at.add(name)
            if not control.holds(item["Properties"], template, key):
                broken.add(name)
    assert looked_at, f"there is no {control.kind} to look at"
    assert broken == (looked_at if EVERY in control.deviates else control.deviates.keys())


@pytest.mark.parametrize("control", [item for item in CONTROLS if item.id[0] == "CloudWatch.16"], ids=str)
def test_deviation_ends_with_its_setting(control: Control, otherwise: Any) -> None:
    for item in otherwise.foundation.of("AWS::Logs::LogGroup").values():
        assert control.holds(item["Properties"], otherwise.foundation, "")


def test_broken_controls_are_seen(default: Any) -> None:
    """Of each policy-reading control: the same template with its protection taken away."""
    document = json.loads(json.dumps(default.foundation.document))
    for item in document["Resources"].values():
        if item["Type"] == "AWS::S3::BucketPolicy":
            item["Properties"]["PolicyDocument"]["Statement"] = []
    bare = type(default.foundation)("Foundation", document)
    assert not any(tls_only({}, bare, key) for key in bare.of("AWS::S3::Bucket"))
    anybody = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "kms:*", "Resource": "*"}
    assert not not_public({"KeyPolicy": {"Statement": [anybody]}}, bare, "")
