"""What a run prints, in CloudWatch Logs, while it runs."""

import threading
import time
from collections.abc import Iterable, Mapping
from typing import Any

_FLUSH_SECONDS = 1.0
_BATCH_EVENTS = 1000  # PutLogEvents takes 10,000
_EVENT_BYTES = 250_000  # CloudWatch Logs cuts at 256 KB


def log_groups(arguments: Mapping[str, str], settings: Mapping[str, Any]) -> tuple[str, str, str]:
    """Groups for output and errors, and their common prefix, which JobRun calls LogGroupName.

    https://docs.aws.amazon.com/glue/latest/dg/monitor-continuous-logging.html: ``--custom-logGroup-prefix``; with a
    security configuration its name and the role's are in between.
    """
    prefix = arguments.get("--custom-logGroup-prefix") or "/aws-glue/jobs"
    if settings.get("SecurityConfiguration"):
        role = str(settings.get("Role", "")).rpartition("/")[2]
        prefix = f"{prefix}/{settings['SecurityConfiguration']}-role/{role}"
    return f"{prefix}/output", f"{prefix}/error", prefix


def log_stream(arguments: dict[str, str], run_id: str) -> str:
    """The run's id, or ``--custom-logStream-prefix`` with ``-driver``."""
    prefix = arguments.get("--custom-logStream-prefix")
    return f"{prefix}-driver" if prefix else run_id


class LogShipper:
    """Copies one stream of bytes into one log stream, line by line."""

    def __init__(self, logs: Any, group: str, stream: str, source: Iterable[bytes]) -> None:
        self._logs, self._group, self._stream = logs, group, stream
        self._pending: list[dict[str, Any]] = []
        self._lock = threading.Lock()
        self._flushed = time.monotonic()
        self._created = False
        self._failure: Exception | None = None
        self._thread = threading.Thread(target=self._copy, args=(source,), name=f"glue-log-{stream}", daemon=True)
        self._thread.start()

    def finish(self) -> None:
        """Wait for the end of the source. Raises what CloudWatch Logs answered, if it was an error."""
        self._thread.join()
        if self._failure is not None:
            raise self._failure

    def _copy(self, source: Iterable[bytes]) -> None:
        for line in source:
            text = line.rstrip(b"\r\n")[:_EVENT_BYTES].decode(errors="replace")
            if text:
                self._pending.append({"timestamp": int(time.time() * 1000), "message": text})
            due = time.monotonic() - self._flushed > _FLUSH_SECONDS
            if due or len(self._pending) >= _BATCH_EVENTS:
                self._flush()
        self._flush()

    def _flush(self) -> None:
        self._flushed = time.monotonic()
        if not self._pending or self._failure is not None:
            self._pending.clear()  # the source must be read to its end, or the process would block
            return
        try:
            if not self._created:
                ensure_stream(self._logs, self._group, self._stream)
                self._created = True
            self._logs.put_log_events(logGroupName=self._group, logStreamName=self._stream, logEvents=self._pending)
        except Exception as error:
            self._failure = error
        self._pending = []


def put_lines(logs: Any, group: str, stream: str, lines: list[str]) -> None:
    """Write ``lines`` into a log stream that may not exist yet."""
    ensure_stream(logs, group, stream)
    now = int(time.time() * 1000)
    logs.put_log_events(
        logGroupName=group,
        logStreamName=stream,
        logEvents=[{"timestamp": now, "message": line} for line in lines],
    )


def ensure_stream(logs: Any, group: str, stream: str) -> None:
    """Create group and stream where they are missing, as Glue does."""
    for create, names in (
        (logs.create_log_group, {"logGroupName": group}),
        (logs.create_log_stream, {"logGroupName": group, "logStreamName": stream}),
    ):
        try:
            create(**names)
        except logs.exceptions.ResourceAlreadyExistsException:
            continue
