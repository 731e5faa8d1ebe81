"""Training again when monitoring raises an alarm."""

from collections.abc import Sequence

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs

from settings import Settings
from stacks.parts.alarm import function_alarm
from stacks.parts.event_rule import run_on_event
from stacks.parts.function import python_function
from stacks.parts.role import Allow, arn_as_seen_from


def retrain_on_alarm(
    scope: cdk.Stack,
    name: str,
    *,
    settings: Settings,
    alarms: Sequence[cloudwatch.Alarm],
    pipeline_name: str,
    curated: str,
    lake: s3.IBucket,
    key: kms.IKey,
    topic: sns.ITopic,
    dead_letters: sqs.Queue,
) -> None:
    """Start the pipeline ``pipeline_name`` on the newest curated days when one of ``alarms`` goes off.

    The function decides, for only it can know whether that has happened lately. An alarm's own action cannot start a
    pipeline.
    """
    pipeline = scope.format_arn(service="sagemaker", resource="pipeline", resource_name=pipeline_name)
    function = python_function(
        scope,
        name,
        folder="retrain",
        description="Starts the training pipeline on the newest curated days, at most once within the cooldown",
        key=key,
        log_days=settings.log_retention_days,
        memory_mb=256,
        timeout_seconds=60,
        environment={
            "PIPELINE": pipeline_name,
            "LAKE_BUCKET": lake.bucket_name,
            "CURATED_PREFIX": f"{curated}/",
            "WINDOW_DAYS": str(settings.train_window_days),
            "COOLDOWN_HOURS": str(settings.retrain_cooldown_hours),
            "TOPIC_ARN": topic.topic_arn,
        },
        allow=(
            Allow(
                ("s3:ListBucket",),
                (arn_as_seen_from(scope, lake),),
                conditions={"StringLike": {"s3:prefix": [f"{curated}/*"]}},
            ),
            Allow(("sagemaker:ListPipelineExecutions", "sagemaker:StartPipelineExecution"), (pipeline,)),
            Allow(("sns:Publish",), (topic.topic_arn,)),
            # the topic is encrypted: https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
            Allow(("kms:Decrypt", "kms:GenerateDataKey"), (key.key_arn,)),
        ),
    )
    function_alarm(scope, f"{name}Errors", "The function that starts the training again failed", topic, function)
    run_on_event(
        scope,
        "ViolationAlarm",
        description="Asks for another training when monitoring has found violations",
        pattern={
            "source": ["aws.cloudwatch"],
            "detail-type": ["CloudWatch Alarm State Change"],
            "resources": [alarm.alarm_arn for alarm in alarms],
            "detail": {"state": {"value": ["ALARM"]}},
        },
        function=function,
        dead_letters=dead_letters,
    )
