"""What every SageMaker job's role needs for its container: the image, the log, the metrics."""

import aws_cdk as cdk
from aws_cdk import aws_kms as kms

from stacks.ml.pipeline_definition import Images
from stacks.parts.role import Allow

NO_IMAGES = "SageMaker pulls the container image; the local containers are processes."


def container_permissions(
    stack: cdk.Stack,
    *,
    images: Images,
    kinds: tuple[str, ...],
    log_group: str | None = None,
    namespaces: tuple[str, ...] = (),
    quiet: str = "",
) -> tuple[Allow, ...]:
    """https://docs.aws.amazon.com/sagemaker/latest/dg/sagemaker-roles.html, without what our jobs do not do.

    Args:
        kinds: of jobs, as SageMaker names their log groups: ``ProcessingJobs``, ``TrainingJobs``.
        log_group: the one that is written to; by default that of each kind.
        namespaces: of metrics that the container has, too.
        quiet: why a local container logs nothing, where that is so.
    """
    groups = [f"/aws/sagemaker/{kind}" for kind in kinds]
    return (
        Allow(
            ("ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"),
            images.repository_arns(),
            unused_because=NO_IMAGES,
        ),
        Allow(
            ("ecr:GetAuthorizationToken",),
            ("*",),
            because="The token is for the registry, which has no ARN.",
            unused_because=NO_IMAGES,
        ),
        Allow(
            ("logs:CreateLogGroup", "logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"),
            tuple(
                stack.format_arn(
                    service="logs",
                    resource="log-group",
                    resource_name=f"{group}:*",
                    arn_format=cdk.ArnFormat.COLON_RESOURCE_NAME,
                )
                for group in ([log_group] if log_group else groups)
            ),
            because="SageMaker names the log streams after the jobs.",
            unused_because=quiet,
        ),
        Allow(
            ("cloudwatch:PutMetricData",),
            ("*",),
            because="Metrics have no ARN; the condition leaves the namespaces of SageMaker's jobs.",
            conditions={"StringEquals": {"cloudwatch:namespace": [*groups, *namespaces]}},
            unused_because="" if namespaces else "Metrics of the machines, of which there are none locally.",
        ),
    )


def key_permissions(key: kms.IKey) -> tuple[Allow, ...]:
    """For a job that reads and writes what our key encrypts, on a volume that it encrypts, too.

    ``kms:Encrypt`` is for the output, the grant for the volume
    (https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_OutputDataConfig.html,
    https://docs.aws.amazon.com/sagemaker/latest/dg/sagemaker-roles.html).
    """
    return (
        Allow(("kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey", "kms:DescribeKey"), (key.key_arn,)),
        Allow(
            ("kms:CreateGrant",),
            (key.key_arn,),
            conditions={"Bool": {"kms:GrantIsForAWSResource": "true"}},
            unused_because="Local jobs have no volumes.",
        ),
    )
