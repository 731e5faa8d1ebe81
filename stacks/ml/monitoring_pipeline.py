"""Monitoring by a pipeline of ours, which every account can run."""

from dataclasses import dataclass

import aws_cdk as cdk
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_s3_assets as assets
from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from pipelines.definition import MONITORING, SKLEARN, Sentinel
from settings import Settings
from stacks.ml.job_role import container_permissions, key_permissions
from stacks.ml.pipeline_definition import Images, definition
from stacks.ml.pipeline_start import every, start_every
from stacks.ml.pipeline_stop import stop_with_stack
from stacks.parts.bundle import features_module, job_library
from stacks.parts.function import python_function
from stacks.parts.job_network import JobNetwork
from stacks.parts.role import Allow, arn_as_seen_from, scoped_role


@dataclass(frozen=True)
class Watched:
    """What is monitored, and where.

    Attributes:
        endpoint: its name.
        curated: prefix of the table in which what came true can be found, without a slash at its end.
        network: that the jobs run in that look at it.
    """

    endpoint: str
    curated: str
    lake: s3.IBucket
    key: kms.IKey
    network: JobNetwork | None = None

    @property
    def capture(self) -> str:
        return f"capture/{self.endpoint}"

    @property
    def results(self) -> str:
        return f"monitoring/{self.endpoint}"

    @property
    def plans(self) -> str:
        return f"{self.results}/plans"


def monitoring_pipeline(
    scope: cdk.Stack, name: str, *, settings: Settings, watched: Watched, pipeline_name: str
) -> sagemaker.CfnPipeline:
    """The pipeline, its function, its two roles, and the schedule that starts it."""
    images = Images(scope, SKLEARN)
    with job_library(settings.dataset) as archive:
        library = assets.Asset(scope, "Library", path=str(archive))
    plan = python_function(
        scope,
        "Plan",
        folder="plan_monitoring",
        description="Lists what a monitoring execution is to look at",
        key=watched.key,
        log_days=settings.log_retention_days,
        memory_mb=512,
        timeout_seconds=300,
        environment={"LAKE_BUCKET": watched.lake.bucket_name},
        allow=_plan_permissions(scope, watched),
    )
    jobs = scoped_role(
        scope,
        "MonitorJobsRole",
        "sagemaker.amazonaws.com",
        "Runs the jobs of the monitoring pipeline",
        *_job_permissions(scope, watched, library),
        *container_permissions(scope, images=images, kinds=("ProcessingJobs",)),
        *(watched.network.sagemaker_permissions(scope) if watched.network is not None else ()),
    )
    if watched.network is not None:
        watched.network.confine(jobs)
    orchestrator = scoped_role(
        scope,
        "MonitorPipelineRole",
        "sagemaker.amazonaws.com",
        "Runs the monitoring pipeline",
        *_pipeline_permissions(scope, function=plan.function_arn, jobs=jobs.role_arn),
    )
    pipeline = sagemaker.CfnPipeline(
        scope,
        name,
        pipeline_name=pipeline_name,
        pipeline_description="Compares what the endpoint captured with the baseline of its model",
        role_arn=orchestrator.role_arn,
        pipeline_definition={
            "PipelineDefinitionBody": definition(
                scope,
                MONITORING,
                {
                    Sentinel.ROLE: jobs.role_arn,
                    Sentinel.BUCKET: watched.lake.bucket_name,
                    Sentinel.CODE_BUCKET: library.s3_bucket_name,
                    Sentinel.CODE_KEY: library.s3_object_key,
                    Sentinel.ENDPOINT: watched.endpoint,
                    Sentinel.PLAN_FUNCTION: plan.function_arn,
                    Sentinel.KEY: watched.key.key_arn,
                    Sentinel.SKLEARN_IMAGE: images.uri(SKLEARN),
                },
                defaults={
                    "WindowHours": settings.monitor_every_hours,
                    "TruthDelayHours": settings.truth_delay_hours,
                    "TruthUri": f"s3://{watched.lake.bucket_name}/{watched.curated}/",
                    "FeaturesModule": features_module(settings.dataset),
                    "ProcessingInstanceType": settings.monitor_instance,
                },
                network=watched.network,
            )
        },
    )
    stopped = stop_with_stack(scope, pipeline=pipeline, key=watched.key, log_days=settings.log_retention_days)
    schedule = start_every(
        scope,
        "Schedule",
        description="Monitors the endpoint",
        rate=every(settings.monitor_every_hours, "hour"),
        pipeline_arn=scope.format_arn(service="sagemaker", resource="pipeline", resource_name=pipeline.ref),
    )
    schedule.node.add_dependency(stopped)
    return pipeline


def _plan_permissions(scope: Construct, watched: Watched) -> tuple[Allow, ...]:
    bucket = arn_as_seen_from(scope, watched.lake)
    return (
        Allow(
            ("s3:ListBucket",),
            (bucket,),
            conditions={"StringLike": {"s3:prefix": [f"{watched.capture}/*", f"{watched.curated}/*"]}},
        ),
        Allow(
            ("s3:PutObject",),
            (f"{bucket}/{watched.plans}/*",),
            because="Each execution's plan is below its own id.",
        ),
        Allow(("kms:GenerateDataKey",), (watched.key.key_arn,)),
    )


def _job_permissions(scope: Construct, watched: Watched, library: assets.Asset) -> tuple[Allow, ...]:
    bucket = arn_as_seen_from(scope, watched.lake)
    read = (watched.capture, watched.plans, watched.curated, "monitoring/baseline")
    return (
        Allow(("s3:ListBucket",), (bucket, library.bucket.bucket_arn)),
        Allow(("s3:GetObject",), (f"{library.bucket.bucket_arn}/{library.s3_object_key}",)),
        Allow(
            ("s3:GetObject",),
            tuple(f"{bucket}/{prefix}/*" for prefix in read),
            because="It reads what was captured, the manifests of it, the truth, and the baseline.",
        ),
        *result_permissions(watched, bucket),
    )


def result_permissions(watched: Watched, bucket: str) -> tuple[Allow, ...]:
    """To write results, and to use a volume, both encrypted with our key."""
    return (
        Allow(
            ("s3:PutObject", "s3:AbortMultipartUpload"),
            tuple(f"{bucket}/{watched.results}/{check}/*" for check in ("data", "quality")),
            because="Each execution's results are below its own id.",
        ),
        *key_permissions(watched.key),
    )


def _pipeline_permissions(scope: cdk.Stack, *, function: str, jobs: str) -> tuple[Allow, ...]:
    """https://docs.aws.amazon.com/sagemaker/latest/dg/build-and-manage-access.html."""
    return (
        Allow(("lambda:InvokeFunction",), (function,)),
        Allow(
            (
                *("sagemaker:CreateProcessingJob", "sagemaker:DescribeProcessingJob"),
                *("sagemaker:StopProcessingJob", "sagemaker:AddTags"),
            ),
            (scope.format_arn(service="sagemaker", resource="processing-job", resource_name="*"),),
            because="SageMaker names the jobs after the execution.",
        ),
        Allow(
            ("iam:PassRole",),
            (jobs,),
            conditions={"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}},
        ),
    )
