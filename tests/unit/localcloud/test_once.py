"""A repeated call of an engine is answered from memory; nobody else's is."""

from collections.abc import Iterable
from typing import Any

import pytest

from localcloud.once import Once


class Counting:
    """Does something with each request, and answers how often it has."""

    def __init__(self, status: str = "200 OK", body: bytes = b"", length: bool = True) -> None:
        self.done = self.closed = 0
        self._status, self._body, self._length = status, body, length

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        self.done += 1
        body = self._body or b"done %d" % self.done
        start_response(self._status, [("Content-Length", str(len(body)))] if self._length else [])
        return self._parts(body)

    def _parts(self, body: bytes) -> Iterable[bytes]:
        try:
            yield body[:3]
            yield body[3:]
        finally:
            self.closed += 1


def ask(application: Once, token: str | None, method: str = "POST") -> tuple[str, bytes]:
    told: list[str] = []
    environ = {"REQUEST_METHOD": method} | ({"HTTP_X_LOCALCLOUD_CALL": token} if token else {})
    body = b"".join(application(environ, lambda status, headers, *_: told.append(status)))
    return told[-1], body


def test_a_call_is_done_once_and_answered_as_often_as_it_is_made() -> None:
    application = Once(counting := Counting())
    assert ask(application, "a") == ask(application, "a") == ("200 OK", b"done 1")
    assert ask(application, "b") == ("200 OK", b"done 2")
    assert (counting.done, counting.closed) == (2, 2)


def test_calls_without_a_name_are_done_each_time() -> None:
    application = Once(Counting())
    assert [ask(application, None)[1] for _ in range(2)] == [b"done 1", b"done 2"]


@pytest.mark.parametrize(
    ("method", "answers"),
    [
        ("POST", {"status": "503 Slow Down"}),
        ("POST", {"status": "400 Bad Request"}),  # what throttles in JSON
        ("POST", {"body": b"x" * 20_000}),
        ("POST", {"length": False}),
        ("GET", {}),
        ("HEAD", {}),
    ],
)
def test_what_was_refused_or_only_reads_is_asked_for_again(method: str, answers: dict[str, Any]) -> None:
    application = Once(counting := Counting(**answers))
    assert ask(application, "a", method)[0] == ask(application, "a", method)[0]
    assert counting.done == 2


def test_the_oldest_answers_are_forgotten() -> None:
    application = Once(counting := Counting())
    for number in range(1_001):
        ask(application, str(number))
    assert ask(application, "1000")[1] == b"done 1001"
    ask(application, "0")
    assert counting.done == 1_002
