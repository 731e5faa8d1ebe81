"""What stands in front of moto's own web application."""

import json
import re
import socket
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

StartResponse = Callable[..., Any]
Application = Callable[[dict[str, Any], StartResponse], Iterable[bytes]]
Route = tuple[re.Pattern[str], Application]  # of paths


class Front:
    """Let ``POST /moto-api/reset`` reset the engines too, and answer AWS clients in JSON where moto has no route.

    moto answers a path that it does not know with an HTML page; boto3 then reports an error without a code. A client
    that called something this cloud does not have is to be told so.
    """

    def __init__(self, moto: Application, reset: Callable[[], None], pages: Mapping[str, Callable[[], Any]]) -> None:
        """``pages``: what the cloud tells of itself, by path, as JSON; may grow while the server is up."""
        self._moto = moto
        self._reset = reset
        self._pages = pages

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        if environ["PATH_INFO"] == "/moto-api/reset" and environ["REQUEST_METHOD"] == "POST":
            self._reset()
            return _json(start_response, "200 OK", {"status": "ok"})
        if environ["PATH_INFO"] in self._pages:
            return _json(start_response, "200 OK", self._pages[environ["PATH_INFO"]]())
        answer: dict[str, Any] = {}

        def remember(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
            answer["refused"] = status.startswith("404") and any(
                name.lower() == "content-type" and value.startswith("text/html") for name, value in headers
            )
            if not answer["refused"]:
                return start_response(status, headers, *rest)
            return lambda _: None

        body = self._moto(environ, remember)
        if not answer.get("refused"):
            return body
        called = f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}"
        error = {"__type": "NotImplemented", "message": f"{called} is not implemented by the local cloud"}
        return _json(start_response, "501 Not Implemented", error, ("x-amzn-errortype", "NotImplemented"))


def request_handler(base: Any, routes: Sequence[Route], connections: set[socket.socket]) -> Any:
    """werkzeug's handler, quiet, with paths that engines answer themselves.

    werkzeug closes every connection after one answer, and waits 10 ms for what the client may still send. Connections
    to the paths of ``routes`` stay open, which makes a request several times as fast: their applications read the
    request's body to its end and say the length of their answer.

    Args:
        base: moto's handler.
        routes: may grow while the server is up.
        connections: receives those that are open.
    """

    class Handler(base):  # type: ignore[misc]
        # An answer is sent in parts: with Nagle's algorithm the second waits up to 40 ms for the client's
        # acknowledgement of the first
        disable_nagle_algorithm = True

        def setup(self) -> None:
            super().setup()
            connections.add(self.connection)

        def finish(self) -> None:
            connections.discard(self.connection)
            super().finish()

        def log_request(self, *_: object) -> None: ...

        def run_wsgi(self) -> None:
            path = self.path.partition("?")[0]
            for pattern, application in routes:
                if pattern.match(path):
                    self.environ = self.make_environ()
                    self._answer(application)
                    return
            super().run_wsgi()

        def _answer(self, application: Application) -> None:
            def start_response(status: str, headers: list[tuple[str, str]], *_: Any) -> Any:
                code, phrase = status.split(" ", 1)
                self.send_response(int(code), phrase)
                for name, value in headers:
                    self.send_header(name, value)
                self.end_headers()

            for part in application(self.environ, start_response):
                self.wfile.write(part)

    return Handler


def _json(
    start_response: StartResponse, status: str, content: dict[str, Any], *headers: tuple[str, str]
) -> Iterable[bytes]:
    start_response(status, [("Content-Type", "application/json"), *headers])
    return [json.dumps(content).encode()]
