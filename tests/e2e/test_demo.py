"""`mlref demo` as a user runs it."""

import json
import os
import signal
import subprocess
import time
from pathlib import Path

import psutil
import pytest

from tests.e2e.support import MLREF

pytestmark = pytest.mark.xdist_group("demo")

STEPS = ["start", "synth", "deploy", "reference", "replay", "deliver", "crawl", "curate", "quality", "queries"]


def test_demo_tells_the_whole_story(tmp_path: Path) -> None:
    done = subprocess.run(
        [MLREF, "demo", "--out", str(tmp_path)], capture_output=True, text=True, timeout=900, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    facts = json.loads((tmp_path / "summary.json").read_text("utf-8"))
    assert set(facts["stacks"].values()) == {"CREATE_COMPLETE"}
    assert len(facts["stacks"]) == 4
    events = facts["events"]
    assert events["lost"] == 0
    assert events["sent"] == events["delivered"] + events["quarantined"] + events["dropped"]
    assert facts["tables"]["flights"] == 27_004
    assert len(facts["queries"]) >= 8
    assert all(query["rows"] > 0 for query in facts["queries"].values())
    assert list(facts["timings"]) == STEPS
    assert "27,004 curated flights" in done.stdout


def test_interrupted_demo_leaves_nothing_running(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [MLREF, "demo", "--out", str(tmp_path)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    try:
        deadline = time.monotonic() + 120
        while not (children := psutil.Process(process.pid).children()) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert children, "the local cloud is a child process"
        time.sleep(1)
        process.send_signal(signal.SIGINT)
        output, _ = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 130, output
    assert "Stopped" in output
    assert "Traceback" not in output
    _, alive = psutil.wait_procs(children, timeout=5)
    assert not alive
    assert (tmp_path / "summary.json").exists()


def test_bad_option_is_one_sentence(tmp_path: Path) -> None:
    done = subprocess.run(
        [MLREF, "demo", "--months", "13", "--out", str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stderr.strip() == "mlref: --months takes months from 1 to 12 (of 2013), not '13'"


@pytest.fixture(autouse=True)
def _no_endpoint(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("AWS_ENDPOINT")]:
        monkeypatch.delenv(name)
