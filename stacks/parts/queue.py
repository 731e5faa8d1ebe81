"""Queues for what could not be done, which people read."""

import aws_cdk as cdk
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from stacks.parts.alarm import alarm, metric

RETENTION_DAYS = 14  # the longest that SQS keeps a message


def dead_letter_queue(
    scope: Construct, name: str, *, topic: sns.ITopic, alarm_name: str, told: str, key: kms.IKey | None = None
) -> sqs.Queue:
    """A queue for what was given up; one message in it is an alarm.

    Args:
        told: what a message means, for the alarm's description.
        key: which encrypts it; without one a key of SQS, for a sender that has no grant to ours.
    """
    queue = sqs.Queue(
        scope,
        name,
        encryption=sqs.QueueEncryption.KMS if key else sqs.QueueEncryption.SQS_MANAGED,
        encryption_master_key=key,
        enforce_ssl=True,
        retention_period=cdk.Duration.days(RETENTION_DAYS),
        removal_policy=cdk.RemovalPolicy.DESTROY,
    )
    cdk.Validations.of(queue).acknowledge(
        cdk.Acknowledgment(id="AwsSolutions-SQS3", reason="It is the dead-letter queue; nothing reads it but people.")
    )
    waiting = metric("AWS/SQS", "ApproximateNumberOfMessagesVisible", "Maximum", {"QueueName": queue.queue_name})
    alarm(scope, alarm_name, told, topic, waiting, above=0)
    return queue
