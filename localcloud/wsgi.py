"""What stands in front of moto's own web application."""

import json
import re
import socket
from collections.abc import Callable, Iterable, Mapping, Sequence
from email.errors import (
    FirstHeaderLineIsContinuationDefect,
    MisplacedEnvelopeHeaderDefect,
    MissingHeaderBodySeparatorDefect,
)
from html import escape
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from localcloud import origin

StartResponse = Callable[..., Any]
Application = Callable[[dict[str, Any], StartResponse], Iterable[bytes]]
Route = tuple[re.Pattern[str], Application]  # of paths

_SCOPE = re.compile(r"Credential=[^/,]*/[^/,]*/[^/,]*/([^/,]+)/")
_REST_XML = ("cloudfront", "route53")  # beside S3
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


def _service(environ: Mapping[str, Any]) -> str | None:
    """Which the request is signed for, by its signing name."""
    found = _SCOPE.search(environ.get("HTTP_AUTHORIZATION", ""))
    return found[1] if found else None


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


def _malformed(path: str, headers: Any) -> str | None:
    """Why a request cannot be read without guessing where it ends, https://www.rfc-editor.org/rfc/rfc9112#section-6.3."""
    if any(isinstance(defect, _NO_HEADER) for defect in headers.defects):
        return "a line of the header is not of the form 'Name: value'"
    lengths, codings = headers.get_all("Content-Length", ()), headers.get_all("Transfer-Encoding", ())
    if codings and (lengths or [coding.strip().lower() for coding in codings] != ["chunked"]):
        return "Transfer-Encoding can be chunked only, and without Content-Length"
    if len(lengths) > 1 or not all(_DIGITS.fullmatch(length) for length in lengths):
        return "Content-Length is to be one number of bytes"
    try:
        urlsplit(path)
    except ValueError as fault:
        return f"the address cannot be read: {fault}"
    return None


def error(
    environ: Mapping[str, Any], start_response: StartResponse, status: HTTPStatus, code: str, message: str
) -> Iterable[bytes]:
    """An error in the protocol that the request speaks, as far as that can be told without its service's model."""
    service = _service(environ) or "s3"
    kind = environ.get("CONTENT_TYPE", "")
    if service == "s3" and "json" not in kind and "HTTP_X_AMZ_TARGET" not in environ:
        form = "<Error>{}</Error>"
    elif service == "ec2":
        form = "<Response><Errors><Error>{}</Error></Errors></Response>"
    elif service in _REST_XML or kind.startswith("application/x-www-form-urlencoded"):
        form = "<ErrorResponse><Error><Type>Sender</Type>{}</Error></ErrorResponse>"
    else:
        code = f"{code}Exception" if code in ("AccessDenied", "IncompleteSignature") else code
        content = {"__type": code, "message": message}
        return _json(start_response, content, status, ("x-amzn-errortype", code))
    text = form.format(f"<Code>{code}</Code><Message>{escape(message, quote=False)}</Message>")
    body = f'<?xml version="1.0" encoding="UTF-8"?>\n{text}'.encode()
    start_response(
        f"{status:d} {status.phrase}", [("Content-Type", "application/xml"), ("Content-Length", str(len(body)))]
    )
    return [body]


def _json(
    start_response: StartResponse,
    content: dict[str, Any],
    status: HTTPStatus = HTTPStatus.OK,
    *headers: tuple[str, str],
) -> Iterable[bytes]:
    body = json.dumps(content).encode()
    told = [("Content-Type", "application/json"), ("Content-Length", str(len(body))), *headers]
    start_response(f"{status:d} {status.phrase}", told)
    return [body]
