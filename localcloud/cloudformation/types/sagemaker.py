"""SageMaker: pipelines and model package groups."""

from typing import Any

from localcloud.cloudformation.mapping import Properties
from localcloud.cloudformation.resource import Resource
from localcloud.cloudformation.types.model import Call, ResourceType, Tagging, by


def _definition(_: Resource, properties: Properties) -> Properties:
    """The definition as text or as a place in S3, as the API takes them.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-sagemaker-pipeline.html
    """
    given: Any = properties.pop("PipelineDefinition")
    if "PipelineDefinitionBody" in given:
        return {**properties, "PipelineDefinition": given["PipelineDefinitionBody"]}
    place = given["PipelineDefinitionS3Location"]
    version = {"VersionId": place["Version"]} if "Version" in place else {}
    location = {"Bucket": place["Bucket"], "ObjectKey": place["Key"], **version}
    return {**properties, "PipelineDefinitionS3Location": location}


def _pipeline_arn(resource: Resource) -> Properties:
    name = str(resource.physical_id).lower()
    return {"ResourceArn": f"arn:aws:sagemaker:{resource.region}:{resource.account}:pipeline/{name}"}


def _group_key(resource: Resource) -> Properties:
    return {"ModelPackageGroupName": str(resource.physical_id).rpartition("/")[2]}  # Ref is the ARN


TYPES = {
    "SageMaker::Pipeline": ResourceType(
        service="sagemaker",
        name="PipelineName",
        key=by("PipelineName"),
        prepare=_definition,
        create=Call(operation="CreatePipeline"),
        update=Call(operation="UpdatePipeline"),
        delete="DeletePipeline",
        tags=Tagging(add="AddTags", remove="DeleteTags", key=_pipeline_arn),
        read="DescribePipeline",
    ),
    "SageMaker::ModelPackageGroup": ResourceType(
        service="sagemaker",
        name="ModelPackageGroupName",
        key=_group_key,
        create=Call(operation="CreateModelPackageGroup"),
        identifier="ModelPackageGroupArn",
        delete="DeleteModelPackageGroup",
        tags=Tagging(add="AddTags", remove="DeleteTags", key=lambda resource: {"ResourceArn": resource.physical_id}),
        read="DescribeModelPackageGroup",
        attributes={
            "ModelPackageGroupArn": "ModelPackageGroupArn",
            "ModelPackageGroupStatus": "ModelPackageGroupStatus",
            "CreationTime": "CreationTime",
        },
    ),
}
