"""RealtimeScoring: each event that the model is for is scored as it happens.

Kinesis stream → keep_features → table Features, of what later events are scored by
               → score_events (reads Features, asks the endpoint) → table Scores → publish_scores → stream of scores
                                                                                 → doubtful ones: a person's review
Reference files of the lake → index_reference → Features. What can never be scored, and what was given up → DeadLetters.
"""

import aws_cdk as cdk
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_kinesis as kinesis
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns
from constructs import Construct

from contracts import Contract
from datasets.online import online_of
from settings import Settings
from stacks import outputs
from stacks.declared import Declared
from stacks.foundation import Foundation
from stacks.ml.serving import Serving
from stacks.parts.alarm import alarm, function_alarm, metric
from stacks.parts.bundle import online_modules
from stacks.parts.consumer import consume
from stacks.parts.event_rule import dead_letters, run_on_event
from stacks.parts.function import python_function
from stacks.parts.items import item_table, key_permission
from stacks.parts.queue import dead_letter_queue
from stacks.parts.role import Allow, arn_as_seen_from
from stacks.parts.stack import ProjectStack
from stacks.streaming.event_stream import event_stream
from stacks.streaming.review import Review
from stacks.streaming.stream_ingest import StreamIngest

SCORES_HOURS = 24  # that readers of the stream of scores have; the table has them longer
BEHIND_SECONDS = 60  # of a consumer, until it is an alarm


class RealtimeScoring(ProjectStack):
    """From an event of the stream to a score, and from a doubtful score to a verdict."""

    def __init__(
        self,
        scope: Construct,
        *,
        settings: Settings,
        contract: Contract,
        stream: kinesis.IStream,
        endpoint: str,
        key: kms.IKey,
        lake: s3.IBucket,
        alarm_topic: sns.ITopic,
    ) -> None:
        super().__init__(
            scope,
            outputs.REALTIME_SCORING,
            settings=settings,
            description="Scores events of the stream as they happen",
        )
        self._key = key
        self._topic = alarm_topic
        self._namespace = f"{settings.prefix}/Scoring"
        online = online_of(settings.dataset)

        # --- storage
        features = item_table(self, "Features", key=key, sorted_by="sk")
        scores = item_table(self, "Scores", key=key, stream=dynamodb.StreamViewType.NEW_IMAGE)
        self._dead_letters = dead_letter_queue(
            self,
            "DeadLetters",
            topic=alarm_topic,
            alarm_name="DeadLettersWaiting",
            told="Events could not be kept, scored or published",
            key=key,
        )

        # --- what later events are scored by
        keep = self._keep(features, stream)
        self._index(features, contract, online.REFERENCE, lake)

        # --- the scores
        score = self._score(features, scores, stream, endpoint, online.SCORED)

        # --- and where they go
        review = Review(self, "Review", settings=settings, scores=scores, key=key, topic=alarm_topic)
        scored = event_stream(self, "ScoreStream", settings=settings, key=key, retention_hours=SCORES_HOURS)
        publish = self._publish(scores, scored, review)

        # --- alarms
        for name, function in (("Keep", keep), ("Score", score), ("Publish", publish)):
            self._function_alarms(name, function)
        self._latency_alarm(endpoint)

        # --- outputs
        cdk.CfnOutput(self, outputs.FEATURES_TABLE, value=features.table_name)
        cdk.CfnOutput(self, outputs.SCORES_TABLE, value=scores.table_name)
        cdk.CfnOutput(self, outputs.SCORES_STREAM, value=scored.stream_name)
        cdk.CfnOutput(self, outputs.DEAD_LETTERS, value=self._dead_letters.queue_url)
        cdk.CfnOutput(self, outputs.REVIEW_QUEUE, value=review.queue.queue_url)
        cdk.CfnOutput(self, outputs.REVIEWS, value=review.machine.attr_arn)

    def _function(
        self,
        name: str,
        folder: str,
        description: str,
        *allow: Allow,
        environment: dict[str, str],
        memory_mb: int = 512,
        timeout_seconds: int = 60,
    ) -> lambda_.Function:
        return python_function(
            self,
            name,
            folder=folder,
            description=description,
            dataset=self.settings.dataset,
            modules=online_modules(self.settings.dataset),
            key=self._key,
            log_days=self.settings.log_retention_days,
            memory_mb=memory_mb,
            timeout_seconds=timeout_seconds,
            tracing=self.settings.tracing,
            environment=environment,
            allow=(*allow, key_permission(self._key)),
        )

    def _keep(self, features: dynamodb.Table, stream: kinesis.IStream) -> lambda_.Function:
        function = self._function(
            "Keep",
            "keep_features",
            "Keeps of every event what later ones are scored by",
            _read_stream(stream),
            # TransactWriteItems and BatchGetItem are allowed by what they do
            # (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis-iam.html)
            Allow(
                tuple(f"dynamodb:{verb}Item" for verb in ("BatchGet", "Put", "Update", "Delete")),
                (features.table_arn,),
            ),
            Allow(("sqs:SendMessage",), (self._dead_letters.queue_arn,)),
            environment={"FEATURES_TABLE": features.table_name, "DEAD_LETTERS": self._dead_letters.queue_url},
        )
        consume(
            self,
            "KeepSource",
            function=function,
            stream_arn=stream.stream_arn,
            dead_letters=self._dead_letters,
            batch=self.settings.score_batch,
            parallel=self.settings.score_parallel,
            retries=self.settings.score_retries,  # an event counts however late, so no age
        )
        return function

    def _score(
        self,
        features: dynamodb.Table,
        scores: dynamodb.Table,
        stream: kinesis.IStream,
        endpoint: str,
        event_type: str,
    ) -> lambda_.Function:
        settings = self.settings
        of_endpoint = self.format_arn(service="sagemaker", resource="endpoint", resource_name=endpoint)
        function = self._function(
            "Score",
            "score_events",
            f"Scores every {event_type} as it happens",
            _read_stream(stream),
            Allow(("dynamodb:BatchGetItem", "dynamodb:Query"), (features.table_arn,)),
            Allow(("dynamodb:PutItem",), (scores.table_arn,)),
            Allow(("sagemaker:InvokeEndpoint", "sagemaker:DescribeEndpoint"), (of_endpoint,)),
            Allow(("sqs:SendMessage",), (self._dead_letters.queue_arn,)),
            Allow(
                ("cloudwatch:PutMetricData",),
                ("*",),
                because="Metrics have no ARN; the condition leaves one namespace.",
                conditions={"StringEquals": {"cloudwatch:namespace": [self._namespace]}},
            ),
            environment={
                "FEATURES_TABLE": features.table_name,
                "SCORES_TABLE": scores.table_name,
                "DEAD_LETTERS": self._dead_letters.queue_url,
                "ENDPOINT": endpoint,
                "NAMESPACE": self._namespace,
                "WAIT_MS": str(settings.score_wait_ms),
                "REVIEW_MARGIN": str(settings.review_margin),
                "KEEP_DAYS": str(settings.score_keep_days),
            },
            memory_mb=1024,
        )
        consume(
            self,
            "ScoreSource",
            function=function,
            stream_arn=stream.stream_arn,
            dead_letters=self._dead_letters,
            batch=settings.score_batch,
            window_seconds=settings.score_window_seconds,
            parallel=settings.score_parallel,
            retries=settings.score_retries,
            max_age_seconds=settings.score_max_age_seconds,
            only={"data": {"event_type": [event_type]}},
        )
        return function

    def _publish(self, scores: dynamodb.Table, scored: kinesis.Stream, review: Review) -> lambda_.Function:
        changes = str(scores.table_stream_arn)
        function = self._function(
            "Publish",
            "publish_scores",
            "Passes scores on to their stream, and doubtful ones to a review",
            Allow(
                ("dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"),
                (changes,),
            ),
            Allow(
                ("dynamodb:ListStreams",),
                ("*",),
                because="Listing names no resource.",
                unused_because="Lambda asks for it when a mapping is made; the local one does not.",
            ),
            Allow(("kinesis:PutRecords",), (scored.stream_arn,)),
            Allow(("states:StartExecution",), (review.machine.attr_arn,)),
            Allow(("sqs:SendMessage",), (self._dead_letters.queue_arn,), unused_because="Nothing is given up."),
            environment={"SCORES_STREAM": scored.stream_name, "REVIEWS": review.machine.attr_arn},
        )
        mapping = consume(
            self,
            "PublishSource",
            function=function,
            stream_arn=changes,
            dead_letters=self._dead_letters,
            batch=self.settings.score_batch,
            retries=self.settings.score_retries,
            only={"eventName": ["INSERT", "MODIFY"]},  # not that an item has expired
        )
        mapping.node.add_dependency(review.end)
        return function

    def _index(self, features: dynamodb.Table, contract: Contract, names: tuple[str, ...], lake: s3.IBucket) -> None:
        locations = [contract.table(name).location for name in names]
        bucket = arn_as_seen_from(self, lake)
        function = self._function(
            "Index",
            "index_reference",
            "Puts reference files into the table of features",
            Allow(
                ("s3:GetObject",),
                tuple(f"{bucket}/{location}/*" for location in locations),
                because="It reads whatever files a reference table has.",
            ),
            Allow(("dynamodb:BatchWriteItem",), (features.table_arn,)),
            environment={"FEATURES_TABLE": features.table_name},
            memory_mb=1024,  # with a share of the processor to match: a file of 26,000 rows
            timeout_seconds=300,
        )
        function_alarm(self, "IndexErrors", "A reference file could not be indexed", self._topic, function)
        # https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html
        run_on_event(
            self,
            "Reference",
            description="Indexes a reference file that has come",
            pattern={
                "source": ["aws.s3"],
                "detail-type": ["Object Created"],
                "detail": {
                    "bucket": {"name": [lake.bucket_name]},
                    "object": {"key": [{"prefix": f"{location}/"} for location in locations]},
                },
            },
            function=function,
            dead_letters=dead_letters(self, "Undelivered", topic=self._topic),
        )
        cdk.CfnOutput(self, outputs.INDEX_FUNCTION, value=function.function_name)

    def _function_alarms(self, name: str, function: lambda_.Function) -> None:
        """Metrics of https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html."""
        of_function = {"FunctionName": function.function_name}
        function_alarm(self, f"{name}Errors", f"The function {name} raised or timed out", self._topic, function)
        for what, told, statistic, above in (
            ("Throttles", f"The account has no concurrency left for the function {name}", "Sum", 0),
            ("IteratorAge", f"{name} is more than a minute behind", "Maximum", 1000 * BEHIND_SECONDS),
        ):
            alarm(
                self,
                f"{name}{what}",
                told,
                self._topic,
                metric("AWS/Lambda", what, statistic, of_function),
                above=above,
            )

    def _latency_alarm(self, endpoint: str) -> None:
        budget = self.settings.score_latency_ms
        alarm(
            self,
            "Latency",
            f"One score in a hundred takes more than {budget} ms from the event's arrival",
            self._topic,
            metric(self._namespace, "Latency", "p99", {"Endpoint": endpoint}),
            above=budget,
        )


def _read_stream(stream: kinesis.IStream) -> Allow:
    """https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-create.html."""
    verbs = ("DescribeStream", "DescribeStreamSummary", "GetRecords", "GetShardIterator", "ListShards")
    return Allow(tuple(f"kinesis:{verb}" for verb in verbs), (stream.stream_arn,))


def declare(declared: Declared) -> None:
    """Scores of the stream's events."""
    base = declared.of(Foundation)
    RealtimeScoring(
        declared.app,
        settings=declared.settings,
        contract=declared.contract,
        stream=declared.of(StreamIngest).stream,
        endpoint=declared.of(Serving).endpoint,
        key=base.key,
        lake=base.lake,
        alarm_topic=base.alarm_topic,
    )
