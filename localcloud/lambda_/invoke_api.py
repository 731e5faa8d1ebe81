"""The Invoke operation, and moto's own invocations (SNS, custom resources), on our workers."""

import base64
import json
import random
from typing import Any, cast
from urllib.parse import unquote

from moto.awslambda.exceptions import LambdaClientError
from moto.awslambda.models import LambdaBackend, LambdaFunction
from moto.awslambda.responses import LambdaResponse

from localcloud.cloud import current
from localcloud.lambda_.executor import LambdaEngine
from localcloud.lambda_.logs import TAIL
from localcloud.patching import replace

# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html "Invocation payload"
REQUEST_LIMIT = {"RequestResponse": 6 * 1024 * 1024, "Event": 1024 * 1024}


class RequestTooLargeError(LambdaClientError):  # type: ignore[misc]
    """413: the payload is over the limit of the invocation type."""

    code = 413

    def __init__(self, limit: int) -> None:
        text = f"Request must be smaller than {limit} bytes for the InvokeFunction operation"
        super().__init__("RequestTooLargeException", text)


class TooManyRequestsError(LambdaClientError):  # type: ignore[misc]
    """429: the function's reserved concurrency is 0."""

    code = 429

    def __init__(self) -> None:
        super().__init__("TooManyRequestsException", "Rate Exceeded.")


def engine() -> LambdaEngine:
    """The Lambda engine of the cloud of this process."""
    return cast(LambdaEngine, current().engines["lambda_"])


def checked_payload(body: str | bytes | None, invocation_type: str) -> bytes:
    """The payload as JSON bytes. Raises Lambda's errors for one that is too large or not JSON."""
    payload = body.encode() if isinstance(body, str) else body or b""
    limit = REQUEST_LIMIT.get(invocation_type, REQUEST_LIMIT["RequestResponse"])
    if len(payload) > limit:
        raise RequestTooLargeError(limit)
    if not payload.strip():
        return b"{}"
    try:
        json.loads(payload)
    except ValueError as error:
        text = f"Could not parse request body into json: {error}"
        raise LambdaClientError("InvalidRequestContentException", text) from None
    return payload


def route(backend: LambdaBackend, name: str, qualifier: str | None) -> LambdaFunction:
    """The function of a name or ARN; an alias with weights spreads over its versions.

    https://docs.aws.amazon.com/lambda/latest/dg/configuring-alias-routing.html
    """
    function = backend.get_function(name, qualifier)
    plain, _, inline = name.rpartition(":function:")[2].partition(":")
    alias = next((a for a in backend.list_aliases(plain) if a.name == (inline or qualifier)), None)
    point = random.random()  # noqa: S311 - traffic, not a secret
    for version, weight in ((alias and alias.routing_config) or {}).get("AdditionalVersionWeights", {}).items():
        if point < weight:
            return backend.get_function(plain, version)
        point -= weight
    return function


@replace(LambdaResponse, "invoke", "(self)")
def invoke(self: Any) -> tuple[int, dict[str, str], bytes | str]:
    """https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html"""
    name = unquote(self.path.rsplit("/", 2)[-2])
    function = route(self.backend, name, self._get_param("Qualifier"))
    kind = self.headers.get("X-Amz-Invocation-Type") or "RequestResponse"
    if kind == "DryRun":
        return 204, {"status": "204"}, ""
    payload = checked_payload(self.body, kind)
    if function.reserved_concurrency is not None and int(function.reserved_concurrency) == 0:
        engine().throttled(function)
        raise TooManyRequestsError
    if kind == "Event":
        engine().invoke_event(function, payload)
        return 202, {"status": "202"}, ""
    client_context = self.headers.get("X-Amz-Client-Context")
    context = json.loads(base64.b64decode(client_context)) if client_context else None
    result = engine().invoke(function, payload, context)
    headers = {"content-type": "application/json", "X-Amz-Executed-Version": result.version}
    if result.error:
        headers["X-Amz-Function-Error"] = result.error
    if self.headers.get("X-Amz-Log-Type") == "Tail":
        headers["X-Amz-Log-Result"] = base64.b64encode(result.log.encode()[-TAIL:]).decode()
    return 200, headers, result.payload


@replace(LambdaFunction, "invoke", "(self, body, request_headers, response_headers)")
def invoke_from_moto(self: Any, body: str, request_headers: Any, response_headers: Any) -> bytes:
    """What moto's SNS, CloudFormation and log subscriptions call."""
    result = engine().invoke(self, checked_payload(body, "RequestResponse"))
    if result.error:
        response_headers["x-amz-function-error"] = result.error
    return result.payload


@replace(LambdaBackend, "delete_function", "(self, function_name, qualifier)")
def delete_function(self: Any, function_name: str, qualifier: str | None = None) -> None:
    """Delete, and end the workers."""
    name = self.get_function(function_name, qualifier).function_name
    delete_function.original(self, function_name, qualifier)  # type: ignore[attr-defined]
    engine().forget(name)
