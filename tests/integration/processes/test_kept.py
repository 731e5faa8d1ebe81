"""A kept process ends with all it has started, however it ends and wherever its children went."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from localcloud.processes.kept import KeptProcess

SLEEP = "time.sleep(600)"
# How a child gets away from its parent: out of its group, its session, its family, its environment, or what asks it.
ESCAPES = {
    "child": "subprocess.Popen([sys.executable, '-c', WAIT, MARK])",
    "session": "subprocess.Popen([sys.executable, '-c', WAIT, MARK], start_new_session=True)",
    "group": "subprocess.Popen([sys.executable, '-c', WAIT, MARK], process_group=0)",
    "environment": "subprocess.Popen([sys.executable, '-c', WAIT, MARK], env={}, start_new_session=True)",
    "daemon": (
        "if os.fork() == 0:\n"
        "    os.setsid()\n"
        "    if os.fork() == 0:\n"
        "        os.execv(sys.executable, [sys.executable, '-c', WAIT, MARK])\n"
        "    os._exit(0)"
    ),
    "deaf": (
        "deaf = 'import signal; [signal.signal(n, signal.SIG_IGN) for n in (1, 2, 15)];' + WAIT\n"
        "subprocess.Popen([sys.executable, '-c', deaf, MARK], start_new_session=True)"
    ),
    "stopped": "os.kill(subprocess.Popen([sys.executable, '-c', WAIT, MARK], start_new_session=True).pid, 19)",
}
ENDINGS: dict[str, tuple[str, Callable[["KeptProcess[bytes]"], object], int]] = {
    "told": (SLEEP, lambda process: process.kill(), -signal.SIGKILL),
    "terminated": (SLEEP, lambda process: process.terminate(), -signal.SIGTERM),
    "returned": ("sys.exit(7)", lambda _: None, 7),
    "killed": ("os.kill(os.getpid(), 9)", lambda _: None, -signal.SIGKILL),
    "crashed": ("os.kill(os.getpid(), 11)", lambda _: None, -signal.SIGSEGV),
}
CASES = [
    *((escape, "told") for escape in ESCAPES),
    *((escape, ending) for ending in ENDINGS for escape in ("daemon", "environment") if ending != "told"),
]


@pytest.fixture
def mark() -> Iterator[str]:
    mark = f"marked-{os.getpid()}-{time.monotonic_ns()}"
    yield mark
    for pid in marked(mark):
        os.kill(pid, signal.SIGKILL)


@pytest.mark.parametrize(("escape", "ending"), CASES)
def test_nothing_is_left(escape: str, ending: str, mark: str, tmp_path: Path) -> None:
    then, end, code = ENDINGS[ending]
    process: KeptProcess[bytes] = KeptProcess(command(escape, mark, tmp_path, then))
    wait_until((tmp_path / "up").exists)
    end(process)
    assert process.wait(30) == code
    assert marked(mark) == []


@pytest.mark.parametrize("escape", ["child", "environment", "daemon"])
def test_nothing_is_left_when_the_parent_is_killed(escape: str, mark: str, tmp_path: Path, repository: Path) -> None:
    kept = command(escape, mark, tmp_path, SLEEP)
    parent = (
        f"from localcloud.processes.kept import KeptProcess; import time; a = KeptProcess({kept!r}); time.sleep(600)"
    )
    with subprocess.Popen([sys.executable, "-c", parent], cwd=repository) as process:
        try:
            wait_until((tmp_path / "up").exists)
        finally:
            process.kill()
    wait_until(lambda: marked(mark) == [])


def test_what_a_killed_keeper_leaves_is_the_program_no_longer(mark: str, tmp_path: Path) -> None:
    process: KeptProcess[bytes] = KeptProcess([sys.executable, "-c", "import time; time.sleep(600)", mark])
    wait_until(lambda: len(marked(mark)) == 2)  # the keeper has it among its arguments too
    os.kill(process.pid, signal.SIGKILL)
    assert process.wait(30) == -signal.SIGKILL
    wait_until(lambda: marked(mark) == [])


def test_signals_streams_and_descriptors_reach_the_program() -> None:
    code = (
        "import os, signal, sys\n"
        "signal.signal(15, lambda *_: (print('asked', flush=True), sys.exit(3)))\n"
        "os.write(int(sys.argv[1]), b'x')\n"
        "os.close(int(sys.argv[1]))\n"
        "print(sys.stdin.readline(), end='', flush=True)\n"
        "signal.pause()\n"
    )
    reading, writing = os.pipe()
    process: KeptProcess[str] = KeptProcess(
        [sys.executable, "-c", code, str(writing)],
        pass_fds=[writing],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    os.close(writing)
    os.set_blocking(reading, False)
    with os.fdopen(reading, "rb", buffering=0) as file, process:
        try:
            wait_until(lambda: file.read(1) == b"x")
            wait_until(lambda: file.read(1) == b"")  # the program has closed it, and nobody else holds it
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write("given\n")
            process.stdin.flush()
            assert process.stdout.readline() == "given\n"
            process.terminate()
            output, _ = process.communicate(timeout=30)
            assert output == "asked\n"
            assert process.returncode == 3
        finally:
            process.kill()


def test_a_missing_program_is_told_as_popen_does(tmp_path: Path) -> None:
    (tmp_path / "script").write_text("#!/bin/sh\nexit 4\n")
    (tmp_path / "script").chmod(0o755)
    for missing in ("no-such-program", "./no-such-program"):
        with pytest.raises(FileNotFoundError, match="no-such-program"):
            KeptProcess([missing], cwd=tmp_path)
    assert KeptProcess[bytes](["./script"], cwd=tmp_path).wait(30) == 4
    assert KeptProcess[bytes](["script"], env={"PATH": str(tmp_path)}).wait(30) == 4


def command(escape: str, mark: str, folder: Path, then: str) -> list[str]:
    """Let a child escape, say that it is up, and go on with ``then``."""
    child = f"open({str(folder / 'child')!r}, 'w'); import time; {SLEEP}"
    code = (
        f"import os, subprocess, sys, time\nMARK = {mark!r}\nWAIT = {child!r}\n{ESCAPES[escape]}\n"
        + ("" if escape == "stopped" else f"while not os.path.exists({str(folder / 'child')!r}): time.sleep(0.01)\n")
        + f"open({str(folder / 'up')!r}, 'w')\n{then}"
    )
    return [sys.executable, "-c", code]


def marked(mark: str) -> list[int]:
    """Processes with the mark as an argument of their own."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            words = (entry / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if mark.encode() in words:
            found.append(int(entry.name))
    return found


def wait_until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.01)
