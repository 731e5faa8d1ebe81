"""Training: the curated table becomes a registered model.

A SageMaker pipeline (preprocess → train or tune → evaluate → baseline → condition → register, or fail) and the group
of model packages that it registers in. The pipeline orchestrates with one role, its jobs run with another, so that
neither can do what only the other needs.

The log groups of SageMaker's jobs, /aws/sagemaker/ProcessingJobs and /aws/sagemaker/TrainingJobs, are one a region for
the whole account: no stack can own them
(https://docs.aws.amazon.com/sagemaker/latest/dg/logging-cloudwatch.html).
"""

import aws_cdk as cdk
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_s3_assets as assets
from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from contracts import Contract, Table
from pipelines.definition import TRAINING, TUNED_TRAINING, XGBOOST, Sentinel
from settings import Settings
from stacks import outputs
from stacks.ml.job_role import container_permissions, key_permissions
from stacks.ml.package_group import package_group
from stacks.ml.pipeline_definition import FRAMEWORKS, Images, definition
from stacks.ml.pipeline_start import every, start_after_job, start_every
from stacks.ml.pipeline_stop import stop_with_stack
from stacks.parts.bundle import features_module, job_library, training_source
from stacks.parts.job_network import JobNetwork
from stacks.parts.role import Allow, arn_as_seen_from, scoped_role
from stacks.parts.stack import ProjectStack

RUNS = "runs"  # what executions write, below their ids
JOB_KINDS = ("processing-job", "training-job", "hyper-parameter-tuning-job")


class Training(ProjectStack):
    """From the curated table to a model package."""

    pipeline_name: str
    package_group: str

    def __init__(
        self,
        scope: Construct,
        *,
        settings: Settings,
        contract: Contract,
        curate_job: str,
        key: kms.IKey,
        lake: s3.IBucket,
        network: JobNetwork | None,
    ) -> None:
        super().__init__(
            scope, outputs.TRAINING, settings=settings, description="Training pipeline, model package group"
        )
        table, bucket = contract.curated, arn_as_seen_from(self, lake)
        self.pipeline_name, group_name = f"{settings.prefix}-training", f"{settings.prefix}-{settings.dataset}"
        self.package_group = group_name
        images = Images(self, *FRAMEWORKS.values())

        # --- input: the code of the jobs
        with job_library(settings.dataset) as archive:
            library = assets.Asset(self, "Library", path=str(archive))
        with training_source(settings.dataset) as archive:
            source = assets.Asset(self, "Source", path=str(archive))

        # --- storage: where models wait for approval
        group = package_group(
            self,
            "Models",
            group_name=group_name,
            description=contract.models,
            keep=settings.keep_data,
            key=key,
            log_days=settings.log_retention_days,
        )

        # --- compute
        jobs = scoped_role(
            self,
            "JobsRole",
            "sagemaker.amazonaws.com",
            "Runs the jobs of the training pipeline",
            *self._job_permissions(bucket=bucket, reads=table, code=(library, source), key=key, images=images),
            *(network.sagemaker_permissions(self) if network is not None else ()),
        )
        if network is not None:
            network.confine(jobs)
        orchestrator = scoped_role(
            self,
            "PipelineRole",
            "sagemaker.amazonaws.com",
            "Runs the training pipeline",
            *self._pipeline_permissions(
                bucket=bucket, group_name=group_name, jobs=jobs.role_arn, key=key, images=images
            ),
        )
        pipeline = sagemaker.CfnPipeline(
            self,
            "Pipeline",
            pipeline_name=self.pipeline_name,
            pipeline_description=f"Trains, evaluates and registers a model of the curated {table.name}",
            role_arn=orchestrator.role_arn,
            pipeline_definition={
                "PipelineDefinitionBody": definition(
                    self,
                    TUNED_TRAINING if settings.tuning else TRAINING,
                    {
                        Sentinel.ROLE: jobs.role_arn,
                        Sentinel.REGION: self.region,
                        Sentinel.BUCKET: lake.bucket_name,
                        Sentinel.CODE_BUCKET: library.s3_bucket_name,
                        Sentinel.CODE_KEY: library.s3_object_key,
                        Sentinel.SOURCE_KEY: source.s3_object_key,
                        Sentinel.PACKAGE_GROUP: group_name,
                        Sentinel.ENDPOINT_INSTANCE: settings.endpoint_instance,
                        Sentinel.KEY: key.key_arn,
                        **{sentinel: images.uri(framework) for sentinel, framework in FRAMEWORKS.items()},
                    },
                    defaults={
                        "InputDataUri": f"s3://{lake.bucket_name}/{table.location}/",
                        "FeaturesModule": features_module(settings.dataset),
                        "ProcessingInstanceType": settings.processing_instance,
                        "TrainingInstanceType": settings.training_instance,
                        "MinimumTemporalAuc": settings.minimum_auc,
                        "MinimumGainOverBaseline": settings.minimum_gain,
                    },
                    spot=settings.training_spot,
                    starts_by_itself=settings.train_every_days is not None or settings.train_after_curation,
                    network=network,
                )
            },
        )
        pipeline.add_resource_dependency(group)

        # --- wiring: what ends it with the stack, what starts it
        stopped = stop_with_stack(self, pipeline=pipeline, key=key, log_days=settings.log_retention_days)
        arn = self.format_arn(service="sagemaker", resource="pipeline", resource_name=pipeline.ref)
        if settings.train_every_days is not None:
            schedule = start_every(
                self,
                "Schedule",
                description="Trains again",
                rate=every(settings.train_every_days, "day"),
                pipeline_arn=arn,
            )
            schedule.node.add_dependency(stopped)
        if settings.train_after_curation:
            rule = start_after_job(self, "AfterCuration", job_name=curate_job, pipeline_arn=arn)
            rule.node.add_dependency(stopped)

        # --- outputs
        cdk.CfnOutput(self, outputs.TRAINING_PIPELINE, value=pipeline.ref)
        cdk.CfnOutput(self, outputs.MODEL_PACKAGE_GROUP, value=group_name)

    def _job_permissions(
        self, *, bucket: str, reads: Table, code: tuple[assets.Asset, ...], key: kms.IKey, images: Images
    ) -> tuple[Allow, ...]:
        return (
            Allow(("s3:ListBucket",), (bucket, *{asset.bucket.bucket_arn for asset in code})),
            Allow(("s3:GetObject",), tuple(f"{asset.bucket.bucket_arn}/{asset.s3_object_key}" for asset in code)),
            Allow(
                ("s3:GetObject",),
                (f"{bucket}/{reads.location}/*",),
                because="It reads all files of the curated table.",
            ),
            Allow(
                ("s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload"),
                (f"{bucket}/{RUNS}/*",),
                because="Each execution writes below its own id, and its later jobs read what its earlier ones wrote.",
            ),
            *key_permissions(key),
            *container_permissions(self, images=images, kinds=("ProcessingJobs", "TrainingJobs")),
        )

    def _pipeline_permissions(
        self, *, bucket: str, group_name: str, jobs: str, key: kms.IKey, images: Images
    ) -> tuple[Allow, ...]:
        """https://docs.aws.amazon.com/sagemaker/latest/dg/build-and-manage-access.html."""

        def arn(resource: str, name: str) -> str:
            return self.format_arn(service="sagemaker", resource=resource, resource_name=name)

        kinds = ("ProcessingJob", "TrainingJob", "HyperParameterTuningJob")
        return (
            Allow(
                (
                    *(f"sagemaker:{verb}{kind}" for kind in kinds for verb in ("Create", "Describe", "Stop")),
                    *("sagemaker:ListTrainingJobsForHyperParameterTuningJob", "sagemaker:AddTags"),
                ),
                tuple(arn(kind, "*") for kind in JOB_KINDS),
                because="SageMaker names the jobs after the execution, and cuts the names of tuning jobs.",
            ),
            Allow(
                ("sagemaker:CreateModelPackage", "sagemaker:DescribeModelPackage", "sagemaker:AddTags"),
                # The version is an optional resource of CreateModelPackage, and before it is made it has no number:
                # the group may be what is asked about
                # (https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsagemaker.html).
                (arn("model-package", f"{group_name}/*"), arn("model-package-group", group_name)),
                because="SageMaker numbers the versions of the group.",
            ),
            Allow(
                ("sagemaker:DescribeModelPackageGroup",),
                (arn("model-package-group", group_name),),
                unused_because="A step may ask for the group before it registers in it; locally it does not.",
            ),
            Allow(
                ("ecr:BatchGetImage", "ecr:DescribeImages"),
                images.repository_arns(XGBOOST),
                # https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ModelPackageContainerDefinition.html
                unused_because="SageMaker finds out the digest of the image that it registers; locally none does.",
            ),
            Allow(
                ("iam:PassRole",),
                (jobs,),
                conditions={"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}},
            ),
            Allow(
                ("s3:GetObject",),
                (f"{bucket}/{RUNS}/*",),
                because="The condition reads the evaluation, and the registry the model, of any execution.",
            ),
            Allow(("kms:Decrypt",), (key.key_arn,)),
        )
