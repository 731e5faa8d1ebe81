"""Clients that sign with keys of their own, and what they are told."""

import json
from collections.abc import Callable, Mapping
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from localcloud import LocalCloud
from tests.integration.iam.conftest import ACCOUNT

CONFIG = Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"})
CALLS: dict[str, Callable[[Any], Any]] = {
    "s3": lambda client: client.list_buckets(),
    "sts": lambda client: client.get_caller_identity(),
    "sns": lambda client: client.list_topics(),
    "ec2": lambda client: client.describe_vpcs(),
    "dynamodb": lambda client: client.list_tables(),
    "sqs": lambda client: client.list_queues(),
    "lambda": lambda client: client.list_functions(),
    "sagemaker-runtime": lambda client: client.invoke_endpoint(EndpointName="e", Body=b"1"),
}


def signing(cloud: LocalCloud, service: str, key: Mapping[str, str], **more: Any) -> Any:
    """A client with an access key as IAM and STS give it."""
    return boto3.client(
        service,
        endpoint_url=cloud.endpoint,
        aws_access_key_id=key["AccessKeyId"],
        aws_secret_access_key=key["SecretAccessKey"],
        aws_session_token=key.get("SessionToken"),
        config=CONFIG.merge(Config(**more)),
    )


def told(call: Callable[..., Any], *arguments: Any, **named: Any) -> tuple[str, int]:
    """Code and status of an error; OK and 200 without one."""
    try:
        call(*arguments, **named)
    except ClientError as error:
        return error.response["Error"]["Code"], error.response["ResponseMetadata"]["HTTPStatusCode"]
    return "OK", 200


def user(cloud: LocalCloud, name: str, *statements: dict[str, Any]) -> dict[str, str]:
    """A new user with these statements; its access key."""
    iam = cloud.client("iam")
    iam.create_user(UserName=name)
    if statements:
        iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=policy(*statements))
    return dict(iam.create_access_key(UserName=name)["AccessKey"])


def policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def arn(of: str) -> str:
    """Of a role, user or policy: role/r."""
    return f"arn:aws:iam::{ACCOUNT}:{of}"


def trusting(principal: Any, action: Any = "sts:AssumeRole", **conditions: Any) -> str:
    """A trust policy."""
    statement = {"Effect": "Allow", "Principal": principal, "Action": action}
    return policy({**statement, "Condition": conditions} if conditions else statement)
