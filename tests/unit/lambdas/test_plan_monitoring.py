"""The plan: which window, which files, and manifests that are never empty."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from lambdas.plan_monitoring.handler import handler, window
from tests.unit.lambdas.lake import NOW, Lake

INPUTS = {
    "EndpointName": "flights",
    "WindowStart": "auto",
    "WindowEnd": "auto",
    "WindowHours": 24,
    "TruthUri": "s3://lake/curated/flights/",
    "TruthDelayHours": 0,
    "StartedAt": "2026-11-21T12:00:00Z",
    "Execution": "abc",
}
HEAD = {"prefix": "s3://lake/"}
PLAN = "monitoring/flights/plans/abc/_plan.json"


def capture(lake: Lake, at: datetime, variant: str = "A", written: datetime | None = None) -> str:
    key = f"capture/flights/{variant}/{at:%Y/%m/%d/%H}/{at:%M-%S}-x.jsonl"
    lake.put(key, at=written or at)
    return key


def plan(lake: Lake, **inputs: Any) -> tuple[dict[str, Any], dict[str, list[Any]]]:
    """The step's outputs, and the manifests by name."""
    outputs = handler({**INPUTS, **inputs}, None)
    keys = {name: outputs[f"{name}Manifest"].removeprefix("s3://lake/") for name in ("Capture", "Labelled", "Truth")}
    return outputs, {name: lake.read(key) for name, key in keys.items()}


def test_files_of_the_window_of_every_variant_are_listed(lake: Lake) -> None:
    first = NOW - timedelta(hours=24)
    inside = [
        capture(lake, first),
        capture(lake, NOW - timedelta(seconds=1)),
        capture(lake, NOW - timedelta(hours=3), "B"),
        capture(lake, first - timedelta(minutes=2), written=first + timedelta(minutes=1)),  # was open for a while
    ]
    capture(lake, first - timedelta(seconds=1))
    capture(lake, NOW)
    lake.put("capture/other/A/2026/11/21/11/00-00-x.jsonl", at=NOW - timedelta(hours=1))
    lake.put("capture/flights/A/2026/11/21/11/notes.txt", at=NOW - timedelta(hours=1))
    lake.put("curated/flights/month=2026-11/day=2026-11-20/part.parquet")
    lake.put("curated/flights/_SUCCESS")
    outputs, manifests = plan(lake)
    assert outputs["Files"] == 4
    assert (outputs["WindowStart"], outputs["WindowEnd"]) == ("2026-11-20T12:00:00Z", "2026-11-21T12:00:00Z")
    assert manifests["Capture"] == manifests["Labelled"] == [HEAD, PLAN, *sorted(inside)]
    assert manifests["Truth"] == [HEAD, PLAN, "curated/flights/month=2026-11/day=2026-11-20/part.parquet"]
    assert lake.read(PLAN)["capture"]["files"] == 4


def test_a_file_of_the_day_before_that_was_written_in_the_window_is_listed(lake: Lake) -> None:
    midnight = NOW.replace(hour=0)
    minute = timedelta(minutes=1)
    late = capture(lake, midnight - minute, written=midnight + minute)
    _, manifests = plan(lake, WindowStart="2026-11-21")
    assert manifests["Capture"] == [HEAD, PLAN, late]


def test_no_manifest_is_empty_before_there_is_anything(lake: Lake) -> None:
    outputs, manifests = plan(lake)
    assert outputs["Files"] == 0
    assert all(manifest == [HEAD, PLAN] for manifest in manifests.values())
    assert PLAN in lake.objects


@pytest.mark.parametrize("delay", [24, "24"])  # a step may hand on a number as text
def test_predictions_are_taken_from_so_much_earlier_as_the_truth_is_later(lake: Lake, delay: int | str) -> None:
    old, new = capture(lake, NOW - timedelta(hours=30)), capture(lake, NOW - timedelta(hours=3))
    outputs, manifests = plan(lake, TruthDelayHours=delay)
    assert manifests["Capture"] == [HEAD, PLAN, new]
    assert manifests["Labelled"] == [HEAD, PLAN, old]
    assert outputs["Files"] == 2
    outputs, _ = plan(lake, TruthDelayHours=24, WindowStart="2026-11-21T20:00:00", WindowEnd="2026-11-22T10:00:00Z")
    assert outputs["Files"] == 1  # only what can be compared now


@pytest.mark.parametrize(
    ("given", "start", "end"),
    [
        ({}, "2026-11-20T12:00", "2026-11-21T12:00"),
        ({"WindowHours": 1}, "2026-11-21T11:00", "2026-11-21T12:00"),
        ({"WindowHours": "1"}, "2026-11-21T11:00", "2026-11-21T12:00"),
        ({"WindowEnd": "2026-11-01T06:00:00Z"}, "2026-10-31T06:00", "2026-11-01T06:00"),
        ({"WindowStart": "2026-11-21T13:00+02:00"}, "2026-11-21T11:00", "2026-11-21T12:00"),
        ({"WindowStart": "2026-11-01", "WindowEnd": "2026-11-02"}, "2026-11-01T00:00", "2026-11-02T00:00"),
        (
            {"StartedAt": "2026-11-21T12:00:00.250Z", "WindowHours": 1},
            "2026-11-21T11:00:00.250",
            "2026-11-21T12:00:00.250",
        ),
    ],
)
def test_windows(given: dict[str, Any], start: str, end: str) -> None:
    assert window(INPUTS | given) == tuple(datetime.fromisoformat(text).replace(tzinfo=UTC) for text in (start, end))


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"WindowStart": "yesterday"}, "WindowStart must be a time in ISO 8601, .* not 'yesterday'"),
        ({"WindowEnd": "21.11.2026"}, "WindowEnd must be a time"),
        ({"WindowStart": "2026-11-21T12:00:00Z"}, "WindowStart 2026-11-21T12:00:00Z is not before WindowEnd"),
        ({"WindowStart": "2024-01-01"}, "longer than 366 days"),
        ({"WindowHours": "a day"}, "WindowHours must be a whole number of hours, not 'a day'"),
        ({"WindowHours": "1.5"}, "WindowHours must be a whole number"),
        ({"TruthDelayHours": None}, "TruthDelayHours must be a whole number of hours, not None"),
        ({"WindowHours": 10**12}, "WindowHours must be a whole number"),
        ({"WindowHours": 0}, "is not before WindowEnd"),
        ({"TruthUri": "s3://elsewhere/flights/"}, "TruthUri s3://elsewhere/flights/ is not in the lake"),
    ],
)
def test_what_cannot_be_planned_fails_with_the_reason(lake: Lake, given: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        handler(INPUTS | given, None)
    assert lake.calls == []
