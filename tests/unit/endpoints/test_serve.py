"""The web server of a container, asked directly."""

import http.client
import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from werkzeug.exceptions import InternalServerError

from localcloud.endpoints.worker import SERVE

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


@pytest.fixture(scope="module")
def ports(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, int]]:
    """Of invocations, and of pings."""
    folder = tmp_path_factory.mktemp("container")
    (folder / "inference.py").write_text(SCRIPT)
    told = folder / "ports"
    model = {
        "code": str(folder),
        "module": "inference",
        "model_dir": str(folder),
        "handlers": "xgboost",
        "missing": [],
    }
    spec = {"model": {**model, "serving": "sagemaker-containers"}, "ports": str(told)}
    (folder / "spec.json").write_text(json.dumps(spec))
    process = subprocess.Popen([sys.executable, str(SERVE), str(folder / "spec.json")])
    try:
        yield _ports(told, process)
    finally:
        process.kill()
        process.wait()


def _ports(told: Path, process: "subprocess.Popen[bytes]") -> tuple[int, int]:
    while not told.exists():
        assert process.poll() is None, "it did not start"
    invocations, pings = told.read_text().split()
    return int(invocations), int(pings)


@pytest.fixture
def connection(ports: tuple[int, int]) -> Iterator[http.client.HTTPConnection]:
    found = http.client.HTTPConnection("localhost", ports[0], timeout=20)
    yield found
    found.close()


@pytest.fixture
def pings(ports: tuple[int, int]) -> Iterator[http.client.HTTPConnection]:
    found = http.client.HTTPConnection("localhost", ports[1], timeout=20)
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
    ports: tuple[int, int], pings: http.client.HTTPConnection
) -> None:
    connections = [http.client.HTTPConnection("localhost", ports[0], timeout=20) for _ in range(2)]
    with ThreadPoolExecutor(2) as pool:
        answers = [pool.submit(ask, connection, "POST", "/invocations", b"slow") for connection in connections]
        assert ask(pings, "GET", "/ping") == (200, b"")
        assert not all(answer.done() for answer in answers)
        assert [answer.result()[0] for answer in answers] == [200, 200]
    for connection in connections:
        connection.close()


def test_a_client_that_goes_away_ends_its_connection_only(
    ports: tuple[int, int], connection: http.client.HTTPConnection
) -> None:
    head = f"POST /invocations HTTP/1.1\r\nHost: localhost:{ports[0]}\r\nContent-Length: 9\r\n\r\n".encode()
    for sent in (b"", head[:20], head, head + b"123"):
        with socket.create_connection(("localhost", ports[0])) as other:
            other.sendall(sent)
        assert ask(connection, "POST", "/invocations")[0] == 200


def test_a_client_that_waits_to_be_told_to_go_on_is_told(connection: http.client.HTTPConnection) -> None:
    connection.connect()
    host = b"Host: localhost:%d" % connection.port
    head = b"POST /invocations HTTP/1.1\r\n%s\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n" % host
    connection.sock.sendall(head)
    assert connection.sock.recv(100).startswith(b"HTTP/1.1 100 Continue")
    connection.sock.sendall(b"ab")
    assert b"200 OK" in connection.sock.recv(1000)


@pytest.mark.parametrize(
    "head",
    [
        "POST /invocations HTTP/1.1\r\nHost: evil.example:{port}",
        "POST /invocations HTTP/1.1\r\nHost: localhost:1",
        "POST /invocations HTTP/1.1",
        "POST /invocations HTTP/1.1\r\nHost: localhost:{port}\r\nOrigin: http://evil.example",
        "POST /invocations HTTP/1.1\r\nHost: localhost:{port}\r\nOrigin: null",
        "GET /ping HTTP/1.1\r\nHost: localhost:{port}\r\nSec-Fetch-Site: cross-site",
        "GET /ping HTTP/1.1\r\nHost: localhost:{port}\r\nsec-fetch-site: none",
        "OPTIONS /invocations HTTP/1.1\r\nHost: localhost:{port}\r\nOrigin: http://localhost:{port}",
        "POST /invocations HTTP/1.1\r\nHost: localhost:{port}\r\nContent-Length: x",
        "POST /invocations HTTP/1.1\r\nHost: localhost:{port}\r\nContent-Length: -1",
        "garbage",
        "GET / HTTP/1.1 more\r\nHost: localhost:{port}",
    ],
)
def test_only_the_cloud_is_answered(connection: http.client.HTTPConnection, head: str) -> None:
    connection.connect()
    connection.sock.sendall(f"{head.format(port=connection.port)}\r\n\r\n".encode())
    answer = b"".join(iter(lambda: connection.sock.recv(1000), b""))
    assert answer.startswith(b"HTTP/1.1 403 ")
    assert answer.endswith(b"\r\n\r\n"), "it is closed, and nothing of the model is told"
