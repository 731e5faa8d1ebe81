"""The run this process exists for: what the server told it, what it tells the server."""

import json
import os
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from . import calls
from .bookmark import Bookmark
from .copies import Copies


class Control:
    """The way back to the server: one JSON object a line, on a pipe of its own."""

    def __init__(self, descriptor: int) -> None:
        # a bare os.write may take a part only: a bookmark is longer than what a pipe holds
        self._pipe = os.fdopen(descriptor, "w", encoding="utf-8")

    def send(self, event: str, **fields: Any) -> None:
        self._pipe.write(json.dumps({"event": event, **fields}) + "\n")
        self._pipe.flush()


class Logger:
    """What ``GlueContext.get_logger`` gives; system logs go to the error log group
    (https://docs.aws.amazon.com/glue/latest/dg/monitor-continuous-logging.html)."""

    def info(self, message: object) -> None:
        self._write("INFO", message)

    def warn(self, message: object) -> None:
        self._write("WARN", message)

    def error(self, message: object) -> None:
        self._write("ERROR", message)

    def debug(self, message: object) -> None:
        """Below Glue's log level."""

    def _write(self, level: str, message: object) -> None:
        print(f"{level} GlueLogger: {message}", file=sys.__stderr__, flush=True)


@dataclass
class Run:
    """One job run."""

    engine: str
    spec: dict[str, Any]
    control: Control
    bookmark: Bookmark
    session: Any = None
    mirror: Any = None
    logger: Logger = field(default_factory=Logger)
    _clients: dict[str, Any] = field(default_factory=dict)
    _copies: Copies | None = None

    def client(self, service: str) -> Any:
        """A boto3 client of the cloud that started this process."""
        if service not in self._clients:
            self._clients[service] = calls.client(service)
        return self._clients[service]

    def copies(self) -> Copies:
        """The copies of objects that this run keeps on disk; its directory is deleted when it ends."""
        if self._copies is None:
            self._copies = Copies(Path(self.spec["directory"]) / "copies", self.client("s3"))
        return self._copies

    def spark(self) -> Any:
        """The Spark session; that of real PySpark starts at the first call."""
        if self.session is None:
            from . import jvm  # noqa: PLC0415 - only the spark engine has a JVM

            self.session = jvm.session()
        return self.session


_current: list[Run] = []


def set_current(run: Run) -> None:
    """Make ``run`` the one of this process."""
    _current[:] = [run]


def current_run() -> Run:
    """The run of this process."""
    if not _current:
        raise RuntimeError("awsglue works only in a job run: start the job with StartJobRun")
    return _current[0]
