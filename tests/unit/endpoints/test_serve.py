"""The web server of a container, asked directly."""

import http.client
import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from werkzeug.exceptions import InternalServerError

from localcloud.endpoints.worker import SERVE
from localcloud.processes.folders import TemporaryFolder

SCRIPT = """
import time
from sagemaker_containers.beta.framework import worker
busy = []
def model_fn(model_dir):
    return model_dir
def transform_fn(model, body, content_type, accept):
    if body == "teapot":
        return worker.Response(response="short and stout", status=418, mimetype="text/plain")
    if body == "error":
        raise ValueError("seven")
    if body == "slow":
        assert not busy, "it was asked while it was at work"
        busy.append(True)
        time.sleep(0.3)
        busy.clear()
    if body == "exit":
        raise SystemExit(3)
    return f"{content_type} {len(body)} {accept}", "text/plain"
"""


class Connection(http.client.HTTPConnection):
    """To a Unix socket."""

    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=20)
        self.path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self.path))


@pytest.fixture(scope="module")
def sockets(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Path]]:
    """Of invocations, and of pings."""
    folder = tmp_path_factory.mktemp("container")
    (folder / "inference.py").write_text(SCRIPT)
    model = {
        "code": str(folder),
        "module": "inference",
        "model_dir": str(folder),
        "handlers": "xgboost",
        "missing": [],
    }
    with TemporaryFolder("test") as short:
        invocations, pings = short / "i", short / "p"
        spec = {"model": {**model, "serving": "sagemaker-containers"}, "invocations": str(invocations)}
        (folder / "spec.json").write_text(json.dumps({**spec, "pings": str(pings)}))
        process = subprocess.Popen([sys.executable, str(SERVE), str(folder / "spec.json")])
        try:
            while not _listens(pings):
                assert process.poll() is None, "it did not start"
                time.sleep(0.01)
            yield invocations, pings
        finally:
            process.kill()
            process.wait()


def _listens(path: Path) -> bool:
    connection = Connection(path)
    try:
        connection.connect()
    except OSError:
        return False
    finally:
        connection.close()
    return True


@pytest.fixture
def connection(sockets: tuple[Path, Path]) -> Iterator[http.client.HTTPConnection]:
    found = Connection(sockets[0])
    yield found
    found.close()


@pytest.fixture
def pings(sockets: tuple[Path, Path]) -> Iterator[http.client.HTTPConnection]:
    found = Connection(sockets[1])
    yield found
    found.close()


def ask(
    connection: http.client.HTTPConnection, method: str, path: str, body: bytes = b"", **headers: str
) -> tuple[int, bytes]:
    connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
    response = connection.getresponse()
    return response.status, response.read()


def test_pings_on_one_connection(pings: http.client.HTTPConnection) -> None:
    assert ask(pings, "GET", "/ping") == (200, b"")
    first = pings.sock
    assert ask(pings, "GET", "/ping") == (200, b"")
    assert pings.sock is first
    assert ask(pings, "POST", "/invocations")[0] == 404


def test_invocations_on_one_connection(connection: http.client.HTTPConnection) -> None:
    assert ask(connection, "POST", "/invocations")[0] == 200
    first = connection.sock
    for number in range(3):
        answer = ask(connection, "POST", "/invocations", b"x" * number, Content_Type="text/csv", Accept="*/*")
        assert answer == (200, b"text/csv %d application/json" % number)
    assert connection.sock is first


@pytest.mark.parametrize(("method", "path"), [("GET", "/invocations"), ("GET", "/ping"), ("POST", "/models")])
def test_nothing_else_is_served(connection: http.client.HTTPConnection, method: str, path: str) -> None:
    assert ask(connection, method, path)[0] == 404


@pytest.mark.parametrize(
    ("body", "answer"),
    [
        (b"teapot", (418, b"short and stout")),
        (b"error", (500, InternalServerError().get_response().get_data())),
        (b"exit", (500, b"SystemExit: 3")),
    ],
)
def test_an_error_is_answered_with_its_status_and_message(
    connection: http.client.HTTPConnection, body: bytes, answer: tuple[int, bytes]
) -> None:
    assert ask(connection, "POST", "/invocations", body) == answer
    assert ask(connection, "POST", "/invocations")[0] == 200


def test_the_script_is_asked_one_request_at_a_time_and_pings_are_answered_meanwhile(
    sockets: tuple[Path, Path], pings: http.client.HTTPConnection
) -> None:
    connections = [Connection(sockets[0]) for _ in range(2)]
    with ThreadPoolExecutor(2) as pool:
        answers = [pool.submit(ask, connection, "POST", "/invocations", b"slow") for connection in connections]
        assert ask(pings, "GET", "/ping") == (200, b"")
        assert not all(answer.done() for answer in answers)
        assert [answer.result()[0] for answer in answers] == [200, 200]
    for connection in connections:
        connection.close()


def test_a_client_that_goes_away_ends_its_connection_only(
    sockets: tuple[Path, Path], connection: http.client.HTTPConnection
) -> None:
    head = b"POST /invocations HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n"
    for sent in (b"", head[:20], head, head + b"123"):
        other = Connection(sockets[0])
        other.connect()
        other.sock.sendall(sent)
        other.close()
        assert ask(connection, "POST", "/invocations")[0] == 200


def test_a_client_that_waits_to_be_told_to_go_on_is_told(connection: http.client.HTTPConnection) -> None:
    connection.connect()
    head = b"POST /invocations HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n"
    connection.sock.sendall(head)
    assert connection.sock.recv(100).startswith(b"HTTP/1.1 100 Continue")
    connection.sock.sendall(b"ab")
    assert b"200 OK" in connection.sock.recv(1000)


@pytest.mark.parametrize(
    "head",
    [
        "garbage",
        "GET / HTTP/1.1 more",
        "POST /invocations HTTP/1.1\r\nContent-Length: x",
        "POST /invocations HTTP/1.1\r\nContent-Length: -1",
    ],
)
def test_what_is_no_http_ends_its_connection_only(
    connection: http.client.HTTPConnection, pings: http.client.HTTPConnection, head: str
) -> None:
    for asked in (connection, pings):
        asked.connect()
        asked.sock.sendall(f"{head}\r\n\r\n".encode())
        assert asked.sock.recv(1000) == b""
        asked.close()
    assert ask(connection, "POST", "/invocations")[0] == 200
    assert ask(pings, "GET", "/ping") == (200, b"")


def test_nobody_else_reaches_the_sockets(sockets: tuple[Path, Path]) -> None:
    assert not sockets[0].parent.stat().st_mode & 0o077
