"""`mlref demo` as a user runs it."""

import contextlib
import os
import re
import signal
import subprocess
import time
from pathlib import Path

import psutil
import pytest

from tests.e2e.support import MLREF, Told
from tests.integration.browser.looks import looks

pytestmark = pytest.mark.xdist_group("demo")

DATA = [
    "start",
    "synth",
    "deploy",
    "reference",
    "replay",
    "deliver",
    "history",
    "crawl",
    "curate",
    "quality",
    "queries",
]
MODEL = ["train", "serve"]
WATCH = ["control", "months", "recrawl", "recurate", "april", "july", "monitor", "alarm", "retrain", "canary"]
WINTER = 80_789  # flights from January to March
FEBRUARY_AND_MARCH, APRIL_AND_JULY = 105_388, 113_757  # events


def test_demo_tells_the_whole_story(whole_demo: Told) -> None:
    facts, output = whole_demo.facts, whole_demo.output
    assert list(facts["timings"]) == [*DATA, *MODEL, *WATCH]
    assert "80,789 curated flights" in output
    assert "Named query delay_by_carrier" in output

    pipeline = facts["pipeline"]
    assert pipeline["status"] == "Succeeded"
    assert set(pipeline["steps"]) == {"Preprocess", "Train", "Evaluate", "Baseline", "CheckMetrics", "Register"}
    assert {step["status"] for step in pipeline["steps"].values()} == {"Succeeded"}
    model = facts["model"]
    assert 0.62 <= model["auc_temporal"] <= 0.85
    assert model["auc_random"] >= 0.70
    assert model["auc_temporal"] > model["baseline_auc"]
    assert model["package_arn"].endswith(f"/{model['version']}")
    assert (model["version"], model["retrained"]["version"]) == (1, 2)

    endpoint = facts["endpoint"]
    assert (endpoint["status"], endpoint["version"]) == ("InService", 2)
    assert endpoint["invocations"] > 3_000, "three windows, and what was asked while the versions changed"
    assert 0 < endpoint["p50_ms"] <= endpoint["p99_ms"]
    monitor = facts["monitor"]
    assert monitor["control_violations"] == monitor["april_violations"] == 0
    assert monitor["july_violations"] > 0
    assert "temp" in monitor["violated"], "it is warmer in July"
    assert "DataViolations" in monitor["alarm"]
    assert ":pipeline/mlref-training/execution/" in monitor["retrain_execution"]
    assert facts["retraining"]["status"] == "Succeeded"
    for line in (
        "version 1 is approved, endpoint mlref-flights is InService",
        "violations: 18 to 31 March 0, April 0, July",
        "version 2 serves; ",
    ):
        assert line in output


def test_every_event_is_accounted_for_and_every_query_answers(whole_demo: Told) -> None:
    facts, history = whole_demo.facts, FEBRUARY_AND_MARCH + APRIL_AND_JULY
    assert set(facts["stacks"].values()) == {"CREATE_COMPLETE"}
    assert len(facts["stacks"]) == 6
    events = facts["events"]
    assert events["lost"] == 0
    assert events["sent"] == events["delivered"] + events["quarantined"] + events["dropped"]
    assert events["history"] == {"read": history, "loaded": history, "refused": 0}
    assert facts["tables"]["flights"] == WINTER
    assert len(facts["queries"]) >= 8
    assert all(query["rows"] > 0 for query in facts["queries"].values())
    assert all(facts["quality"].values())


def test_the_report_shows_the_whole_run_on_every_screen(whole_demo: Told, tmp_path: Path) -> None:
    file = whole_demo.folder / "report.html"
    assert f"The report: {file}" in whole_demo.output
    page = file.read_text("utf-8")
    assert re.findall(r"<h2>(.*?)</h2>", page) == [
        "Architecture", "What was checked", "Events", "Quality rules", "Questions to the table", "Training pipeline",
        "Model card", "Latency", "Drift", "Canary", "Cost on AWS", "Steps",
    ]  # fmt: skip
    assert "not reached in this run" not in page
    assert "✗ failed" not in page
    for told in ("80,789", "ROC on the last 14 days", "Feature importance of version 2", "Baking for"):
        assert told in page
    for seen in looks(page, tmp_path).values():
        assert [seen[name] for name in ("faint", "tiny", "cut", "console", "wide")] == [[], [], [], [], 0]


def test_interrupted_demo_leaves_nothing_running(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [MLREF, "demo", "--out", str(tmp_path)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    try:
        deadline = time.monotonic() + 120
        while not (children := clouds(process.pid)) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert children, "the local cloud is a child process"
        time.sleep(1)
        process.send_signal(signal.SIGINT)
        output, _ = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 130, output
    assert output.endswith("\nmlref demo: interrupted; nothing is left running\n")
    assert "Traceback" not in output
    _, alive = psutil.wait_procs(children, timeout=5)
    assert not alive
    assert (tmp_path / "summary.json").exists()


def clouds(pid: int) -> list[psutil.Process]:
    """The processes of the local cloud below a command."""
    found = []
    for child in psutil.Process(pid).children(recursive=True):
        with contextlib.suppress(psutil.Error):  # it has ended
            found += [child] if "localcloud" in child.cmdline() else []
    return found


def test_bad_option_is_one_sentence(tmp_path: Path) -> None:
    done = subprocess.run(
        [MLREF, "demo", "--months", "13", "--out", str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stderr.strip() == "mlref: --months takes months from 1 to 12, not '13'"


@pytest.fixture(autouse=True)
def _no_endpoint(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("AWS_ENDPOINT")]:
        monkeypatch.delenv(name)
