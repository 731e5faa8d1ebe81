"""Rules, and targets that can be asked what they got."""

import io
import json
import zipfile
from collections.abc import Callable
from typing import Any

import pytest

from localcloud import LocalCloud
from tests.integration.inbox import Inbox

# Tells a queue what it was called with; fails when the event says so.
RECORDER = """
import json, boto3
def handler(event, context):
    boto3.client("sqs").send_message(QueueUrl="{url}", MessageBody=json.dumps(event))
    if isinstance(event, dict) and event.get("fail"):
        raise ValueError("no")
"""
# Says how it was parameterised, and ends.
PIPELINE = {
    "Version": "2020-12-01",
    "Parameters": [{"Name": "Month", "Type": "String", "DefaultValue": "none"}],
    "Steps": [{"Name": "Say", "Type": "Fail", "Arguments": {"ErrorMessage": {"Get": "Parameters.Month"}}}],
}


@pytest.fixture
def inbox(cloud: LocalCloud) -> Inbox:
    return Inbox(cloud)


@pytest.fixture
def recorder(cloud: LocalCloud, inbox: Inbox) -> str:
    """The ARN of a function that tells ``inbox`` of its events."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("index.py", RECORDER.replace("{url}", inbox.url))
    cloud.client("iam").create_role(RoleName="recorder", AssumeRolePolicyDocument="{}")
    made = cloud.client("lambda").create_function(
        FunctionName="recorder",
        Role="arn:aws:iam::123456789012:role/recorder",
        Runtime="python3.13",
        Handler="index.handler",
        Timeout=20,
        Code={"ZipFile": packed.getvalue()},
    )
    return str(made["FunctionArn"])


@pytest.fixture
def pipeline(cloud: LocalCloud) -> str:
    """The ARN of a SageMaker pipeline."""
    made = cloud.client("sagemaker").create_pipeline(
        PipelineName="Retrain",
        PipelineDefinition=json.dumps(PIPELINE),
        RoleArn="arn:aws:iam::123456789012:role/pipelines",
        ClientRequestToken="x" * 32,
    )
    return str(made["PipelineArn"])


@pytest.fixture
def rule(cloud: LocalCloud) -> Callable[..., None]:
    """Make a rule with one target."""

    def make(arn: str, pattern: Any = None, name: str = "rule", bus: str = "default", **target: Any) -> None:
        events = cloud.client("events")
        events.put_rule(Name=name, EventBusName=bus, EventPattern=json.dumps(pattern or {"source": ["own"]}))
        events.put_targets(Rule=name, EventBusName=bus, Targets=[{"Id": "target", "Arn": arn, **target}])

    return make


@pytest.fixture
def put(cloud: LocalCloud) -> Callable[..., str]:
    """Put one event of the source "own"; its id."""

    def send(detail: dict[str, Any] | None = None, **members: Any) -> str:
        entry = {"Source": "own", "DetailType": "Test", "Detail": json.dumps(detail or {}), **members}
        (found,) = cloud.client("events").put_events(Entries=[entry])["Entries"]
        return str(found["EventId"])

    return send
