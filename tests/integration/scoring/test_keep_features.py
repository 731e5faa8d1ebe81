"""Each event counts once: whatever is delivered twice, fails in between, or comes at the same time."""

import base64
import random
import threading
from typing import Any

import pytest
from botocore.exceptions import ClientError

from lambdas.dynamodb import Table, pieces
from lambdas.keep_features.handler import handler
from tests.integration.scoring.site import FEATURES, Site, batch, failures, features_of, memory_of, sequence
from tests.unit.datasets.january import january

EVENTS = [event for event in january("flights") if event["flight_date"] == "2013-01-01"][:500]


def keep(site: Site, *events: Any, first: int = 0) -> list[str]:
    return failures(handler(batch(*events, first=first), None))


def held(site: Site) -> None:
    """The table must have what memory has of the same events."""
    memory = memory_of("flights")
    for event in EVENTS:
        memory.keep(event)
    items = site.items(FEATURES)
    assert features_of(items, memory) == memory.items
    assert len([item for item in items if "row" in item]) == len(memory.rows)
    assert all(item["expires"] > 1_700_000_000 for item in items)


def test_events_in_any_order_and_twice_count_once(site: Site) -> None:
    told = random.Random(1).sample(EVENTS * 2, 2 * len(EVENTS))  # noqa: S311
    for part in pieces(told, 90):
        assert keep(site, *part) == []
    held(site)
    before = site.items(FEATURES)
    assert keep(site, *EVENTS[:90]) == []
    assert site.items(FEATURES) == before  # what is no news is not written, nor its row's version


def test_two_calls_at_once_count_once(site: Site) -> None:
    """The same events in other batches, so that both change the same rows and counters."""
    lots = [list(pieces(EVENTS, 60)), list(pieces(EVENTS[::-1], 45))]
    wrong: list[str] = []

    def work(parts: list[Any]) -> None:
        for part in parts:
            wrong.extend(keep(site, *part))

    threads = [threading.Thread(target=work, args=(parts,)) for parts in lots]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    held(site)


def test_what_is_not_taken_is_reported_from_there_on_and_counts_once_afterwards(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    from lambdas.keep_features import rows  # noqa: PLC0415

    written = rows.Rows._written
    calls = []

    def busy(self: Any, group: Any) -> bool:
        calls.append(len(group))
        if len(calls) > 2:
            raise ClientError({"Error": {"Code": "ProvisionedThroughputExceededException"}}, "TransactWriteItems")
        return written(self, group)

    monkeypatch.setattr(rows.Rows, "_written", busy)
    (failed,) = keep(site, *EVENTS)
    number = int(failed) - int(sequence(0))
    assert 0 < number < len(EVENTS)
    monkeypatch.undo()
    for name, value in site.variables.items():
        monkeypatch.setenv(name, value)
    for name, value in site.environment.items():
        monkeypatch.setenv(name, value)
    assert keep(site, *EVENTS[number:], first=number) == []
    held(site)


def test_a_record_that_can_never_be_kept_is_a_dead_letter_and_holds_nothing_up(site: Site) -> None:
    wrong = {**EVENTS[1], "origin": "SFO"}
    beat = {"event_type": "heartbeat", "event_id": "heartbeat-1", "event_time": "2013-01-01T00:00:00Z"}
    assert keep(site, EVENTS[0], b"\xff{", wrong, beat, EVENTS[2]) == []
    dead = site.dead()
    assert [(item["sequence"], item["consumer"]) for item in dead] == [
        (sequence(1), "keep_features"),
        (sequence(2), "keep_features"),
    ]
    assert dead[0]["reason"].startswith("not UTF-8")
    assert dead[1]["reason"] == "origin: expected one of EWR, JFK, LGA; got string 'SFO'"
    assert base64.b64decode(dead[0]["data"]) == b"\xff{"
    assert len(site.items(FEATURES)) == 2


def test_many_keys_are_read_in_pieces(site: Site) -> None:
    memory = memory_of("flights")
    for event in EVENTS:
        memory.keep(event)
    site.write(memory)
    found = Table(site.dynamodb, FEATURES).find([*memory.items, *memory.items])
    assert {key: items[0]["arrivals"] for key, items in found.items()} == {
        key: item["arrivals"] for key, item in memory.items.items()
    }
