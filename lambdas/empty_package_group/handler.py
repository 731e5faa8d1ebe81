"""Custom resource: deletes the versions of a model package group before the group is deleted.

SageMaker refuses to delete a group that has versions
(https://docs.aws.amazon.com/sagemaker/latest/dg/model-registry-delete-model-group.html), so without this a stack
could not be destroyed once a model has been registered.
"""

import json
import urllib.request
from typing import Any

import boto3


def handler(event: dict[str, Any], context: Any) -> None:
    """Answer to the ResponseURL, whatever happens: without an answer CloudFormation waits for an hour.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref-responses.html
    """
    status, reason = "SUCCESS", f"see log stream {context.log_stream_name}"
    try:
        if event["RequestType"] == "Delete":
            empty(boto3.client("sagemaker"), event["ResourceProperties"]["ModelPackageGroupName"])
    except Exception as error:
        status, reason = "FAILED", f"{type(error).__name__}: {error}"
    answer = {
        "Status": status,
        "Reason": reason,
        "PhysicalResourceId": event.get("PhysicalResourceId") or event["LogicalResourceId"],
        **{name: event[name] for name in ("StackId", "RequestId", "LogicalResourceId")},
    }
    body = json.dumps(answer).encode()
    # no content type: the URL is signed without one
    request = urllib.request.Request(event["ResponseURL"], body, {"Content-Type": ""}, method="PUT")  # noqa: S310
    with urllib.request.urlopen(request, timeout=30):  # noqa: S310 - CloudFormation's own URL
        pass


def empty(client: Any, group: str) -> None:
    """Delete every version of ``group``."""
    pages = client.get_paginator("list_model_packages").paginate(ModelPackageGroupName=group)
    for arn in [item["ModelPackageArn"] for page in pages for item in page["ModelPackageSummaryList"]]:
        client.delete_model_package(ModelPackageName=arn)
