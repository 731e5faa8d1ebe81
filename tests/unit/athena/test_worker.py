"""The process of a query hears every request, however fast they come."""

import threading
from collections.abc import Iterator
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from typing import Any

import pytest

from localcloud.athena.worker import Worker


class Duck:
    """DuckDB, which answers at once, or when it is interrupted."""

    def __init__(self) -> None:
        self.interrupted = threading.Event()

    def interrupt(self) -> None:
        self.interrupted.set()

    def execute(self, sql: str) -> "Duck":
        if sql == "wait" and self.interrupted.wait(20):
            raise InterruptedError("Interrupted!")
        return self

    def fetchall(self) -> list[tuple[int]]:
        return [(1,)]


@pytest.fixture
def cloud() -> Iterator[Connection]:
    ours, theirs = Pipe()

    def serve() -> None:
        with theirs:
            try:
                Worker(Duck(), theirs, memory=0).serve()
            except EOFError:
                return

    thread = threading.Thread(target=serve)
    thread.start()
    with ours:
        yield ours
    thread.join(20)
    assert not thread.is_alive()


def ask(cloud: Connection, sql: str) -> Any:
    cloud.send(("rows", sql, ""))
    assert cloud.poll(20), "the request was not heard"
    return cloud.recv()


def test_a_request_that_follows_an_answer_at_once(cloud: Connection) -> None:
    assert [ask(cloud, "select 1") for _ in range(2_000)] == [(None, [(1,)])] * 2_000


def test_an_interrupt_while_it_works(cloud: Connection) -> None:
    cloud.send("interrupt")
    assert ask(cloud, "select 1") == (None, [(1,)]), "there was nothing to interrupt"
    cloud.send("interrupt")
    assert ask(cloud, "wait") == ("InterruptedError", "Interrupted!")
