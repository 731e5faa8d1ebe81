"""The web server inside the container of a hosted model: ``serve.py SPEC``, in a process of its own.

https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-inference-code.html: GET /ping is 200 when the model is
loaded, POST /invocations is answered by the script's functions, called as the toolkit of the model's image calls them
(`localcloud_hosting`). The script is asked one request at a time, as a worker of the containers' servers asks it, so
that it need not be thread-safe; connections have a thread each, so that /ping is answered meanwhile.
"""

import gc
import json
import socketserver
import sys
import threading
from http import HTTPStatus
from pathlib import Path
from typing import Any

# Last: what a script brings comes first
sys.path.append(str(Path(__file__).parents[2] / "sagemaker" / "runtime"))
from localcloud_hosting import Answer, Host, Request, host  # type: ignore[import-not-found]

_LINE = 65536
_TEXT = "text/plain; charset=utf-8"
_FORBIDDEN = b"HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"


class Server(socketserver.ThreadingTCPServer):
    """Serves one loaded model."""

    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, hosted: Host) -> None:
        super().__init__(("localhost", 0), Connection)
        self._hosted = hosted
        self._worker = threading.Lock()

    def respond(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
        if (method, path) == ("GET", "/ping"):
            return Answer(HTTPStatus.OK, _TEXT, b"")
        if (method, path) != ("POST", "/invocations"):
            return Answer(HTTPStatus.NOT_FOUND, _TEXT, f"{method} {path} is not served".encode())
        with self._worker:
            return self._hosted.answer(Request(headers, body))


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
                headers[name] = value.strip()
            known = {name.lower(): value for name, value in headers.items()}
            if not self._from_the_cloud(first, known):
                self.wfile.write(_FORBIDDEN)
                return
            method, path, _ = first
            if known.get("expect", "").lower() == "100-continue":
                self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            body = self.rfile.read(int(known.get("content-length", 0)))
            self._send(self.server.respond(method, path, headers, body))

    def _from_the_cloud(self, first: list[str], headers: dict[str, str]) -> bool:
        """Whether a request is one that the cloud makes: a web page's names another host, or its origin."""
        told = headers.get("host") == f"localhost:{self.server.server_address[1]}"
        foreign = "origin" in headers or "sec-fetch-site" in headers
        return told and not foreign and len(first) == 3 and headers.get("content-length", "0").isdecimal()

    def _send(self, answer: Answer) -> None:
        phrase = HTTPStatus(answer.status).phrase if answer.status in HTTPStatus._value2member_map_ else "Unknown"
        kind = f"Content-Type: {answer.content_type}\r\n" if answer.content_type else ""
        more = "".join(f"{name}: {value}\r\n" for name, value in answer.headers.items())
        head = f"HTTP/1.1 {answer.status:d} {phrase}\r\n{kind}{more}Content-Length: {len(answer.body)}\r\n\r\n"
        self.wfile.write(head.encode("latin-1", "replace") + answer.body)


def main() -> None:
    spec: dict[str, Any] = json.loads(Path(sys.argv[1]).read_text("utf-8"))
    server = Server(host(spec["model"]))
    gc.freeze()  # what is loaded stays: no collection has to look through it again
    port = Path(spec["port"])
    told = port.with_suffix(".new")
    told.write_text(str(server.server_address[1]))
    told.replace(port)  # whoever sees the file sees all of it
    server.serve_forever()


if __name__ == "__main__":
    main()
