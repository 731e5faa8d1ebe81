"""Processes that run job scripts: one job a process, the next one already waiting.

A Sail process takes about a second to import its engine and serve Spark Connect, so one idle process is kept after
the first job was created. The spark engine's JVM is too big to keep.
"""

import contextlib
import json
import os
import sys
import sysconfig
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from subprocess import PIPE
from typing import IO, Any

from localcloud.cloud import Cloud
from localcloud.processes.kept import KeptProcess

STANDIN = Path(__file__).parent / "standin"
STANDALONE = Path(__file__).parents[1] / "standalone"
SPARK_ENVIRONMENT = Path(__file__).parents[2] / ".venv-spark"
ENGINES = ("sail", "spark")


class EngineMissingError(RuntimeError):
    """The engine that GLUE_ENGINE names cannot run here."""


def chosen_engine() -> str:
    """``GLUE_ENGINE``: sail (default) or spark."""
    engine = os.environ.get("GLUE_ENGINE") or "sail"
    if engine not in ENGINES:
        raise EngineMissingError(f"GLUE_ENGINE is {engine!r}: not one of {', '.join(ENGINES)}")
    return engine


def interpreter(engine: str) -> Path:
    """The Python of ``engine``."""
    if engine == "sail":
        return Path(sys.executable)
    python = SPARK_ENVIRONMENT / "bin" / "python"
    if not python.exists():
        raise EngineMissingError("GLUE_ENGINE=spark needs PySpark in .venv-spark: run make setup")
    return python


def site_packages(engine: str) -> Path:
    """Where the packages of ``engine`` are installed."""
    if engine == "sail":
        return Path(sysconfig.get_path("purelib"))
    return next(iter(sorted(SPARK_ENVIRONMENT.glob("lib/python3.*/site-packages"))))


class JobProcess:
    """One process; ``run`` gives it its job, ``events`` tells what it reports until it ends."""

    def __init__(self, cloud: Cloud, engine: str) -> None:
        self.engine = engine
        reading, writing = os.pipe()
        try:
            self._process: KeptProcess[bytes] = KeptProcess(
                # -S: nothing of this checkout (an editable install) may be importable, a job has only what it brings;
                # -P: nor what somebody put into the folder it starts in, which is everybody's
                [str(interpreter(engine)), "-P", "-S", "-u", "-m", "glue_local.worker", engine, str(writing)],
                stdin=PIPE,
                stdout=PIPE,
                stderr=PIPE,
                env=_environment(cloud, engine),
                cwd=tempfile.gettempdir(),
                pass_fds=(writing,),
            )
        except BaseException:
            os.close(reading)
            raise
        finally:
            os.close(writing)
        self._control = os.fdopen(reading, encoding="utf-8")

    @property
    def output(self) -> IO[bytes]:
        """What the script prints."""
        assert self._process.stdout is not None  # noqa: S101 - for the type checker
        return self._process.stdout

    @property
    def errors(self) -> IO[bytes]:
        """What the engine and the Glue logger say."""
        assert self._process.stderr is not None  # noqa: S101 - for the type checker
        return self._process.stderr

    def alive(self) -> bool:
        return self._process.poll() is None

    def run(self, spec: dict[str, Any]) -> None:
        """Hand over the job."""
        assert self._process.stdin is not None  # noqa: S101 - for the type checker
        with contextlib.suppress(BrokenPipeError):  # it has died: `events` ends at once
            self._process.stdin.write(json.dumps(spec).encode() + b"\n")
            self._process.stdin.flush()

    def events(self) -> Iterator[dict[str, Any]]:
        """Reports of the process until it ends."""
        for line in self._control:
            yield json.loads(line)

    def kill(self) -> None:
        """End the process and all it has started."""
        self._process.kill()

    def close(self) -> int:
        """Wait for the end; returns the exit code."""
        code = self._process.wait()
        assert self._process.stdin is not None  # noqa: S101 - for the type checker
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()
        for stream in (self.output, self.errors, self._control):
            stream.close()
        return code


class ProcessPool:
    """At most one idle Sail process."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._idle: JobProcess | None = None
        self._lock = threading.Lock()
        self._closed = False

    def warm(self) -> None:
        """See to it that a Sail process waits."""
        if os.environ.get("GLUE_ENGINE", "sail") != "sail":
            return
        with self._lock:
            if not self._closed and (self._idle is None or not self._idle.alive()):
                self._drop()
                self._idle = JobProcess(self._cloud, "sail")

    def take(self, engine: str) -> JobProcess:
        """A process for one job."""
        with self._lock:
            if engine == "sail" and self._idle is not None and self._idle.alive():
                process, self._idle = self._idle, None
                return process
        return JobProcess(self._cloud, engine)

    def close(self) -> None:
        with self._lock:
            self._closed = True
            self._drop()

    def _drop(self) -> None:
        if self._idle is not None:
            self._idle.kill()
            self._idle.close()
            self._idle = None


def _environment(cloud: Cloud, engine: str) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "JAVA_HOME", "TMPDIR") if name in os.environ}
    return {
        **kept,
        **cloud.engine_environment,
        "AWS_CONFIG_FILE": os.devnull,  # not the user's profiles
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "HOME": tempfile.gettempdir(),
        "LOCALCLOUD_SPEED": str(cloud.speed),
        "PYTHONPATH": os.pathsep.join((str(STANDIN), str(STANDALONE), str(site_packages(engine)))),
        "TZ": "UTC",  # Glue's
    }
