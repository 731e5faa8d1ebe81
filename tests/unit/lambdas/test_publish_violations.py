"""From a file of violations to metrics, and what is no such file."""

import time
from typing import Any

import pytest

from lambdas.publish_violations import handler as module
from lambdas.publish_violations.handler import handler
from tests.unit.lambdas.lake import BUCKET, Lake

FOLDER = "monitoring/flights/data/run"
KEY = f"{FOLDER}/constraint_violations.json"
DRIFT = {"feature_name": "temp", "constraint_check_type": "baseline_drift_check", "description": "far"}
MISSING = {"feature_name": "dest", "constraint_check_type": "completeness_check", "description": "few"}
STATISTICS = {"version": 0, "dataset": {"item_count": 900}, "features": [{"name": name} for name in "abcde"]}


@pytest.fixture(autouse=True)
def _ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NAMESPACE", "mlref/Monitoring")
    monkeypatch.setenv("BESIDE", "statistics.json report.json")
    monkeypatch.setattr(time, "sleep", lambda _: None)


def event(key: str = KEY) -> dict[str, Any]:
    return {"detail-type": "Object Created", "detail": {"bucket": {"name": BUCKET}, "object": {"key": key}}}


def results(lake: Lake, folder: str = FOLDER, **report: Any) -> None:
    lake.put(f"{folder}/constraint_violations.json", {"violations": [DRIFT, MISSING]})
    lake.put(f"{folder}/statistics.json", STATISTICS)
    lake.put(f"{folder}/report.json", {"drifted_share": 0.25, **report})


def values(lake: Lake) -> dict[str, float]:
    return {item["MetricName"]: item["Value"] for item in lake.sent("PutMetricData")["MetricData"]}


def test_metrics_of_a_check(lake: Lake) -> None:
    results(lake)
    told = handler(event(), None)
    assert told == {
        "published": True,
        "endpoint": "flights",
        "check": "data",
        "Violations": 2,
        "Rows": 900,
        "DriftedShare": 0.25,
    }
    sent = lake.sent("PutMetricData")
    assert sent["Namespace"] == "mlref/Monitoring"
    assert values(lake) == {"Violations": 2.0, "Rows": 900.0, "DriftedShare": 0.25}
    assert {item["Unit"] for item in sent["MetricData"] if item["MetricName"] in ("Violations", "Rows")} == {"Count"}
    dimensions = [{"Name": "Endpoint", "Value": "flights"}, {"Name": "Check", "Value": "data"}]
    assert all(item["Dimensions"] == dimensions for item in sent["MetricData"])


def test_the_auc_where_it_is_known(lake: Lake) -> None:
    results(lake, "monitoring/flights/quality/run", auc=0.71)
    assert handler(event("monitoring/flights/quality/run/constraint_violations.json"), None)["check"] == "quality"
    assert values(lake)["Auc"] == 0.71


def test_a_check_without_share_has_none(lake: Lake) -> None:
    results(lake)
    lake.put(f"{FOLDER}/report.json", {"judged": False, "auc": None})
    handler(event(), None)
    assert values(lake) == {"Violations": 2.0, "Rows": 900.0}


def test_model_monitor_leaves_no_report(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its files are below the endpoint, the schedule and the hour; the share is that of the drift violations."""
    monkeypatch.setenv("BESIDE", "statistics.json")
    folder = "monitoring/flights/data/flights/mlref-data-quality/2026/11/21/08"
    results(lake, folder)
    del lake.objects[f"{folder}/report.json"]
    handler(event(f"{folder}/constraint_violations.json"), None)
    assert values(lake) == {"Violations": 2.0, "Rows": 900.0, "DriftedShare": 0.2}


def test_files_beside_may_come_later(lake: Lake) -> None:
    results(lake)
    for name in ("statistics", "report"):
        lake.late[f"{FOLDER}/{name}.json"] = lake.objects.pop(f"{FOLDER}/{name}.json")[0]
    assert handler(event(), None)["published"] is True


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("constraint_violations", b"no JSON", "constraint_violations.json is not JSON"),
        ("constraint_violations", [], "is no JSON object"),
        ("constraint_violations", {}, "it has no list of violations"),
        ("constraint_violations", {"violations": ["temp"]}, "it has no list of violations"),
        ("statistics", {"dataset": {}}, "how many rows"),
        ("statistics", b"\xff\xfe", "statistics.json is not JSON"),
        ("report", b"{", "report.json is not JSON"),
    ],
)
def test_files_that_cannot_be_read_are_told_and_left(
    lake: Lake, capsys: pytest.CaptureFixture[str], name: str, content: Any, reason: str
) -> None:
    """No error: Lambda would try it again, and again."""
    results(lake)
    lake.put(f"{FOLDER}/{name}.json", content)
    told = handler(event(), None)
    assert told["published"] is False
    assert reason in told["reason"]
    assert lake.calls == []
    assert '"level": "WARN"' in capsys.readouterr().out


@pytest.mark.parametrize(
    "key",
    [
        "monitoring/flights/plans/run/constraint_violations.json",
        "monitoring/data/constraint_violations.json",
        "elsewhere/flights/data/run/constraint_violations.json",
    ],
)
def test_files_elsewhere_are_not_a_checks(lake: Lake, key: str) -> None:
    lake.put(key, {"violations": []})
    assert "its key is not monitoring/<endpoint>/<data|quality>/" in handler(event(key), None)["reason"]


def test_what_does_not_arrive_is_named(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "WAIT_SECONDS", 0.0)
    results(lake)
    del lake.objects[f"{FOLDER}/report.json"]
    assert handler(event(), None)["reason"] == f"{FOLDER}/report.json did not arrive within 0 s"


def test_a_huge_file_is_not_loaded(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_BYTES", 10)
    results(lake)
    assert "more than 10" in handler(event(), None)["reason"]
