"""A model package group that goes with its stack, or stays with all its versions."""

import aws_cdk as cdk
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from stacks.parts.function import python_function
from stacks.parts.role import AT_THE_END, Allow


def package_group(
    scope: Construct, name: str, *, group_name: str, description: str, keep: bool, key: kms.IKey, log_days: int
) -> sagemaker.CfnModelPackageGroup:
    """The group.

    Args:
        keep: it outlives its stack; otherwise a function deletes its versions first, without which SageMaker refuses.
    """
    group = sagemaker.CfnModelPackageGroup(
        scope, name, model_package_group_name=group_name, model_package_group_description=description
    )
    if keep:
        group.apply_removal_policy(cdk.RemovalPolicy.RETAIN)
        return group
    versions = cdk.Stack.of(scope).format_arn(
        service="sagemaker", resource="model-package", resource_name=f"{group_name}/*"
    )
    function = python_function(
        scope,
        f"Empty{name}",
        folder="empty_package_group",
        description="Deletes the versions of the model package group before the group",
        key=key,
        log_days=log_days,
        memory_mb=256,
        timeout_seconds=300,
        allow=(
            Allow(
                ("sagemaker:ListModelPackages",),
                ("*",),
                because="Listing names no resource.",
                unused_because=AT_THE_END,
            ),
            Allow(
                ("sagemaker:DeleteModelPackage",),
                (versions,),
                because="It deletes every version of the group.",
                unused_because=AT_THE_END,
            ),
        ),
    )
    emptied = cdk.CustomResource(
        scope,
        f"{name}Versions",
        resource_type="Custom::EmptyPackageGroup",
        service_token=function.function_arn,
        service_timeout=cdk.Duration.minutes(5),
        properties={"ModelPackageGroupName": group_name},
    )
    emptied.node.add_dependency(group)  # so it is deleted before the group
    return group
