"""What a run prints, in CloudWatch Logs, while it runs."""

import queue
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
    """Copies one stream of bytes into one log stream, line by line, until the cloud that it works for is ``ended``.

    A line that came later would make its log group again in the next cloud, where a stack wants to create it.
    """

    def __init__(
        self, logs: Any, group: str, stream: str, source: Iterable[bytes], ended: threading.Event | None = None
    ) -> None:
        self._cloud_ended = ended or threading.Event()
        self._logs, self._group, self._stream = logs, group, stream
        self._lines: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._created = False
        self._failure: Exception | None = None
        self._threads = [
            threading.Thread(target=self._read, args=(source,), name=f"glue-output-{stream}", daemon=True),
            threading.Thread(target=self._ship, name=f"glue-log-{stream}", daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    def finish(self) -> None:
        """Wait for the end of the source. Raises what CloudWatch Logs answered, if it was an error."""
        for thread in self._threads:
            thread.join()
        if self._failure is not None:
            raise self._failure

    def _read(self, source: Iterable[bytes]) -> None:
        """To the end whatever happens to the lines, or the process would block."""
        for line in source:
            self._lines.put(line)
        self._lines.put(None)

    def _ship(self) -> None:
        """Every second what has come by then: also the last line of a script that goes on in silence."""
        ended = False
        while not ended:
            events, ended = self._batch()
            if events and self._failure is None and not self._cloud_ended.is_set():
                try:
                    self._put(events)
                except Exception as error:
                    self._failure = error

    def _batch(self) -> tuple[list[dict[str, Any]], bool]:
        """The lines of the next second, and whether they are the last."""
        events: list[dict[str, Any]] = []
        deadline = time.monotonic() + _FLUSH_SECONDS
        while len(events) < _BATCH_EVENTS:
            try:
                line = self._lines.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                return events, False
            if line is None:
                return events, True
            if text := line.rstrip(b"\r\n")[:_EVENT_BYTES].decode(errors="replace"):
                events.append({"timestamp": int(time.time() * 1000), "message": text})
        return events, False

    def _put(self, events: list[dict[str, Any]]) -> None:
        if not self._created:
            ensure_stream(self._logs, self._group, self._stream)
            self._created = True
        self._logs.put_log_events(logGroupName=self._group, logStreamName=self._stream, logEvents=events)


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
