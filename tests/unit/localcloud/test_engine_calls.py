"""Engines' clients against a server that answers as it is told."""

import io
import re
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from localcloud.standalone.engine_calls import HEADER, client, engine_client, fetch, read

JSON = "application/x-amz-json-1.1"
OK = (200, b'{"Table": {"Name": "t"}}')
SIGNER = {"region_name": "us-east-1", "aws_access_key_id": "a", "aws_secret_access_key": "b"}


def error(status: int, code: str) -> tuple[int, bytes]:
    return status, b'{"__type": "%s", "message": "no"}' % code.encode()


class Script:
    """What the server says, one answer a request; ``promise`` makes the length it tells longer than the body."""

    def __init__(self) -> None:
        self.answers: list[Any] = []
        self.tokens: list[str | None] = []
        self.paths: list[str] = []
        self.url = ""

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        handler.rfile.read(int(handler.headers.get("Content-Length", 0)))
        self.tokens.append(handler.headers.get(HEADER))
        self.paths.append(handler.path)
        told = self.answers.pop(0)
        if told == "reset":
            handler.close_connection = True
            return
        status, body, *promise = told
        handler.send_response(status)
        handler.send_header("Content-Type", JSON)
        handler.send_header("ETag", '"1"')
        handler.send_header("Content-Length", str(promise[0] if promise else len(body)))
        handler.send_header("Connection", "close")  # the next attempt is not sent into it
        handler.end_headers()
        handler.wfile.write(body)
        handler.close_connection = True


@pytest.fixture
def script() -> Iterator[Script]:
    told = Script()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            told.answer(self)

        def do_GET(self) -> None:
            told.answer(self)

        def do_HEAD(self) -> None:
            told.answer(self)

        def log_message(self, *_: Any) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    told.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield told
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def glue(script: Script) -> Callable[..., Any]:
    """A client of an engine, and the pauses it makes."""

    def make(attempts: int = 4, pauses: list[float] | None = None, goes_on: bool = True) -> Any:
        def pause(seconds: float) -> bool:
            if pauses is not None:
                pauses.append(seconds)
            return goes_on

        return engine_client("glue", attempts, pause, endpoint_url=script.url, **SIGNER)

    return make


PASSING = {
    "throttled": error(400, "ThrottlingException"),
    "limited": error(400, "LimitExceededException"),
    "fault": error(500, "InternalServiceException"),
    "bad gateway": (502, b"<html>"),
    "unavailable": error(503, "ServiceUnavailable"),
    "timed out": (504, b""),
    "too many": (429, b""),
    "reset": "reset",
    "half": (200, OK[1][:10], len(OK[1])),
    "nothing": (200, b"", len(OK[1])),
}


@pytest.mark.parametrize("first", PASSING.values(), ids=PASSING)
def test_what_may_pass_is_tried_again_as_the_same_call(glue: Any, script: Script, first: Any) -> None:
    pauses: list[float] = []
    script.answers = [first, first, OK, OK]
    made = glue(pauses=pauses)
    assert made.get_table(DatabaseName="d", Name="t")["Table"]["Name"] == "t"
    assert len(script.tokens) == 3
    assert len(set(script.tokens)) == 1
    assert None not in script.tokens
    assert len(pauses) == 2
    assert all(0 <= seconds <= 2**at for at, seconds in enumerate(pauses))
    made.get_table(DatabaseName="d", Name="t")
    assert script.tokens[3] != script.tokens[2], "another call has another name"


@pytest.mark.parametrize("last", PASSING.values(), ids=PASSING)
def test_it_ends_with_what_came_last(glue: Any, script: Script, last: Any) -> None:
    script.answers = [last] * 4
    with pytest.raises((ClientError, BotoCoreError)):
        glue().get_table(DatabaseName="d", Name="t")
    assert len(script.tokens) == 4


@pytest.mark.parametrize("code", ["EntityNotFoundException", "AccessDeniedException", "InvalidInputException"])
def test_what_will_not_pass_is_not_tried_again(glue: Any, script: Script, code: str) -> None:
    script.answers = [error(400, code)]
    with pytest.raises(ClientError, match=code):
        glue().get_table(DatabaseName="d", Name="t")
    assert len(script.tokens) == 1


def test_nothing_is_tried_again_when_the_cloud_ends(glue: Any, script: Script) -> None:
    script.answers = [error(400, "ThrottlingException")]
    with pytest.raises(ClientError, match="ThrottlingException"):
        glue(goes_on=False).get_table(DatabaseName="d", Name="t")
    assert len(script.tokens) == 1


def test_a_client_of_nobody_sees_every_answer(script: Script) -> None:
    script.answers = [error(400, "ThrottlingException")]
    with pytest.raises(ClientError, match="ThrottlingException"):
        client("glue", endpoint_url=script.url, **SIGNER).get_table(DatabaseName="d", Name="t")
    assert script.tokens == [None]


def test_many_failures_of_one_call_are_told(glue: Any, script: Script, caplog: pytest.LogCaptureFixture) -> None:
    script.answers = [error(400, "ThrottlingException")] * 6 + [OK]
    glue(attempts=8).get_table(DatabaseName="d", Name="t")
    assert [record.getMessage() for record in caplog.records if "is tried again" in record.message] == [
        f"glue:GetTable has failed {times} times and is tried again: ThrottlingException" for times in (5, 6)
    ]


BODY = bytes(range(256)) * 40


@pytest.mark.parametrize("broken", [(200, BODY[:100], len(BODY)), (200, b"", len(BODY))], ids=["half", "nothing"])
def test_an_object_whose_body_breaks_off_is_read_again_from_its_start(script: Script, broken: Any) -> None:
    s3 = engine_client("s3", 4, lambda _: True, endpoint_url=script.url, **SIGNER)
    script.answers = [broken, broken, (200, BODY), broken, (200, BODY)]
    file = io.BytesIO()
    fetch(s3, "bucket", "key", file)
    assert file.getvalue() == BODY
    assert read(s3, "bucket", "key", VersionId="7") == BODY
    assert script.paths == ["/bucket/key"] * 3 + ["/bucket/key?versionId=7"] * 2


def test_a_body_that_always_breaks_off_is_an_error(script: Script) -> None:
    s3 = engine_client("s3", 4, lambda _: True, endpoint_url=script.url, **SIGNER)
    script.answers = [(200, BODY[:100], len(BODY))] * 16
    with pytest.raises(BotoCoreError):
        read(s3, "bucket", "key")
    assert script.answers == []


def test_an_answer_to_head_has_a_length_and_no_body(script: Script) -> None:
    s3 = engine_client("s3", 4, lambda _: True, endpoint_url=script.url, **SIGNER)
    script.answers = [(200, b"", 1_000)]
    assert s3.head_object(Bucket="bucket", Key="key")["ContentLength"] == 1_000
    assert len(script.tokens) == 1


def test_engines_have_no_other_clients(repository: Path) -> None:
    """A client that tries once, and goes past the proxy, is for users and tests."""
    ours = {"__init__.py", "standalone/engine_calls.py"}
    found = {
        path.relative_to(repository / "localcloud").as_posix()
        for path in (repository / "localcloud").rglob("*.py")
        if re.search(r"(cloud|current\(\))\.client\(|boto3\.(client|resource|Session)\(", path.read_text("utf-8"))
    }
    assert found == ours
