"""``mlref monitor`` against the deployed stacks."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from cli.errors import UserError
from cli.model.monitor import monitor
from cli.model.pipeline import pipeline
from tests.integration.monitoring.site import ENDPOINT, Site

pytestmark = pytest.mark.xdist_group("monitored")


def run(app: Any, *arguments: str) -> Result:
    return CliRunner().invoke(app, arguments, env={"COLUMNS": "200"})


def refusal(*arguments: str) -> str:
    error = run(monitor, *arguments).exception
    assert isinstance(error, UserError), error
    return str(error)


@pytest.fixture(autouse=True)
def _here(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", site.cloud.endpoint)


def test_what_was_found_is_shown_and_told_as_json(site: Site) -> None:
    assert refusal("report").startswith(f"nothing has been monitored of endpoint {ENDPOINT} yet: ")
    quiet = run(monitor, "run")
    assert (quiet.exit_code, quiet.exception) == (0, None)
    assert f"Nothing was captured of endpoint {ENDPOINT} in the window" in quiet.output

    site.capture("2013-07-01", "2013-07-03", rows=400)
    done = run(monitor, "run")
    assert (done.exit_code, done.exception) == (0, None)
    for words in ("Quality", "Succeeded", "violations in 400 rows", "temp", "baseline_drift_check", "drifted"):
        assert words in done.output, done.output
    assert "not judged: of 400 predictions 0 have come true or not, and 200 are needed" in done.output

    told = json.loads(run(monitor, "report", "--json").output)
    assert list(told) == ["data", "quality"]
    execution = told["data"]["folder"].rstrip("/").rpartition("/")[2]
    assert told["data"]["folder"] == f"s3://{site.lake}/monitoring/{ENDPOINT}/data/{execution}/"
    files = site.found("data", execution)
    assert len(told["data"]["violations"]) == len(files["constraint_violations"]["violations"]) > 1
    assert told["data"]["report"] == files["report"]
    assert {"feature", "check", "description"} == told["data"]["violations"][0].keys()

    site.curate("2013-07-01", "2013-07-03")
    again = run(monitor, "run", "--from", f"{datetime.now(UTC) - timedelta(hours=2):%Y-%m-%dT%H:%M}")
    assert "AUC 0." in again.output
    assert "in the baseline" in again.output
    newest = json.loads(run(monitor, "report", "--json").output)
    assert newest["quality"]["written"] >= told["quality"]["written"]
    assert newest["quality"]["report"]["judged"] is True


def test_an_execution_can_be_looked_at_by_its_arn(site: Site) -> None:
    started = run(monitor, "run", "--no-wait", "--from", "2026-11-01", "--to", "2026-11-02")
    assert started.exit_code == 0
    arn = started.output.split("mlref pipeline status ")[1].split("`")[0]
    assert ":pipeline/mlref-monitoring/execution/" in arn
    assert "Execution" in run(pipeline, "status", arn).output


def test_windows_that_are_none_are_refused(site: Site) -> None:
    assert refusal("run", "--from", "yesterday") == "--from takes a time such as 2026-11-21T08:00, not 'yesterday'"
    assert refusal("run", "--to", "soon").startswith("--to takes a time")
    assert refusal("run", "--from", "2026-11-02", "--to", "2026-11-01") == "--from must be before --to"
