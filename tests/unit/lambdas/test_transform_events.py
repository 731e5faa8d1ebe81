"""The Firehose transformation: one answer a record, whatever the records are."""

import base64
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lambdas.transform_events.handler import CUT, MAX_LOGGED, RESPONSE_LIMIT, fit, handler

LAMBDA_LIMIT = 6_000_000
ARRIVAL = {
    "event_type": "arrival",
    "event_id": "2013-01-01-UA-1545-EWR-arrival",
    "event_time": "2013-01-01T23:04:00-05:00",
    "flight_date": "2013-01-01",
    "carrier": "UA",
    "flight": 1545,
    "origin": "EWR",
    "dest": "IAH",
    "arr_time": 830,
}
BEAT = {"event_type": "heartbeat", "event_id": "heartbeat-0001", "event_time": "2013-01-01T10:00:00Z"}


def request(*data: bytes) -> dict[str, Any]:
    """What Firehose sends for records of a Kinesis stream."""
    return {
        "invocationId": "00000000-0000-0000-0000-000000000001",
        "deliveryStreamArn": "arn:aws:firehose:us-east-1:123456789012:deliverystream/flights",
        "sourceKinesisStreamArn": "arn:aws:kinesis:us-east-1:123456789012:stream/flights",
        "region": "us-east-1",
        "records": [
            {
                "recordId": f"{number:056d}000000",
                "approximateArrivalTimestamp": 1357035420000,
                "data": base64.b64encode(item).decode(),
                "kinesisRecordMetadata": {
                    "sequenceNumber": f"{number:056d}",
                    "subsequenceNumber": 0,
                    "partitionKey": "k",
                    "shardId": "shardId-000000000000",
                    "approximateArrivalTimestamp": 1357035420000,
                },
            }
            for number, item in enumerate(data)
        ],
    }


def encoded(event: object) -> bytes:
    return json.dumps(event).encode() + b"\n"


def size(value: object) -> int:
    """Bytes of a payload, as compact as Firehose can have written it."""
    return len(json.dumps(value, separators=(",", ":")))


def test_a_good_event_is_one_line_with_its_partition() -> None:
    (answer,) = handler(request(encoded(ARRIVAL)), None)["records"]
    assert answer["result"] == "Ok"
    assert answer["metadata"] == {"partitionKeys": {"event_type": "arrival", "event_date": "2013-01-02"}}
    line = base64.b64decode(answer["data"])
    assert line.endswith(b"}\n")
    assert line.count(b"\n") == 1
    assert json.loads(line)["event_time"] == "2013-01-02T04:04:00.000Z"


def test_a_bad_event_keeps_its_bytes_and_says_why() -> None:
    data = encoded({**ARRIVAL, "flight": "1545"})
    sent = request(data)
    (answer,) = handler(sent, None)["records"]
    assert answer == {
        "recordId": sent["records"][0]["recordId"],
        "result": "ProcessingFailed",
        "data": sent["records"][0]["data"],
        "errorMessage": "flight: expected int, got string '1545'",
    }


def test_only_a_whole_heartbeat_is_dropped() -> None:
    broken = {**BEAT, "event_time": "soon"}
    results = [item["result"] for item in handler(request(encoded(BEAT), encoded(broken)), None)["records"]]
    assert results == ["Dropped", "ProcessingFailed"]


def test_data_that_is_not_base64_is_quarantined_as_it_is() -> None:
    sent = request(b"")
    sent["records"][0]["data"] = "{not base64}"
    (answer,) = handler(sent, None)["records"]
    assert (answer["result"], answer["data"], answer["errorMessage"]) == (
        "ProcessingFailed",
        "{not base64}",
        "not base64",
    )


def test_the_log_has_reasons_up_to_a_number_a_summary_and_no_data(capsys: pytest.CaptureFixture[str]) -> None:
    handler(request(*[b"SECRET"] * (MAX_LOGGED + 5), encoded(ARRIVAL)), None)
    text = capsys.readouterr().out
    lines = [json.loads(line) for line in text.splitlines()]
    assert len(lines) == MAX_LOGGED + 1
    assert lines[0]["reason"] == "not JSON: Expecting value at character 0"
    summary = {key: lines[-1][key] for key in ("records", "ok", "dropped", "failed", "cut")}
    assert summary == {"records": MAX_LOGGED + 6, "ok": 1, "dropped": 0, "failed": MAX_LOGGED + 5, "cut": 0}
    assert "SECRET" not in text


@settings(max_examples=10 * settings().max_examples)
@given(
    st.lists(st.binary(max_size=40) | st.sampled_from([encoded(ARRIVAL), b'{"event_type":"heartbeat"}']), max_size=8)
)
def test_every_record_gets_exactly_one_answer(data: list[bytes]) -> None:
    sent = request(*data)
    answers = handler(sent, None)["records"]
    assert [item["recordId"] for item in answers] == [item["recordId"] for item in sent["records"]]
    for record, answer in zip(sent["records"], answers, strict=True):
        assert answer["result"] in ("Ok", "Dropped", "ProcessingFailed")
        assert ("metadata" in answer) == (answer["result"] == "Ok")
        assert ("errorMessage" in answer) == (answer["result"] == "ProcessingFailed")
        assert answer["result"] == "Ok" or answer["data"] == record["data"]


def test_firehose_default_buffer_of_good_events_is_answered_whole() -> None:
    line = encoded(ARRIVAL)
    sent = request(*[line] * (2**20 // len(line)))  # 1 MB; with 3 MB of events this small the request is over 6 MB
    response = handler(sent, None)
    assert {item["result"] for item in response["records"]} == {"Ok"}
    assert len(json.dumps(response)) < LAMBDA_LIMIT


@pytest.mark.parametrize(
    "data", [b"", b"{}", b"\x01" * 40, encoded(ARRIVAL), b'"' + b"\\ud800" * 40 + b'"', b'{"event_type":"departure"}']
)
def test_the_largest_request_has_an_answer_that_fits(data: bytes) -> None:
    sent = request(data)
    count = LAMBDA_LIMIT // (size(sent["records"][0]) + 1)
    sent["records"] *= count
    assert 0.99 * LAMBDA_LIMIT < size(sent) < LAMBDA_LIMIT + 1000
    response = handler(sent, None)
    assert len(response["records"]) == count
    assert len(json.dumps(response)) <= LAMBDA_LIMIT


def test_reasons_are_cut_before_good_events() -> None:
    sent = request(*[encoded({**ARRIVAL, "flight": "x" * 40})] * 10, encoded(ARRIVAL))
    whole = handler(sent, None)["records"]
    cut = fit(sent["records"], whole, len(json.dumps({"records": whole})) - 60)
    assert [item.get("errorMessage") == CUT for item in cut].count(True) in (1, 2)
    assert cut[-1]["result"] == "Ok"
    assert len(json.dumps({"records": cut})) <= len(json.dumps({"records": whole})) - 60
    assert [item["data"] for item in cut[:-1]] == [item["data"] for item in sent["records"][:-1]]


def test_a_good_event_that_does_not_fit_is_quarantined_with_its_bytes() -> None:
    sent = request(*[encoded(ARRIVAL)] * 3, encoded(BEAT))  # cutting the heartbeat would not save a byte
    whole = handler(sent, None)["records"]
    cut = fit(sent["records"], whole, len(json.dumps({"records": whole})) - 1)
    assert [item["result"] for item in cut].count("ProcessingFailed") == 1
    (lost,) = [i for i, item in enumerate(cut) if item["result"] == "ProcessingFailed"]
    assert cut[lost] == {
        "recordId": sent["records"][lost]["recordId"],
        "result": "ProcessingFailed",
        "data": sent["records"][lost]["data"],
        "errorMessage": CUT,
    }
    assert fit(sent["records"], whole, RESPONSE_LIMIT) == whole
