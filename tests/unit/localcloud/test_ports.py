"""A port that does not exist is refused before anything starts, in one sentence that names those that do."""

import sys

import pytest
from typer.testing import CliRunner

from cli.errors import UserError
from cli.main import app
from localcloud import LocalCloud
from localcloud.__main__ import main

PORTS = [-1, -5, 65536, 99999, 2**40]


@pytest.mark.parametrize("port", PORTS)
def test_the_cloud_refuses_it(port: int) -> None:
    with pytest.raises(ValueError, match=f"port {port} does not exist: choose one from 0 to 65535"):
        LocalCloud(port=port)


@pytest.mark.parametrize("port", PORTS)
def test_commands_refuse_it(port: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    told = f"port {port} does not exist: choose one from 0 to 65535"
    error = CliRunner().invoke(app, ["up", "--port", str(port)]).exception
    assert isinstance(error, UserError)
    assert told in str(error)
    monkeypatch.setattr(sys, "argv", ["localcloud", f"--port={port}"])
    with pytest.raises(SystemExit):
        main()
    assert told in capsys.readouterr().err


def test_the_last_port_exists() -> None:
    assert LocalCloud(port=65535).port == 65535
