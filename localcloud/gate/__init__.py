"""The gate: every request is looked at before moto or an engine sees it.

It tells who signed the request (`localcloud.iam`), and refuses what is not AWS's protocol, what this cloud does not do
(`localcloud.kept` has the tables), and what is not as the service's model says, each in the protocol and the words of
the service that was called. What moto raises in spite of that becomes the service's own internal failure; its traceback
is in the log.
"""

import logging
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any

from moto.core.request import Request

from localcloud.gate import cbor, decode, wording
from localcloud.gate.answers import internal_failure, not_implemented, send, start
from localcloud.gate.constraints import WrongTypeError, violations
from localcloud.gate.parameters import parameters_of
from localcloud.gate.routing import CBOR, Call, body_of, call_of, put_body
from localcloud.gate.services import model, services
from localcloud.iam.faults import RefusalError, spoken
from localcloud.iam.identity import Signer, identify, signed_by
from localcloud.iam.recorder import enforced
from localcloud.kept import is_kept
from localcloud.unsupported import NotImplementedLocallyError

TITLE = "Requests"
REAL = (
    "every request is checked against the service's model before anything else: required members, types, lengths, "
    "ranges, patterns, enumerations, nested ones too, in all protocols; what is wrong is said with the service's code "
    "and in its words",
    "bodies that are not what their protocol says, unknown operations and failures of this cloud are errors of the "
    "service's protocol, never HTML",
    "JSON, query, EC2, REST and RPC v2 CBOR",
)
DIFFERENT = (
    "where no recorded answer of AWS is known, the code of a violation is that of the model's errors, or the one that "
    "services of the protocol share",
    "the values of an enumeration are named in the model's order, and a value of more than 1,024 characters is cut",
    "what a service checks beyond its model is checked only where an engine or moto does",
)

JSON = "application/x-amz-json-1.0"
LOG = logging.getLogger("localcloud")

StartResponse = Callable[..., Any]
Application = Callable[[dict[str, Any], StartResponse], Iterable[bytes]]


class Gate:
    """A WSGI application in front of moto's."""

    def __init__(self, moto: Application) -> None:
        self._moto = moto

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        if _is_no_operation(environ):
            return self._moto(environ, start_response)
        call = Call("aws", "", "json", f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}")
        try:
            request = Request(environ)
            call = call_of(request)
            with signed_by(_signer(request)):
                refusal = refusal_of(call, request)
                if refusal is None:
                    return self._forward(call, environ, start_response)
        except RefusalError as fault:
            status, code, message = fault.told(spoken(call.service, call.protocol))
            refusal = wording.Refusal(code, message, status)
        except ConnectionError:  # the client has gone
            raise
        except NotImplementedLocallyError as refused:  # by an engine, where moto has no handler around it
            refusal = wording.Refusal(refused.code, refused.message, HTTPStatus.NOT_IMPLEMENTED)
        except Exception as fault:  # whatever it is, the client is to be told in its protocol
            if type(fault) is OSError and environ.get("wsgi.input_terminated"):
                refusal = wording.unreadable(f"The chunked body of the request cannot be read: {fault}")
            else:
                LOG.exception("%s failed", call.name)
                refusal = internal_failure(call, f"{type(fault).__name__}: {fault}")
        return send(call, refusal, environ, start_response)

    def _forward(self, call: Call, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        """moto's answer, but not its HTML pages of errors."""
        if call.protocol == CBOR:
            return self._through_json(call, environ, start_response)
        if call.protocol == "json" and "x-amz-json" not in environ.get("CONTENT_TYPE", ""):
            environ["CONTENT_TYPE"] = JSON  # without it moto takes the protocol that the service speaks by default
        held: list[Any] = []

        def watch(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
            if status[0] in "45" and any(
                name.lower() == "content-type" and value.startswith("text/html") for name, value in headers
            ):  # which is also what Flask says where moto says nothing
                held.extend((status, headers, *rest))
                return lambda _: None
            return start_response(status, headers, *rest)

        answer = self._moto(environ, watch)
        if not held:
            return answer
        body = b"".join(answer)
        if not body.lstrip()[:9].lower().startswith((b"<!doctype", b"<html")):
            start_response(*held)
            return [body]
        if held[0].startswith(("404", "405")):  # moto has no route for what its own table of operations has
            return send(call, not_implemented(call), environ, start_response)
        return send(call, internal_failure(call, f"moto answered {held[0]}"), environ, start_response)

    def _through_json(self, call: Call, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        """The same call in the service's JSON protocol, which the body is in by now."""
        environ.update(
            HTTP_X_AMZ_TARGET=f"{services()[call.service].target}.{call.operation}",
            CONTENT_TYPE=JSON,
            PATH_INFO="/",
            RAW_URI="/",
            REQUEST_URI="/",
        )
        told: dict[str, Any] = {}
        as_json = Call(call.service, call.operation, "json", call.what)
        body = b"".join(
            self._forward(as_json, environ, lambda status, headers, *_: told.update(status=status, headers=headers))
        )
        status = int(told["status"][:3])
        if status < 400:
            packed = cbor.from_json(model(call.service).operation_model(call.operation).output_shape, body)
        else:
            packed = cbor.error_from_json(body)
        kept = {name: text for name, text in told["headers"] if not name.lower().startswith("content-")}
        headers = {**kept, "Content-Type": "application/cbor", "Smithy-Protocol": "rpc-v2-cbor"}
        start(status, headers, packed, start_response)
        return [packed]


def _is_no_operation(environ: dict[str, Any]) -> bool:
    """moto's own pages, the callback of custom resources, and what browsers ask before they ask."""
    path: str = environ["PATH_INFO"]
    return (
        path.startswith("/moto-api")
        or path == "/favicon.ico"
        or (path.startswith("/cloudformation_") and path.endswith("/cfnresponse"))
        or bool(environ["REQUEST_METHOD"] == "OPTIONS")
    )


def _signer(request: Request) -> Signer:
    """Who sends it. Told of the request as it came, which is what a signature covers. Raises RefusalError."""
    environ = request.environ
    is_hashed = "HTTP_X_AMZ_CONTENT_SHA256" in environ and request.mimetype != "multipart/form-data"
    is_empty = not environ.get("CONTENT_LENGTH") and not environ.get("wsgi.input_terminated")
    if is_hashed or is_empty:  # nobody asks the body, which may be large
        return identify(request, enforced=enforced())
    body = body_of(environ)
    found = identify(request, enforced=enforced())
    put_body(environ, body)
    return found


def refusal_of(call: Call, request: Request) -> wording.Refusal | None:
    """Why the call goes no further, or None."""
    if not call.operation and call.service in services():
        return wording.unknown_operation(call.protocol, call.what)
    if not is_kept(call.service, call.operation):
        return not_implemented(call)
    if call.operation == "PostObject":  # a form that no model describes
        return None
    return _invalid(call, request)


def _invalid(call: Call, request: Request) -> wording.Refusal | None:
    """In what the request is not as its model says, or None."""
    shape = model(call.service).operation_model(call.operation).input_shape
    try:
        parameters, unknown = parameters_of(call, request, shape)
        found = violations(call.service, call.operation, parameters)
    except decode.MissingBodyError:
        return wording.missing_body()
    except decode.MalformedError as error:
        return wording.malformed(call.service, call.protocol, str(error))
    except WrongTypeError as error:
        return wording.wrong_type(call.service, call.protocol, error)
    if unknown and call.protocol == "ec2":
        return wording.unknown_parameter(unknown[0])
    return wording.invalid(call.service, shape, found) if found else None
