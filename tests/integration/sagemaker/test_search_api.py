"""Search finds what there is, of every resource the local cloud has; Describe leaves out what SageMaker leaves out."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.integration.sagemaker.workshop import BUCKET, IMAGE, ROLE, Workshop

FAIL = {"Name": "End", "Type": "Fail", "Arguments": {"ErrorMessage": "x"}}
OPS, DEV = [{"Key": "team", "Value": "ops"}], [{"Key": "team", "Value": "dev"}]


def _is(name: str, value: str, operator: str = "Equals") -> dict[str, Any]:
    return {"SearchExpression": {"Filters": [{"Name": name, "Operator": operator, "Value": value}]}}


# Resource, what is asked, the names that are found in their order
SEARCHES: tuple[tuple[str, dict[str, Any], list[str]], ...] = (
    ("TrainingJob", {}, ["second", "first"]),
    ("TrainingJob", {"SortBy": "TrainingJobName"}, ["second", "first"]),
    ("TrainingJob", {"SortBy": "TrainingJobName", "SortOrder": "Ascending"}, ["first", "second"]),
    ("TrainingJob", {"SortBy": "Metrics.validation:auc", "SortOrder": "Ascending"}, ["first", "second"]),
    ("TrainingJob", _is("Tags.team", "ops"), ["first"]),
    ("TrainingJob", _is("Metrics.validation:auc", "0.65", "GreaterThan"), ["second"]),
    ("TrainingJob", _is("HyperParameters.rate", "0.2", "LessThan"), ["first"]),
    ("Experiment", {}, ["delays"]),
    ("ExperimentTrial", _is("ExperimentName", "delays"), ["may"]),
    ("ExperimentTrialComponent", _is("Parents.TrialName", "may"), ["first-aws-training-job"]),
    ("ExperimentTrialComponent", _is("Parents.TrialName", "june"), []),
    ("Model", _is("Model.ModelName", "one"), ["one"]),
    ("Endpoint", {}, []),
    ("ModelPackageGroup", _is("Tags.team", "dev"), ["group"]),
    ("ModelPackage", _is("ModelApprovalStatus", "Approved"), ["1"]),
    ("ModelPackage", _is("ModelApprovalStatus", "Rejected"), []),
    ("Pipeline", _is("PipelineName", "low", "Contains"), ["flow"]),
    ("PipelineExecution", _is("PipelineExecutionStatus", "Failed"), ["flow"]),
    ("ModelCard", _is("ModelCardStatus", "Draft"), ["card"]),
)
NAMES: dict[str, Callable[[dict[str, Any]], Any]] = {
    "ExperimentTrial": lambda record: record["Trial"]["TrialName"],
    "ExperimentTrialComponent": lambda record: record["TrialComponent"]["TrialComponentName"],
    "Model": lambda record: record["Model"]["Model"]["ModelName"],
    "ModelPackage": lambda record: str(record["ModelPackage"]["ModelPackageVersion"]),
    "PipelineExecution": lambda record: record["PipelineExecution"]["PipelineArn"].rpartition("/")[2],
}


def _fill(workshop: Workshop) -> None:
    client = workshop.client
    client.create_experiment(ExperimentName="delays")
    client.create_trial(TrialName="may", ExperimentName="delays")
    within = {"ExperimentName": "delays", "TrialName": "may"}
    workshop.train("first", {"rate": "0.1"}, Tags=OPS, ExperimentConfig=within)
    workshop.ended("training", "first")
    workshop.train("second", {"rate": "0.9"}, Tags=DEV)
    container = {"Image": IMAGE, "ModelDataUrl": f"s3://{BUCKET}/m.tar.gz"}
    client.create_model(ModelName="one", ExecutionRoleArn=ROLE, PrimaryContainer=container)
    client.create_model_package_group(ModelPackageGroupName="group", Tags=DEV)
    client.create_model_package(
        ModelPackageGroupName="group",
        ModelApprovalStatus="Approved",
        InferenceSpecification={
            "Containers": [container],
            "SupportedContentTypes": ["text/csv"],
            "SupportedResponseMIMETypes": ["text/csv"],
        },
    )
    text = json.dumps({"Version": "2020-12-01", "Steps": [FAIL]})
    client.create_pipeline(PipelineName="flow", RoleArn=ROLE, PipelineDefinition=text)
    client.create_model_card(ModelCardName="card", Content="{}", ModelCardStatus="Draft", Tags=OPS)
    workshop.run("flow")
    workshop.ended("training", "second")


def test_search(workshop: Workshop) -> None:
    _fill(workshop)
    found = []
    for resource, asked, _ in SEARCHES:
        name = NAMES.get(resource, lambda record, of=resource: record[of][f"{of}Name"])
        found.append([name(each) for each in workshop.client.search(Resource=resource, **asked)["Results"]])
    assert found == [names for *_, names in SEARCHES]
    assert workshop.client.search(Resource="ModelCard")["Results"][0]["ModelCard"]["Tags"] == OPS
    pages = workshop.client.get_paginator("search").paginate(Resource="TrainingJob", PaginationConfig={"PageSize": 1})
    assert [len(page["Results"]) for page in pages] == [1, 1]
    model = workshop.client.describe_model(ModelName="one")
    assert not {"VpcConfig", "Containers", "InferenceExecutionConfig"} & set(model)
    assert workshop.client.list_tags(ResourceArn=model["ModelArn"])["Tags"] == []  # lists are told, also empty


@pytest.mark.parametrize(
    ("asked", "code", "said"),
    [
        ({"Resource": "FeatureGroup"}, "NotImplemented", "sagemaker:Search of the resource FeatureGroup"),
        ({"Resource": "HubContent"}, "NotImplemented", "sagemaker:Search of the resource HubContent"),
        ({"Resource": "Endpoint", "CrossAccountFilterOption": "CrossAccount"}, "NotImplemented", "other accounts"),
        ({"Resource": "Endpoint", **_is("Colour", "x")}, "ValidationException", "Unknown property name: Colour"),
        ({"Resource": "Endpoint", "SortBy": "Colour"}, "ValidationException", "Unknown property name: Colour"),
        ({"Resource": "Nothing"}, "ValidationException", "enum value set"),
    ],
)
def test_what_search_refuses(workshop: Workshop, asked: dict[str, Any], code: str, said: str) -> None:
    with pytest.raises(ClientError, match=said) as refused:
        workshop.client.search(**asked)
    assert refused.value.response["Error"]["Code"] == code
