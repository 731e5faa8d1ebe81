"""Resources that a request names by something else than their name."""

from typing import Any

import pytest

from localcloud.iam.call import Caller, Where
from localcloud.iam.requests import of_operation

WHERE = Where("123456789012", "us-east-1")
URL = "http://localhost:4566/123456789012/orders"


@pytest.mark.parametrize(
    ("service", "operation", "parameters", "resources"),
    [
        ("sqs", "SendMessage", {"QueueUrl": URL}, ["sqs:us-east-1:123456789012:orders"]),
        ("sqs", "CreateQueue", {"QueueName": "orders"}, ["sqs:us-east-1:123456789012:orders"]),
        ("events", "PutEvents", {"Entries": [{}, {"EventBusName": "own"}]},
         ["events:us-east-1:123456789012:event-bus/default", "events:us-east-1:123456789012:event-bus/own"]),
        ("events", "PutEvents", {"Entries": [{"EventBusName": "arn:aws:events:eu-west-1:123456789012:event-bus/b"}]},
         ["events:eu-west-1:123456789012:event-bus/b"]),
    ],
)  # fmt: skip
def test_the_resource_is_found(
    service: str, operation: str, parameters: dict[str, Any], resources: list[str]
) -> None:
    calls = of_operation(Caller("arn:aws:iam::123456789012:role/r", "s"), service, operation, parameters, WHERE)
    assert [call.resource for call in calls] == [f"arn:aws:{resource}" for resource in resources]
