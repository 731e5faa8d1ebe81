"""Tumbling windows."""

import json

import pytest

from localcloud.event_sources import windows
from localcloud.event_sources.mapping import Progress


@pytest.mark.parametrize(("moment", "begins"), [(0.0, 0.0), (59.9, 0.0), (60.0, 60.0), (61.0, 60.0)])
def test_a_window_begins_at_a_multiple_of_its_length(moment: float, begins: float) -> None:
    assert windows.beginning(moment, 60) == begins


def test_an_event_tells_its_window() -> None:
    told = windows.told(Progress(0, 1607497440.0, {"n": 1}, early=True), 180, "shardId-1", "arn", final=False)
    assert told == {
        "window": {"start": "2020-12-09T07:04:00Z", "end": "2020-12-09T07:07:00Z"},
        "state": {"n": 1},
        "shardId": "shardId-1",
        "eventSourceARN": "arn",
        "isFinalInvokeForWindow": False,
        "isWindowTerminatedEarly": False,
    }
    assert windows.told(Progress(0, 0.0, early=True), 1, "s", "a", final=True)["isWindowTerminatedEarly"]
    assert not windows.told(Progress(0, 0.0), 1, "s", "a", final=True)["isWindowTerminatedEarly"]


@pytest.mark.parametrize(
    ("payload", "state"),
    [(b'{"state": {"n": 2}}', {"n": 2}), (b"null", {}), (b"", {}), (b"no JSON", {}), (b'{"other": 1}', {})],
)
def test_the_state_is_what_the_function_returned(payload: bytes, state: object) -> None:
    progress = Progress(0, 0.0, {"n": 1})
    windows.take_state(progress, payload)
    assert (progress.state, progress.early) == (state, False)


def test_a_state_of_more_than_a_megabyte_ends_the_window() -> None:
    progress = Progress(0, 0.0)
    windows.take_state(progress, json.dumps({"state": "x" * windows.STATE_LIMIT}).encode())
    assert progress.early
