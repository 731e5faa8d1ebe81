"""A supervised command ends within two seconds of a signal, whatever it does, and leaves nothing."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import pytest

from tests.integration.processes.ending import allowed

CHILD = "subprocess.Popen(['sleep', '60'], {})"  # a Python that is interrupted while it starts says so
BODIES = {
    "asleep": "time.sleep(600)",
    "orderly": "try: up(); time.sleep(600)\n    finally: print('summary')",
    "deaf": "while True:\n        try: up(); time.sleep(600)\n        except KeyboardInterrupt: pass",
    "in a library": "sum(range(10**13))",  # looks at no signal, and lets no thread run
    "in a lock": "import threading; lock = threading.Lock(); lock.acquire(); lock.acquire()",
    "in threads": (
        "import threading\n"
        "    for _ in range(3): threading.Thread(target=time.sleep, args=(600,)).start()\n"
        "    time.sleep(600)"
    ),
    "wrong about it": "try: up(); time.sleep(600)\n    except BaseException: raise RuntimeError('network') from None",
    "noisy": (
        "import logging, threading\n"
        "    class Bad:\n"
        "        def __del__(self): raise ValueError('unraisable')\n"
        "    try: up(); time.sleep(600)\n"
        "    except KeyboardInterrupt:\n"
        "        thread = threading.Thread(target=int, args=('x',)); thread.start(); thread.join()\n"
        "        logging.getLogger('x').error('failed')\n"
        "        Bad()"
    ),
    "with children": "\n    ".join(
        [
            *(CHILD.format(option) for option in ("", "start_new_session=True", "start_new_session=True, env={}")),
            "(tempfile.mkdtemp(), open(tempfile.mkstemp()[1], 'w'))",
            "time.sleep(600)",
        ]
    ),
}
NUMBERS = {signal.SIGINT: "interrupted", signal.SIGTERM: "terminated", signal.SIGHUP: "hung up"}


@dataclass
class Commands:
    """Starts commands in a folder of their own."""

    folder: Path
    started: list["subprocess.Popen[str]"]

    def start(
        self, body: str, before: str = "", stdout: int | IO[str] | None = subprocess.PIPE
    ) -> "subprocess.Popen[str]":
        """Run a command, and return when it is at its work."""
        begin = "" if "up()" in body else "up()\n    "
        code = (
            f"import os, signal, subprocess, sys, tempfile, time\n"
            f"from localcloud.processes.supervisor import remaining\n"
            f"def up(): open({str(self.folder / 'up')!r}, 'w').close()\n{before}\n"
            f"def main():\n    {begin}{body}\n"
        )
        (self.folder / "command.py").write_text(code)
        process = subprocess.Popen(
            [
                sys.executable,
                "-c",
                "from localcloud.processes.supervisor import *; supervise('thing', 'command:main')",
            ],
            stdout=stdout,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self.started.append(process)
        self.wait_until((self.folder / "up").exists)
        return process

    def wait_until(self, holds: Callable[[], bool]) -> None:
        deadline = time.monotonic() + 60
        while not holds():
            assert time.monotonic() < deadline
            time.sleep(0.005)

    def left(self) -> list[str]:
        """Processes that work here, and temporary files."""
        files = [str(path) for path in self.folder.glob("tmp/*/*")]
        return files + [entry.name for entry in Path("/proc").glob("[0-9]*") if self._is_ours(entry)]

    def _is_ours(self, entry: Path) -> bool:
        try:
            here = (entry / "cwd").readlink() == self.folder and entry.name != str(os.getpid())
            return here and (entry / "stat").read_text().split()[2] != "Z"
        except OSError:
            return False


@pytest.fixture
def commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, repository: Path) -> Iterator[Commands]:
    (tmp_path / "tmp").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}{os.pathsep}{repository}")
    monkeypatch.chdir(tmp_path)
    hang_up = signal.signal(signal.SIGHUP, signal.SIG_DFL)  # nohup has it ignored, and children inherit that
    commands = Commands(tmp_path, [])
    yield commands
    signal.signal(signal.SIGHUP, hang_up)
    for process in commands.started:
        process.kill()
        process.communicate()


def ended(process: "subprocess.Popen[str]") -> tuple[int, str, str]:
    """Status, output and errors of a command that has been asked to end."""
    process.wait(allowed())
    output, errors = process.communicate()
    return process.returncode, output, errors


@pytest.mark.parametrize("whole_group", [False, True])
@pytest.mark.parametrize("body", BODIES)
def test_it_ends_at_once_and_says_so(body: str, whole_group: bool, commands: Commands) -> None:
    number = list(NUMBERS)[(list(BODIES).index(body) + whole_group) % 3]
    process = commands.start(BODIES[body])
    send = os.killpg if whole_group else os.kill
    send(process.pid, number)
    told = f"thing: {NUMBERS[number]}; nothing is left running\n"
    assert ended(process) == (128 + number, "summary\n" if body == "orderly" else "", told)
    assert commands.left() == []


def test_a_second_signal_changes_nothing(commands: Commands) -> None:
    process = commands.start("try: up(); time.sleep(600)\n    finally: time.sleep(0.3); print('summary', flush=True)")
    for number in (signal.SIGINT, signal.SIGINT, signal.SIGTERM):
        os.killpg(process.pid, number)
        time.sleep(0.05)
    assert ended(process) == (130, "summary\n", "thing: interrupted; nothing is left running\n")


TRACED = """
lines = 0
def trace(frame, event, _):
    global lines
    outer = frame
    while outer is not None and outer.f_code.co_name != "_interrupt":
        outer = outer.f_back
    if outer is not None and event == "line":
        lines += 1
        if lines == {}:
            os.kill(os.getpid(), signal.SIGTERM)
    return trace
"""


@pytest.mark.parametrize("line", range(1, 16))  # more than the handler has
def test_a_second_signal_may_come_at_any_line_of_the_handler(line: int, commands: Commands) -> None:
    body = "try: sys.settrace(trace); up(); time.sleep(600)\n    finally: sys.settrace(None); print('summary')"
    process = commands.start(body, TRACED.format(line))
    os.kill(process.pid, signal.SIGINT)
    assert ended(process) == (130, "summary\n", "thing: interrupted; nothing is left running\n")


def test_imports_can_be_interrupted(commands: Commands) -> None:
    process = commands.start("", before="try: up(); time.sleep(600)\nexcept BaseException: print('caught')")
    process.send_signal(signal.SIGINT)
    assert ended(process) == (130, "", "thing: interrupted; nothing is left running\n")


@pytest.mark.parametrize(
    ("body", "status", "errors"),
    [
        ("pass", 0, "$"),
        ("return 3", 3, "$"),
        ("sys.exit(4)", 4, "$"),
        ("sys.exit('no')", 1, "no\n$"),
        ("raise ValueError('bug')", 1, r"(?s)Traceback .*ValueError: bug\n$"),
        ("os.kill(os.getpid(), 9)", 137, "thing: killed by SIGKILL; nothing is left running\n$"),
        ("os.kill(os.getpid(), 11)", 139, "thing: killed by SIGSEGV; nothing is left running\n$"),
        ("signal.signal(15, lambda *_: None); os.kill(os.getpid(), 15)", 0, "$"),
    ],
)
def test_it_ends_as_the_command_ends(body: str, status: int, errors: str, commands: Commands) -> None:
    process = commands.start(body)
    output, told = process.communicate(timeout=60)
    assert (process.returncode, output) == (status, "")
    assert re.match(errors, told), told
    assert commands.left() == []


def test_what_a_command_leaves_ends_with_it(commands: Commands) -> None:
    process = commands.start(BODIES["with children"].replace("time.sleep(600)", "pass"))
    assert process.wait(60) == 0
    assert commands.left() == []


def test_a_killed_supervisor_takes_the_command_along(commands: Commands) -> None:
    process = commands.start("print(os.getpid(), flush=True); time.sleep(600)")
    process.kill()
    process.wait(60)
    commands.wait_until(lambda: not any(name.isdecimal() for name in commands.left()))


def test_nohup_is_respected(commands: Commands) -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)  # which a child inherits
    try:
        process = commands.start("time.sleep(0.5)")
    finally:
        signal.signal(signal.SIGHUP, before)
    process.send_signal(signal.SIGHUP)
    assert process.wait(60) == 0


def test_a_reader_that_goes_away_ends_it_quietly(commands: Commands) -> None:
    for body in ("for _ in range(100_000): print('a line')", "print('a' * 10)", "print('a' * 10); sys.exit(0)"):
        (commands.folder / "up").unlink(missing_ok=True)
        reading, writing = os.pipe()
        os.close(reading)
        process = commands.start(body, stdout=writing)
        os.close(writing)
        _, errors = process.communicate(timeout=60)
        assert (process.returncode, errors) == (141, "")


def test_standard_output_that_takes_nothing(commands: Commands) -> None:
    with Path("/dev/full").open("w") as full:
        process = commands.start("print('a' * 10)", stdout=full)
    _, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (1, "")


def test_standard_output_that_is_closed(commands: Commands) -> None:
    kept = os.dup(1)
    os.close(1)
    try:
        process = commands.start("print('a' * 10)", stdout=None)
    finally:
        os.dup2(kept, 1)
        os.close(kept)
    _, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (0, "")


def test_what_remains_is_said(commands: Commands) -> None:
    inner = "with remaining('the job goes on'): time.sleep(0)\n    "
    outer = "with remaining('the crawler goes on: look there'):\n        with remaining('no'): up(); time.sleep(600)"
    process = commands.start(inner + outer)
    process.send_signal(signal.SIGINT)
    assert ended(process) == (130, "", "thing: interrupted; the crawler goes on: look there\n")
    (commands.folder / "up").unlink()
    process = commands.start(inner + "up(); time.sleep(600)")
    process.send_signal(signal.SIGINT)
    assert ended(process)[2] == "thing: interrupted; nothing is left running\n"
