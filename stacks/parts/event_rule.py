"""Functions that run when something has happened, and the queue for events that could not be delivered."""

from collections.abc import Mapping
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from stacks.parts.alarm import alarm, metric

RETENTION_DAYS = 14  # the longest that SQS keeps a message


def dead_letters(scope: Construct, name: str, *, topic: sns.ITopic) -> sqs.Queue:
    """A queue for events that EventBridge gave up on after a day; one message in it is an alarm.

    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html
    """
    queue = sqs.Queue(
        scope,
        name,
        encryption=sqs.QueueEncryption.SQS_MANAGED,  # with a key of ours EventBridge would need a grant, too
        enforce_ssl=True,
        retention_period=cdk.Duration.days(RETENTION_DAYS),
        removal_policy=cdk.RemovalPolicy.DESTROY,
    )
    cdk.Validations.of(queue).acknowledge(
        cdk.Acknowledgment(id="AwsSolutions-SQS3", reason="It is the dead-letter queue; nothing reads it but people.")
    )
    alarm(
        scope,
        f"{name}Waiting",
        "An event could not be delivered to its function",
        topic,
        metric("AWS/SQS", "ApproximateNumberOfMessagesVisible", "Maximum", {"QueueName": queue.queue_name}),
        above=0,
    )
    return queue


def run_on_event(
    scope: Construct,
    name: str,
    *,
    description: str,
    pattern: Mapping[str, Any],
    function: lambda_.Function,
    dead_letters: sqs.Queue,
) -> events.CfnRule:
    """Invoke ``function`` with every event of the default bus that matches ``pattern``."""
    rule = events.CfnRule(
        scope,
        name,
        description=description,
        event_pattern=pattern,
        targets=[
            events.CfnRule.TargetProperty(
                id="Function",
                arn=function.function_arn,
                dead_letter_config=events.CfnRule.DeadLetterConfigProperty(arn=dead_letters.queue_arn),
            )
        ],
    )
    eventbridge = iam.ServicePrincipal("events.amazonaws.com")
    function.add_permission(f"On{name}", principal=eventbridge, source_arn=rule.attr_arn)
    dead_letters.add_to_resource_policy(
        iam.PolicyStatement(
            sid=f"Undelivered{name}",
            principals=[eventbridge],
            actions=["sqs:SendMessage"],
            resources=[dead_letters.queue_arn],
            conditions={"ArnEquals": {"aws:SourceArn": rule.attr_arn}},
        )
    )
    return rule
