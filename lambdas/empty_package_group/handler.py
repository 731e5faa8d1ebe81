"""Custom resource: deletes the versions of a model package group before the group is deleted.

SageMaker refuses to delete a group that has versions
(https://docs.aws.amazon.com/sagemaker/latest/dg/model-registry-delete-model-group.html), so without this a stack
could not be destroyed once a model has been registered.
"""

from typing import Any

import boto3

from lambdas.custom_resource import respond


def handler(event: dict[str, Any], context: Any) -> None:
    """Answers CloudFormation; a version that cannot be deleted is the reason of a failed deletion."""

    def act() -> None:
        if event["RequestType"] == "Delete":
            empty(boto3.client("sagemaker"), event["ResourceProperties"]["ModelPackageGroupName"])

    respond(event, context, act)


def empty(client: Any, group: str) -> None:
    """Delete every version of ``group``."""
    pages = client.get_paginator("list_model_packages").paginate(ModelPackageGroupName=group)
    for arn in [item["ModelPackageArn"] for page in pages for item in page["ModelPackageSummaryList"]]:
        client.delete_model_package(ModelPackageName=arn)
