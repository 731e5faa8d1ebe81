"""SageMaker."""

import json
from typing import Any

from localcloud import LocalCloud
from tests.integration.cloudformation.case import Case, Properties
from tests.integration.cloudformation.cases.storage import ROLE

ROLE_ARN = {"Fn::GetAtt": ["Role", "Arn"]}


def _definition(message: str) -> dict[str, Any]:
    step = {"Name": "Stop", "Type": "Fail", "Arguments": {"ErrorMessage": message}}
    return {"PipelineDefinitionBody": json.dumps({"Version": "2020-12-01", "Parameters": [], "Steps": [step]})}


def _pipeline(message: str, team: str) -> Properties:
    return {
        "PipelineName": "subject",
        "PipelineDisplayName": message,
        "PipelineDescription": f"says {message}",
        "PipelineDefinition": _definition(message),
        "RoleArn": ROLE_ARN,
        "ParallelismConfiguration": {"MaxParallelExecutionSteps": len(message)},
        "Tags": [{"Key": "team", "Value": team}],
    }


def _group(team: str) -> Properties:
    return {
        "ModelPackageGroupName": "subject",
        "ModelPackageGroupDescription": "first",
        "Tags": [{"Key": "team", "Value": team}],
    }


def _read_pipeline(cloud: LocalCloud, ref: str) -> list[Any]:
    client = cloud.client("sagemaker")
    told = client.describe_pipeline(PipelineName=ref)
    return [told, client.list_tags(ResourceArn=told["PipelineArn"])]


def _read_group(cloud: LocalCloud, ref: str) -> list[Any]:
    client = cloud.client("sagemaker")
    name = ref.rpartition("/")[2]
    return [client.describe_model_package_group(ModelPackageGroupName=name), client.list_tags(ResourceArn=ref)]


CASES = (
    Case(
        type="AWS::SageMaker::Pipeline",
        needs={"Role": ROLE},
        properties=_pipeline("first", "data"),
        changed=_pipeline("second", "ml"),
        read=_read_pipeline,
        ref="subject",
    ),
    Case(
        type="AWS::SageMaker::ModelPackageGroup",
        properties=_group("data"),
        changed=_group("ml"),
        read=_read_group,
        ref="arn:aws:sagemaker:us-east-1:123456789012:model-package-group/subject",
        attributes={
            "ModelPackageGroupArn": "arn:aws:sagemaker:us-east-1:123456789012:model-package-group/subject",
            "ModelPackageGroupStatus": "Completed",
        },
    ),
)
