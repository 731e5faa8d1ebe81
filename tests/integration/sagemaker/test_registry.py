"""The model registry, where moto's is not like SageMaker's."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.integration.sagemaker.workshop import BUCKET, IMAGE, ROLE, Workshop, definition

TAGS = [{"Key": "team", "Value": "ops"}]


def _register(workshop: Workshop, **more: Any) -> str:
    return str(
        workshop.client.create_model_package(
            ModelPackageGroupName="models",
            InferenceSpecification={
                "Containers": [{"Image": IMAGE, "ModelDataUrl": f"s3://{BUCKET}/model.tar.gz"}],
                "SupportedContentTypes": ["text/csv"],
                "SupportedResponseMIMETypes": ["text/csv"],
            },
            **more,
        )["ModelPackageArn"]
    )


def test_a_version_number_is_given_once(workshop: Workshop) -> None:
    workshop.client.create_model_package_group(ModelPackageGroupName="models")
    first, second, third = (_register(workshop) for _ in range(3))
    workshop.client.delete_model_package(ModelPackageName=first)
    fourth = _register(workshop)
    assert fourth.endswith("/4")
    listed = workshop.client.list_model_packages(ModelPackageGroupName="models")["ModelPackageSummaryList"]
    assert {item["ModelPackageArn"] for item in listed} == {second, third, fourth}
    assert workshop.client.describe_model_package(ModelPackageName=fourth)["ModelPackageVersion"] == 4
    with pytest.raises(ClientError, match="not found"):
        workshop.client.describe_model_package(ModelPackageName=first)


def test_an_update_changes_only_what_it_names(workshop: Workshop) -> None:
    workshop.client.create_model_package_group(ModelPackageGroupName="models")
    arn = _register(
        workshop,
        ModelApprovalStatus="PendingManualApproval",
        CustomerMetadataProperties={"team": "ops", "old": "1"},
        SkipModelValidation="All",
    )
    update = workshop.client.update_model_package
    update(ModelPackageArn=arn, ModelApprovalStatus="Approved", ApprovalDescription="better")
    update(
        ModelPackageArn=arn, CustomerMetadataProperties={"seen": "yes"}, CustomerMetadataPropertiesToRemove=["old"]
    )
    told = workshop.client.describe_model_package(ModelPackageName=arn)
    assert told["ModelApprovalStatus"] == "Approved"
    assert told["ApprovalDescription"] == "better"
    assert told["CustomerMetadataProperties"] == {"team": "ops", "seen": "yes"}
    assert told["SkipModelValidation"] == "All"
    with pytest.raises(ClientError, match="enum value set"):
        update(ModelPackageArn=arn, ModelApprovalStatus="Maybe")


def test_a_group_goes_only_when_it_is_empty(workshop: Workshop) -> None:
    workshop.client.create_model_package_group(ModelPackageGroupName="models")
    with pytest.raises(ClientError, match="already exists"):
        workshop.client.create_model_package_group(ModelPackageGroupName="models")
    arn = _register(workshop)
    with pytest.raises(ClientError, match="cannot be deleted") as refused:
        workshop.client.delete_model_package_group(ModelPackageGroupName="models")
    assert refused.value.response["Error"]["Code"] == "ConflictException"
    workshop.client.delete_model_package(ModelPackageName=arn)
    workshop.client.delete_model_package_group(ModelPackageGroupName="models")
    with pytest.raises(ClientError, match="does not exist"):
        workshop.client.describe_model_package_group(ModelPackageGroupName="models")


def test_versions_and_pipelines_have_tags(workshop: Workshop) -> None:
    workshop.client.create_model_package_group(ModelPackageGroupName="models")
    client = workshop.client
    client.create_pipeline(
        PipelineName="WithCapitals", PipelineDefinition=json.dumps(definition()), RoleArn=ROLE, Tags=TAGS
    )
    pipeline = client.describe_pipeline(PipelineName="WithCapitals")["PipelineArn"]
    assert pipeline.endswith(":pipeline/withcapitals")
    assert client.describe_pipeline(PipelineName=pipeline)["PipelineName"] == "WithCapitals"
    package = _register(workshop)
    client.add_tags(ResourceArn=package, Tags=TAGS)
    for arn in (pipeline, package):
        assert client.list_tags(ResourceArn=arn)["Tags"] == TAGS
        client.delete_tags(ResourceArn=arn, TagKeys=["team"])
        assert client.list_tags(ResourceArn=arn)["Tags"] == []
    with pytest.raises(ClientError, match="does not exist"):
        client.list_tags(ResourceArn=f"{pipeline}x")
