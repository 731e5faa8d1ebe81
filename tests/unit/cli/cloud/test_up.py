"""`mlref up` before anything is started."""

import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.errors import UserError
from cli.main import app
from localcloud.__main__ import main

TOLD = r"ready\.json cannot be written, there is no folder .*/missing: make it first"


def started(*_: object) -> None:
    raise AssertionError("nothing may be started")


def test_a_ready_file_that_cannot_be_written_is_refused_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = str(tmp_path / "missing" / "ready.json")
    monkeypatch.setattr("cli.cloud.up.start_synth", started)
    monkeypatch.setattr("localcloud.LocalCloud.start", started)
    error = CliRunner().invoke(app, ["up", "--ready-file", path]).exception
    with pytest.raises(UserError, match=TOLD):
        raise error or AssertionError
    monkeypatch.setattr(sys, "argv", ["localcloud", "--ready-file", path])
    with pytest.raises(SystemExit):
        main()
    assert "make it first" in capsys.readouterr().err
