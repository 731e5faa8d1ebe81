"""How the command of the command line ends."""

import subprocess
import sys

import pytest
import typer

from cli import main
from localcloud.processes import supervisor


@pytest.mark.parametrize(("asked", "told"), [(False, "mlref: stopped\n"), (True, "")])
def test_leaving_a_question_is_told_once(
    asked: bool, told: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def leave(**_: object) -> None:
        raise typer.Abort

    monkeypatch.setattr(supervisor, "_interrupted", asked)
    monkeypatch.setattr(main, "app", leave)
    with pytest.raises(SystemExit) as ended:
        main.run()
    assert ended.value.code == 1
    assert capsys.readouterr().err == told, "of a signal the supervisor tells"


def test_help_loads_nothing_heavy() -> None:
    """`mlref --help` is to answer at once: what a command works with, it imports when it works."""
    code = "import cli.main, sys; print(*sys.modules)"
    loaded = set(
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    )
    assert "typer" in loaded
    assert not loaded & {"boto3", "pydantic", "yaml", "numpy", "pandas", "pyarrow", "aws_cdk", "moto", "matplotlib"}
