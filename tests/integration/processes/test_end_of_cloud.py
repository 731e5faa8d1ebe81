"""When a cloud ends, however it does, nothing goes on: no worker of an engine, no daemon of the code that it ran."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from tests.integration.processes.busy_cloud import DAEMONS

WORKERS = ("python_worker.py", "athena/worker.py", "keeper.py")  # that have to be among those that end


def _command(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.Error:  # it has just ended
        return ""


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_nothing_goes_on(how: signal.Signals, tmp_path: Path, repository: Path) -> None:
    (tmp_path / "tmp").mkdir()
    (tmp_path / "told").mkdir()
    environment = {**os.environ, "TMPDIR": str(tmp_path / "tmp"), "PYTHONPATH": str(repository)}
    with subprocess.Popen(
        [sys.executable, "-m", "tests.integration.processes.busy_cloud", str(tmp_path / "told")],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as script:
        assert script.stdout is not None
        assert script.stdout.readline() == b"busy\n"
        children = psutil.Process(script.pid).children(recursive=True)
        commands = [_command(child) for child in children]
        assert [name for name in WORKERS if not any(name in command for command in commands)] == []
        daemons = [psutil.Process(int((tmp_path / "told" / name).read_text())) for name in DAEMONS]
        script.send_signal(how)
        script.wait(30)
    left = psutil.wait_procs([*children, *daemons], timeout=30)[1]
    assert [process for process in left if process.status() != psutil.STATUS_ZOMBIE] == []
