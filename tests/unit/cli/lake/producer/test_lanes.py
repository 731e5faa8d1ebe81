"""Lanes keep the order of every shard, count what was accepted, and stop cleanly."""

import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import pytest

from cli.errors import UserError
from cli.lake.producer.batches import MAX_ATTEMPTS
from cli.lake.producer.lanes import Pace, Sender, shard_of
from datasets.record import Record

SPACE = 2**128


class FakeKinesis:
    """A stream with shards; remembers what each got, and how many calls ran at once."""

    def __init__(self, shards: int, refuse_after: int | None = None, seconds: float = 0.002) -> None:
        self.starts = [SPACE * number // shards for number in range(shards)]
        self.by_shard: dict[int, list[bytes]] = defaultdict(list)
        self.calls: list[tuple[float, int]] = []
        self.most_at_once = 0
        self._running = 0
        self._refuse_after = refuse_after
        self._seconds = seconds
        self._lock = threading.Lock()

    def get_paginator(self, name: str) -> "FakeKinesis":
        assert name == "list_shards"
        return self

    def paginate(self, **_: Any) -> Iterator[dict[str, Any]]:
        for start in self.starts:
            yield {"Shards": [{"HashKeyRange": {"StartingHashKey": str(start)}}]}

    def put_records(self, StreamName: str, Records: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803
        with self._lock:
            self._running += 1
            self.most_at_once = max(self.most_at_once, self._running)
            self.calls.append((time.monotonic(), len(Records)))
        time.sleep(self._seconds)
        with self._lock:
            self._running -= 1
            refuse = self._refuse_after is not None and len(self.calls) > self._refuse_after
            for entry in () if refuse else Records:
                self.by_shard[shard_of(entry["PartitionKey"], self.starts)].append(entry["Data"])
        result = {"ErrorCode": "InternalFailure", "ErrorMessage": "down"} if refuse else {"SequenceNumber": "1"}
        return {"FailedRecordCount": len(Records) if refuse else 0, "Records": [result] * len(Records)}


def records(count: int) -> list[Record]:
    return [
        Record(n, f"flight-{n % 97}", "late" if n % 10 == 0 else "event", f"{n:09d}\n".encode()) for n in range(count)
    ]


@pytest.mark.parametrize(("shards", "at_once"), [(1, 1), (2, 2), (3, 2), (8, 2)])
def test_every_shard_gets_its_records_in_order(shards: int, at_once: int) -> None:
    kinesis = FakeKinesis(shards)
    sent = Sender(kinesis, "flights").send(records(6_000))
    assert kinesis.most_at_once == at_once
    assert sum(len(items) for items in kinesis.by_shard.values()) == 6_000
    assert len(kinesis.by_shard) == shards
    for items in kinesis.by_shard.values():
        assert items == sorted(items)
    assert (sent.accepted, sent.retried, sent.bytes, sent.interrupted) == (6_000, 0, 60_000, False)
    assert sent.by_kind == {"event": 5_400, "late": 600}
    assert sent.calls == len(kinesis.calls)


def test_a_key_goes_to_the_shard_of_its_md5() -> None:
    quarters = [SPACE * number // 4 for number in range(4)]
    assert shard_of("a", quarters) == 0x0CC175B9 // 0x40000000
    assert shard_of("b", quarters) == 0x92EB5FFE // 0x40000000
    assert shard_of("c", [0]) == 0


def test_progress_is_told_of_every_accepted_record() -> None:
    told: list[int] = []
    sender = Sender(FakeKinesis(2), "flights")
    sender.progress = told.append
    sender.send(records(1_200))
    assert sum(told) == 1_200


def test_ctrl_c_ends_it_with_what_was_accepted() -> None:
    def until_interrupted() -> Iterator[Record]:
        yield from records(3_000)
        raise KeyboardInterrupt

    kinesis = FakeKinesis(1, seconds=0.1)
    sent = Sender(kinesis, "flights").send(until_interrupted())
    assert sent.interrupted
    assert sent.accepted == sum(len(items) for items in kinesis.by_shard.values()) <= 1_000, "what waits is not sent"
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("lane-")]


def test_a_stream_that_refuses_stops_the_sender_which_knows_what_was_accepted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("cli.lake.producer.batches.FIRST_PAUSE_SECONDS", 0.0)
    kinesis = FakeKinesis(1, refuse_after=2)
    sender = Sender(kinesis, "flights")
    with pytest.raises(UserError, match="refused 500 records"):
        sender.send(records(100_000))
    assert sender.sent.accepted == 1_000
    assert len(kinesis.calls) == 2 + MAX_ATTEMPTS, "what comes after is not tried"
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("lane-")]


def test_an_error_of_the_source_is_not_lost_and_stops_the_lanes() -> None:
    def broken() -> Iterator[Record]:
        yield from records(10)
        raise RuntimeError("source")

    with pytest.raises(RuntimeError, match="source"):
        Sender(FakeKinesis(2), "flights").send(broken())
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("lane-")]


def test_the_rate_holds_in_few_calls() -> None:
    kinesis = FakeKinesis(1)
    sent = Sender(kinesis, "flights", Pace(rate=400)).send(records(401))
    assert sent.seconds >= 1.0
    assert len(kinesis.calls) <= 6
    assert sent.accepted == 401


def test_pace_follows_the_rate_or_the_time_of_events_in_ticks() -> None:
    first = Record(1000, "k", "event", b"")
    later = first._replace(time=1000 + 3600)
    assert Pace().due(5_000, later, first) == 0
    assert Pace(rate=100).due(130, later, first) == 1.5
    assert Pace(speed_up=3600).due(1, later, first) == 1.0
    assert Pace(rate=1, speed_up=3600).due(10, later, first) == 10
    assert Pace(speed_up=60).due(9, first._replace(time=0), first) <= 0
