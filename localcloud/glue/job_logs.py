"""What a run prints, in CloudWatch Logs, while it runs."""

import threading
import time
from typing import IO, Any

_FLUSH_SECONDS = 1.0
_BATCH_EVENTS = 1000  # PutLogEvents takes 10,000
_EVENT_BYTES = 250_000  # CloudWatch Logs cuts at 256 KB


def log_groups(arguments: dict[str, str]) -> tuple[str, str, str]:
    """Groups for output and errors, and the common prefix that JobRun calls LogGroupName.

    https://docs.aws.amazon.com/glue/latest/dg/monitor-continuous-logging.html (--custom-logGroup-prefix).
    """
    prefix = arguments.get("--custom-logGroup-prefix") or "/aws-glue/jobs"
    return f"{prefix}/output", f"{prefix}/error", prefix


def log_stream(arguments: dict[str, str], run_id: str) -> str:
    """The run's id, or ``--custom-logStream-prefix`` with ``-driver``."""
    prefix = arguments.get("--custom-logStream-prefix")
    return f"{prefix}-driver" if prefix else run_id


class LogShipper:
    """Copies one stream of bytes into one log stream, line by line."""

    def __init__(self, logs: Any, group: str, stream: str, source: IO[bytes]) -> None:
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

    def _copy(self, source: IO[bytes]) -> None:
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
                self._create()
            self._logs.put_log_events(logGroupName=self._group, logStreamName=self._stream, logEvents=self._pending)
        except Exception as error:
            self._failure = error
        self._pending = []

    def _create(self) -> None:
        for create, names in (
            (self._logs.create_log_group, {"logGroupName": self._group}),
            (self._logs.create_log_stream, {"logGroupName": self._group, "logStreamName": self._stream}),
        ):
            try:
                create(**names)
            except self._logs.exceptions.ResourceAlreadyExistsException:
                continue
        self._created = True
