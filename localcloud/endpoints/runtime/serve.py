"""The web server inside the container of a hosted model: ``serve.py SPEC``, in a process of its own.

https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-inference-code.html: GET /ping is 200 when the model is
loaded, POST /invocations is answered by the script's functions, called as the toolkit of the model's image calls them
(`localcloud_hosting`). The script is asked one request at a time and by one thread, as a worker of the containers'
servers asks it: it need not be thread-safe, and no request waits for another's thread. /ping has a port and threads of
its own, so that it is answered meanwhile.
"""

import contextlib
import gc
import io
import json
import selectors
import socket
import socketserver
import struct
import sys
import threading
from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path
from typing import Any

# Last: what a script brings comes first
sys.path.append(str(Path(__file__).parents[2] / "sagemaker" / "runtime"))
from localcloud_hosting import Answer, Host, Request, host  # type: ignore[import-not-found]

_LINE = 65536
_TEXT = "text/plain; charset=utf-8"
_FORBIDDEN = b"HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
_WAITING = 128  # connections that are not accepted yet
_PATIENCE = 60  # seconds for the rest of a request that has begun

Respond = Callable[[str, str, dict[str, str], bytes], Answer]


def answer_one(file: io.BufferedIOBase, connection: socket.socket, port: int, respond: Respond) -> bool:
    """Read a request in HTTP/1.1 and answer it; False when the connection is over.

    `http.server` takes twice as long for the headers.
    """
    first = file.readline(_LINE).decode("latin-1").split()
    if not first:
        return False
    headers = {}
    while (line := file.readline(_LINE)) not in (b"\r\n", b"\n", b""):
        name, _, value = line.decode("latin-1").partition(":")
        headers[name] = value.strip()
    known = {name.lower(): value for name, value in headers.items()}
    if not _from_the_cloud(first, known, port):
        connection.sendall(_FORBIDDEN)
        return False
    method, path, _ = first
    if known.get("expect", "").lower() == "100-continue":
        connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
    length = int(known.get("content-length", 0))
    body = file.read(length)
    if len(body) < length:
        return False
    connection.sendall(_rendered(respond(method, path, headers, body)))
    return True


def _from_the_cloud(first: list[str], headers: dict[str, str], port: int) -> bool:
    """Whether a request is one that the cloud makes: a web page's names another host, or its origin."""
    told = headers.get("host") == f"localhost:{port}"
    foreign = "origin" in headers or "sec-fetch-site" in headers
    return told and not foreign and len(first) == 3 and headers.get("content-length", "0").isdecimal()


def _rendered(answer: Answer) -> bytes:
    phrase = HTTPStatus(answer.status).phrase if answer.status in HTTPStatus._value2member_map_ else "Unknown"
    kind = f"Content-Type: {answer.content_type}\r\n" if answer.content_type else ""
    more = "".join(f"{name}: {value}\r\n" for name, value in answer.headers.items())
    head = f"HTTP/1.1 {answer.status:d} {phrase}\r\n{kind}{more}Content-Length: {len(answer.body)}\r\n\r\n"
    return bytes(head.encode("latin-1", "replace") + answer.body)


class Invocations:
    """POST /invocations, by the thread that serves, in the order in which requests come."""

    def __init__(self, hosted: Host) -> None:
        self._hosted = hosted
        self._listener = socket.create_server(("localhost", 0), backlog=_WAITING)
        self.port: int = self._listener.getsockname()[1]
        self._ready = selectors.DefaultSelector()

    def serve(self) -> None:
        """For ever."""
        self._ready.register(self._listener, selectors.EVENT_READ)
        while True:
            for key, _ in self._ready.select():
                if key.fileobj is self._listener:
                    self._accept()
                else:
                    self._answer(*key.data)

    def _accept(self) -> None:
        connection, _ = self._listener.accept()
        # by the kernel: a timeout of Python's asks it before every call
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("ll", _PATIENCE, 0))
        # the answer is sent at once, not when the client has acknowledged its beginning
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._ready.register(connection, selectors.EVENT_READ, (connection, connection.makefile("rb")))

    def _answer(self, connection: socket.socket, file: io.BufferedIOBase) -> None:
        with contextlib.suppress(OSError):  # it went away
            if answer_one(file, connection, self.port, self._respond):
                return
        self._ready.unregister(connection)
        file.close()
        connection.close()

    def _respond(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
        if (method, path) != ("POST", "/invocations"):
            return _not_served(method, path)
        return self._hosted.answer(Request(headers, body))


class Pings(socketserver.ThreadingTCPServer):
    """GET /ping: 200."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("localhost", 0), _Ping)
        self.port: int = self.server_address[1]

    @staticmethod
    def respond(method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
        return Answer(HTTPStatus.OK, _TEXT, b"") if (method, path) == ("GET", "/ping") else _not_served(method, path)


class _Ping(socketserver.StreamRequestHandler):
    server: Pings

    def handle(self) -> None:
        while answer_one(self.rfile, self.connection, self.server.port, self.server.respond):
            pass


def _not_served(method: str, path: str) -> Answer:
    return Answer(HTTPStatus.NOT_FOUND, _TEXT, f"{method} {path} is not served".encode())


def main() -> None:
    spec: dict[str, Any] = json.loads(Path(sys.argv[1]).read_text("utf-8"))
    invocations, pings = Invocations(host(spec["model"])), Pings()
    threading.Thread(target=pings.serve_forever, name="pings", daemon=True).start()
    gc.freeze()  # what is loaded stays: no collection has to look through it again
    ports = Path(spec["ports"])
    told = ports.with_suffix(".new")
    told.write_text(f"{invocations.port} {pings.port}")
    told.replace(ports)  # whoever sees the file sees all of it
    invocations.serve()


if __name__ == "__main__":
    main()
