"""Functions that print their events, and sources for them."""

import base64
import io
import json
import time
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from localcloud import LocalCloud
from tests.integration.inbox import until

TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
        ],
    }
)
CODE = """import base64, json, os, time
from pathlib import Path
def data(event):
    return [base64.b64decode(record["kinesis"]["data"]).decode() for record in event["Records"]]
def handler(event, context):
    print(json.dumps(event), flush=True)
"""


def flat(batches: list[list[str]]) -> list[str]:
    """What is in them, in order."""
    return [item for batch in batches for item in batch]


class Bench:
    """A cloud with functions, mappings, and what the functions got."""

    def __init__(self, cloud: LocalCloud) -> None:
        self.cloud = cloud
        self.client = cloud.client("lambda")
        made = cloud.client("iam").create_role(RoleName="worker", AssumeRolePolicyDocument=TRUST)
        self.role: str = made["Role"]["Arn"]

    def function(self, body: str = "", name: str = "probe", **more: Any) -> str:
        """A function that prints its event and then does ``body``."""
        sink = io.BytesIO()
        with zipfile.ZipFile(sink, "w") as archive:
            archive.writestr("index.py", CODE + "".join(f"    {line}\n" for line in body.splitlines()))
        given = {"Role": self.role, "Runtime": "python3.13", "Handler": "index.handler", "Timeout": 10, **more}
        self.client.create_function(FunctionName=name, Code={"ZipFile": sink.getvalue()}, **given)
        return name

    def stream(self, name: str = "events", shards: int = 1) -> str:
        self.cloud.client("kinesis").create_stream(StreamName=name, ShardCount=shards)
        return f"arn:aws:kinesis:us-east-1:123456789012:stream/{name}"

    def put(self, *data: str, key: str = "k", stream: str = "events") -> None:
        records = [{"Data": item.encode(), "PartitionKey": key} for item in data]
        answer = self.cloud.client("kinesis").put_records(StreamName=stream, Records=records)
        assert answer["FailedRecordCount"] == 0

    def queue(self, name: str = "jobs", **attributes: str) -> tuple[str, str]:
        """Its URL and ARN."""
        made = self.cloud.client("sqs").create_queue(QueueName=name, Attributes=attributes)
        return made["QueueUrl"], f"arn:aws:sqs:us-east-1:123456789012:{name}"

    def mapping(self, source: str, function: str = "probe", **given: Any) -> str:
        """A mapping that is enabled, or disabled as it was asked for; its UUID."""
        if ":sqs:" not in source:
            given.setdefault("StartingPosition", "TRIM_HORIZON")
        told = self.client.create_event_source_mapping(EventSourceArn=source, FunctionName=function, **given)
        uuid: str = told["UUID"]
        self.settled(uuid)
        return uuid

    def get(self, uuid: str) -> dict[str, Any]:
        found: dict[str, Any] = self.client.get_event_source_mapping(UUID=uuid)
        return found

    def settled(self, uuid: str) -> str:
        return until(lambda: str(self.get(uuid)["State"]), lambda state: state in ("Enabled", "Disabled"))

    def problem(self, uuid: str) -> str:
        """What the mapping says is wrong, as soon as something is."""
        return until(lambda: str(self.get(uuid).get("LastProcessingResult")), lambda told: told.startswith("PROBLEM"))

    def lines(self, name: str = "probe") -> list[str]:
        """What the function has printed, invocation by invocation."""
        logs = self.cloud.client("logs")
        try:
            answer = logs.get_paginator("filter_log_events").paginate(logGroupName=f"/aws/lambda/{name}")
            return [event["message"] for page in answer for event in page["events"]]
        except ClientError:
            return []

    def events(self, name: str = "probe") -> list[dict[str, Any]]:
        """The events that the function got."""
        return [json.loads(line) for line in self.lines(name) if line.startswith('{"')]

    def until_events(self, number: int, name: str = "probe") -> list[dict[str, Any]]:
        return until(lambda: self.events(name), lambda found: len(found) >= number)

    def batches(self, name: str = "probe") -> list[list[str]]:
        """The data of the records of each event."""
        return [
            [base64.b64decode(record["kinesis"]["data"]).decode() for record in event["Records"]]
            for event in self.events(name)
        ]

    def until_batches(self, wanted: Callable[[list[list[str]]], bool], name: str = "probe") -> list[list[str]]:
        return until(lambda: self.batches(name), wanted)

    def received(self, url: str) -> list[dict[str, Any]]:
        """What is in a queue, waited for."""
        sqs = self.cloud.client("sqs")
        found: list[dict[str, Any]] = until(
            lambda: sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=1).get("Messages", []),
            bool,
        )
        return found

    def quiet(self, seconds: float = 0.3) -> None:
        """Long enough for what must not happen; at speed 60 these are many of the cloud's seconds."""
        time.sleep(seconds)


@pytest.fixture
def bench(cloud: LocalCloud) -> Bench:
    return Bench(cloud)
