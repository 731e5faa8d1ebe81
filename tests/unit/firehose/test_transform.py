"""Batches for the function, its retries, and the meaning of what it answers."""

import base64
import json
import threading
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localcloud.firehose import transform
from localcloud.firehose.configuration import Processor
from localcloud.firehose.records import Record
from localcloud.firehose.transform import Batch, Batcher, FunctionGoneError, Invoked, Transformed, Transformer

STREAM = {"deliveryStreamArn": "arn:d", "region": "us-east-1", "sourceKinesisStreamArn": "arn:s"}


def record(number: int, data: bytes = b"data", key: str = "key") -> Record:
    return Record(f"id{number}", base64.b64encode(data).decode(), 1000 + number, "shardId-0", str(number), key)


def batch(*records: Record) -> Batch:
    batcher = Batcher(10**9, 60)
    for item in records:
        assert batcher.add(item, 0) is None
    return batcher.take()


class Function:
    """Answers in turn with what it is given; the last answer again and again."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.events: list[dict[str, Any]] = []

    def __call__(self, _: Processor, event: bytes) -> Invoked:
        self.events.append(json.loads(event))
        answer = self.answers[min(len(self.events), len(self.answers)) - 1]
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, Invoked):
            return answer
        return Invoked(answer if isinstance(answer, bytes) else json.dumps(answer).encode(), False)


def run(function: Function, *records: Record, retries: int = 3) -> Transformed:
    processor = Processor("arn:f", "role", retries, 1, 60)
    return Transformer(processor, STREAM, function, threading.Event()).run(batch(*records))


def ok(number: int, data: bytes = b"new", **more: Any) -> dict[str, Any]:
    return {"recordId": f"id{number}", "result": "Ok", "data": base64.b64encode(data).decode(), **more}


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transform, "RETRY_PAUSE", 0)


def test_the_event_has_firehoses_shape() -> None:
    function = Function({"records": [ok(1)]})
    run(function, record(1, b"\x00\xff", 'quote " and €'))
    [event] = function.events
    assert len(event.pop("invocationId")) == 36
    assert event == {
        **STREAM,
        "records": [
            {
                "recordId": "id1",
                "approximateArrivalTimestamp": 1001,
                "data": "AP8=",
                "kinesisRecordMetadata": {
                    "sequenceNumber": "1",
                    "subsequenceNumber": 0,
                    "partitionKey": 'quote " and €',
                    "shardId": "shardId-0",
                    "approximateArrivalTimestamp": 1001,
                },
            }
        ],
    }


def test_direct_put_records_have_no_kinesis_metadata() -> None:
    function = Function({"records": []})
    run(function, Record("id1", "", 5))
    assert function.events[0]["records"] == [{"recordId": "id1", "approximateArrivalTimestamp": 5, "data": ""}]


def test_results_are_sorted_into_delivered_dropped_and_failed() -> None:
    answers = [
        {"recordId": "id2", "result": "Dropped", "data": ""},
        ok(3, metadata={"partitionKeys": {"k": "v", "n": 7, "none": None}}),
        ok(1),
        {"recordId": "id4", "result": "ProcessingFailed", "data": "bmV3", "errorMessage": "too short"},
        {"recordId": "id5", "result": "ProcessingFailed", "data": "bmV3"},
        {"recordId": "unknown", "result": "Ok", "data": ""},
    ]
    result = run(Function({"records": answers}), *(record(n) for n in range(1, 6)))
    assert [output.record.id for output in result.outputs] == ["id1", "id3"]
    assert [output.data for output in result.outputs] == [b"new", b"new"]
    assert result.outputs[1].keys == (("k", "v"), ("n", "7"))
    assert result.dropped == 1
    assert [(f.record.id, f.code, f.message, f.attempts) for f in result.failures] == [
        ("id4", "Lambda.ProcessingFailedStatus", "too short", 1),
        ("id5", "Lambda.ProcessingFailedStatus", "ProcessingFailed status set for record", 1),
    ]
    assert all(f.kind == "processing-failed" and f.record.raw == b"data" for f in result.failures)


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ({"records": []}, "Lambda.MissingRecordId"),
        ({"records": "none"}, "Lambda.MissingRecordId"),
        ({"records": [None, 1, {"recordId": 1}]}, "Lambda.MissingRecordId"),
        ([1], "Lambda.MissingRecordId"),
        (None, "Lambda.MissingRecordId"),
        (b"no json", "Lambda.MissingRecordId"),
        ({"records": [ok(1), ok(1)]}, "Lambda.DuplicatedRecordId"),
        ({"records": [{"recordId": "id1", "result": "Ok"}]}, "Lambda.InvalidReturnFormat"),
        ({"records": [{"recordId": "id1", "result": "Ok", "data": "*"}]}, "Lambda.InvalidReturnFormat"),
        ({"records": [{"recordId": "id1", "result": "ok", "data": ""}]}, "Lambda.InvalidReturnFormat"),
        ({"records": [{"recordId": "id1"}]}, "Lambda.InvalidReturnFormat"),
    ],
)
def test_bad_answers_fail_the_record_without_a_retry(answer: Any, code: str) -> None:
    function = Function(answer)
    result = run(function, record(1))
    assert [failure.code for failure in result.failures] == [code]
    assert (result.outputs, result.dropped, result.attempts, len(function.events)) == ([], 0, 1, 1)


def test_a_failing_function_is_retried_and_then_fails_the_batch() -> None:
    function = Function(Invoked(b'{"errorType": "ValueError"}', True))
    result = run(function, record(1), record(2), retries=2)
    assert len(function.events) == 3
    assert len({event["records"][0]["recordId"] for event in function.events}) == 1
    assert [(f.record.id, f.code, f.attempts) for f in result.failures] == [
        ("id1", "Lambda.FunctionError", 3),
        ("id2", "Lambda.FunctionError", 3),
    ]


def test_a_retry_that_succeeds_delivers() -> None:
    failed = Invoked(b'{"errorType": "Sandbox.Timedout"}', True)
    result = run(Function(failed, failed, {"records": [ok(1)]}), record(1))
    assert [output.data for output in result.outputs] == [b"new"]
    assert result.failures == []


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (Invoked(b'{"errorType": "Sandbox.Timedout"}', True), "Lambda.FunctionTimedOut"),
        (Invoked(b"garbage", True), "Lambda.FunctionError"),
        (FunctionGoneError(), "Lambda.ResourceNotFound"),
    ],
)
def test_failures_of_the_function_have_their_codes(answer: Any, code: str) -> None:
    assert run(Function(answer), record(1), retries=0).failures[0].code == code


def test_the_error_line_is_the_documented_one() -> None:
    failure = run(Function({"records": []}), record(1, b"\xff raw")).failures[0]
    line = json.loads(failure.line({"lambdaArn": "arn:f"}))
    assert list(line) == [
        "attemptsMade", "arrivalTimestamp", "errorCode", "errorMessage", "attemptEndingTimestamp", "rawData",
        "lambdaArn",
    ]  # fmt: skip
    assert base64.b64decode(line["rawData"]) == b"\xff raw"
    assert line["arrivalTimestamp"] == 1001
    assert line["attemptEndingTimestamp"] > 1_700_000_000_000


def test_batches_are_full_by_size_or_age() -> None:
    batcher = Batcher(size=10, interval=60)
    assert batcher.add(record(1, b"12345"), now=0) is None
    assert not batcher.due(now=59)
    assert batcher.due(now=60)
    assert batcher.add(record(2, b"12345"), now=60) is None
    assert batcher.due(now=0)
    full = batcher.add(record(3, b"1"), now=61)
    assert full is not None
    assert [item.id for item in full.records] == ["id1", "id2"]
    assert not batcher.due(now=61)


def test_many_small_records_are_split_by_the_size_of_the_event() -> None:
    """30,000 records of 5 bytes: their metadata is many times Lambda's limit, their data is nothing."""
    batcher = Batcher(size=10**12, interval=60)
    records = [record(n, b"12345", "k" * 256) for n in range(30_000)]
    batches = [full for item in records if (full := batcher.add(item, 0))]
    batches.append(batcher.take())
    assert [item for one in batches for item in one.records] == records
    assert len(batches) == 3
    for one in batches:
        function = Function({"records": []})
        run(function, *one.records)
        assert len(json.dumps(function.events[0], separators=(",", ":"))) <= 6_291_456


@given(st.lists(st.binary(max_size=400_000), max_size=40))
def test_no_invocation_is_over_lambdas_limit_and_no_record_is_lost(datas: list[bytes]) -> None:
    batcher = Batcher(size=10**12, interval=60)
    records = [record(n, data, "k" * 256) for n, data in enumerate(datas)]
    batches = [full for item in records if (full := batcher.add(item, 0))]
    batches.append(batcher.take())
    assert [item for one in batches for item in one.records] == records
    for one in batches:
        function = Function({"records": []})
        run(function, *one.records)
        assert len(json.dumps(function.events[0])) < 6_291_456 * 1.01
        assert sum(len(part) for part in one.parts) + len(one.parts) < 6_291_456


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=5)
    | st.sampled_from(["id1", "id2", "Ok", "Dropped"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["records", "recordId", "result", "data", "metadata", "partitionKeys"]), inner
        )
    ),
    max_leaves=12,
)


@given(JSON)
def test_whatever_the_function_answers_every_record_is_accounted_for(answer: Any) -> None:
    result = run(Function(answer), record(1), record(2))
    assert len(result.outputs) + len(result.failures) + result.dropped == 2
