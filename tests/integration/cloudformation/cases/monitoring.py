"""SageMaker Model Monitor."""

from typing import Any

from localcloud import LocalCloud
from tests.integration.cloudformation.case import Case, Properties
from tests.integration.cloudformation.cases.hosting import SCRIPT
from tests.integration.cloudformation.cases.storage import ROLE
from tests.integration.endpoints.hall import Hall, variant
from tests.integration.model_monitor.watch import ANALYZER, CAPTURE

ROLE_ARN = {"Fn::GetAtt": ["Role", "Arn"]}
NAME = {"Fn::Select": [1, {"Fn::Split": ["/", {"Ref": "Definition"}]}]}  # no attribute has it
ARN = "arn:aws:sagemaker:us-east-1:123456789012"


def _endpoint(cloud: LocalCloud) -> None:
    """One that captures, and logs nothing while the stack is compared."""
    hall = Hall(cloud)
    hall.endpoint(hall.config("capturing", variant(hall.model("silent", SCRIPT)), DataCaptureConfig=CAPTURE))


def _definition(name: str) -> Properties:
    return {
        "JobDefinitionName": name,
        "RoleArn": ROLE_ARN,
        "DataQualityAppSpecification": {
            "ImageUri": ANALYZER,
            "Environment": {"publish_cloudwatch_metrics": "Disabled"},
            "RecordPreprocessorSourceUri": "s3://hall/preprocess.py",
        },
        "DataQualityBaselineConfig": {
            "StatisticsResource": {"S3Uri": "s3://hall/baseline/statistics.json"},
            "ConstraintsResource": {"S3Uri": "s3://hall/baseline/constraints.json"},
        },
        "DataQualityJobInput": {
            "EndpointInput": {"EndpointName": "flights", "LocalPath": "/opt/ml/processing/input/endpoint"}
        },
        "DataQualityJobOutputConfig": {
            "KmsKeyId": "alias/results",
            "MonitoringOutputs": [
                {
                    "S3Output": {
                        "S3Uri": "s3://hall/monitoring",
                        "LocalPath": "/opt/ml/processing/output",
                        "S3UploadMode": "EndOfJob",
                    }
                }
            ],
        },
        "JobResources": {
            "ClusterConfig": {
                "InstanceCount": 1,
                "InstanceType": "ml.m5.large",
                "VolumeSizeInGB": 20,
                "VolumeKmsKeyId": "alias/volumes",
            }
        },
        "NetworkConfig": {"EnableNetworkIsolation": True, "EnableInterContainerTrafficEncryption": True},
        "StoppingCondition": {"MaxRuntimeInSeconds": 1800},
        "Tags": [{"Key": "team", "Value": "data"}],
    }


def _schedule(hour: int, start: str, team: str) -> Properties:
    return {
        "MonitoringScheduleName": "subject",
        "MonitoringScheduleConfig": {
            "MonitoringJobDefinitionName": NAME,
            "MonitoringType": "DataQuality",
            "ScheduleConfig": {
                "ScheduleExpression": f"cron(0 {hour} ? * * *)",
                "DataAnalysisStartTime": start,
                "DataAnalysisEndTime": "-PT0H",
            },
        },
        "Tags": [{"Key": "team", "Value": team}],
    }


def _read_definition(cloud: LocalCloud, ref: str) -> list[Any]:
    client = cloud.client("sagemaker")
    told = client.describe_data_quality_job_definition(JobDefinitionName=ref.rpartition("/")[2])
    return [told, client.list_tags(ResourceArn=ref)]


def _read_schedule(cloud: LocalCloud, ref: str) -> list[Any]:
    client = cloud.client("sagemaker")
    told = client.describe_monitoring_schedule(MonitoringScheduleName=ref.rpartition("/")[2])
    return [told, client.list_tags(ResourceArn=ref)]


CASES = (
    Case(
        type="AWS::SageMaker::DataQualityJobDefinition",
        needs={"Role": ROLE},
        properties=_definition("subject"),
        read=_read_definition,
        ref=f"{ARN}:data-quality-job-definition/subject",
        attributes={"JobDefinitionArn": f"{ARN}:data-quality-job-definition/subject"},
        prepare=_endpoint,
    ),
    Case(
        type="AWS::SageMaker::MonitoringSchedule",
        needs={
            "Role": ROLE,
            "Definition": {
                "Type": "AWS::SageMaker::DataQualityJobDefinition",
                "Properties": _definition("definition"),
            },
        },
        properties=_schedule(3, "-P1D", "data"),
        changed=_schedule(4, "-PT12H", "ml"),
        read=_read_schedule,
        ref=f"{ARN}:monitoring-schedule/subject",
        attributes={"MonitoringScheduleArn": f"{ARN}:monitoring-schedule/subject", "CreationTime": "*"},
        unreadable=("Fn::Select", "Fn::Split"),
        prepare=_endpoint,
    ),
)
