"""A KMS key of the project."""

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms


def project_key(stack: cdk.Stack, name: str, *, description: str, keep: bool) -> kms.Key:
    """A key that rotates, and that CloudWatch Logs may use for log groups of the account.

    Args:
        keep: it outlives its stack, as what it encrypts does.
    """
    key = kms.Key(
        stack,
        name,
        description=description,
        enable_key_rotation=True,
        # Kept data is lost without its key. Otherwise it goes after the shortest wait that KMS allows.
        removal_policy=cdk.RemovalPolicy.RETAIN if keep else cdk.RemovalPolicy.DESTROY,
        pending_window=cdk.Duration.days(7),
    )
    # https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html
    key.add_to_resource_policy(
        iam.PolicyStatement(
            sid="CloudWatchLogs",
            principals=[iam.ServicePrincipal(f"logs.{stack.region}.amazonaws.com")],
            actions=["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"],
            resources=["*"],  # in a key policy: this key
            conditions={
                "ArnLike": {
                    "kms:EncryptionContext:aws:logs:arn": stack.format_arn(
                        service="logs",
                        resource="log-group",
                        resource_name="*",
                        arn_format=cdk.ArnFormat.COLON_RESOURCE_NAME,
                    )
                }
            },
        )
    )
    return key
