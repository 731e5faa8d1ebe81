"""Functions that run when something has happened, and the queue for events that could not be delivered."""

from collections.abc import Mapping
from typing import Any

from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from stacks.parts.queue import dead_letter_queue


def dead_letters(scope: Construct, name: str, *, topic: sns.ITopic) -> sqs.Queue:
    """A queue for events that EventBridge gave up on after a day; one message in it is an alarm.

    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html
    """
    told = "An event could not be delivered to its function"
    # without a key of ours, which EventBridge would need a grant to
    return dead_letter_queue(scope, name, topic=topic, alarm_name=f"{name}Waiting", told=told)


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
