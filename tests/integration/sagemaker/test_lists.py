"""List operations filter, sort and page as their pages say: a table of what is asked and which names are told."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.integration.sagemaker.workshop import BUCKET, IMAGE, ROLE, Workshop

NAMES = ("beta", "alpha", "gamma")  # in the order of creation
NEWEST = ["gamma", "alpha", "beta"]
LATE, EARLY = datetime(2090, 1, 1, tzinfo=UTC), datetime(2000, 1, 1, tzinfo=UTC)
# operation, its list, the member with the name; what it filters by time; the order without SortOrder
LISTS = [
    ("list_models", "Models", "ModelName", "CreationTime", NEWEST),
    ("list_endpoint_configs", "EndpointConfigs", "EndpointConfigName", "CreationTime", NEWEST),
    ("list_experiments", "ExperimentSummaries", "ExperimentName", "Created", NEWEST),
    ("list_trials", "TrialSummaries", "TrialName", "Created", NEWEST),
    ("list_trial_components", "TrialComponentSummaries", "TrialComponentName", "Created", NEWEST),
    ("list_pipelines", "PipelineSummaries", "PipelineName", "Created", NEWEST),
    (
        "list_model_package_groups",
        "ModelPackageGroupSummaryList",
        "ModelPackageGroupName",
        "CreationTime",
        list(NAMES),
    ),
]
CONTAINER = {"Image": IMAGE, "ModelDataUrl": f"s3://{BUCKET}/m.tar.gz"}
PACKAGE = {
    "Containers": [CONTAINER],
    "SupportedContentTypes": ["text/csv"],
    "SupportedResponseMIMETypes": ["text/csv"],
}


def _fill(client: Any) -> None:
    fail = {"Name": "End", "Type": "Fail", "Arguments": {"ErrorMessage": "x"}}
    text = json.dumps({"Version": "2020-12-01", "Steps": [fail]})
    for name in NAMES:
        client.create_model(ModelName=name, ExecutionRoleArn=ROLE, PrimaryContainer=CONTAINER)
        variant = {"VariantName": "v", "ModelName": name, "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}
        client.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[variant])
        client.create_experiment(ExperimentName=name)
        client.create_trial(TrialName=name, ExperimentName=name)
        client.create_trial_component(TrialComponentName=name)
        client.associate_trial_component(TrialName=name, TrialComponentName=name)
        client.create_pipeline(PipelineName=name, RoleArn=ROLE, PipelineDefinition=text)
        client.create_model_package_group(ModelPackageGroupName=name)
    for status in ("Approved", "Rejected"):
        client.create_model_package(
            ModelPackageGroupName="beta", InferenceSpecification=PACKAGE, ModelApprovalStatus=status
        )


def test_lists(workshop: Workshop) -> None:
    client = workshop.client
    _fill(client)
    for operation, member, name, time, order in LISTS:

        def told(member: str = member, name: str = name, operation: str = operation, **asked: Any) -> list[str]:
            return [item[name] for item in getattr(client, operation)(**asked)[member]]

        after: dict[str, Any] = {f"{time}After": LATE}
        before: dict[str, Any] = {f"{time}Before": EARLY}
        between: dict[str, Any] = {f"{time}After": EARLY, f"{time}Before": LATE}
        pages = client.get_paginator(operation).paginate(PaginationConfig={"PageSize": 2})
        assert {
            "as it is": told(),
            "by name": told(SortBy="Name", SortOrder="Ascending"),
            "by name, downwards": told(SortBy="Name", SortOrder="Descending"),
            "oldest first": told(SortOrder="Ascending"),
            "after": told(**after),
            "before": told(**before),
            "between": len(told(**between)),
            "pages": [[item[name] for item in page[member]] for page in pages],
        } == {
            "as it is": order,
            "by name": ["alpha", "beta", "gamma"],
            "by name, downwards": ["gamma", "beta", "alpha"],
            "oldest first": list(NAMES),
            "after": [],
            "before": [],
            "between": 3,
            "pages": [order[:2], order[2:]],
        }, operation
    components = client.list_trial_components(ExperimentName="alpha")["TrialComponentSummaries"]
    assert [item["TrialComponentName"] for item in components] == ["alpha"]
    assert client.list_trial_components(SourceArn="arn:aws:sagemaker:x")["TrialComponentSummaries"] == []
    assert client.list_models(NameContains="amm")["Models"][0]["ModelName"] == "gamma"
    assert client.list_training_jobs(WarmPoolStatusEquals="InUse")["TrainingJobSummaries"] == []
    with pytest.raises(ClientError, match="other accounts share is not implemented"):
        client.list_model_package_groups(CrossAccountFilterOption="CrossAccount")


@pytest.mark.parametrize(
    ("asked", "versions"),
    [
        ({"ModelPackageGroupName": "beta"}, [1, 2]),
        ({"ModelPackageGroupName": "beta", "SortOrder": "Descending"}, [2, 1]),
        ({"ModelPackageGroupName": "beta", "ModelApprovalStatus": "Rejected"}, [2]),
        ({"ModelPackageGroupName": "beta", "MaxResults": 1}, [1]),
        ({}, []),
        ({"ModelPackageType": "Versioned"}, [1, 2]),
        ({"ModelPackageType": "Both"}, [1, 2]),
        ({"ModelPackageType": "Unversioned"}, []),
    ],
)
def test_packages(workshop: Workshop, asked: dict[str, Any], versions: list[int]) -> None:
    client = workshop.client
    client.create_model_package_group(ModelPackageGroupName="beta")
    for status in ("Approved", "Rejected"):
        client.create_model_package(
            ModelPackageGroupName="beta", InferenceSpecification=PACKAGE, ModelApprovalStatus=status
        )
    found = client.list_model_packages(**asked)["ModelPackageSummaryList"]
    assert [item["ModelPackageVersion"] for item in found] == versions
