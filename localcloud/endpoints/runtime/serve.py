"""The web server inside the container of a hosted model: ``serve.py SPEC``; stdlib only, in a process of its own.

https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-inference-code.html: GET /ping is 200 when the model is
loaded, POST /invocations is answered by the script's functions. The script is asked one request at a time, as a worker
of the containers' model server asks it, so that it need not be thread-safe; connections have a thread each, so that
/ping is answered meanwhile.

An error with a ``status_code`` is answered with that status and the error's message, any other with 500; as in
https://github.com/aws/sagemaker-inference-toolkit, except that the traceback goes into the log only.
"""

import gc
import json
import socketserver
import sys
import threading
import traceback
from http import HTTPStatus
from pathlib import Path
from typing import Any

from handlers import Handlers  # type: ignore[import-not-found]  # of localcloud.sagemaker, on the path where it runs

_LINE = 65536
_TEXT = "text/plain; charset=utf-8"
_FORBIDDEN = b"HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"

Answer = tuple[int, str, bytes]  # status, content type, body


class Server(socketserver.ThreadingTCPServer):
    """Serves one loaded model."""

    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, handlers: Handlers) -> None:
        super().__init__(("localhost", 0), Connection)
        self._handlers = handlers
        self._worker = threading.Lock()

    def respond(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
        if (method, path) == ("GET", "/ping"):
            return HTTPStatus.OK, _TEXT, b""
        if (method, path) != ("POST", "/invocations"):
            return HTTPStatus.NOT_FOUND, _TEXT, f"{method} {path} is not served".encode()
        try:
            with self._worker:
                answer, kind = self._handlers.answer(body, headers.get("content-type", ""), headers.get("accept", ""))
        except BaseException as error:
            return _refusal(error)
        return HTTPStatus.OK, kind or "application/octet-stream", answer


class Connection(socketserver.StreamRequestHandler):
    """HTTP/1.1 on one connection, which stays open. `http.server` takes twice as long for its headers."""

    disable_nagle_algorithm = True  # the answer is sent at once, not when the client has acknowledged its beginning
    server: Server

    def handle(self) -> None:
        while line := self.rfile.readline(_LINE):
            first = line.decode("latin-1").split()
            headers = {}
            while (line := self.rfile.readline(_LINE)) not in (b"\r\n", b"\n", b""):
                name, _, value = line.decode("latin-1").partition(":")
                headers[name.lower()] = value.strip()
            if not self._from_the_cloud(first, headers):
                self.wfile.write(_FORBIDDEN)
                return
            method, path, _ = first
            if headers.get("expect", "").lower() == "100-continue":
                self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            body = self.rfile.read(int(headers.get("content-length", 0)))
            status, kind, answer = self.server.respond(method, path, headers, body)
            head = f"HTTP/1.1 {status:d} {HTTPStatus(status).phrase}\r\nContent-Type: {kind}\r\n"
            self.wfile.write(f"{head}Content-Length: {len(answer)}\r\n\r\n".encode("latin-1") + answer)

    def _from_the_cloud(self, first: list[str], headers: dict[str, str]) -> bool:
        """Whether a request is one that the cloud makes: a web page's names another host, or its origin."""
        told = headers.get("host") == f"localhost:{self.server.server_address[1]}"
        foreign = "origin" in headers or "sec-fetch-site" in headers
        return told and not foreign and len(first) == 3 and headers.get("content-length", "0").isdecimal()


def _refusal(error: BaseException) -> Answer:
    status = getattr(error, "status_code", None)
    if isinstance(status, int) and status in HTTPStatus._value2member_map_ and status >= HTTPStatus.BAD_REQUEST:
        return status, _TEXT, str(getattr(error, "message", None) or error).encode()
    traceback.print_exception(error)
    return HTTPStatus.INTERNAL_SERVER_ERROR, _TEXT, f"{type(error).__name__}: {error}".encode()


def main() -> None:
    spec: dict[str, Any] = json.loads(Path(sys.argv[1]).read_text("utf-8"))
    server = Server(Handlers(spec["script"], spec["model_dir"]))
    gc.freeze()  # what is loaded stays: no collection has to look through it again
    port = Path(spec["port"])
    told = port.with_suffix(".new")
    told.write_text(str(server.server_address[1]))
    told.replace(port)  # whoever sees the file sees all of it
    server.serve_forever()


if __name__ == "__main__":
    main()
