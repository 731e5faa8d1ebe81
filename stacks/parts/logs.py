"""Log groups that a stack owns: encrypted, with a retention, and gone with the stack."""

import aws_cdk as cdk
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from constructs import Construct


def owned_log_group(
    scope: Construct, name: str, *, key: kms.IKey, days: int, log_group_name: str | None = None
) -> logs.LogGroup:
    """A log group kept for ``days``.

    Services create a missing log group themselves, without retention or owner; those are what a destroyed sandbox
    leaves behind (https://github.com/aws/aws-cdk/issues/21776).

    Args:
        log_group_name: only where the service that writes it fixes the name.
    """
    group = logs.LogGroup(
        scope,
        name,
        log_group_name=log_group_name,
        encryption_key=key,
        removal_policy=cdk.RemovalPolicy.DESTROY,
    )
    resource = group.node.default_child
    assert isinstance(resource, logs.CfnLogGroup)  # noqa: S101 - what an L2 log group is made of
    resource.retention_in_days = days  # the L2 takes an enumeration of names for the numbers
    return group
