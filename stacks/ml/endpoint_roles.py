"""What a model behind an endpoint may do, and what the function may that deploys it."""

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from pipelines.definition import XGBOOST
from stacks.ml.job_role import container_permissions
from stacks.ml.pipeline_definition import Images
from stacks.parts.job_network import JobNetwork
from stacks.parts.role import Allow, scoped_role

QUIET = "A local container logs what the model's code prints, and ours prints nothing."
CAPTURE, RUNS, BASELINE = "capture", "runs", "monitoring/baseline"  # prefixes of the lake


def model_role(
    scope: Construct,
    name: str,
    *,
    endpoint: str,
    bucket: str,
    key: kms.IKey,
    log_group: str,
    network: JobNetwork | None,
) -> iam.Role:
    """The role that the endpoint's models run with.

    https://docs.aws.amazon.com/sagemaker/latest/dg/sagemaker-roles.html#sagemaker-roles-createmodel-perms

    Not confined to ``network``: SageMaker looks at a model's artifact as this role when the model is made, and writes
    captured data as it, and AWS says of neither from which network.

    Args:
        bucket: ARN of the lake, as the stack sees it.
        network: that the models run in.
    """
    stack = cdk.Stack.of(scope)
    return scoped_role(
        scope,
        name,
        "sagemaker.amazonaws.com",
        f"Runs the models of the endpoint {endpoint}",
        Allow(
            ("s3:GetObject",),
            (f"{bucket}/{RUNS}/*",),
            because="It reads the artifact of an approved version, which any execution may have written.",
        ),
        Allow(
            ("s3:PutObject",),
            (f"{bucket}/{CAPTURE}/{endpoint}/*",),
            because="SageMaker names captured files after the variant and the hour.",
        ),
        _key_permission(key),
        _alarm_permission(),
        *container_permissions(
            stack, images=Images(stack, XGBOOST), kinds=("Endpoints",), log_group=log_group, quiet=QUIET
        ),
        *(network.sagemaker_permissions(stack) if network is not None else ()),
    )


def deploy_permissions(
    stack: cdk.Stack, *, endpoint: str, package_group: str, role: iam.Role, bucket: str, key: kms.IKey
) -> tuple[Allow, ...]:
    """For ``lambdas/deploy_model``, whose models, configurations and alarms are named ``<endpoint>-v…``.

    https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsagemaker.html
    """

    def arn(resource: str, name: str) -> str:
        return stack.format_arn(service="sagemaker", resource=resource, resource_name=name)

    models, configs = arn("model", f"{endpoint}-v*"), arn("endpoint-config", f"{endpoint}-v*")
    versions = "It names what it makes after the version."
    return (
        Allow(
            ("sagemaker:ListModelPackages", "sagemaker:ListModels", "sagemaker:ListEndpointConfigs"),
            ("*",),
            because="Listing names no resource.",
        ),
        Allow(
            ("sagemaker:DescribeModelPackage", "sagemaker:UpdateModelPackage"),
            (arn("model-package", f"{package_group}/*"),),
            because="It may deploy any version of the group, and notes with it how that ended.",
        ),
        Allow(
            ("sagemaker:CreateModel", "sagemaker:DescribeModel", "sagemaker:DeleteModel", "sagemaker:AddTags"),
            (models,),
            because=versions,
        ),
        Allow(
            (
                *(f"sagemaker:{verb}EndpointConfig" for verb in ("Create", "Describe", "Delete")),
                *("sagemaker:CreateEndpoint", "sagemaker:UpdateEndpoint", "sagemaker:AddTags"),
            ),
            (configs,),
            because=versions,
        ),
        Allow(
            (
                *(f"sagemaker:{verb}Endpoint" for verb in ("Create", "Update", "Describe", "Delete")),
                *("sagemaker:AddTags", "sagemaker:ListTags", "sagemaker:DeleteTags"),
                "sagemaker:UpdateEndpointWeightsAndCapacities",  # asked of who registers a scalable target
            ),
            (arn("endpoint", endpoint),),
        ),
        Allow(
            ("iam:PassRole",),
            (role.role_arn,),
            conditions={"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}},
        ),
        Allow(("s3:GetObject",), (f"{bucket}/{RUNS}/*",), because="Baselines are where an execution wrote them."),
        Allow(
            ("s3:PutObject", "s3:DeleteObject"),
            (f"{bucket}/{BASELINE}/*",),
            because="The monitoring reads all baselines below this prefix.",
        ),
        _key_permission(key),
        _alarm_permission(),
        *_scaling_permissions(stack, endpoint),
    )


def _scaling_permissions(stack: cdk.Stack, endpoint: str) -> tuple[Allow, ...]:
    """https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-auto-scaling-prerequisites.html."""
    service = "sagemaker.application-autoscaling.amazonaws.com"
    return (
        Allow(
            tuple(
                f"application-autoscaling:{action}"
                for action in ("RegisterScalableTarget", "DeregisterScalableTarget", "PutScalingPolicy")
            ),
            (stack.format_arn(service="application-autoscaling", resource="scalable-target", resource_name="*"),),
            because="The ids of scalable targets are random; the condition leaves those of SageMaker.",
            conditions={"StringEquals": {"application-autoscaling:service-namespace": "sagemaker"}},
            unused_because="With endpoint_max_instances only.",
        ),
        Allow(("application-autoscaling:DescribeScalableTargets",), ("*",), because="Describing names no resource."),
        Allow(
            ("cloudwatch:PutMetricAlarm", "cloudwatch:DeleteAlarms", "cloudwatch:TagResource"),
            tuple(
                stack.format_arn(
                    service="cloudwatch",
                    resource="alarm",
                    resource_name=name,
                    arn_format=cdk.ArnFormat.COLON_RESOURCE_NAME,
                )
                for name in (f"{endpoint}-v*", f"TargetTracking-endpoint/{endpoint}/*")
            ),
            because="Alarms of deployments are named after the version, those of scaling by its service.",
        ),
        Allow(
            ("iam:CreateServiceLinkedRole",),
            (
                stack.format_arn(
                    service="iam",
                    region="",
                    resource="role",
                    resource_name=f"aws-service-role/{service}/AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint",
                ),
            ),
            conditions={"StringEquals": {"iam:AWSServiceName": service}},
            unused_because="Application Auto Scaling has its role in the local cloud.",
        ),
    )


def _key_permission(key: kms.IKey) -> Allow:
    """Grants let SageMaker use the key for the volumes of the instances."""
    return Allow(("kms:Decrypt", "kms:GenerateDataKey", "kms:CreateGrant", "kms:DescribeKey"), (key.key_arn,))


def _alarm_permission() -> Allow:
    """For automatic rollback, of who deploys and of the role
    (https://docs.aws.amazon.com/sagemaker/latest/dg/deployment-guardrails-configuration.html)."""
    return Allow(("cloudwatch:DescribeAlarms",), ("*",), because="Alarms are looked up by their prefix.")
