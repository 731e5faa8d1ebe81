"""A Kinesis stream."""

import aws_cdk as cdk
from aws_cdk import aws_kinesis as kinesis
from aws_cdk import aws_kms as kms
from constructs import Construct

from settings import Settings


def event_stream(
    scope: Construct, name: str, *, settings: Settings, key: kms.IKey, retention_hours: int
) -> kinesis.Stream:
    """With the mode and the shards of the settings, encrypted with ``key``; it goes with its stack."""
    provisioned = settings.stream_mode == "provisioned"
    stream = kinesis.Stream(
        scope,
        name,
        stream_mode=kinesis.StreamMode.PROVISIONED if provisioned else kinesis.StreamMode.ON_DEMAND,
        shard_count=(settings.shards or 1) if provisioned else None,
        retention_period=cdk.Duration.hours(retention_hours),
        encryption=kinesis.StreamEncryption.KMS,
        encryption_key=key,
        removal_policy=cdk.RemovalPolicy.DESTROY,  # CDK keeps streams by default; what matters is stored elsewhere
    )
    cdk.Validations.of(stream).acknowledge(
        cdk.Acknowledgment(
            id="AwsSolutions-KDS3",
            reason="Our own key instead of aws/kinesis: its policy is ours, and one key encrypts the whole path.",
        )
    )
    return stream
