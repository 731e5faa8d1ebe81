"""What stands in front of moto's own web application."""

import json
from collections.abc import Callable, Iterable
from typing import Any

StartResponse = Callable[..., Any]
Application = Callable[[dict[str, Any], StartResponse], Iterable[bytes]]


class Front:
    """Let ``POST /moto-api/reset`` reset the engines too, and answer AWS clients in JSON where moto has no route.

    moto answers a path that it does not know with an HTML page; boto3 then reports an error without a code. A client
    that called something this cloud does not have is to be told so.
    """

    def __init__(self, moto: Application, reset: Callable[[], None]) -> None:
        self._moto = moto
        self._reset = reset

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        if environ["PATH_INFO"] == "/moto-api/reset" and environ["REQUEST_METHOD"] == "POST":
            self._reset()
            return _json(start_response, "200 OK", {"status": "ok"})
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


def _json(
    start_response: StartResponse, status: str, content: dict[str, str], *headers: tuple[str, str]
) -> Iterable[bytes]:
    start_response(status, [("Content-Type", "application/json"), *headers])
    return [json.dumps(content).encode()]
