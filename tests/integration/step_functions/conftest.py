"""State machines made of a few states, in one cloud a module."""

import io
import json
import zipfile
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from localcloud import LocalCloud
from tests.integration.inbox import until

FUNCTION = """
import time
def handler(event, context):
    if isinstance(event, dict) and "seconds" in event:
        time.sleep(event["seconds"])
    if isinstance(event, dict) and "fail" in event:
        raise type(event["fail"], (Exception,), {})("as wanted")
    return {"got": event}
"""


def trust(*services: str) -> str:
    statement = {"Effect": "Allow", "Principal": {"Service": list(services)}, "Action": "sts:AssumeRole"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


class States:
    """Step Functions of a cloud, with a role that it may assume."""

    def __init__(self, cloud: LocalCloud) -> None:
        self.cloud = cloud
        self.client = cloud.client("stepfunctions")
        self._count = 0
        role = cloud.client("iam").create_role(
            RoleName="states", AssumeRolePolicyDocument=trust("states.amazonaws.com")
        )
        self.role = str(role["Role"]["Arn"])

    def machine(self, definition: dict[str, Any], **properties: Any) -> str:
        """The ARN of a new machine."""
        self._count += 1
        given = {"name": f"machine-{self._count}", "roleArn": self.role, "definition": json.dumps(definition)}
        return str(self.client.create_state_machine(**{**given, **properties})["stateMachineArn"])

    def start(self, machine: str, given: Any = None, **properties: Any) -> str:
        answer = self.client.start_execution(
            stateMachineArn=machine, input=json.dumps({} if given is None else given), **properties
        )
        return str(answer["executionArn"])

    def ended(self, execution: str) -> dict[str, Any]:
        """DescribeExecution, once it is over."""
        return until(
            lambda: dict(self.client.describe_execution(executionArn=execution)),
            lambda told: told["status"] != "RUNNING",
        )

    def run(self, definition: dict[str, Any], given: Any = None) -> Any:
        """The output of a machine that succeeds."""
        told = self.ended(self.start(self.machine(definition), given))
        assert told["status"] == "SUCCEEDED", told
        return json.loads(told["output"])

    def fail(self, definition: dict[str, Any], given: Any = None) -> tuple[str, str]:
        """Error and cause of one that fails."""
        told = self.ended(self.start(self.machine(definition), given))
        assert told["status"] == "FAILED", told
        return told["error"], told.get("cause", "")

    def events(self, execution: str) -> list[dict[str, Any]]:
        pages = self.client.get_paginator("get_execution_history").paginate(executionArn=execution)
        return [event for page in pages for event in page["events"]]


def one(state: dict[str, Any], **machine: Any) -> dict[str, Any]:
    """A machine with one state."""
    return {**machine, "StartAt": "One", "States": {"One": {**state, "End": True}}}


@pytest.fixture(scope="module")
def states(session_cloud: LocalCloud) -> Iterator[States]:
    session_cloud.reset()
    yield States(session_cloud)
    session_cloud.reset()


@pytest.fixture(scope="module")
def function(states: States) -> str:
    """The ARN of a function that returns its event, or raises what the event wants."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("index.py", FUNCTION)
    states.cloud.client("iam").create_role(RoleName="f", AssumeRolePolicyDocument=trust("lambda.amazonaws.com"))
    made = states.cloud.client("lambda").create_function(
        FunctionName="f",
        Role="arn:aws:iam::123456789012:role/f",
        Runtime="python3.13",
        Handler="index.handler",
        Timeout=20,
        Code={"ZipFile": packed.getvalue()},
    )
    return str(made["FunctionArn"])


@pytest.fixture(name="one", scope="session")
def _one() -> Callable[..., dict[str, Any]]:
    return one
