"""What stands in front of moto's own web application."""

import json
import re
import socket
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from email.errors import (
    FirstHeaderLineIsContinuationDefect,
    MisplacedEnvelopeHeaderDefect,
    MissingHeaderBodySeparatorDefect,
)
from email.utils import formatdate
from functools import lru_cache
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from localcloud import origin
from localcloud.protocols import Protocol, protocol_of, rendered

StartResponse = Callable[..., Any]
Application = Callable[[dict[str, Any], StartResponse], Iterable[bytes]]
Route = tuple[re.Pattern[str], Application]  # of paths

_NO_HEADER = (FirstHeaderLineIsContinuationDefect, MisplacedEnvelopeHeaderDefect, MissingHeaderBodySeparatorDefect)
_DIGITS = re.compile(r"[0-9]{1,18}")


class Front:
    """Refuse web pages, and let ``POST /moto-api/reset`` reset the engines too; everything else is for the cloud."""

    def __init__(self, cloud: Application, reset: Callable[[], None], pages: Mapping[str, Callable[[], Any]]) -> None:
        """``pages``: what the cloud tells of itself, by path, as JSON; may grow while the server is up."""
        self._cloud = cloud
        self._reset = reset
        self._pages = pages

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        why = origin.refusal(environ, int(environ["SERVER_PORT"]))
        if why is not None:
            return error(environ, start_response, HTTPStatus.FORBIDDEN, "AccessDenied", why)
        if path == "/moto-api/reset" and environ["REQUEST_METHOD"] == "POST":
            self._reset()
            return _json(start_response, {"status": "ok"})
        if path in self._pages:
            return _json(start_response, self._pages[path]())
        authorization = environ.get("HTTP_AUTHORIZATION")
        if authorization is not None and len(authorization.partition(",")[0].split()) < 2:
            why = f"'{authorization}' not a valid key=value pair (missing equal-sign) in Authorization header"
            return error(environ, start_response, HTTPStatus.BAD_REQUEST, "IncompleteSignature", why)

        def for_browsers(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
            return start_response(status, headers + _for_browsers(environ), *rest)

        return self._cloud(environ, for_browsers)


def _for_browsers(environ: Mapping[str, Any]) -> list[tuple[str, str]]:
    """An object that is an HTML page must not become a page of this origin, whose scripts may call everything."""
    return [("Content-Security-Policy", "sandbox")] if "HTTP_SEC_FETCH_SITE" in environ else []


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
        default_request_version = "HTTP/1.0"  # of a first line that is none: 0.9 would be answered without a status
        error_message_format = "%(message)s: %(explain)s\n"  # one line instead of a page
        error_content_type = "text/plain; charset=utf-8"

        def setup(self) -> None:
            super().setup()
            connections.add(self.connection)

        def finish(self) -> None:
            connections.discard(self.connection)
            super().finish()

        def date_time_string(self, timestamp: float | None = None) -> str:
            """Made once a second: it takes as long as all the checks of a request."""
            return _date(int(time.time() if timestamp is None else timestamp))

        def log_request(self, *_: object) -> None: ...

        def log_error(self, *_: object) -> None: ...  # of requests that are none: the client is told

        def parse_request(self) -> bool:
            if not super().parse_request():
                return False
            why = _malformed(self.path, self.headers)
            if why is not None:
                self.send_error(HTTPStatus.BAD_REQUEST, explain=why)
            return why is None

        def run_wsgi(self) -> None:
            path = self.path.partition("?")[0]
            for pattern, application in routes:
                if pattern.match(path):
                    self.environ = self.make_environ()
                    if origin.refusal(self.environ, self.server.server_port) is None:
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

            try:
                for part in application(self.environ, start_response):
                    self.wfile.write(part)
            except ConnectionError:
                raise
            except OSError as fault:  # of the chunks, before anything is answered
                self.send_error(HTTPStatus.BAD_REQUEST, explain=f"the request's body cannot be read: {fault}")

    return Handler


@lru_cache(maxsize=1)
def _date(seconds: int) -> str:
    return formatdate(seconds, usegmt=True)


def _malformed(path: str, headers: Any) -> str | None:
    """Why a request cannot be read without guessing where it ends, https://www.rfc-editor.org/rfc/rfc9112#section-6.3."""
    if headers.defects and any(isinstance(defect, _NO_HEADER) for defect in headers.defects):
        return "a line of the header is not of the form 'Name: value'"
    lengths, codings = [], []
    for name, value in headers.raw_items():  # once, for every request passes here
        lowered = name.lower()
        if lowered == "content-length":
            lengths.append(value)
        elif lowered == "transfer-encoding":
            codings.append(value.strip().lower())
    if codings and (lengths or codings != ["chunked"]):
        return "Transfer-Encoding can be chunked only, and without Content-Length"
    if len(lengths) > 1 or (lengths and not _DIGITS.fullmatch(lengths[0])):
        return "Content-Length is to be one number of bytes"
    try:
        if not path.startswith("/"):
            urlsplit(path)
    except ValueError as fault:
        return f"the address cannot be read: {fault}"
    return None


def error(
    environ: Mapping[str, Any], start_response: StartResponse, status: HTTPStatus, code: str, message: str
) -> Iterable[bytes]:
    """An error in the protocol that the request speaks."""
    protocol = protocol_of(environ)
    if protocol in (Protocol.JSON, Protocol.REST_JSON) and code in ("AccessDenied", "IncompleteSignature"):
        code += "Exception"
    headers, body = rendered(protocol, code, message)
    start_response(f"{status:d} {status.phrase}", [*headers, ("Content-Length", str(len(body)))])
    return [body]


def _json(start_response: StartResponse, content: dict[str, Any]) -> Iterable[bytes]:
    body = json.dumps(content).encode()
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
    return [body]
