"""A cloud that enforces, with roles made of a few words."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from localcloud import LocalCloud

ACCOUNT = "123456789012"
SERVICES = ["lambda", "glue", "sagemaker", "firehose"]


def allow(actions: str | list[str], resources: str | list[str], **conditions: Any) -> dict[str, Any]:
    """A statement; ``conditions`` are operators."""
    statement = {"Effect": "Allow", "Action": actions, "Resource": resources}
    return {**statement, "Condition": conditions} if conditions else statement


def document(*statements: dict[str, Any]) -> str:
    """A policy."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


@pytest.fixture
def cloud(session_cloud: LocalCloud) -> Iterator[LocalCloud]:
    session_cloud.reset()
    session_cloud.enforce = True
    yield session_cloud
    session_cloud.enforce = False


@pytest.fixture
def role(cloud: LocalCloud) -> Callable[..., str]:
    """Make a role, or give it other statements; its ARN."""

    def make(*statements: dict[str, Any], name: str = "worker", trusted: list[str] | None = None, **more: Any) -> str:
        iam = cloud.client("iam")
        principal = {"Service": [f"{service}.amazonaws.com" for service in trusted or SERVICES], "AWS": ACCOUNT}
        trust = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
        existing = [item["RoleName"] for item in iam.list_roles()["Roles"]]
        if name not in existing:
            iam.create_role(RoleName=name, AssumeRolePolicyDocument=document(trust), **more)
        iam.put_role_policy(RoleName=name, PolicyName="Permissions", PolicyDocument=document(*statements))
        return f"arn:aws:iam::{ACCOUNT}:role/{name}"

    return make


@pytest.fixture
def bucket(cloud: LocalCloud) -> str:
    cloud.client("s3").create_bucket(Bucket="lake")
    cloud.client("s3").put_object(Bucket="lake", Key="in/a", Body=b"1")
    return "lake"
