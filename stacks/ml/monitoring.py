"""Monitoring: does the endpoint's traffic still look like what its model was trained on, and does it still come true?

A check compares captured requests, answers, and later the arrivals, with the baseline that came with the model, and
writes statistics, constraints and violations to the lake. That a file of violations has arrived makes metrics of it,
the metrics an alarm, and the alarm another training. Two settings of ``monitoring`` differ only in who checks:

- ``processing``: a pipeline of ours on a schedule, in every account; data and predictions;
- ``model_monitor``: SageMaker Model Monitor, closed to new accounts since 2026-07-30; data only. Its schedule needs an
  endpoint that exists: approve a model first, then deploy this stack with it.

Everything after the files is the same. With ``off`` only the dashboard is left, and what was there is taken away, which
a stack that is missing would not do.
"""

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from contracts import Table
from settings import Settings
from stacks import outputs
from stacks.ml.dashboard import dashboard
from stacks.ml.monitoring_pipeline import Watched, monitoring_pipeline
from stacks.ml.monitoring_schedule import monitoring_schedule
from stacks.ml.retrain import retrain_on_alarm
from stacks.parts.alarm import alarm, function_alarm, metric, pipeline_metric
from stacks.parts.event_rule import dead_letters, run_on_event
from stacks.parts.function import python_function
from stacks.parts.job_network import JobNetwork
from stacks.parts.role import Allow, arn_as_seen_from
from stacks.parts.stack import ProjectStack

VIOLATIONS = "constraint_violations.json"
QUESTIONS = {
    "data": "The endpoint's requests or answers are not like those of the training",
    "quality": "The endpoint's predictions come true less often than in training",
}


class Monitoring(ProjectStack):
    """From captured traffic to metrics, an alarm, and another training."""

    def __init__(
        self,
        scope: Construct,
        *,
        settings: Settings,
        endpoint: str,
        table: Table,
        training_pipeline: str,
        key: kms.IKey,
        lake: s3.IBucket,
        alarm_topic: sns.ITopic,
        network: JobNetwork | None,
    ) -> None:
        super().__init__(
            scope, outputs.MONITORING, settings=settings, description="Checks of the endpoint's traffic, retraining"
        )
        watched = Watched(endpoint=endpoint, curated=table.location, lake=lake, key=key, network=network)
        checks = {"processing": ["data", "quality"], "model_monitor": ["data"], "off": []}[settings.monitoring]
        pipelines = [training_pipeline]
        namespace = f"{settings.prefix}/Monitoring"

        # --- compute: the checks
        if settings.monitoring == "processing":
            name = f"{settings.prefix}-monitoring"
            pipeline = monitoring_pipeline(self, "Pipeline", settings=settings, watched=watched, pipeline_name=name)
            pipelines.append(name)
            # checks that fail find nothing, and that looks like peace
            failed = pipeline_metric(name, "ExecutionFailed")
            alarm(self, "ChecksFailed", "The monitoring pipeline failed", alarm_topic, failed, above=0)
            cdk.CfnOutput(self, outputs.MONITORING_PIPELINE, value=pipeline.ref)
        elif settings.monitoring == "model_monitor":
            name = f"{settings.prefix}-data-quality"
            monitoring_schedule(self, "DataQuality", settings=settings, watched=watched, schedule_name=name)
            cdk.CfnOutput(self, outputs.MONITORING_SCHEDULE, value=name)

        # --- wiring: violations → metrics → alarms → training
        alarms = [self._alarm(check, endpoint, namespace, alarm_topic) for check in checks]
        if checks:
            undelivered = dead_letters(self, "Undelivered", topic=alarm_topic)
            self._publisher(watched, namespace, alarm_topic, undelivered)
            if settings.retrain_on_violations:
                retrain_on_alarm(
                    self,
                    "Retrain",
                    settings=settings,
                    alarms=alarms,
                    pipeline_name=training_pipeline,
                    curated=table.location,
                    lake=lake,
                    key=key,
                    topic=alarm_topic,
                    dead_letters=undelivered,
                )

        # --- for people
        board = dashboard(
            self,
            "Dashboard",
            endpoint=endpoint,
            pipelines=pipelines,
            ingest_stack=outputs.stack_name(settings.prefix, outputs.STREAM_INGEST),
            namespace=namespace,
            checks=checks,
            alarms=alarms,
        )
        cdk.CfnOutput(self, outputs.DASHBOARD, value=board.dashboard_name)

    def _alarm(self, check: str, endpoint: str, namespace: str, topic: sns.ITopic) -> cloudwatch.Alarm:
        violations = metric(namespace, "Violations", "Maximum", {"Endpoint": endpoint, "Check": check})
        return alarm(self, f"{check.title()}Violations", QUESTIONS[check], topic, violations, above=0)

    def _publisher(self, watched: Watched, namespace: str, topic: sns.ITopic, undelivered: sqs.Queue) -> None:
        """The function that makes metrics of a file of violations, wherever it comes from."""
        bucket = arn_as_seen_from(self, watched.lake)
        function = python_function(
            self,
            "Publish",
            folder="publish_violations",
            description="Publishes what a monitoring execution found as metrics",
            key=watched.key,
            log_days=self.settings.log_retention_days,
            memory_mb=256,
            timeout_seconds=60,
            environment={
                "NAMESPACE": namespace,
                # Model Monitor writes no report
                "BESIDE": "statistics.json" + (" report.json" if self.settings.monitoring == "processing" else ""),
            },
            allow=(
                Allow(
                    ("s3:ListBucket",),
                    (bucket,),
                    conditions={"StringLike": {"s3:prefix": [f"{watched.results}/*"]}},
                ),
                Allow(
                    ("s3:GetObject",),
                    (f"{bucket}/{watched.results}/*",),
                    because="It reads the results of every execution.",
                ),
                Allow(("kms:Decrypt",), (watched.key.key_arn,)),
                Allow(
                    ("cloudwatch:PutMetricData",),
                    ("*",),
                    because="Metrics have no ARN; the condition leaves one namespace.",
                    conditions={"StringEquals": {"cloudwatch:namespace": [namespace]}},
                ),
            ),
        )
        function_alarm(self, "PublishErrors", "What monitoring found could not be published", topic, function)
        # https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html
        run_on_event(
            self,
            "Violations",
            description="Publishes what monitoring found",
            pattern={
                "source": ["aws.s3"],
                "detail-type": ["Object Created"],
                "detail": {
                    "bucket": {"name": [watched.lake.bucket_name]},
                    "object": {"key": [{"wildcard": f"{watched.results}/*/{VIOLATIONS}"}]},
                },
            },
            function=function,
            dead_letters=undelivered,
        )
