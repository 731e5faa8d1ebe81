"""A story of the core that has been told to its end, with small numbers of every kind."""

from pathlib import Path

from cli.console import Console
from cli.lake.athena import QueryResult
from cli.lake.lakehouse import RuleOutcome
from cli.model.findings import Finding
from cli.model.requests import Traffic
from cli.model.runtime import Answer
from stories.core.seen import Canary
from stories.core.story import Story

CURVE = {"false_positive_rates": [0.0, 0.2, 1.0], "true_positive_rates": [0.0, 0.6, 1.0]}
STEPS = {name: {"status": "Succeeded", "seconds": 1.5} for name in ("Train", "Register")}


def told(folder: Path) -> Story:
    story = Story(Console(quiet=True), folder, "flights")
    for name in ("start", "deliver", "canary"):
        with story.steps.step(name, "doing") as step:
            step.result = f"what came of {name}"
    story.check("no event is lost", True, "0 lost")
    story.facts = {
        "events": {
            "sent": 53815,
            "delivered": 53564,
            "quarantined": 173,
            "dropped": 78,
            "lost": 0,
            "history": {"read": 20, "loaded": 18, "refused": 2},
        },
        "quality": {'ColumnValues "temp" < 200': True, "RowCount > 0": True},
        "tables": {"flight_events": 158952, "flights": 80789},
        "queries": {"delay_by_hour": {"rows": 2, "seconds": 0.1}},
        "pipeline": {"status": "Succeeded", "steps": STEPS},
        "retraining": {"status": "Succeeded", "steps": STEPS},
        "model": {"version": 1, "auc_temporal": 0.7, "baseline_auc": 0.639, "retrained": {"version": 2}},
        "endpoint": {"status": "InService", "invocations": 3216, "p50_ms": 12.5, "p99_ms": 40.1, "version": 2},
        "monitor": {"control_violations": 0, "april_violations": 0, "july_violations": 1, "violated": ["temp"]},
    }
    see(story)
    return story


def see(story: Story) -> None:
    """What the report shows beside the facts."""
    seen = story.seen
    seen.refused = [("not JSON: <Extra> data", 120), ("carrier: required, missing", 53)]
    seen.rules = [RuleOutcome('ColumnValues "temp" < 200', True, ""), RuleOutcome("RowCount > 0", True, "")]
    seen.answers = {
        "daily_trend": QueryResult(
            ["flight_date", "mean_arrival_delay", "mean_arrival_delay_7_days"],
            [["2013-01-01", "12.5", "12.5"], ["2013-01-02", "-3.1", "5.0"]],
            0.2,
            2048,
        ),
        "delay_by_carrier": QueryResult(
            ["airline_name", "flights", "percent_late"],
            [["Envoy Air", "6571", "22.9"], ["<None> & Sons", "90", None]],
            0.2,
            2048,
        ),
        "other": QueryResult(["n"], [[str(number)] for number in range(30)], 0.2, 2048),
    }
    seen.evaluations = {1: evaluation(0.7), 2: evaluation(0.732)}
    for label, seconds in (("18 to 31 March", 0.012), ("July", 0.015)):
        seen.traffic[label] = traffic(seconds, [1.0, 2.0, 3.0])
    for label, distance in (("18 to 31 March", 0.1), ("July", 2.5)):
        seen.findings[label] = findings(distance)
    seen.canary = Canary(traffic=traffic(0.008, [10.5, 11.5, 13.0]))
    seen.canary.looks = [(10.0, "InService"), (11.0, "Launching 2 instance(s)."), (12.0, "InService")]


def evaluation(auc: float) -> dict[str, object]:
    names = ("accuracy", "precision", "recall", "f1", "false_positive_rate")
    group = {"rows": 300, "label_rate": 0.2, "selection_rate": 0.3, "true_positive_rate": 0.5, "auc": auc}
    return {
        "auc_temporal": auc,
        "auc_random": 0.78,
        "baseline_auc": 0.639,
        "binary_classification_metrics": {
            **{name: {"value": 0.5} for name in names},
            "confusion_matrix": {"0": {"0": 812, "1": 188}, "1": {"0": 54, "1": 46}},
            "receiver_operating_characteristic_curve": CURVE,
            "precision_recall_curve": {"precisions": [0.1, 0.4, 1.0], "recalls": [1.0, 0.5, 0.0]},
        },
        "baseline_receiver_operating_characteristic_curve": CURVE,
        "calibration": {
            "bins": [
                {"predicted": 0.2, "observed": 0.1, "count": 50},
                {"predicted": 0.6, "observed": 0.5, "count": 50},
            ],
            "brier_score": 0.18,
        },
        "group_gaps": {
            "origin": {
                "groups": {"EWR": group, "JFK": group},
                "too_small": {"LGA": 3},
                "selection_rate_gap": 0.0,
                "true_positive_rate_gap": None,
            }
        },
        "importance": [{"feature": "temp", "share": 0.75}, {"feature": "humid", "share": 0.25}],
    }


def findings(distance: float) -> list[Finding]:
    drift = {
        "method": "psi",
        "psi": distance,
        "psi_threshold": 1.0,
        "ks": 0.0,
        "ks_threshold": 0.1,
        "drifted": distance > 1,
        "baseline_mean": 37.0,
        "mean": 81.0,
    }
    text = {**drift, "psi": 0.0, "drifted": False, "baseline_mean": None, "mean": None}
    wrong = [{"feature": "temp", "check": "baseline_drift_check", "description": "far"}] if distance > 1 else []
    return [
        Finding("data", "", "", 1000, wrong, {"drift": {"carrier": text, "temp": drift}}),
        Finding("quality", "", "", 1000, [], {"auc": 0.69, "label_rate": {"now": 0.31, "baseline": 0.23}}),
    ]


def traffic(seconds: float, moments: list[float]) -> Traffic:
    outcome = Traffic()
    for number, _ in enumerate(moments, 1):
        outcome.add(Answer([{"probability": 0.5}], "Champion", seconds * number, 0))
    outcome.moments = moments
    return outcome
