"""Monitoring by SageMaker Model Monitor: for accounts that used it before 2026-07-30, when it closed to new ones.

https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-availability-change.html
"""

import aws_cdk as cdk
from aws_cdk import aws_sagemaker as sagemaker

from pipelines.definition import MODEL_MONITOR
from settings import Settings
from stacks.ml.job_role import container_permissions
from stacks.ml.monitoring_pipeline import Watched, result_permissions
from stacks.ml.pipeline_definition import Images
from stacks.parts.role import Allow, arn_as_seen_from, scoped_role

MAX_RUNTIME_SECONDS = 1800  # it must be over before an hourly schedule's next execution
VOLUME_GB = 30
LOCAL = "/opt/ml/processing"
# of every column: https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-interpreting-cloudwatch.html
METRICS = "aws/sagemaker/Endpoints/data-metrics"
_Definition = sagemaker.CfnDataQualityJobDefinition
_Schedule = sagemaker.CfnMonitoringSchedule


def monitoring_schedule(
    scope: cdk.Stack, name: str, *, settings: Settings, watched: Watched, schedule_name: str
) -> sagemaker.CfnMonitoringSchedule:
    """A data quality job definition, its role and its schedule. The endpoint must exist when they are deployed.

    Results are at ``<S3Uri>/<endpoint>/<schedule>/yyyy/mm/dd/hh/``
    (https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-interpreting-results.html).
    """
    images = Images(scope, MODEL_MONITOR)
    bucket = arn_as_seen_from(scope, watched.lake)
    lake = f"s3://{watched.lake.bucket_name}"
    role = scoped_role(
        scope,
        "MonitorJobsRole",
        "sagemaker.amazonaws.com",
        "Runs the jobs of Model Monitor",
        Allow(("s3:ListBucket",), (bucket,)),
        Allow(
            ("s3:GetObject",),
            tuple(f"{bucket}/{prefix}/*" for prefix in (watched.capture, "monitoring/baseline")),
            because="It reads what was captured, and the baseline.",
        ),
        *result_permissions(watched, bucket),
        *container_permissions(scope, images=images, kinds=("ProcessingJobs",), namespaces=(METRICS,)),
        *(watched.network.sagemaker_permissions(scope) if watched.network is not None else ()),
    )
    if watched.network is not None:
        watched.network.confine(role)
    definition = _Definition(
        scope,
        f"{name}Definition",
        role_arn=role.role_arn,
        data_quality_app_specification=_Definition.DataQualityAppSpecificationProperty(
            image_uri=images.uri(MODEL_MONITOR)
        ),
        data_quality_baseline_config=_Definition.DataQualityBaselineConfigProperty(
            statistics_resource=_Definition.StatisticsResourceProperty(
                s3_uri=f"{lake}/monitoring/baseline/statistics.json"
            ),
            constraints_resource=_Definition.ConstraintsResourceProperty(
                s3_uri=f"{lake}/monitoring/baseline/constraints.json"
            ),
        ),
        data_quality_job_input=_Definition.DataQualityJobInputProperty(
            endpoint_input=_Definition.EndpointInputProperty(
                endpoint_name=watched.endpoint, local_path=f"{LOCAL}/input/endpoint"
            )
        ),
        data_quality_job_output_config=_Definition.MonitoringOutputConfigProperty(
            kms_key_id=watched.key.key_arn,
            monitoring_outputs=[
                _Definition.MonitoringOutputProperty(
                    s3_output=_Definition.S3OutputProperty(
                        local_path=f"{LOCAL}/output",
                        s3_uri=f"{lake}/{watched.results}/data",
                        s3_upload_mode="EndOfJob",
                    )
                )
            ],
        ),
        job_resources=_Definition.MonitoringResourcesProperty(
            cluster_config=_Definition.ClusterConfigProperty(
                instance_count=1,
                instance_type=settings.monitor_instance,
                volume_size_in_gb=VOLUME_GB,
                volume_kms_key_id=watched.key.key_arn,
            )
        ),
        network_config=_Definition.NetworkConfigProperty(
            enable_inter_container_traffic_encryption=True,
            enable_network_isolation=True,
            vpc_config=(
                _Definition.VpcConfigProperty(
                    security_group_ids=[watched.network.security_group], subnets=list(watched.network.subnets)
                )
                if watched.network is not None
                else None
            ),
        ),
        stopping_condition=_Definition.StoppingConditionProperty(max_runtime_in_seconds=MAX_RUNTIME_SECONDS),
    )
    return _Schedule(
        scope,
        name,
        monitoring_schedule_name=schedule_name,
        monitoring_schedule_config=_Schedule.MonitoringScheduleConfigProperty(
            # named by CloudFormation, so that it can be replaced: none of its properties can change
            monitoring_job_definition_name=cdk.Fn.select(1, cdk.Fn.split("/", definition.attr_job_definition_arn)),
            monitoring_type="DataQuality",
            schedule_config=_Schedule.ScheduleConfigProperty(schedule_expression=cron(settings.monitor_every_hours)),
        ),
    )


def cron(hours: int) -> str:
    """The only forms that Model Monitor takes: hourly, daily, or every so many hours of the day.

    https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-schedule-expression.html
    """
    hour = {1: "*", 24: "0"}.get(hours, f"0/{hours}")
    return f"cron(0 {hour} ? * * *)"
