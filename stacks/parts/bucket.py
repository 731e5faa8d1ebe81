"""The house bucket: encrypted with our key, TLS only, versioned, logged, tiered, emptied before it is destroyed."""

from collections.abc import Sequence

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from stacks.parts.job_network import INSIDE, TAG, JobNetwork
from stacks.parts.logs import owned_log_group


def secure_bucket(
    scope: Construct,
    name: str,
    *,
    key: kms.IKey,
    access_logs: s3.IBucket,
    keep: bool,
    noncurrent_days: int,
    lifecycle: Sequence[s3.LifecycleRule] = (),
    events: bool = False,
) -> s3.Bucket:
    """A bucket for data.

    Args:
        keep: the bucket outlives its stack; otherwise it is emptied and removed with it.
        noncurrent_days: days that overwritten and deleted objects stay.
        lifecycle: further rules.
        events: tell EventBridge of every new object.
    """
    bucket = s3.Bucket(
        scope,
        name,
        encryption=s3.BucketEncryption.KMS,
        encryption_key=key,
        bucket_key_enabled=True,  # one call to KMS for many objects, not one for each
        block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
        object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
        enforce_ssl=True,
        versioned=True,
        server_access_logs_bucket=access_logs,
        server_access_logs_prefix=f"{name}/",
        lifecycle_rules=[
            s3.LifecycleRule(
                id="Tier",
                transitions=[
                    s3.Transition(
                        storage_class=s3.StorageClass.INTELLIGENT_TIERING, transition_after=cdk.Duration.days(0)
                    )
                ],
            ),
            s3.LifecycleRule(
                id="CleanUp",
                noncurrent_version_expiration=cdk.Duration.days(noncurrent_days),
                abort_incomplete_multipart_upload_after=cdk.Duration.days(7),
                expired_object_delete_marker=True,
            ),
            *lifecycle,
        ],
        removal_policy=cdk.RemovalPolicy.RETAIN if keep else cdk.RemovalPolicy.DESTROY,
        auto_delete_objects=not keep,
    )
    _deny_wrong_encryption(bucket, key)
    if events:
        _send_events(bucket)
    if keep and bucket.policy is not None:
        bucket.policy.apply_removal_policy(cdk.RemovalPolicy.RETAIN)  # kept data stays as protected as it was
    return bucket


def only_through(bucket: s3.Bucket, network: JobNetwork) -> None:
    """Deny the bucket's objects to the roles of `JobNetwork.confine` unless they come through the network's endpoint.

    AWS's example (https://docs.aws.amazon.com/AmazonS3/latest/userguide/example-bucket-policies-vpc-endpoint.html)
    denies everybody else, and so locks out the console, Firehose, Athena, the functions, and CloudFormation that would
    take it back. Here it is those who must be inside: leaked credentials of a job are of no use elsewhere. By a tag,
    for the names of roles are CloudFormation's and of other stacks.
    """
    bucket.add_to_resource_policy(
        iam.PolicyStatement(
            sid="DenyFromOutside",
            effect=iam.Effect.DENY,
            principals=[iam.AnyPrincipal()],
            actions=["s3:GetObject*", "s3:PutObject*", "s3:DeleteObject*", "s3:AbortMultipartUpload"],
            resources=[bucket.arn_for_objects("*")],
            conditions={
                "StringEquals": {f"aws:PrincipalTag/{TAG}": INSIDE},
                "StringNotEquals": {"aws:SourceVpce": network.s3_endpoint},
            },
        )
    )


def access_log_bucket(scope: Construct, name: str, *, retention_days: int) -> s3.Bucket:
    """The bucket that other buckets write their server access logs to.

    S3 delivers logs only to a bucket whose default encryption is its own (SSE-S3), not KMS
    (https://docs.aws.amazon.com/AmazonS3/latest/userguide/enable-server-access-logging.html).
    """
    bucket = s3.Bucket(
        scope,
        name,
        encryption=s3.BucketEncryption.S3_MANAGED,
        block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
        object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
        enforce_ssl=True,
        lifecycle_rules=[
            s3.LifecycleRule(
                id="Expire",
                expiration=cdk.Duration.days(retention_days),
                abort_incomplete_multipart_upload_after=cdk.Duration.days(7),
            )
        ],
        removal_policy=cdk.RemovalPolicy.DESTROY,
        auto_delete_objects=True,
    )
    cdk.Validations.of(bucket).acknowledge(
        cdk.Acknowledgment(
            id="AwsSolutions-S1", reason="It holds the access logs; logging it to itself would never end."
        )
    )
    return bucket


def own_emptying_function(stack: cdk.Stack, *, key: kms.IKey, log_days: int) -> None:
    """Give CDK's bucket-emptying function a log group of the stack's, and no more permission than to write there.

    CDK's provider attaches an AWS managed policy that may create log groups, and so leaves one behind after every
    destroy. Call it when the buckets are declared.
    """
    provider = stack.node.find_child("Custom::S3AutoDeleteObjectsCustomResourceProvider")
    role, handler = provider.node.find_child("Role"), provider.node.find_child("Handler")
    assert isinstance(role, cdk.CfnResource)  # noqa: S101 - as CDK 2.275 builds it
    assert isinstance(handler, cdk.CfnResource)  # noqa: S101
    log_group = owned_log_group(stack, "EmptyBucketsLogs", key=key, days=log_days)
    role.add_property_deletion_override("ManagedPolicyArns")
    role.add_property_override(
        "Policies",
        [
            {
                "PolicyName": "Permissions",
                "PolicyDocument": {
                    "Version": "2012-10-17",
                    "Statement": [
                        {
                            "Effect": "Allow",
                            "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
                            "Resource": log_group.log_group_arn,
                        }
                    ],
                },
            }
        ],
    )
    handler.add_property_override("LoggingConfig", {"LogGroup": log_group.log_group_name})


def _send_events(bucket: s3.Bucket) -> None:
    """As a property of the bucket; CDK's event_bridge_enabled adds a function that sets it from outside.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-s3-bucket-eventbridgeconfiguration.html
    """
    resource = bucket.node.default_child
    assert isinstance(resource, s3.CfnBucket)  # noqa: S101 - what an L2 bucket is made of
    resource.notification_configuration = s3.CfnBucket.NotificationConfigurationProperty(
        event_bridge_configuration=s3.CfnBucket.EventBridgeConfigurationProperty(event_bridge_enabled=True)
    )


def _deny_wrong_encryption(bucket: s3.Bucket, key: kms.IKey) -> None:
    """Refuse an upload that asks for other encryption than the bucket's; one that asks for none gets the bucket's.

    One that asks for KMS and names no key would get the account's key for S3, not the bucket's
    (https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html), and so would what SageMaker stores for a job
    without KmsKeyId (https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_OutputDataConfig.html).

    Three statements, because conditions within one must all hold. The Null test is what lets an upload without the
    header pass: a negated operator with ...IfExists, or without Null, would refuse it
    (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html).
    """
    algorithm = "s3:x-amz-server-side-encryption"
    key_id = f"{algorithm}-aws-kms-key-id"
    for sid, conditions in (
        ("DenyWrongEncryption", {"StringNotEquals": {algorithm: "aws:kms"}, "Null": {algorithm: "false"}}),
        ("DenyWrongKey", {"ArnNotEquals": {key_id: key.key_arn}, "Null": {key_id: "false"}}),
        ("DenyKeyOfTheAccount", {"StringEquals": {algorithm: "aws:kms"}, "Null": {key_id: "true"}}),
    ):
        bucket.add_to_resource_policy(
            iam.PolicyStatement(
                sid=sid,
                effect=iam.Effect.DENY,
                principals=[iam.AnyPrincipal()],
                actions=["s3:PutObject"],
                resources=[bucket.arn_for_objects("*")],
                conditions=conditions,
            )
        )
