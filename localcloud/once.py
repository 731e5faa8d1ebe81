"""A call whose answer was lost is answered again, not done again.

Services call each other with tokens that make a repeated call harmless: a CloudFormation handler must be idempotent by
its client request token
(https://docs.aws.amazon.com/cloudformation-cli/latest/userguide/resource-type-test-contract.html), Trino knows by the
query's id that the table it finds is its own. Engines here send such a token with every call. Users' clients send
none: what they repeat is done twice where AWS does it twice.
"""

import threading
from collections import OrderedDict
from collections.abc import Iterable
from typing import Any

from localcloud.standalone.engine_calls import HEADER
from localcloud.wsgi import Application, StartResponse

_ENVIRON = f"HTTP_{HEADER.upper().replace('-', '_')}"
_KEPT = 1000  # answers
_SMALL = 16 * 1024  # bytes; what answers more only reads
_READS = ("GET", "HEAD")

Answer = tuple[str, list[tuple[str, str]], bytes]  # status, headers, body


class Once:
    """In front of an application."""

    def __init__(self, application: Application) -> None:
        self._application = application
        self._answers: OrderedDict[str, Answer] = OrderedDict()
        self._lock = threading.Lock()

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        token = environ.get(_ENVIRON)
        if token is None or environ["REQUEST_METHOD"] in _READS:
            return self._application(environ, start_response)
        with self._lock:
            known = self._answers.get(token)
        if known is None:
            return self._first(token, environ, start_response)
        status, headers, body = known
        start_response(status, headers)
        return [body]

    def _first(self, token: str, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        told: list[Any] = []

        def remember(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
            told[:] = status, headers
            return start_response(status, headers, *rest)

        parts = self._application(environ, remember)
        status, headers = told
        length = next((int(value) for name, value in headers if name.lower() == "content-length"), _SMALL + 1)
        if not status.startswith("2") or length > _SMALL:  # what was refused may be taken the next time
            return parts
        body = b"".join(parts)
        getattr(parts, "close", lambda: None)()
        with self._lock:
            self._answers[token] = status, headers, body
            if len(self._answers) > _KEPT:
                self._answers.popitem(last=False)
        return [body]
