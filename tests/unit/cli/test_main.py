"""How the command of the command line ends."""

import threading

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

    signalled = threading.Event()
    if asked:
        signalled.set()
    monkeypatch.setattr(supervisor, "_interrupted", signalled)
    monkeypatch.setattr(main, "app", leave)
    with pytest.raises(SystemExit) as ended:
        main.run()
    assert ended.value.code == 1
    assert capsys.readouterr().err == told, "of a signal the supervisor tells"
