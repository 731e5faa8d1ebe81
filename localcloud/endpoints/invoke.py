"""InvokeEndpoint: from the request to the variant's container and back.

https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpoint.html. Answered in front of moto,
whose dispatch takes longer than most models.
"""

import json
import re
import time
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from moto.core.utils import utcnow
from moto.sagemaker.models import SageMakerModelBackend

from localcloud import kept
from localcloud.endpoints.capture import Exchange
from localcloud.endpoints.endpoint import Endpoint
from localcloud.endpoints.fleet import UnknownVariantError
from localcloud.endpoints.variant import LOG_GROUP, Variant
from localcloud.endpoints.wire import ATTRIBUTES, Reply
from localcloud.endpoints.worker import ModelTimeoutError, WorkerDiedError
from localcloud.sagemaker.job import backend
from localcloud.wsgi import StartResponse

PATH = re.compile(r"^/endpoints/([^/]+)/invocations(-response-stream)?$")
_REGION = re.compile(r"Credential=[^/]*/[^/]*/([^/]+)/")
_PREFIX = "HTTP_X_AMZN_SAGEMAKER_"
_REFUSED = {
    "TARGET_MODEL": "TargetModel",
    "TARGET_CONTAINER_HOSTNAME": "TargetContainerHostname",
    "ENABLE_EXPLANATIONS": "EnableExplanations",
    "INFERENCE_COMPONENT": "InferenceComponentName",
    "SESSION_ID": "SessionId",
}
# What https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-inference-code.html calls the headers that
# SageMaker does not strip
_PASSED = {
    "CONTENT_TYPE": "Content-Type",
    "HTTP_ACCEPT": "Accept",
    f"{_PREFIX}CUSTOM_ATTRIBUTES": ATTRIBUTES,
    f"{_PREFIX}INFERENCE_ID": "X-Amzn-SageMaker-Inference-Id",
}
_CHUNK = 1024 * 1024
_TEXT = 2048  # characters of messages, as the service's model has it
_TIMEOUT = (
    "Your invocation timed out while waiting for a response from container primary. Review the latency metrics for "
    "each container in Amazon CloudWatch, resolve the issue, and try again."
)


@dataclass(frozen=True)
class Response:
    """What the client gets."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes


def application(environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
    """The WSGI application of the paths that `PATH` matches."""
    response = answer(environ)
    headers = [
        *response.headers,
        ("Content-Length", str(len(response.body))),
        ("x-amzn-RequestId", str(uuid.uuid4())),
    ]
    start_response(f"{response.status} {HTTPStatus(response.status).phrase}", headers)
    return [response.body]


def answer(environ: dict[str, Any]) -> Response:
    """The answer to one request."""
    began = time.perf_counter()
    found = PATH.match(environ["PATH_INFO"])
    name, streamed = found.groups() if found else ("", None)
    of = _backend(environ)
    endpoint = of.endpoints.get(name)
    target = environ.get(f"{_PREFIX}TARGET_VARIANT") or None
    response = _not_served(environ, streamed)
    if response is None and isinstance(endpoint, Endpoint):
        try:
            with endpoint.request(target) as variant:
                if variant is not None:
                    body = _read(environ, variant.payload_limit)
                    return _too_large(variant) if body is None else _invoke(variant, endpoint, environ, body, began)
        except UnknownVariantError:
            message = f"Variant {target} not found for endpoint {name}."
            response = _error(HTTPStatus.BAD_REQUEST, "ValidationError", message)
    _read(environ, 0)
    return response or _error(
        HTTPStatus.BAD_REQUEST, "ValidationError", f"Endpoint {name} of account {of.account_id} not found."
    )


def _not_served(environ: dict[str, Any], streamed: str | None) -> Response | None:
    if streamed:
        return _refused("InvokeEndpointWithResponseStream")
    for header, member in _REFUSED.items():
        if environ.get(_PREFIX + header):
            return _refused(f"InvokeEndpoint with {member}")
    return None


def _invoke(variant: Variant, endpoint: Endpoint, environ: dict[str, Any], body: bytes, began: float) -> Response:
    headers = {name: environ[key] for key, name in _PASSED.items() if environ.get(key)}
    asked = time.perf_counter()
    try:
        reply = variant.invoke(body, headers)
    except ModelTimeoutError:
        reply = Reply(0, "", _TIMEOUT.encode())
    except WorkerDiedError:
        reply = Reply(HTTPStatus.INTERNAL_SERVER_ERROR, "", b"Worker died.")
    seconds = time.perf_counter() - asked
    variant.count_invocation(reply.status, seconds, asked - began)
    if not 200 <= reply.status < 300:
        return _model_error(reply, endpoint)
    variant.take(
        Exchange(
            headers.get("Content-Type", ""),
            body,
            reply.content_type,
            reply.body,
            environ.get(f"{_PREFIX}INFERENCE_ID"),
            environ.get(f"{_PREFIX}CUSTOM_ATTRIBUTES"),
            utcnow(),
        )
    )
    told = [("Content-Type", reply.content_type), ("x-Amzn-Invoked-Production-Variant", variant.name)]
    if reply.attributes:
        told.append((ATTRIBUTES, reply.attributes))
    return Response(HTTPStatus.OK, told, reply.body)


def _model_error(reply: Reply, endpoint: Endpoint) -> Response:
    group = f"{LOG_GROUP}/{endpoint.endpoint_name}"
    region, account = endpoint.region, endpoint.account
    message = reply.body.decode(errors="replace")[:_TEXT]
    side = "client" if 400 <= reply.status < 500 else "server"
    where = f"https://{region}.console.aws.amazon.com/cloudwatch/home?region={region}#logEventViewer:group={group}"
    return _error(
        HTTPStatus.FAILED_DEPENDENCY,
        "ModelError",
        f'Received {side} error ({reply.status:d}) from primary with message "{message}". '
        f"See {where} in account {account} for more information.",
        OriginalStatusCode=int(reply.status),
        OriginalMessage=message,
        LogStreamArn=f"arn:aws:logs:{region}:{account}:log-group:{group}",
    )


def _too_large(variant: Variant) -> Response:
    """In AWS's words: https://github.com/aws/sagemaker-python-sdk/issues/171, serverless ones
    https://github.com/aws/sagemaker-python-sdk/issues/4271."""
    if variant.serverless:
        return _error(HTTPStatus.BAD_REQUEST, "ValidationError", f"Request {uuid.uuid4()} has oversize body.")
    return _error(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE, None, f"HTTP content length exceeded {variant.payload_limit} bytes."
    )


def _refused(operation: str) -> Response:
    return _error(
        HTTPStatus.NOT_IMPLEMENTED,
        "NotImplemented",
        kept.refusal(f"sagemaker-runtime:{operation}"),
    )


def _error(status: int, code: str | None, message: str, **more: Any) -> Response:
    headers = [("Content-Type", "application/json"), *([("x-amzn-errortype", code)] if code else [])]
    return Response(status, headers, json.dumps({"Message": message, **more}).encode())


def _backend(environ: dict[str, Any]) -> SageMakerModelBackend:
    """SageMaker of the region that the request is signed for."""
    region = _REGION.search(environ.get("HTTP_AUTHORIZATION", ""))
    return backend(region[1] if region else None)


def _read(environ: dict[str, Any], limit: int) -> bytes | None:
    """The body; None when it is over ``limit``. Read to its end in any case, so that the connection can go on."""
    left = int(environ["CONTENT_LENGTH"]) if environ.get("CONTENT_LENGTH") else None
    source = environ["wsgi.input"]
    if left is not None and left <= limit:
        body: bytes = source.read(left)
        return body
    kept = bytearray()
    while left is None or left > 0:
        part = source.read(_CHUNK if left is None else min(left, _CHUNK))
        if not part:
            break
        left = None if left is None else left - len(part)
        if len(kept) <= limit:
            kept += part
    return bytes(kept) if len(kept) <= limit else None
