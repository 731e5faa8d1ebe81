"""PutRecords calls: within the limits, and nothing lost or doubled when the stream refuses records."""

import random
from collections.abc import Sequence
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError, EndpointConnectionError, ReadTimeoutError
from hypothesis import given
from hypothesis import strategies as st

from cli.errors import UserError
from cli.lake.producer.batches import MAX_ATTEMPTS, MAX_CALL_BYTES, MAX_RECORD_BYTES, MAX_RECORDS, Batch, put
from datasets.record import Record


def record(number: int, data: bytes = b"x\n") -> Record:
    return Record(number, f"key-{number}", "event", data)


class FakeKinesis:
    """A stream that refuses records at random and keeps the others in order."""

    def __init__(self, seed: int = 0, share: float = 0.0) -> None:
        self.kept: list[str] = []
        self.calls: list[int] = []
        self._random = random.Random(seed)  # noqa: S311
        self._share = share

    def put_records(self, StreamName: str, Records: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803
        assert StreamName == "flights"
        assert 0 < len(Records) <= 500
        self.calls.append(len(Records))
        results: list[dict[str, str]] = []
        for entry in Records:
            if self._random.random() < self._share:
                results.append(
                    {"ErrorCode": "ProvisionedThroughputExceededException", "ErrorMessage": "Rate exceeded"}
                )
            else:
                self.kept.append(entry["PartitionKey"])
                results.append({"SequenceNumber": str(len(self.kept)), "ShardId": "shardId-000000000000"})
        return {"FailedRecordCount": sum("ErrorCode" in item for item in results), "Records": results}


def fill(records: Sequence[Record]) -> list[Batch]:
    """All records in batches, as the lanes make them."""
    made = [Batch()]
    for item in records:
        if not made[-1].add(item):
            made.append(Batch())
            assert made[-1].add(item)
    return made


@given(st.lists(st.integers(1, MAX_RECORD_BYTES - 10), max_size=40), st.integers(0, 1200))
def test_batches_hold_the_limits_and_every_record_in_order(sizes: list[int], small: int) -> None:
    records = [record(n, bytes(size)) for n, size in enumerate(sizes)] + [record(n) for n in range(small)]
    made = fill(records)
    assert [item for batch in made for item in batch.records] == records
    for batch in made:
        assert len(batch.records) <= MAX_RECORDS
        size = sum(len(item.data) + len(item.key) for item in batch.records)
        assert size == batch.bytes <= MAX_CALL_BYTES


def test_batches_are_as_full_as_they_may_be() -> None:
    assert [len(batch.records) for batch in fill([record(n) for n in range(1001)])] == [500, 500, 1]
    large = [record(n, bytes(1_000_000)) for n in range(6)]
    assert [len(batch.records) for batch in fill(large)] == [5, 1]


def test_a_record_that_no_call_takes_is_named() -> None:
    with pytest.raises(UserError, match=r"1,024,006 bytes \(key-1\) is over Firehose's limit"):
        Batch().add(record(1, bytes(MAX_RECORD_BYTES + 1)))


@given(st.integers(0, 10_000), st.floats(0, 0.7), st.integers(1, 60))
def test_refused_records_are_sent_again_and_only_they(seed: int, share: float, count: int) -> None:
    kinesis = FakeKinesis(seed, share)
    accepted: list[Record] = []
    pauses: list[float] = []
    records = [record(number) for number in range(count)]
    try:
        retried = put(kinesis, "flights", records, accepted.extend, pauses.append)
    except UserError:
        assert len(kinesis.calls) == MAX_ATTEMPTS
        assert sorted(kinesis.kept) == sorted(item.key for item in accepted)
        return
    assert sorted(kinesis.kept) == sorted(item.key for item in records) == sorted(item.key for item in accepted)
    assert retried == sum(kinesis.calls[1:])
    assert len(pauses) == len(kinesis.calls) - 1
    assert kinesis.calls == sorted(kinesis.calls, reverse=True)


def test_pauses_grow_and_are_jittered(monkeypatch: pytest.MonkeyPatch) -> None:
    ranges: list[tuple[float, float]] = []

    def uniform(low: float, high: float) -> float:
        ranges.append((low, high))
        return high

    monkeypatch.setattr(random, "uniform", uniform)
    with pytest.raises(UserError):
        put(FakeKinesis(share=1.0), "flights", [record(1)], lambda _: None, lambda _: None)
    assert ranges[:4] == [(0, 0.05), (0, 0.1), (0, 0.2), (0, 0.4)]
    assert ranges[-1] == (0, 5.0)


def test_giving_up_says_why_and_what_to_do() -> None:
    with pytest.raises(
        UserError, match=r"refused 2 records 12 times \(ProvisionedThroughputExceededException.*--rate"
    ):
        put(FakeKinesis(share=1.0), "flights", [record(1), record(2)], lambda _: None, lambda _: None)


def refusal(code: str, status: int = 400) -> ClientError:
    answer = {"Error": {"Code": code, "Message": "slow down"}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(answer, "PutRecords")


# What a whole call may end with, after botocore's own attempts, and pass
PASSING: dict[str, Any] = {
    "throughput": refusal("ProvisionedThroughputExceededException"),
    "rate": refusal("ThrottlingException"),
    "keys": refusal("KMSThrottlingException"),
    "limit": refusal("RequestLimitExceeded", 503),
    "fault": refusal("InternalFailure", 500),
    "unavailable": refusal("ServiceUnavailable", 503),
    "reset": ConnectionClosedError(endpoint_url="http://localhost"),
    "unreachable": EndpointConnectionError(endpoint_url="http://localhost"),
    "silent": ReadTimeoutError(endpoint_url="http://localhost"),
    "half an answer": {"ResponseMetadata": {}},
}


class PoorKinesis(FakeKinesis):
    """Ends so many calls otherwise: with an error, or with an answer."""

    def __init__(self, ends: list[Any]) -> None:
        super().__init__()
        self._ends = ends

    def put_records(self, StreamName: str, Records: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803
        answer = super().put_records(StreamName, Records) if not self._ends or isinstance(self._ends[0], dict) else {}
        if not self._ends:
            return answer
        end = self._ends.pop(0)
        if isinstance(end, Exception):
            raise end
        return dict(end)


@pytest.mark.parametrize("end", PASSING.values(), ids=PASSING)
def test_a_whole_call_that_failed_is_made_again(end: Any) -> None:
    kinesis, accepted = PoorKinesis([end, end]), list[Record]()
    pauses: list[float] = []
    records = [record(1), record(2)]
    assert put(kinesis, "flights", records, accepted.extend, pauses.append) == 4
    assert accepted == records, "once each, however often they were sent"
    assert set(kinesis.kept) == {"key-1", "key-2"}
    assert len(pauses) == 2


@pytest.mark.parametrize("end", PASSING.values(), ids=PASSING)
def test_a_call_that_always_fails_ends_in_a_sentence(end: Any) -> None:
    pauses: list[float] = []
    with pytest.raises(UserError, match=r"stream flights refused 1 records 12 times \(") as told:
        put(PoorKinesis([end] * MAX_ATTEMPTS), "flights", [record(1)], lambda _: None, pauses.append)
    assert len(pauses) == MAX_ATTEMPTS - 1
    throttled = "Throttl" in str(told.value) or "Exceeded" in str(told.value)
    assert ("--rate" in str(told.value)) == throttled, "advice only where it helps"


@pytest.mark.parametrize("code", ["AccessDeniedException", "ResourceNotFoundException", "InvalidArgumentException"])
def test_what_will_not_pass_is_not_tried_again(code: str) -> None:
    kinesis = PoorKinesis([refusal(code)])
    with pytest.raises(UserError, match=f"stream flights takes no records: .*{code}"):
        put(kinesis, "flights", [record(1)], lambda _: None)
    assert kinesis.calls == []


def test_a_stream_that_is_not_there_is_named() -> None:
    class NoStream:
        def put_records(self, **_: Any) -> None:
            raise ClientError({"Error": {"Code": "ResourceNotFoundException", "Message": "no stream"}}, "PutRecords")

    with pytest.raises(UserError, match=r"stream flights takes no records: .*ResourceNotFoundException"):
        put(NoStream(), "flights", [record(1)], lambda _: None)
