"""The web server inside the container of a hosted model: ``serve.py SPEC``, in a process of its own.

https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-inference-code.html: GET /ping is 200 when the model is
loaded, POST /invocations is answered by the script's functions, called as the toolkit of the model's image calls them
(`localcloud_hosting`). The script is asked one request at a time and by one thread, as a worker of the containers'
servers asks it: it need not be thread-safe, and no request waits for another's thread. /ping has a socket and threads
of its own, so that it is answered meanwhile. Both are Unix sockets in a folder that is this user's alone: no web page
and no other user reaches them.
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
_WAITING = 128  # connections that are not accepted yet
_PATIENCE = 60  # seconds for the rest of a request that has begun

Respond = Callable[[str, str, dict[str, str], bytes], Answer]


def answer_one(file: io.BufferedIOBase, connection: socket.socket, respond: Respond) -> bool:
    """Read a request in HTTP/1.1 and answer it; False when the connection is over.

    `http.server` takes twice as long for the headers.

    Raises:
        ValueError: that was no HTTP.
    """
    first = file.readline(_LINE).decode("latin-1").split()
    if not first:
        return False
    headers = {}
    while (line := file.readline(_LINE)) not in (b"\r\n", b"\n", b""):
        name, _, value = line.decode("latin-1").partition(":")
        headers[name] = value.strip()
    known = {name.lower(): value for name, value in headers.items()}
    method, path, _ = first
    if known.get("expect", "").lower() == "100-continue":
        connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
    if (length := int(known.get("content-length", 0))) < 0:
        raise ValueError("Content-Length")
    body = file.read(length)
    if len(body) < length:
        return False
    connection.sendall(_rendered(respond(method, path, headers, body)))
    return True


def _rendered(answer: Answer) -> bytes:
    phrase = HTTPStatus(answer.status).phrase if answer.status in HTTPStatus._value2member_map_ else "Unknown"
    kind = f"Content-Type: {answer.content_type}\r\n" if answer.content_type else ""
    more = "".join(f"{name}: {value}\r\n" for name, value in answer.headers.items())
    head = f"HTTP/1.1 {answer.status:d} {phrase}\r\n{kind}{more}Content-Length: {len(answer.body)}\r\n\r\n"
    return bytes(head.encode("latin-1", "replace") + answer.body)


class Invocations:
    """POST /invocations, by the thread that serves, in the order in which requests come."""

    def __init__(self, hosted: Host, path: str) -> None:
        self._hosted = hosted
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(path)
        self._listener.listen(_WAITING)
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
        self._ready.register(connection, selectors.EVENT_READ, (connection, connection.makefile("rb")))

    def _answer(self, connection: socket.socket, file: io.BufferedIOBase) -> None:
        with contextlib.suppress(OSError, ValueError):  # it went away
            if answer_one(file, connection, self._respond):
                return
        self._ready.unregister(connection)
        file.close()
        connection.close()

    def _respond(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
        if (method, path) != ("POST", "/invocations"):
            return _not_served(method, path)
        return self._hosted.answer(Request(headers, body))


class Pings(socketserver.ThreadingUnixStreamServer):
    """GET /ping: 200."""

    daemon_threads = True

    def __init__(self, path: str) -> None:
        super().__init__(path, _Ping)

    @staticmethod
    def respond(method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
        return Answer(HTTPStatus.OK, _TEXT, b"") if (method, path) == ("GET", "/ping") else _not_served(method, path)


class _Ping(socketserver.StreamRequestHandler):
    server: Pings

    def handle(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            while answer_one(self.rfile, self.connection, self.server.respond):
                pass


def _not_served(method: str, path: str) -> Answer:
    return Answer(HTTPStatus.NOT_FOUND, _TEXT, f"{method} {path} is not served".encode())


def main() -> None:
    spec: dict[str, Any] = json.loads(Path(sys.argv[1]).read_text("utf-8"))
    invocations = Invocations(host(spec["model"]), spec["invocations"])
    threading.Thread(target=Pings(spec["pings"]).serve_forever, name="pings", daemon=True).start()
    gc.freeze()  # what is loaded stays: no collection has to look through it again
    invocations.serve()


if __name__ == "__main__":
    main()
