"""Dirt is added or moves events; it never takes one away."""

import dataclasses
import json
from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.lake.producer.dirt import (
    ADDED,
    DUPLICATE,
    HEARTBEAT,
    LATE,
    MALFORMED,
    MOVED,
    OUT_OF_ORDER,
    WRONG_TYPED,
    Dirt,
)
from contracts import Column, load
from contracts.validation import EventError, Validator, decode
from datasets.record import Record

EVENTS = load("flights").events
VALIDATOR = Validator(EVENTS)


def test_no_rate_changes_nothing(january: list[Record]) -> None:
    assert list(Dirt(EVENTS, 0, 7).spread(january)) == january


@given(st.floats(0, 1), st.integers(), st.integers(0, 400))
def test_every_real_event_comes_exactly_once(january: list[Record], rate: float, seed: int, length: int) -> None:
    real = january[:length]
    dirt = Dirt(EVENTS, rate, seed)
    spread = list(dirt.spread(real))
    assert Counter(r.data for r in spread if r.kind not in ADDED) == Counter(r.data for r in real)
    assert len(spread) == len(real) + dirt.added
    assert Counter(r.kind for r in spread if r.kind != "event") == +dirt.made


def test_one_percent_is_one_percent_of_every_kind(january: list[Record]) -> None:
    dirt = Dirt(EVENTS, 0.01, 7)
    spread = list(dirt.spread(january))
    assert sum(dirt.made.values()) == pytest.approx(0.01 * len(january), rel=0.1)
    assert set(dirt.made) == {*ADDED, *MOVED}
    assert min(dirt.made.values()) > 50
    assert len(spread) == len(january) + dirt.added


def test_the_seed_decides(january: list[Record]) -> None:
    first, again, other = (list(Dirt(EVENTS, 0.05, seed).spread(january[:2000])) for seed in (7, 7, 8))
    assert first == again
    assert first != other


def test_added_records_are_what_they_are_called(january: list[Record]) -> None:
    real = {record.data for record in january[:20_000]}
    spread = list(Dirt(EVENTS, 0.5, 3).spread(january[:20_000]))
    for record in spread:
        assert record.data.endswith(b"\n")
        assert record.data.count(b"\n") == 1, "a newline inside would count as two records"
        assert len(record.data) > 1
        if record.kind in (MALFORMED, WRONG_TYPED):
            with pytest.raises(EventError):
                VALIDATOR.validate(decode(record.data))
        elif record.kind == HEARTBEAT:
            assert VALIDATOR.validate(decode(record.data))["event_type"] == "heartbeat"
        else:
            assert record.data in real


def test_duplicates_come_after_the_first_and_moved_events_after_their_place(january: list[Record]) -> None:
    real = january[:30_000]
    spread = list(Dirt(EVENTS, 0.02, 5).spread(real))
    first: dict[bytes, int] = {}
    for place, record in enumerate(spread):
        if record.kind == DUPLICATE:
            assert first[record.data] < place
        else:
            first[record.data] = place
    place_of = {record.data: place for place, record in enumerate(real)}
    moved = [r for r in spread if r.kind in MOVED and place_of[r.data] < 10_000]  # later ones come at the end
    by = {kind: [first[r.data] - place_of[r.data] for r in moved if r.kind == kind] for kind in MOVED}
    assert min(by[LATE]) >= 1_500
    assert -20 < min(by[OUT_OF_ORDER]) <= max(by[OUT_OF_ORDER]) < 500  # the place shifts with what was added before


@pytest.mark.parametrize("rate", [-0.1, 1.1])
def test_a_rate_is_a_share(rate: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        Dirt(EVENTS, rate, 7)


@pytest.mark.parametrize(
    "columns",
    [
        (),
        (Column("size", "double", "-", required=True),),  # one that a number of any size fits
        (Column("size", "bigint", "-", required=True, minimum=0, maximum=2e12),),
        (Column("size", "double", "-", required=True, maximum=99), Column("zone", "string", "-", required=True)),
    ],
)
def test_what_is_broken_is_refused_whatever_columns_there_are(columns: tuple[Column, ...]) -> None:
    own = [column for column in EVENTS.columns if column.name in ("event_id", "event_time")]
    events = dataclasses.replace(EVENTS, columns=(*own, *columns))
    validator = Validator(events)
    event: dict[str, Any] = {"event_type": "arrival", "event_id": "record-1", "event_time": "2024-01-01T00:00:00Z"}
    event |= {column.name: "x" if column.type == "string" else 7 for column in columns}
    records = [Record(0, "a", "event", f"{json.dumps(event)}\n".encode())] * 300
    validator.validate(decode(records[0].data))
    broken = [item for item in Dirt(events, 1, 7).spread(records) if item.kind in ("malformed", "wrong_typed")]
    assert len(broken) > 50
    for record in broken:
        with pytest.raises(EventError):
            validator.validate(decode(record.data))
