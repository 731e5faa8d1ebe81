"""What Lambda writes to CloudWatch Logs around a handler's own output."""

import contextlib
import json
import math
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

TAIL = 4096  # bytes of log in X-Amz-Log-Result


@dataclass(frozen=True)
class Invocation:
    """Facts of one finished invocation; times in seconds."""

    request_id: str
    version: str
    output: str
    duration: float
    memory_size_mb: int
    max_memory_mb: int
    init_duration: float | None
    status: str = "success"  # success | error | timeout
    note: str = ""


def render(invocation: Invocation, as_json: bool) -> str:
    """START, the handler's output, END and REPORT.

    https://docs.aws.amazon.com/lambda/latest/dg/python-logging.html and, for JSON,
    https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-advanced.html
    """
    body = invocation.output + ("" if not invocation.output or invocation.output.endswith("\n") else "\n")
    milliseconds = invocation.duration * 1000
    if as_json:
        return _json_start(invocation) + body + _json_report(invocation, milliseconds)
    head = f"START RequestId: {invocation.request_id} Version: {invocation.version}\n"
    note = f"{invocation.note}\n" if invocation.note else ""
    report = [
        f"REPORT RequestId: {invocation.request_id}",
        f"Duration: {milliseconds:.2f} ms",
        f"Billed Duration: {math.ceil(milliseconds)} ms",
        f"Memory Size: {invocation.memory_size_mb} MB",
        f"Max Memory Used: {invocation.max_memory_mb} MB",
    ]
    if invocation.init_duration is not None:
        report.append(f"Init Duration: {invocation.init_duration * 1000:.2f} ms")
    if invocation.status != "success":
        report.append(f"Status: {invocation.status}")
    return f"{head}{body}{note}END RequestId: {invocation.request_id}\n" + "\t".join(report) + "\n"


def _json_start(invocation: Invocation) -> str:
    record = {"requestId": invocation.request_id, "version": invocation.version}
    return _json_line("platform.start", record)


def _json_report(invocation: Invocation, milliseconds: float) -> str:
    metrics: dict[str, Any] = {
        "durationMs": round(milliseconds, 3),
        "billedDurationMs": math.ceil(milliseconds),
        "memorySizeMB": invocation.memory_size_mb,
        "maxMemoryUsedMB": invocation.max_memory_mb,
    }
    if invocation.init_duration is not None:
        metrics["initDurationMs"] = round(invocation.init_duration * 1000, 3)
    record = {"requestId": invocation.request_id, "metrics": metrics, "status": invocation.status}
    if invocation.note:
        record["errorType"] = invocation.note
    return _json_line("platform.report", record)


def _json_line(kind: str, record: dict[str, Any]) -> str:
    return json.dumps({"time": datetime.now(UTC).isoformat(), "type": kind, "record": record}) + "\n"


class LogGroup:
    """Writes text to a log group and stream, making the stream when it is missing, and its own default group.

    A group that the function was given belongs to somebody: with the permissions that Lambda asks for there
    (logs:CreateLogStream, logs:PutLogEvents) a deleted one does not come back with the last invocation's log
    (https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-loggroups.html).
    """

    def __init__(self, client: Any, group: str, *, owned: bool) -> None:
        self._client = client
        self.group = group
        self._owned = owned

    def write(self, stream: str, text: str) -> None:
        """Put the lines of ``text`` as events, at most 10,000 a call (PutLogEvents' limit)."""
        now = int(time.time() * 1000)
        events = [{"timestamp": now, "message": line} for line in text.splitlines() if line]
        missing = self._client.exceptions.ResourceNotFoundException
        for start in range(0, len(events), 10_000):
            request = {
                "logGroupName": self.group,
                "logStreamName": stream,
                "logEvents": events[start : start + 10_000],
            }
            try:
                self._client.put_log_events(**request)
            except missing:
                if self._create(stream):
                    self._client.put_log_events(**request)

    def _create(self, stream: str) -> bool:
        """Make what is missing; False when the group is somebody's and gone."""
        errors = self._client.exceptions
        if not self._owned:
            with contextlib.suppress(errors.ResourceAlreadyExistsException):
                self._client.create_log_group(logGroupName=self.group)
        try:
            self._client.create_log_stream(logGroupName=self.group, logStreamName=stream)
        except errors.ResourceAlreadyExistsException:
            return True
        except errors.ResourceNotFoundException:
            return False
        return True
