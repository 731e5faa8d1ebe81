"""Tables of DynamoDB."""

import aws_cdk as cdk
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_kms as kms
from constructs import Construct

from stacks.parts.role import Allow

EXPIRES = "expires"  # the attribute that says when an item may go, in seconds since 1970


def item_table(
    scope: Construct,
    name: str,
    *,
    key: kms.IKey,
    sorted_by: str | None = None,
    stream: dynamodb.StreamViewType | None = None,
) -> dynamodb.Table:
    """A table by the key ``pk``, billed by request, encrypted with ``key``, whose items expire.

    With point-in-time recovery, which is billed by what is stored: an hour's mistake is not the end of its items.
    """
    text = dynamodb.AttributeType.STRING
    return dynamodb.Table(
        scope,
        name,
        partition_key=dynamodb.Attribute(name="pk", type=text),
        sort_key=dynamodb.Attribute(name=sorted_by, type=text) if sorted_by else None,
        billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
        encryption=dynamodb.TableEncryption.CUSTOMER_MANAGED,
        encryption_key=key,
        point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
            point_in_time_recovery_enabled=True
        ),
        time_to_live_attribute=EXPIRES,
        stream=stream,
        removal_policy=cdk.RemovalPolicy.DESTROY,  # CDK keeps tables by default; all of it is made of the lake's events
    )


def key_permission(key: kms.IKey) -> Allow:
    """Of who uses encrypted tables, queues and streams.

    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.usagenotes.html
    """
    return Allow(("kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey"), (key.key_arn,))
