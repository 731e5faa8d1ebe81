"""StreamIngest: events from a Kinesis stream become partitioned Parquet in the lake.

Kinesis stream → Firehose → transform function (checks, normalises, sets partition keys) → Parquet by the columns of
the Glue table → s3://lake/raw/<events>/event_type=…/event_date=…/, where <events> is the dataset's table of events.
What the function or the conversion refuses goes to errors/<events>/, the untouched source records to backup/<events>/.
"""

import aws_cdk as cdk
from aws_cdk import aws_glue as glue
from aws_cdk import aws_kinesis as kinesis
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns
from constructs import Construct

from contracts import Table
from settings import Settings
from stacks import outputs
from stacks.parts.alarm import alarm, metric
from stacks.parts.function import python_function
from stacks.parts.stack import ProjectStack
from stacks.parts.table import parquet_table
from stacks.streaming.delivery import ParquetDelivery
from stacks.streaming.event_stream import event_stream


class StreamIngest(ProjectStack):
    """The path of an event from the stream to the lake's raw zone."""

    stream: kinesis.Stream
    events_table: glue.CfnTable

    def __init__(
        self,
        scope: Construct,
        *,
        settings: Settings,
        events: Table,
        key: kms.IKey,
        lake: s3.IBucket,
        database: str,
        alarm_topic: sns.ITopic,
    ) -> None:
        super().__init__(
            scope,
            outputs.STREAM_INGEST,
            settings=settings,
            description="Kinesis to Firehose to Parquet in the lake",
        )

        # --- input
        stream = self.stream = event_stream(
            self, "Events", settings=settings, key=key, retention_hours=settings.retention_hours
        )

        # --- storage
        self.events_table = parquet_table(
            self, "EventsTable", table=events, database=database, catalog_id=self.account, bucket=lake.bucket_name
        )

        # --- compute
        transform = python_function(
            self,
            "Transform",
            folder="transform_events",
            dataset=settings.dataset,
            description="Checks and normalises events by their contract and sets the partition keys",
            key=key,
            log_days=settings.log_retention_days,
            memory_mb=settings.transform_memory_mb,
            timeout_seconds=settings.transform_timeout_seconds,
        )

        # --- wiring
        delivery = ParquetDelivery(
            self,
            "Delivery",
            settings=settings,
            stream=stream,
            transform=transform,
            contract=events,
            table=self.events_table,
            lake=lake,
            key=key,
        )
        self._alarms(alarm_topic, stream, transform, delivery)

        # --- outputs
        cdk.CfnOutput(self, outputs.EVENT_STREAM, value=stream.stream_name)
        cdk.CfnOutput(self, outputs.DELIVERY_STREAM, value=delivery.name)
        cdk.CfnOutput(self, outputs.TRANSFORM_FUNCTION, value=transform.function_name)
        self.share(stream.stream_arn)

    def _alarms(
        self,
        topic: sns.ITopic,
        stream: kinesis.Stream,
        transform: lambda_.Function,
        delivery: ParquetDelivery,
    ) -> None:
        """Metrics of https://docs.aws.amazon.com/streams/latest/dev/monitoring-with-cloudwatch.html,
        https://docs.aws.amazon.com/firehose/latest/dev/monitoring-with-cloudwatch-metrics.html and
        https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html."""
        of_stream = {"StreamName": stream.stream_name}
        of_delivery = {"DeliveryStreamName": delivery.name}
        of_function = {"FunctionName": transform.function_name}
        alarm(
            self,
            "IteratorAge",
            "Firehose is more than 10 minutes behind the stream",
            topic,
            metric("AWS/Kinesis", "GetRecords.IteratorAgeMilliseconds", "Maximum", of_stream),
            above=600_000,
        )
        alarm(
            self,
            "StreamThrottled",
            "Producers write more than the shards take",
            topic,
            metric("AWS/Kinesis", "WriteProvisionedThroughputExceeded", "Sum", of_stream),
            above=0,
        )
        alarm(
            self,
            "DeliveryFreshness",
            "The oldest undelivered event waits 10 minutes longer than buffering explains",
            topic,
            metric("AWS/Firehose", "DeliveryToS3.DataFreshness", "Maximum", of_delivery),
            # Dynamic partitioning may wait 1.5 buffer intervals
            # (https://docs.aws.amazon.com/firehose/latest/dev/buffering.html).
            above=1.5 * self.settings.buffer_seconds + 600,
        )
        alarm(
            self,
            "TransformErrors",
            "The transform function raised or timed out",
            topic,
            metric("AWS/Lambda", "Errors", "Sum", of_function),
            above=0,
        )
        alarm(
            self,
            "TransformThrottled",
            "The account has no concurrency left for the transform function",
            topic,
            metric("AWS/Lambda", "Throttles", "Sum", of_function),
            above=0,
        )
