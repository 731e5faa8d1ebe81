"""The smallest request of every operation that its model allows, and the cloud asked without a network."""

import base64
import re
from functools import cache
from typing import Any
from urllib.parse import unquote, urlencode

from botocore.serialize import create_serializer
from werkzeug.test import EnvironBuilder

from localcloud import LocalCloud
from localcloud.gate.patterns import UnreadablePatternError, compiled, matches
from localcloud.gate.services import services

PROTOCOLS = ("json", "rest-json", "rest-xml", "query", "ec2", "smithy-rpc-v2-cbor")  # as botocore prefers them
DEEPEST = 8  # of shapes that contain themselves

_ARN = "arn:aws:{}:us-east-1:123456789012:{}"
_ID = "12345678-1234-1234-1234-123456789012"
# One of them fits nearly every pattern, as it is or made longer or shorter
TEXTS = (
    "aaaaaaaaaaaa", "1", "a", "v1", "{}", "us-east-1", "123456789012", _ID, "2024-01-01T00:00:00Z", "a@b.cd", "aws:a",
    "https://example.com/x", "10.0.0.0/16", "s3://some-bucket/some/key", "/opt/ml/processing/x", "/aws/a", "a/b",
    "python3.13", "rate(1 hour)", "alias/a", "lambda:GetFunction", "lambda:GetLayerVersion", "AKIAAAAAAAAAAAAAAAAA",
    "ABCDEFGHIJKLMNOP", "vpc-12345678", "subnet-12345678", "sg-12345678", "service/x", "ml.m5.large", "$LATEST",
    "arn:aws:iam::123456789012:role/some-role", "arn:aws:s3:::some-bucket",
    *(_ARN.format(*parts) for parts in (
        ("kms", f"key/{_ID}"), ("sagemaker", "model/some-model"), ("sagemaker", "pipeline/a/execution/aaaaaaaaaaaa"),
        ("sagemaker", "model-package/a/1"), ("states", "stateMachine:x"), ("kinesis", "stream/x"), ("sns", "x"),
        ("kinesis", "stream/x/consumer/c:1"), ("lambda", "function:f"), ("lambda", "layer:a:1"),
        ("events", "rule/x"), ("events", "event-bus/x"), ("glue", "registry/x"), ("cloudtrail", "trail/some-trail"),
        ("secretsmanager", "secret:a-123456"), ("firehose", "deliverystream/x"), ("scheduler", "schedule-group/x"),
        ("batch", "job-queue/x"), ("dynamodb", "table/x"), ("dynamodb", "table/x/stream/2024-01-01T00:00:00.000"),
    )),
)  # fmt: skip


@cache
def fitting(pattern: str | None, shortest: int, longest: int | None) -> str:
    """A text that the pattern and the bounds allow; where none is known, one that the bounds allow."""
    filled = "a" * max(shortest, 1)
    for text in (*TEXTS, "1" * max(shortest, 1), filled):
        for candidate in (text, text + "a" * max(0, shortest - len(text)), text[:longest]):
            if not shortest <= len(candidate) <= (len(candidate) if longest is None else longest):
                continue
            try:
                if pattern is None or matches(compiled(pattern), candidate):
                    return candidate
            except UnreadablePatternError:
                return candidate
    return filled


def minimal(shape: Any, depth: int = 0) -> Any:  # noqa: PLR0911 - one for each type
    """A value of the shape with what the model requires and nothing else."""
    traits = shape.metadata
    match shape.type_name:
        case "structure":
            names = list(shape.required_members) if depth < DEEPEST else []
            if not names and shape.is_tagged_union and depth < DEEPEST:
                names = list(shape.members)[:1]
            return {name: minimal(shape.members[name], depth + 1) for name in names}
        case "list":
            count = max(traits.get("min") or 0, 1) if depth < DEEPEST else 0
            return [minimal(shape.member, depth + 1)] * count
        case "map":
            return {minimal(shape.key): minimal(shape.value, depth + 1)} if depth < DEEPEST else {}
        case "string" if shape.enum:
            return shape.enum[0]
        case "string":
            return fitting(traits.get("pattern"), int(traits.get("min") or 0), traits.get("max"))
        case "integer" | "long":
            return traits.get("min") or 1
        case "float" | "double":
            return float(traits.get("min") or 1)
        case "boolean":
            return False
        case "timestamp":
            return 1_700_000_000
        case _:
            return b"a" * max(1, int(traits.get("min") or 0))


def protocol_of(service: str) -> str:
    """The protocol that botocore speaks with the service."""
    return next(protocol for protocol in PROTOCOLS if protocol in services()[service].protocols)


@cache
def _serializer(protocol: str) -> Any:
    return create_serializer(protocol, include_validation=False)


def environ_of(
    service: str, operation: Any, parameters: dict[str, Any], protocol: str | None = None
) -> dict[str, Any]:
    """The request as a WSGI server hands it to an application."""
    request = _serializer(protocol or protocol_of(service)).serialize_to_request(parameters, operation)
    path, _, literal = request["url_path"].partition("?")
    query = request["query_string"]
    text = "&".join(
        part for part in (literal, query if isinstance(query, str) else urlencode(query, doseq=True)) if part
    )
    body = request["body"]
    body = (
        urlencode(body).encode()
        if isinstance(body, dict)
        else body.encode()
        if isinstance(body, str)
        else bytes(body)
    )
    signing_name = services()[service].signing_name
    return environ(request["method"], path, signing_name, query=text, headers=dict(request["headers"]), body=body)


def environ(
    method: str,
    path: str,
    signing_name: str,
    *,
    query: str = "",
    headers: dict[str, str] | None = None,
    body: bytes = b"",
) -> dict[str, Any]:
    """A signed request."""
    scope = f"testing/20240101/us-east-1/{signing_name}/aws4_request"
    headers = dict(headers or {})
    headers["Authorization"] = f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=x"
    built = EnvironBuilder(
        path="/", base_url="http://localhost", method=method, headers=headers, data=body, query_string=query
    )
    made: dict[str, Any] = built.get_environ()
    raw = f"{path}?{query}" if query else path
    made.update(PATH_INFO=unquote(path), RAW_URI=raw, REQUEST_URI=raw)
    return made


def ask(cloud: LocalCloud, request: dict[str, Any]) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of the answer."""
    told: dict[str, Any] = {}
    request["SERVER_PORT"] = str(cloud.port)
    request["HTTP_HOST"] = f"localhost:{cloud.port}"
    body = b"".join(
        cloud.application(request, lambda status, headers, *_: told.update(status=status, headers=headers))
    )
    return int(told["status"][:3]), dict(told["headers"]), body


def called(body: bytes) -> str:
    """The operation that a refusal names, or "" where the answer is none."""
    found = re.search(rb"([a-z0-9-]+:[A-Za-z0-9]+) is not implemented by the local cloud", body)
    return found[1].decode() if found else ""


def encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()
