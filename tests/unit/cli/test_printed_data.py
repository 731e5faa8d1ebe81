"""Commands that print what others wrote: planted markup and escape sequences come out as text."""

import io
from collections.abc import Callable
from typing import Any

import pytest
import rich.console

from cli import main
from cli.console import Console, styled
from cli.errors import UserError
from cli.lake import quarantine
from cli.lake.athena import QueryResult
from cli.lake.producer.quarantine import Refused
from cli.lake.query import show as show_rows
from cli.model import models, pipeline
from cli.model.findings import Finding
from cli.model.models import Version
from cli.model.monitor import show as show_findings
from cli.model.pipeline import step_table
from cli.model.predict import table as predictions
from cli.model.sagemaker import Execution, Step

PLANTED = "[/red] [bold]1,2[/bold] \x1b]0;owned\x07\x1b[31m \u202e<script>alert(1)</script>"
SHOWN = "[/red] [bold]1,2[/bold] \\x1b]0;owned\\x07\\x1b[31m \\u202e<script>alert(1)</script>"


class Names:
    """Of deployed resources."""

    dataset = "flights"

    def __getattr__(self, name: str) -> str:
        return f"{name}-x"


def _steps() -> tuple[Step, ...]:
    return (Step(PLANTED, PLANTED, 1.0, None, PLANTED),)


def _finding(**report: Any) -> dict[str, Finding]:
    violations = [{"feature": PLANTED, "check": PLANTED, "description": PLANTED}]
    drift = {
        PLANTED: {
            "method": "psi",
            "psi": PLANTED and 1.0,
            "psi_threshold": 0.5,
            "baseline_mean": 1,
            "mean": None,
            "drifted": True,
        }
    }
    return {"data": Finding("data", PLANTED, PLANTED, 5, violations, {"drift": drift, **report})}


PRINTED: dict[str, Callable[[Console], object]] = {
    "query": lambda console: show_rows(QueryResult([PLANTED], [[PLANTED], [None]], 0.1, 1), console, title=PLANTED),
    "predict": lambda console: console.print(predictions([{PLANTED: PLANTED, "late": True}])),
    "pipeline steps": lambda console: console.print(step_table(_steps())),
    "monitor report": lambda console: show_findings(_finding(), console),
    "error": lambda console: console.print(styled(("mlref:", "bold red"), f" {PLANTED}"), soft_wrap=True),
}


@pytest.mark.parametrize("what", PRINTED)
def test_what_is_printed_on_a_console(what: str) -> None:
    console = Console(file=io.StringIO(), width=500)
    PRINTED[what](console)
    text = console.file.getvalue()  # type: ignore[attr-defined]
    assert SHOWN in text
    assert not set("\x1b\x07\u202e") & set(text)


def _run(capsys: pytest.CaptureFixture[str]) -> str:
    with pytest.raises(SystemExit):
        main.run()
    told = capsys.readouterr()
    return told.out + told.err


@pytest.mark.parametrize(
    "arguments",
    [
        *(("models", "list"), ("models", "approve"), ("quarantine", "list"), ("pipeline", "status")),
        *(("pipeline", "steps"), ("pipeline", "logs", "Train"), ("endpoint", "status"), ("query", "SELECT 1")),
    ],
)
def test_what_commands_print(
    arguments: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(*_: Any) -> QueryResult:
        raise UserError(f"the query failed: {PLANTED}")

    version = Version(1, "Approved", "2026", PLANTED, PLANTED)
    refused = Refused("key", b"", PLANTED.encode(), "code", PLANTED, 0, None)
    execution = Execution(f"arn/{'x'}", "Failed", PLANTED, (Step("Train", "Failed", 1.0, "arn", PLANTED),))
    told = {
        "name": PLANTED,
        "status": "Failed",
        "reason": PLANTED,
        "capture": {"percent": 1, "to": PLANTED},
        "variants": [{"name": PLANTED, "version": None, "model": PLANTED, "share": 1.0, "capacity": PLANTED}],
    }
    monkeypatch.setattr("sys.argv", ["mlref", *arguments])
    for module in ("model.models", "lake.quarantine", "model.pipeline", "model.endpoint", "lake.query"):
        monkeypatch.setattr(f"cli.{module}.outputs", Names)
    monkeypatch.setattr(models, "versions", lambda group: [version])
    monkeypatch.setattr(models, "decide", lambda *_: version)
    monkeypatch.setattr(quarantine, "_read", lambda *_: [refused])
    monkeypatch.setattr(pipeline, "_read", lambda *_: execution)
    monkeypatch.setattr("cli.model.sagemaker.log_lines", lambda job: iter([PLANTED]))
    monkeypatch.setattr("cli.model.hosting.describe", lambda name: told)
    monkeypatch.setattr("cli.lake.query.run_query", refuse)
    monkeypatch.setenv("COLUMNS", "700")
    text = _run(capsys)
    assert SHOWN[:60] in text, "quarantine shows the beginning of a record"
    assert not set("\x1b\x07\u202e") & set(text)


def test_richs_own_console_is_where_it_went_wrong() -> None:
    console = rich.console.Console(file=io.StringIO(), width=500)
    with pytest.raises(rich.errors.MarkupError):
        console.print(PLANTED)
