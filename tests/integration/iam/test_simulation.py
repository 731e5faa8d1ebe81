"""SimulatePrincipalPolicy tells what enforcement would do."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from localcloud import LocalCloud
from tests.integration.iam.conftest import allow
from tests.integration.iam.people import policy

READ = allow("s3:GetObject", "arn:aws:s3:::lake/in/*")
IN_VPC = {**allow("s3:PutObject", "*"), "Condition": {"StringEquals": {"aws:SourceVpc": ["vpc-1", "vpc-2"]}}}
DENY = {"Effect": "Deny", "Action": "s3:DeleteObject", "Resource": "*"}
A, B = "arn:aws:s3:::lake/in/a", "arn:aws:s3:::lake/out/b"


def of_vpc(*values: str, kind: str = "string") -> list[dict[str, Any]]:
    return [{"ContextKeyName": "aws:SourceVpc", "ContextKeyType": kind, "ContextKeyValues": list(values)}]


# What is asked of a role with the three statements -> the decision for the action
DECISIONS: dict[str, tuple[dict[str, Any], str]] = {
    "allowed": ({"ActionNames": ["s3:GetObject"], "ResourceArns": [A]}, "allowed"),
    "another resource": ({"ActionNames": ["s3:GetObject"], "ResourceArns": [B]}, "implicitDeny"),
    "no resource is all of them": ({"ActionNames": ["s3:GetObject"]}, "implicitDeny"),
    "the strictest of two resources": ({"ActionNames": ["s3:GetObject"], "ResourceArns": [A, B]}, "implicitDeny"),
    "another action": ({"ActionNames": ["sqs:SendMessage"]}, "implicitDeny"),
    "denied": ({"ActionNames": ["s3:DeleteObject"], "ResourceArns": [A]}, "explicitDeny"),
    "without the context": ({"ActionNames": ["s3:PutObject"], "ResourceArns": [A]}, "implicitDeny"),
    "with the context": (
        {"ActionNames": ["s3:PutObject"], "ResourceArns": [A], "ContextEntries": of_vpc("vpc-2")}, "allowed"
    ),
    "with another context": (
        {"ActionNames": ["s3:PutObject"], "ResourceArns": [A], "ContextEntries": of_vpc("vpc-3")}, "implicitDeny"
    ),
}  # fmt: skip


@pytest.fixture
def iam(cloud: LocalCloud) -> Any:
    iam = cloud.client("iam")
    iam.create_role(RoleName="job", AssumeRolePolicyDocument=policy())
    iam.put_role_policy(RoleName="job", PolicyName="own", PolicyDocument=policy(READ, IN_VPC, DENY))
    return iam


def role(name: str = "job") -> str:
    return f"arn:aws:iam::123456789012:role/{name}"


def test_decisions(iam: Any) -> None:
    found = {
        name: iam.simulate_principal_policy(PolicySourceArn=role(), **asked)["EvaluationResults"][0]["EvalDecision"]
        for name, (asked, _) in DECISIONS.items()
    }
    assert found == {name: decision for name, (_, decision) in DECISIONS.items()}


def test_one_result_an_action_with_its_resources(iam: Any) -> None:
    asked = {"ActionNames": ["s3:GetObject", "s3:DeleteObject"], "ResourceArns": [A, B]}
    told = iam.simulate_principal_policy(PolicySourceArn=role(), **asked)
    assert [item["EvalActionName"] for item in told["EvaluationResults"]] == asked["ActionNames"]
    each = told["EvaluationResults"][0]["ResourceSpecificResults"]
    assert {item["EvalResourceName"]: item["EvalResourceDecision"] for item in each} == {
        A: "allowed",
        B: "implicitDeny",
    }
    assert told["IsTruncated"] is False


def test_pages(iam: Any) -> None:
    actions = [f"s3:{name}" for name in ("GetObject", "PutObject", "DeleteObject", "ListBucket", "GetObjectAcl")]
    pages = iam.get_paginator("simulate_principal_policy").paginate(
        PolicySourceArn=role(), ActionNames=actions, PaginationConfig={"PageSize": 2}
    )
    read = [[item["EvalActionName"] for item in page["EvaluationResults"]] for page in pages]
    assert read == [actions[:2], actions[2:4], actions[4:]]


def test_the_boundary_is_told(iam: Any) -> None:
    arn = iam.create_policy(PolicyName="limit", PolicyDocument=policy(allow("sqs:*", "*")))["Policy"]["Arn"]
    iam.put_role_permissions_boundary(RoleName="job", PermissionsBoundary=arn)
    asked = {"ActionNames": ["s3:GetObject"], "ResourceArns": [A]}
    (told,) = iam.simulate_principal_policy(PolicySourceArn=role(), **asked)["EvaluationResults"]
    assert told["EvalDecision"] == "implicitDeny"
    assert told["PermissionsBoundaryDecisionDetail"] == {"AllowedByPermissionsBoundary": False}


def test_users_have_those_of_their_groups(iam: Any) -> None:
    iam.create_user(UserName="ann")
    iam.create_group(GroupName="team")
    iam.add_user_to_group(GroupName="team", UserName="ann")
    iam.put_group_policy(GroupName="team", PolicyName="theirs", PolicyDocument=policy(READ))
    asked = {"ActionNames": ["s3:GetObject"], "ResourceArns": [A]}
    ann = "arn:aws:iam::123456789012:user/ann"
    assert iam.simulate_principal_policy(PolicySourceArn=ann, **asked)["EvaluationResults"][0]["EvalDecision"] == (
        "allowed"
    )


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"PolicySourceArn": role("nobody")}, "NoSuchEntity"),
        ({"PolicySourceArn": "arn:aws:iam::123456789012:user/nobody"}, "NoSuchEntity"),
        ({"PolicySourceArn": "arn:aws:iam::123456789012:group/team"}, "NotImplemented"),
        ({"PolicySourceArn": role(), "PolicyInputList": [json.dumps({"Statement": [READ]})]}, "NotImplemented"),
        ({"PolicySourceArn": role(), "ResourcePolicy": "{}"}, "NotImplemented"),
        ({"PolicySourceArn": "a-role-by-its-name-only"}, "InvalidInput"),
        ({"PolicySourceArn": role(), "Marker": "next"}, "InvalidInput"),
    ],
)
def test_what_is_refused(iam: Any, asked: dict[str, Any], code: str) -> None:
    with pytest.raises(ClientError) as refused:
        iam.simulate_principal_policy(ActionNames=["s3:GetObject"], **asked)
    assert refused.value.response["Error"]["Code"] == code
