"""The resource types the local cloud makes, one table a service. A type that is in none fails its stack by name."""

from localcloud.cloudformation.types import (
    athena,
    budgets,
    cloudwatch,
    dynamodb,
    ec2,
    ecr,
    event_sources,
    events,
    firehose,
    glue,
    hosting,
    iam,
    kinesis,
    kms,
    lambda_,
    logs,
    model_monitor,
    s3,
    sagemaker,
    sns,
    sqs,
    ssm,
    stepfunctions,
)
from localcloud.cloudformation.types.model import ResourceType

TYPES: dict[str, ResourceType] = {
    f"AWS::{name}": facts
    for module in (
        athena, budgets, cloudwatch, dynamodb, ec2, ecr, event_sources, events, firehose, glue, hosting, iam, kinesis,
        kms, lambda_, logs, model_monitor, s3, sagemaker, sns, sqs, ssm, stepfunctions,
    )
    for name, facts in module.TYPES.items()
}  # fmt: skip
