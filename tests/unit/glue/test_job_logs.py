"""Output of a process in CloudWatch Logs, without CloudWatch Logs."""

import threading
from collections.abc import Iterator
from typing import Any

from localcloud.glue.job_logs import LogShipper


class Logs:
    """What a shipper calls."""

    class exceptions:  # noqa: N801 - as boto3 names it
        ResourceAlreadyExistsException = KeyError

    def __init__(self) -> None:
        self.groups: list[str] = []
        self.messages: list[str] = []

    def create_log_group(self, **request: Any) -> None:
        self.groups.append(request["logGroupName"])

    def create_log_stream(self, **request: Any) -> None:
        pass

    def put_log_events(self, **request: Any) -> None:
        self.messages += [event["message"] for event in request["logEvents"]]


def test_lines_arrive_in_order() -> None:
    logs = Logs()
    LogShipper(logs, "group", "stream", [b"a\n", b"\n", b"b\n"], threading.Event()).finish()
    assert (logs.groups, logs.messages) == (["group"], ["a", "b"])


def test_a_last_line_does_not_make_its_group_again_in_the_next_cloud() -> None:
    """What a killed process had printed is read after a reset."""
    logs, ended = Logs(), threading.Event()

    def killed() -> Iterator[bytes]:
        ended.set()
        yield b"its last words\n"

    LogShipper(logs, "group", "stream", killed(), ended).finish()
    assert logs.groups == logs.messages == []
