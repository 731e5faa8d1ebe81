"""Sessions of the engine: a worker process each, which a query has for itself."""

import socket
import sys
import threading
import time
import uuid
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from localcloud.athena.errors import TIMEOUT, QueryError, from_duckdb, throttled
from localcloud.athena.worker import EXHAUSTED
from localcloud.processes.kept import KeptProcess

WORKER = Path(__file__).with_name("worker.py")
START_SECONDS = 60
LISTEN_SECONDS = 2  # an interrupt that has not been heard of by then ends the worker
POLL_SECONDS = 0.05


class InterruptedQueryError(Exception):
    """The session was told to end its query."""


@dataclass(frozen=True)
class Limits:
    """Of one query: memory in bytes, time in seconds."""

    memory: int
    seconds: float


class Session:
    """A worker, and what goes on in it."""

    def __init__(self, endpoint: str, region: str, folder: Path, limits: Limits) -> None:
        """Starts the worker; `wait_until_ready` waits for it."""
        self._folder = folder
        self._limits = limits
        self._deadline = float("inf")
        self._interrupted_at: float | None = None
        self._lock = threading.Lock()  # of the connection's sending side
        ours, theirs = socket.socketpair()
        with theirs:
            self._process = KeptProcess(
                [
                    *(sys.executable, "-I", str(WORKER), str(theirs.fileno())),
                    *(endpoint, region, str(folder), str(limits.memory)),
                ],
                pass_fds=[theirs.fileno()],
            )
        self._connection = Connection(ours.detach())
        self._ready = False

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def wait_until_ready(self) -> None:
        """Raises RuntimeError when the worker does not start."""
        if self._ready:
            return
        try:
            if not self._connection.poll(START_SECONDS):
                raise EOFError
            self._connection.recv()
        except (EOFError, OSError):
            self.kill()
            raise RuntimeError("a worker of the local Athena did not start") from None
        self._ready = True

    def begin(self) -> None:
        """A query begins: its time runs."""
        self._deadline = time.monotonic() + self._limits.seconds
        self._interrupted_at = None

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """The rows of a query that has few. Raises QueryError, InterruptedQueryError."""
        found: list[tuple[Any, ...]] = self._ask("rows", sql)
        return found

    def table(self, sql: str) -> tuple[Any, list[str]]:
        """(pyarrow.Table, DuckDB's types of its columns). Raises QueryError, InterruptedQueryError."""
        file = self._folder / f"{uuid.uuid4()}.arrow"
        try:
            types: list[str] = self._ask("table", sql, file)
            return _read(file), types
        finally:
            file.unlink(missing_ok=True)

    def convert(self, table: Any, sql: str) -> Any:
        """The table that a query over ``given_`` makes of another. Raises QueryError, InterruptedQueryError."""
        import pyarrow as pa  # noqa: PLC0415

        file = self._folder / f"{uuid.uuid4()}.arrow"
        try:
            with pa.OSFile(str(file), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
                writer.write_table(table)
            self._ask("convert", sql, file)
            return _read(file)
        finally:
            file.unlink(missing_ok=True)

    def interrupt(self) -> None:
        """End what runs; a worker that does not hear of it is ended."""
        now = time.monotonic()
        self._interrupted_at = self._interrupted_at or now
        if now - self._interrupted_at > LISTEN_SECONDS:
            self.kill()
        else:
            self._tell("interrupt")

    def kill(self) -> None:
        """End the worker with all that goes on in it."""
        self._process.kill()
        self._process.wait()

    def close(self) -> None:
        self.kill()
        self._connection.close()

    def _ask(self, work: str, sql: str, file: Path = Path()) -> Any:
        """The answer of one of the worker's methods."""
        self.wait_until_ready()
        self._tell((work, sql, str(file)))
        try:
            while not self._connection.poll(POLL_SECONDS):
                if time.monotonic() > self._deadline:
                    self.interrupt()
            name, answer = self._connection.recv()
        except (EOFError, OSError):
            name, answer = "", None
        if name is None:
            return answer
        if time.monotonic() > self._deadline:
            raise QueryError("", TIMEOUT)
        if self._interrupted_at is not None:
            raise InterruptedQueryError
        if name == "":
            raise self._ended()
        raise (throttled(OSError(answer)) if name == "OSError" else None) or from_duckdb(name, answer)

    def _ended(self) -> QueryError:
        """Why the worker is gone: of memory, by its own watch or by the kernel's."""
        status = self._process.wait()
        if status in (EXHAUSTED, -9, 137):
            return from_duckdb("OutOfMemoryException", "")
        return QueryError("GENERIC_INTERNAL_ERROR", f"the query's process ended with status {status}")

    def _tell(self, message: Any) -> None:
        with self._lock:
            try:
                self._connection.send(message)
            except OSError:
                return  # it is gone; who asks will hear of that


def _read(file: Path) -> Any:
    """The whole table; the file may go, its pages stay."""
    import pyarrow as pa  # noqa: PLC0415

    with pa.memory_map(str(file)) as source:
        return pa.ipc.open_file(source).read_all()
