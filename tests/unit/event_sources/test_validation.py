"""What is refused before anything is looked up, and the defaults of what is taken."""

import json
from typing import Any

import pytest

from localcloud.event_sources.errors import InvalidError
from localcloud.event_sources.validation import config_of, kind_of
from localcloud.unsupported import NotImplementedLocallyError

STREAM = {"EventSourceArn": "arn:aws:kinesis:us-east-1:123456789012:stream/s", "StartingPosition": "LATEST"}
TABLE = {
    "EventSourceArn": "arn:aws:dynamodb:us-east-1:123456789012:table/t/stream/2025-02-22T03:03:25.490",
    "StartingPosition": "LATEST",
}
QUEUE = {"EventSourceArn": "arn:aws:sqs:us-east-1:123456789012:q"}
FIFO = {"EventSourceArn": "arn:aws:sqs:us-east-1:123456789012:q.fifo"}
LOST = "arn:aws:sqs:us-east-1:123456789012:lost"
NULL = r"Value null at 'startingPosition' failed to satisfy constraint: Member must not be null\."
WINDOW = "Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10"


def _config(given: dict[str, Any]) -> dict[str, Any]:
    return config_of(given, kind_of(given, "CreateEventSourceMapping"))


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({}, r"Unrecognized event source\."),
        ({"EventSourceArn": "arn:aws:s3:::b"}, r"Unrecognized event source\."),
        ({**STREAM, "StartingPosition": None}, NULL),
        ({**TABLE, "StartingPosition": None}, NULL),
        (
            {**TABLE, "StartingPosition": "AT_TIMESTAMP"},
            "Unsupported starting position for arn type: arn:aws:dynamodb",
        ),
        ({**STREAM, "StartingPosition": "AT_TIMESTAMP"}, "requires StartingPositionTimestamp"),
        (
            {**STREAM, "StartingPosition": "AT_TIMESTAMP", "StartingPositionTimestamp": 4e9},
            "cannot be in the future",
        ),
        ({**STREAM, "StartingPositionTimestamp": 1}, "only valid for the starting position AT_TIMESTAMP"),
        ({**STREAM, "MaximumRecordAgeInSeconds": 59}, "'59' at 'maximumRecordAgeInSeconds' failed"),
        ({**STREAM, "ScalingConfig": {"MaximumConcurrency": 2}}, "Unsupported ScalingConfig parameter"),
        (
            {**STREAM, "DestinationConfig": {"OnSuccess": {"Destination": LOST}}},
            r"Unsupported DestinationConfig parameter for given event source mapping type\.",
        ),
        ({**STREAM, "DestinationConfig": {"OnFailure": {"Destination": f"{LOST}.fifo"}}}, "is FIFO"),
        ({**STREAM, "FilterCriteria": {"Filters": [{"Pattern": "x"}]}}, r"Invalid filter pattern definition\."),
        ({**STREAM, "FilterCriteria": {"Filters": [{"Pattern": '{"a":["b"]}'}] * 6}}, "at most 5 filters"),
        ({**QUEUE, "BatchSize": 11}, WINDOW),
        ({**QUEUE, "BisectBatchOnFunctionError": True}, "Unsupported BisectBatchOnFunctionError parameter"),
        ({**QUEUE, "TumblingWindowInSeconds": 1}, "Unsupported TumblingWindowInSeconds parameter"),
        ({**QUEUE, "DestinationConfig": {"OnFailure": {"Destination": LOST}}}, "Unsupported DestinationConfig"),
        ({**FIFO, "MaximumBatchingWindowInSeconds": 1}, r"Batching window is not supported for FIFO queues\."),
        ({**FIFO, "BatchSize": 11}, "Batch size must be between 1 and 10 for FIFO queues"),
    ],
)
def test_what_does_not_go_together_is_refused(given: dict[str, Any], told: str) -> None:
    with pytest.raises(InvalidError, match=told) as refused:
        _config(given)
    assert json.loads(refused.value.description)["Type"] == "User"


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"EventSourceArn": "arn:aws:kafka:us-east-1:123456789012:cluster/c/1"}, "of arn:aws:kafka"),
        ({"EventSourceArn": "arn:aws:mq:us-east-1:123456789012:broker:b:1"}, "of arn:aws:mq"),
        ({"EventSourceArn": "arn:aws:rds:us-east-1:123456789012:cluster:docs"}, "of arn:aws:rds"),
        ({"EventSourceArn": f"{STREAM['EventSourceArn']}/consumer/c:1"}, "of .*/consumer/"),
        ({"SelfManagedEventSource": {"Endpoints": {}}, "Topics": ["t"]}, "with SelfManagedEventSource|with Topics"),
        ({**QUEUE, "ProvisionedPollerConfig": {"MinimumPollers": 2}}, "with ProvisionedPollerConfig"),
        ({**STREAM, "MetricsConfig": {"Metrics": ["EventCount", "ErrorCount"]}}, "with the metrics ErrorCount"),
        ({**QUEUE, "LoggingConfig": {"SystemLogLevel": "INFO"}}, "with LoggingConfig"),
        (
            {**STREAM, "DestinationConfig": {"OnFailure": {"Destination": "kafka://topic"}}},
            "an on-failure destination kafka",
        ),
    ],
)
def test_what_nothing_here_does_is_refused_by_name(given: dict[str, Any], told: str) -> None:
    with pytest.raises(NotImplementedLocallyError, match=told):
        _config(given)


def test_defaults_are_aws_s() -> None:
    assert _config(dict(STREAM)) == {
        "BatchSize": 100,
        "BisectBatchOnFunctionError": False,
        "DestinationConfig": {"OnFailure": {}},
        "FunctionResponseTypes": [],
        "MaximumBatchingWindowInSeconds": 0,
        "MaximumRecordAgeInSeconds": -1,
        "MaximumRetryAttempts": -1,
        "ParallelizationFactor": 1,
        "StartingPosition": "LATEST",
        "TumblingWindowInSeconds": 0,
    }
    wanted = {"BatchSize": 10, "FunctionResponseTypes": [], "MaximumBatchingWindowInSeconds": 0}
    assert _config({**QUEUE, "FilterCriteria": {"Filters": []}, "ScalingConfig": {}}) == wanted
