"""Processes that run user code: warm ones forked from an interpreter that has the libraries imported, or cold ones.

Importing pandas, scikit-learn and xgboost takes longer than most steps of a small pipeline, so they are imported once
in a host process (`runtime/host.py`) that forks for every script. Code runs cold where a variable has to be there
before the interpreter starts (OMP_NUM_THREADS), where the command is no Python, and on systems that cannot fork well.
"""

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from localcloud.cloud import Cloud
from localcloud.processes.isolation import NAMESPACE, enter
from localcloud.processes.kept import KEEPER, KeptProcess
from localcloud.sagemaker.container import ROOT, Container
from localcloud.sagemaker.overlay import pip_settings, site

HOST = Path(__file__).parent / "runtime" / "host.py"
PRELOADED = (
    *("numpy", "pandas", "pyarrow.parquet", "pyarrow.dataset", "sklearn.ensemble", "sklearn.metrics"),
    *("sklearn.model_selection", "xgboost", "matplotlib.backends.backend_agg", "matplotlib.figure"),
    *("argparse", "csv", "logging", "tarfile", "zipfile", "importlib.resources", "flask"),
)
_PIP = re.compile(rb"\bpip3?\b")
_BEFORE_START = ("PYTHON", "LD_", "DYLD_", "OMP_", "MKL_", "OPENBLAS_", "MALLOC_")  # read when a library is loaded


@dataclass(frozen=True)
class Command:
    """What to run.

    Attributes:
        words: program and arguments; ``python`` and ``python3`` are the interpreter of the job's environment.
        directory: working directory, as the code names it.
        environment: all the variables that the code itself brings; a process sees those, the cloud's, and no other.
        container: where it runs.
    """

    words: tuple[str, ...]
    directory: str
    container: Container
    environment: dict[str, str] = field(default_factory=dict)


class Process:
    """A running command: its output (both streams, as a container log has them), its end."""

    def __init__(self, output: IO[bytes], pid: int) -> None:
        self.output = output
        self.pid = pid

    def wait(self) -> int:
        """Exit code; negative the number of the signal that ended it. What it has started has ended with it."""
        raise NotImplementedError

    def signal(self, number: int) -> None:
        """Send a signal to the process and its group; SIGKILL is for all it has started."""
        if number == signal.SIGKILL:
            self._kill()
            return
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, number)  # its keeper passes it on

    def _kill(self) -> None:
        raise NotImplementedError


class ColdProcess(Process):
    """Started from scratch."""

    def __init__(self, command: Command, environment: dict[str, str]) -> None:
        container, words = command.container, list(command.words)
        if _is_python(words[0]):
            words[:1] = [str(container.overlay.python), "-u"]
        # what runs the program, in a namespace or not, also says so when it cannot
        self._process: KeptProcess[bytes] = KeptProcess(
            enter(container.view, command.directory, words),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=environment,
        )
        assert self._process.stdout is not None  # noqa: S101 - for the type checker
        super().__init__(self._process.stdout, self._process.pid)

    def wait(self) -> int:
        return self._process.wait()

    def _kill(self) -> None:
        self._process.kill()


class ForkedProcess(Process):
    """Forked by the host."""

    def __init__(self, output: IO[bytes], lifeline: socket.socket) -> None:
        self._lifeline = lifeline
        self._told = lifeline.makefile("rb")
        line = self._told.readline()  # the host has read the message: the next one may be sent
        if not line:
            output.close()
            lifeline.close()
            raise RuntimeError("the process that runs scripts ended before it could start one")
        super().__init__(output, int(line))

    def wait(self) -> int:
        with self._lifeline, self._told:
            line = self._told.readline()
        return int(line) if line else -signal.SIGKILL  # the host itself was killed, and its children with it

    def _kill(self) -> None:
        with contextlib.suppress(OSError):  # it has ended
            self._lifeline.shutdown(socket.SHUT_WR)


class PythonHost:
    """Starts processes; keeps the host from its first use (or `warm`) until `close`."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._lock = threading.Lock()
        self._host: KeptProcess[bytes] | None = None
        self._control: socket.socket | None = None

    def warm(self) -> None:
        """Start importing in the background."""
        if can_fork():
            with self._lock:
                self._ready()

    def start(self, command: Command) -> Process:
        """Run ``command`` now."""
        container = command.container
        container.translate_scripts()
        base = self._base()
        environment = {
            **base,
            **pip_settings(),
            "PATH": os.pathsep.join((str(container.overlay.python.parent), base.get("PATH", os.defpath))),
            "HOME": str(container.home),
            **command.environment,
        }
        return self._fork(command, environment) if _forks(command) else ColdProcess(command, environment)

    def close(self) -> None:
        """End the host and with it whatever it forked."""
        with self._lock:
            if self._control is not None:
                self._control.close()
                self._control = None
            if self._host is not None:
                self._host.kill()
                self._host.wait()
                self._host = None

    def _ready(self) -> socket.socket:
        if self._control is None or self._host is None or self._host.poll() is not None:
            self._control, theirs = socket.socketpair()
            with theirs:
                self._host = KeptProcess(
                    # -S: nothing of this checkout (an editable install) may be importable, code has what it brings
                    [
                        sys.executable,
                        "-S",
                        "-u",
                        str(HOST),
                        str(KEEPER),
                        str(NAMESPACE),
                        str(theirs.fileno()),
                        *PRELOADED,
                    ],
                    stdin=subprocess.DEVNULL,
                    env={**self._base(), "HOME": tempfile.gettempdir(), "PYTHONPATH": os.pathsep.join(site())},
                    cwd=tempfile.gettempdir(),
                    pass_fds=(theirs.fileno(),),
                )
        return self._control

    def _fork(self, command: Command, environment: dict[str, str]) -> Process:
        spec = Path(self._cloud.workdir) / f"spec-{uuid.uuid4().hex}.json"
        container = command.container
        spec.write_text(
            json.dumps(
                {
                    "command": command.words[1:],
                    "directory": command.directory,
                    "environment": environment,
                    "view": container.view,
                    "translated": None if container.real else [ROOT, str(container.root)],
                    "prefix": str(container.overlay.root),
                    "python": str(container.overlay.python),
                    "site": str(container.overlay.site),
                }
            ),
            "utf-8",
        )
        reading, writing = os.pipe()
        ours, theirs = socket.socketpair()
        try:
            with self._lock:
                socket.send_fds(self._ready(), [str(spec).encode()], [writing, theirs.fileno()])
                os.close(writing)
                theirs.close()
                return ForkedProcess(os.fdopen(reading, "rb"), ours)
        finally:
            spec.unlink()

    def _base(self) -> dict[str, str]:
        kept = {name: os.environ[name] for name in ("PATH", "LANG", "TMPDIR") if name in os.environ}
        return {
            **kept,
            **self._cloud.engine_environment,
            "AWS_CONFIG_FILE": os.devnull,  # not the user's profiles
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            # Threads that wait by spinning take the processor from those they wait for, where a container's machine is
            # its own and a laptop is shared: a training of 0.8 s took 2 to 10 s without this
            "OMP_WAIT_POLICY": "PASSIVE",
            "PYTHONUNBUFFERED": "1",
            "TZ": "UTC",
        }


def can_fork() -> bool:
    """Whether a process with threads in its libraries survives a fork here; on macOS it does not."""
    return sys.platform == "linux"


def _forks(command: Command) -> bool:
    """Whether the imported libraries may be there before the command starts."""
    if not can_fork() or not _is_python(command.words[0]) or command.container.overlay.changed():
        return False
    if any(name.startswith(_BEFORE_START) and name != "PYTHONPATH" for name in command.environment):
        return False
    script = next(iter(command.words[1:]), "-")
    return (script == "-m" or script[:1] != "-") and not _installs(command.container)


def _installs(container: Container) -> bool:
    """Whether the code may install packages: what it imports afterwards has to be what it installed."""
    if any(container.root.rglob("requirements.txt")):  # of a model's code, which its server installs
        return True
    return any(_PIP.search(file.read_bytes()) for file in container.root.rglob("*.py") if file.is_file())


def _is_python(program: str) -> bool:
    """``python``, ``python3``, ``/usr/bin/python3.10``: whatever the image has is the job's own here."""
    return re.fullmatch(r"python(3(\.\d+)?)?", Path(program).name) is not None
