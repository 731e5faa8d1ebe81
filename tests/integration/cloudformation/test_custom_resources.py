"""Custom resources: a function makes the resource and answers to ResponseURL."""

import json
from typing import Any

import pytest

from localcloud import LocalCloud
from tests.integration.cloudformation.conftest import Stacks

# What a function of a user does with the request; each request is kept as an object in the bucket "requests".
HANDLER = """
import json, os, urllib.request
import boto3

def handler(event, context):
    s3 = boto3.client("s3")
    count = s3.list_objects_v2(Bucket="requests")["KeyCount"]
    s3.put_object(Bucket="requests", Key=f"{count:03}", Body=json.dumps(event))
    properties = event["ResourceProperties"]
    if properties.get("Silent") == "true":
        return
    answer = {
        "Status": "FAILED" if properties.get("Fail") == event["RequestType"] else "SUCCESS",
        "Reason": "it was told to fail",
        "PhysicalResourceId": properties.get("Id", "thing"),
        "StackId": event["StackId"],
        "RequestId": event["RequestId"],
        "LogicalResourceId": event["LogicalResourceId"],
        "Data": {"Doubled": properties.get("Value", "") * 2},
    }
    request = urllib.request.Request(event["ResponseURL"], json.dumps(answer).encode(), method="PUT")
    request.add_header("Content-Type", "")
    urllib.request.urlopen(request)
"""
ASSUMED = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}


def _template(**properties: Any) -> dict[str, Any]:
    return {
        "Resources": {
            "Role": {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": ASSUMED}},
            "Function": {
                "Type": "AWS::Lambda::Function",
                "Properties": {
                    "Role": {"Fn::GetAtt": ["Role", "Arn"]},
                    "Runtime": "python3.13",
                    "Handler": "index.handler",
                    "Timeout": 30,
                    "Code": {"ZipFile": HANDLER},
                },
            },
            "Thing": {
                "Type": "Custom::Thing",
                "Properties": {"ServiceToken": {"Fn::GetAtt": ["Function", "Arn"]}, **properties},
            },
        },
        "Outputs": {"Id": {"Value": {"Ref": "Thing"}}, "Doubled": {"Value": {"Fn::GetAtt": ["Thing", "Doubled"]}}},
    }


@pytest.fixture
def requests(cloud: LocalCloud) -> Any:
    """All requests that the function has received, oldest first."""
    s3 = cloud.client("s3")
    s3.create_bucket(Bucket="requests")

    def received() -> list[dict[str, Any]]:
        keys = [item["Key"] for item in s3.list_objects_v2(Bucket="requests").get("Contents", [])]
        return [json.loads(s3.get_object(Bucket="requests", Key=key)["Body"].read()) for key in keys]

    return received


def test_create_update_delete(stacks: Stacks, requests: Any) -> None:
    stack = stacks.create(_template(Value="ab", Flag=True, Count=3, Nested={"List": [1, False]}))
    assert stack["StackStatus"] == "CREATE_COMPLETE", stack["Failures"]
    assert stacks.outputs() == {"Id": "thing", "Doubled": "abab"}
    (create,) = requests()
    assert create["RequestType"] == "Create"
    assert "PhysicalResourceId" not in create
    assert create["ResourceType"] == "Custom::Thing"
    assert create["StackId"] == stack["StackId"]
    token = create["ServiceToken"]
    assert create["ResourceProperties"] == {
        "ServiceToken": token,
        "Value": "ab",
        "Flag": "true",
        "Count": "3",
        "Nested": {"List": ["1", "false"]},
    }

    assert stacks.update(_template(Value="cd"))["StackStatus"] == "UPDATE_COMPLETE"
    assert stacks.outputs()["Doubled"] == "cdcd"
    update = requests()[1]
    assert (update["RequestType"], update["PhysicalResourceId"]) == ("Update", "thing")
    assert update["ResourceProperties"] == {"ServiceToken": token, "Value": "cd"}
    assert update["OldResourceProperties"] == create["ResourceProperties"]

    assert stacks.delete()["StackStatus"] == "DELETE_COMPLETE"
    delete = requests()[2]
    assert (delete["RequestType"], delete["PhysicalResourceId"]) == ("Delete", "thing")


def test_another_physical_id_deletes_the_old_one(stacks: Stacks, requests: Any) -> None:
    stacks.create(_template(Id="one"))
    stacks.update(_template(Id="two"))
    assert [(item["RequestType"], item.get("PhysicalResourceId")) for item in requests()] == [
        ("Create", None),
        ("Update", "one"),
        ("Delete", "one"),
    ]
    assert requests()[2]["ResourceProperties"]["Id"] == "one"
    assert stacks.outputs()["Id"] == "two"


def test_a_failure_has_the_reason_of_the_function_and_rolls_back(stacks: Stacks, requests: Any) -> None:
    stack = stacks.create(_template(Fail="Create", Id="half"))
    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    assert stack["Failures"]["Thing"] == (
        "Received response status [FAILED] from custom resource. Message returned: it was told to fail"
    )
    assert [(item["RequestType"], item.get("PhysicalResourceId")) for item in requests()] == [
        ("Create", None),
        ("Delete", "half"),
    ]


def test_a_failed_update_is_taken_back_by_another(stacks: Stacks, requests: Any) -> None:
    stacks.create(_template(Value="a"))
    stack = stacks.update(_template(Value="b", Fail="Update"))
    assert stack["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert [item["ResourceProperties"]["Value"] for item in requests()] == ["a", "b", "a"]
    assert stacks.outputs()["Doubled"] == "aa"


def test_a_function_that_never_answers(stacks: Stacks, requests: Any) -> None:
    stack = stacks.create(_template(Silent=True, ServiceTimeout=1))
    assert stack["StackStatus"] in ("ROLLBACK_FAILED", "ROLLBACK_COMPLETE")
    assert "CloudFormation did not receive a response from your Custom Resource" in stack["Failures"]["Thing"]
    assert "ServiceTimeout" not in requests()[0]["ResourceProperties"]


def test_data_that_was_not_returned(stacks: Stacks, requests: Any) -> None:
    template = _template()
    template["Outputs"]["Other"] = {"Value": {"Fn::GetAtt": ["Thing", "Nothing"]}}
    stack = stacks.create(template)
    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    assert len(requests()) == 2


def test_only_functions_are_called(stacks: Stacks) -> None:
    topic = {"ServiceToken": "arn:aws:sns:us-east-1:123456789012:t"}
    stack = stacks.create({"Resources": {"Thing": {"Type": "Custom::Thing", "Properties": topic}}})
    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    assert "Lambda functions only" in stack["Failures"]["Thing"]


def test_a_function_that_is_not_there(stacks: Stacks) -> None:
    nobody = {"ServiceToken": "arn:aws:lambda:us-east-1:123456789012:function:nobody"}
    stack = stacks.create({"Resources": {"Thing": {"Type": "Custom::Thing", "Properties": nobody}}})
    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    assert "Function not found" in stack["Failures"]["Thing"]


def test_a_function_that_crashes_is_not_waited_for(stacks: Stacks, requests: Any) -> None:
    stack = stacks.create(_template(Value={"not": "text"}))
    assert "TypeError" in stack["Failures"]["Thing"]


def test_a_service_token_is_required(stacks: Stacks) -> None:
    template = {"Resources": {"Thing": {"Type": "AWS::CloudFormation::CustomResource", "Properties": {}}}}
    assert "required key [ServiceToken] not found" in stacks.create(template)["Failures"]["Thing"]
