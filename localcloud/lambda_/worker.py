"""One warm process that holds a function's handler: Lambda calls it an execution environment."""

import json
import shutil
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from localcloud.processes.kept import KeptProcess


class StartError(Exception):
    """There is no process, and the text says why."""


class WorkerExitedError(Exception):
    """The process ended while it had a request (or its initialisation) to answer."""

    def __init__(self, status: int) -> None:
        super().__init__(f"exit status {status}")
        self.status = status


@dataclass(frozen=True)
class Answer:
    """What the handler gave: ``body`` is its JSON, or Lambda's error document when not ``ok``."""

    ok: bool
    body: bytes
    max_memory_mb: int


class Worker:
    """A child process that speaks one line of JSON and a body over a socket, and logs to a file.

    Output goes to a file rather than a pipe: nothing can block on it, and nothing is lost when the process is killed.
    """

    def __init__(
        self, command: list[str], config: dict[str, Any], environment: dict[str, str], cwd: Path, home: Path
    ) -> None:
        """``home``: a folder of its own, which `remove` takes away."""
        log = home / "output.log"
        ours, theirs = socket.socketpair()
        with theirs, log.open("ab") as output:
            self._process: KeptProcess[bytes] = KeptProcess(
                [*command, str(theirs.fileno()), json.dumps(config)],
                cwd=cwd,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                pass_fds=(theirs.fileno(),),
            )
        self._socket = ours
        self._home = home
        self._log = log
        self._read = 0
        self.log_stream: str = config["log_stream"]
        self.usable = True

    def wait_ready(self, seconds: float) -> Answer:
        """The outcome of importing the handler. Raises TimeoutError, WorkerExitedError."""
        answer = self._receive(time.monotonic() + seconds)
        self.usable = answer.ok
        return answer

    def ask(self, request: dict[str, Any], body: bytes, seconds: float) -> Answer:
        """Run the handler once. Raises TimeoutError (the caller is to kill the worker), WorkerExitedError."""
        deadline = time.monotonic() + seconds
        header = json.dumps({**request, "length": len(body)}).encode() + b"\n"
        try:
            self._socket.settimeout(seconds)
            self._socket.sendall(header + body)
        except TimeoutError:
            raise
        except OSError:  # it died, or was killed by another thread
            raise WorkerExitedError(self._exit_status()) from None
        return self._receive(deadline)

    def _receive(self, deadline: float) -> Answer:
        line, rest = b"", b""
        while b"\n" not in line:
            line += self._chunk(deadline)
        line, _, rest = line.partition(b"\n")
        header = json.loads(line)
        parts, missing = [rest], header["length"] - len(rest)
        while missing > 0:
            parts.append(self._chunk(deadline))
            missing -= len(parts[-1])
        return Answer(header["ok"], b"".join(parts), header["max_memory"] // 1024)

    def _chunk(self, deadline: float) -> bytes:
        try:
            self._socket.settimeout(max(deadline - time.monotonic(), 0.001))
            chunk = self._socket.recv(1 << 20)
        except TimeoutError:
            raise
        except OSError:  # killed by another thread
            chunk = b""
        if not chunk:
            raise WorkerExitedError(self._exit_status())
        return chunk

    def _exit_status(self) -> int:
        self.usable = False
        try:
            return self._process.wait(5)
        except subprocess.TimeoutExpired:
            return -1

    def new_output(self) -> str:
        """What the process printed since the last call; nothing when a reset has taken its files away."""
        try:
            with self._log.open("rb") as file:
                file.seek(self._read)
                output = file.read()
        except FileNotFoundError:
            return ""
        self._read += len(output)
        return output.decode(errors="replace")

    @property
    def alive(self) -> bool:
        """Whether it can take a request."""
        return self.usable and self._process.poll() is None

    def kill(self) -> None:
        """End the process and all it started; idempotent."""
        self.usable = False
        self._process.kill()
        self._process.wait()
        self._socket.close()

    def remove(self) -> None:
        """Its code and files, when it has ended and its output has been read."""
        shutil.rmtree(self._home, ignore_errors=True)
