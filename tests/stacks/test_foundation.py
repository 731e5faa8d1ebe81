"""Foundation: what protects the data, and what happens to it in the end."""

import re
from typing import Any

import pytest

BUCKETS = ("Lake", "Artifacts", "AccessLogs")


def policy_of(template: Any, bucket: str) -> list[dict[str, Any]]:
    policy = template.properties("AWS::S3::BucketPolicy", f"{bucket}Policy")["PolicyDocument"]
    statements: list[dict[str, Any]] = policy["Statement"]
    return statements


@pytest.mark.parametrize("bucket", BUCKETS)
def test_buckets_are_closed_to_the_public_and_to_plain_http(assembly: Any, bucket: str, flatten: Any) -> None:
    properties = assembly.foundation.properties("AWS::S3::Bucket", bucket)
    assert properties["PublicAccessBlockConfiguration"] == {
        "BlockPublicAcls": True,
        "BlockPublicPolicy": True,
        "IgnorePublicAcls": True,
        "RestrictPublicBuckets": True,
    }
    assert properties["OwnershipControls"] == {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    (deny,) = [
        statement
        for statement in policy_of(assembly.foundation, bucket)
        if statement.get("Condition") == {"Bool": {"aws:SecureTransport": "false"}}
    ]
    assert (deny["Effect"], deny["Action"], deny["Principal"]) == ("Deny", "s3:*", {"AWS": "*"})
    assert sorted(flatten(resource) for resource in deny["Resource"]) == [f"<{bucket}.Arn>", f"<{bucket}.Arn>/*"]


@pytest.mark.parametrize("bucket", ["Lake", "Artifacts"])
def test_data_is_encrypted_with_our_key_and_nothing_else(assembly: Any, bucket: str, flatten: Any) -> None:
    properties = assembly.foundation.properties("AWS::S3::Bucket", bucket)
    (rule,) = properties["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rule["BucketKeyEnabled"] is True
    assert rule["ServerSideEncryptionByDefault"]["SSEAlgorithm"] == "aws:kms"
    assert flatten(rule["ServerSideEncryptionByDefault"]["KMSMasterKeyID"]) == "<Key.Arn>"

    denied = {
        item["Sid"]: item
        for item in policy_of(assembly.foundation, bucket)
        if item.get("Sid", "") in ("DenyWrongEncryption", "DenyWrongKey", "DenyKeyOfTheAccount")
    }
    for statement in denied.values():
        assert (statement["Effect"], statement["Action"]) == ("Deny", "s3:PutObject")
        assert statement["Principal"] == {"AWS": "*"}
        assert flatten(statement["Resource"]) == f"<{bucket}.Arn>/*"
    # Without the Null test an upload that asks for nothing would be refused: a negated operator is true then.
    assert denied["DenyWrongEncryption"]["Condition"] == {
        "StringNotEquals": {"s3:x-amz-server-side-encryption": "aws:kms"},
        "Null": {"s3:x-amz-server-side-encryption": "false"},
    }
    wrong_key = denied["DenyWrongKey"]["Condition"]
    header = "s3:x-amz-server-side-encryption-aws-kms-key-id"
    assert wrong_key["Null"] == {header: "false"}
    assert flatten(wrong_key["ArnNotEquals"][header]) == "<Key.Arn>"
    # What asks for KMS and names no key would get the account's key, not the bucket's.
    assert denied["DenyKeyOfTheAccount"]["Condition"] == {
        "StringEquals": {"s3:x-amz-server-side-encryption": "aws:kms"},
        "Null": {header: "true"},
    }


@pytest.mark.parametrize("bucket", ["Lake", "Artifacts"])
def test_data_buckets_are_versioned_logged_and_tiered(otherwise: Any, bucket: str, flatten: Any) -> None:
    properties = otherwise.foundation.properties("AWS::S3::Bucket", bucket)
    assert properties["VersioningConfiguration"] == {"Status": "Enabled"}
    assert flatten(properties["LoggingConfiguration"]["DestinationBucketName"]) == "<AccessLogs>"
    rules = {rule["Id"]: rule for rule in properties["LifecycleConfiguration"]["Rules"]}
    assert rules["Tier"]["Transitions"] == [{"StorageClass": "INTELLIGENT_TIERING", "TransitionInDays": 0}]
    assert rules["CleanUp"]["NoncurrentVersionExpiration"] == {"NoncurrentDays": 90}
    assert rules["CleanUp"]["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 7}
    assert rules["CleanUp"]["ExpiredObjectDeleteMarker"] is True
    assert all(rule["Status"] == "Enabled" for rule in rules.values())
    # No rule may expire data: only Athena's results go by themselves.
    expiring = {rule["Id"]: rule.get("Prefix") for rule in rules.values() if "ExpirationInDays" in rule}
    assert expiring == ({"QueryResults": "athena-results/"} if bucket == "Lake" else {})


def test_s3_can_deliver_access_logs(assembly: Any, flatten: Any) -> None:
    properties = assembly.foundation.properties("AWS::S3::Bucket", "AccessLogs")
    (rule,) = properties["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rule["ServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}  # S3 does not deliver to KMS buckets
    assert "LoggingConfiguration" not in properties
    allowed = [item for item in policy_of(assembly.foundation, "AccessLogs") if item["Effect"] == "Allow"]
    by_service = [item for item in allowed if item["Principal"] == {"Service": "logging.s3.amazonaws.com"}]
    assert sorted(flatten(item["Resource"]) for item in by_service) == [
        "<AccessLogs.Arn>/Artifacts/*",
        "<AccessLogs.Arn>/Lake/*",
    ]
    assert all("aws:SourceAccount" in item["Condition"]["StringEquals"] for item in by_service)


def test_key_rotates_and_trusts_only_the_account_and_two_services(assembly: Any, flatten: Any) -> None:
    key = assembly.foundation.properties("AWS::KMS::Key")
    assert key["EnableKeyRotation"] is True
    administrators, logs, alarms = key["KeyPolicy"]["Statement"]
    assert flatten(administrators["Principal"]["AWS"]).endswith(":root")
    assert re.fullmatch(r"logs\.(eu-west-1|<AWS::Region>)\.amazonaws\.com", flatten(logs["Principal"]["Service"]))
    assert flatten(logs["Condition"]["ArnLike"]["kms:EncryptionContext:aws:logs:arn"]).endswith(":log-group:*")
    assert alarms["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
    assert sorted(alarms["Action"]) == ["kms:Decrypt", "kms:GenerateDataKey*"]
    assert "aws:SourceAccount" in alarms["Condition"]["StringEquals"]


def test_destroy_leaves_nothing_by_default(default: Any) -> None:
    for template in default.templates:
        kept = [key for key, item in template.resources.items() if item.get("DeletionPolicy", "Delete") != "Delete"]
        assert kept == []
    buckets = set(default.foundation.of("AWS::S3::Bucket"))
    emptied = {
        item["Properties"]["BucketName"]["Ref"]
        for item in default.foundation.of("Custom::S3AutoDeleteObjects").values()
    }
    assert emptied == buckets  # a bucket that holds objects cannot be deleted
    assert default.foundation.properties("AWS::KMS::Key")["PendingWindowInDays"] == 7


def test_both_keys_together_keep_the_lake_and_what_reads_it(otherwise: Any) -> None:
    template = otherwise.foundation
    kept = {
        key
        for key, item in template.resources.items()
        if item.get("DeletionPolicy") == item.get("UpdateReplacePolicy") == "Retain"
    }
    assert kept == {
        template.logical_id("AWS::S3::Bucket", "Lake"),
        template.logical_id("AWS::S3::BucketPolicy", "LakePolicy"),
        template.logical_id("AWS::KMS::Key"),
    }
    emptied = {
        item["Properties"]["BucketName"]["Ref"] for item in template.of("Custom::S3AutoDeleteObjects").values()
    }
    assert template.logical_id("AWS::S3::Bucket", "Lake") not in emptied
    for other in (otherwise.ingest, otherwise.lakehouse):
        assert [key for key, item in other.resources.items() if item.get("DeletionPolicy") == "Retain"] == []


def test_emptying_buckets_leaves_no_log_group_behind(default: Any, flatten: Any) -> None:
    template = default.foundation
    (function,) = template.of("AWS::Lambda::Function").values()
    assert flatten(function["Properties"]["LoggingConfig"]["LogGroup"]) == "<EmptyBucketsLogs>"
    role = template.properties("AWS::IAM::Role", "CustomS3AutoDelete")
    assert "ManagedPolicyArns" not in role  # AWS's basic role may create log groups
    (statement,) = template.statements("CustomS3AutoDelete")
    assert statement["Action"] == ["logs:CreateLogStream", "logs:PutLogEvents"]
    assert flatten(statement["Resource"]) == "<EmptyBucketsLogs.Arn>"
    # Buckets are emptied while the log group is still there: it goes after the custom resources.
    for key in template.of("Custom::S3AutoDeleteObjects"):
        assert template.logical_id("AWS::Logs::LogGroup") in template.depends_on(key)


def test_alarm_topic_is_encrypted_and_open_to_alarms_only(assembly: Any, flatten: Any) -> None:
    template = assembly.foundation
    assert flatten(template.properties("AWS::SNS::Topic")["KmsMasterKeyId"]) == "<Key.Arn>"
    statements = template.properties("AWS::SNS::TopicPolicy")["PolicyDocument"]["Statement"]
    allowed = [item for item in statements if item["Effect"] == "Allow"]
    assert [item["Principal"] for item in allowed] == [{"Service": "cloudwatch.amazonaws.com"}]
    assert allowed[0]["Action"] == "sns:Publish"
    denied = [item for item in statements if item["Effect"] == "Deny"]
    assert [item["Condition"] for item in denied] == [{"Bool": {"aws:SecureTransport": "false"}}]


def test_mail_and_budget_only_when_asked_for(default: Any, otherwise: Any) -> None:
    kinds = {item["Type"] for item in default.foundation.resources.values()}
    assert not kinds & {"AWS::SNS::Subscription", "AWS::Budgets::Budget"}
    subscription = otherwise.foundation.properties("AWS::SNS::Subscription")
    assert (subscription["Protocol"], subscription["Endpoint"]) == ("email", "owner@example.com")
    budget = otherwise.foundation.properties("AWS::Budgets::Budget")
    assert budget["Budget"]["BudgetLimit"] == {"Amount": 25.5, "Unit": "USD"}
    warnings = [
        (
            item["Notification"]["NotificationType"],
            item["Notification"]["Threshold"],
            item["Subscribers"][0]["Address"],
        )
        for item in budget["NotificationsWithSubscribers"]
    ]
    assert warnings == [("ACTUAL", 80, "owner@example.com"), ("FORECASTED", 100, "owner@example.com")]


def test_only_the_lake_tells_of_new_objects_without_a_function_in_between(assembly: Any) -> None:
    told = {
        bucket: assembly.foundation.properties("AWS::S3::Bucket", bucket).get("NotificationConfiguration")
        for bucket in BUCKETS
    }
    switched_on = {"EventBridgeConfiguration": {"EventBridgeEnabled": True}}
    assert told == {"Lake": switched_on, "Artifacts": None, "AccessLogs": None}
    kinds = {item["Type"] for item in assembly.foundation.resources.values()}
    assert "Custom::S3BucketNotifications" not in kinds
