"""Errors in the protocol of the service that was called."""

import contextlib
import json
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any

from moto.core.exceptions import ServiceException
from moto.core.model import OperationModel
from moto.core.serialize import get_serializer_class
from moto.utilities.aws_headers import gen_amzn_requestid_long

from localcloud import kept
from localcloud.gate import cbor
from localcloud.gate.routing import CBOR, Call, body_of
from localcloud.gate.services import model, services
from localcloud.gate.wording import Refusal


class _RefusedError(ServiceException):  # type: ignore[misc]
    """moto looks for the model of an error in the package that raises it, which for its own core has none."""


def not_implemented(call: Call) -> Refusal:
    """What this cloud does not do: 501, which clients do not send again."""
    return Refusal("NotImplemented", kept.refusal(call.name), 501)


def internal_failure(call: Call, error: str) -> Refusal:
    """What moto or an engine failed to do."""
    code = "InternalError" if call.service == "s3" else "InternalFailure"
    return Refusal(code, f"The local cloud failed to answer {call.name}: {error}; its log has the traceback", 500)


def send(
    call: Call, refusal: Refusal, environ: dict[str, Any], start_response: Callable[..., Any]
) -> Iterable[bytes]:
    """Answer with the error as the service's clients read it."""
    with contextlib.suppress(OSError):  # a client that is not heard out may not listen either
        body_of(environ)
    headers: dict[str, str] = {}
    body = b"" if environ["REQUEST_METHOD"] == "HEAD" else _body(call, refusal, headers)
    gen_amzn_requestid_long(headers)
    start(refusal.status, headers, body, start_response)
    return [body]


def start(status: int, headers: dict[str, str], body: bytes, start_response: Callable[..., Any]) -> None:
    """Begin an answer with this body."""
    told = [(name, str(value)) for name, value in headers.items()]
    start_response(f"{status} {HTTPStatus(status).phrase}", [*told, ("Content-Length", str(len(body)))])


def _body(call: Call, refusal: Refusal, headers: dict[str, str]) -> bytes:
    plain = {"__type": refusal.code, "message": refusal.message}
    if call.service not in services():
        headers.update({"Content-Type": "application/json", "X-Amzn-Errortype": refusal.code})
        return json.dumps(plain).encode()
    if call.protocol == CBOR:
        headers.update({"Content-Type": "application/cbor", "Smithy-Protocol": "rpc-v2-cbor"})
        return cbor.encode(plain)
    service_model = model(call.service)
    serializer: Any = get_serializer_class(call.service, call.protocol)(OperationModel({}, service_model))
    told = serializer.serialize(_RefusedError(refusal.code, refusal.message))
    headers.update(told["headers"])
    body: str | bytes = told["body"]
    return body.encode() if isinstance(body, str) else body
