"""Which operation of which service a request is, before anything answers it.

The service is the one that the request was signed for, as moto chooses its backend; the operation is found by the
protocol: a header, a form's Action, or the path.
"""

import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from moto.core.request import Request
from moto.core.routing import NotFound, get_service_router

from localcloud.gate.services import Service, model, of_signing_name, of_target, services

REST = frozenset({"rest-json", "rest-xml"})
FORMS = frozenset({"query", "ec2"})
CBOR = "smithy-rpc-v2-cbor"
S3_SCOPES = ("s3express", "s3-object-lambda")  # of some operations of S3
_FORM_TYPE = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class Call:
    """What a request asks for.

    Attributes:
        service: botocore's name, or the signing name of a service that botocore does not know.
        operation: its name; "" when the service has none that the request could be.
        protocol: that the request speaks.
        what: the operation or, where there is none, what the client called: for sentences.
        uri: labels of the path.
        form: fields of a query.
    """

    service: str
    operation: str
    protocol: str
    what: str
    uri: Mapping[str, str] = field(default_factory=dict)
    form: tuple[tuple[str, str], ...] = ()

    @property
    def name(self) -> str:
        return f"{self.service}:{self.what}"


def call_of(request: Request) -> Call:
    """The operation that a request is."""
    scope = signed_for(request)
    target = request.environ.get("HTTP_X_AMZ_TARGET", "")
    prefix, _, operation = target.rpartition(".")
    # anonymous requests are for S3, or name their service in the target, such as those of clients without credentials
    unsigned = of_target(prefix) if target else of_signing_name("s3")
    candidates = unsigned if scope is None else of_signing_name("s3" if scope in S3_SCOPES else scope)
    if not candidates:
        return Call(scope or prefix or "aws", "", "json", operation or f"{request.method} {request.path}")
    if target:
        return _by_target(candidates, prefix, operation, target)
    if request.environ.get("HTTP_SMITHY_PROTOCOL") == "rpc-v2-cbor":
        return _by_cbor_path(candidates, request)
    forms = [service for service in candidates if FORMS & set(service.protocols)]
    if forms and ("Action" in request.args or (request.content_type or "").startswith(_FORM_TYPE)):
        return _by_action(forms, request)
    return _by_path(candidates, request)


def signed_for(request: Request) -> str | None:
    """The signing name in the credential scope ``key/date/region/service/aws4_request``, of a header or a query."""
    _, found, rest = request.environ.get("HTTP_AUTHORIZATION", "").partition("Credential=")
    credential = rest.partition(",")[0] if found else request.args.get("X-Amz-Credential", "")
    parts = credential.strip().split("/")
    return parts[-2].lower() if len(parts) >= 5 else None


def body_of(environ: dict[str, Any]) -> bytes:
    """The request's body, which stays readable for who comes next."""
    stream = environ["wsgi.input"]
    if environ.get("wsgi.input_terminated"):
        body: bytes = stream.read()
    else:
        length = environ.get("CONTENT_LENGTH") or "0"
        body = stream.read(int(length)) if length.isdecimal() else b""
    put_body(environ, body)
    return body


def put_body(environ: dict[str, Any], body: bytes) -> None:
    """Let the request have this body."""
    environ["wsgi.input"] = io.BytesIO(body)
    environ["CONTENT_LENGTH"] = str(len(body))


def _by_target(candidates: tuple[Service, ...], prefix: str, operation: str, target: str) -> Call:
    for service in candidates:
        if service.target == prefix and operation in model(service.name).operation_names:
            return Call(service.name, operation, "json", operation)
    named = next((service for service in candidates if service.target == prefix), candidates[0])
    return Call(named.name, "", "json", target)


def _by_cbor_path(candidates: tuple[Service, ...], request: Request) -> Call:
    """https://smithy.io/2.0/additional-specs/protocols/smithy-rpc-v2.html: /service/<target>/operation/<name>"""
    parts = request.path.strip("/").split("/")
    if len(parts) == 4 and (parts[0], parts[2]) == ("service", "operation"):
        for service in candidates:
            if parts[1] == service.target and parts[3] in model(service.name).operation_names:
                return Call(service.name, parts[3], CBOR, parts[3])
    return Call(candidates[0].name, "", CBOR, f"{request.method} {request.path}")


def _by_action(candidates: list[Service], request: Request) -> Call:
    fields = request.args.items(multi=True)
    try:
        form = (*fields, *parse_qsl(body_of(request.environ).decode(), keep_blank_values=True))
    except UnicodeDecodeError:
        return Call(candidates[0].name, "", _form_protocol(candidates[0]), "a form that is not UTF-8")
    given = dict(reversed(form))
    action, version = given.get("Action", ""), given.get("Version")
    services_by_version = sorted(candidates, key=lambda service: service.version != version)
    for service in services_by_version:
        if action in model(service.name).operation_names:
            return Call(service.name, action, _form_protocol(service), action, form=form)
    return Call(candidates[0].name, "", _form_protocol(candidates[0]), action or "a request without Action")


def _form_protocol(service: Service) -> str:
    return "ec2" if "ec2" in service.protocols else "query"


def _by_path(candidates: tuple[Service, ...], request: Request) -> Call:
    if request.path.startswith("/v20180820/"):  # S3 takes any path for a bucket's; moto asks for this, too
        candidates = (services()["s3control"],)
    what = f"{request.method} {request.path}"
    rest = [service for service in candidates if service.protocols[0] in REST]
    for service in rest:
        try:
            operation, uri = get_service_router(service.name).match(request)
        except (NotFound, NotImplementedError):
            continue
        return Call(service.name, operation.name, service.protocols[0], operation.name, uri)
    if rest and rest[0].name == "s3" and request.method == "POST":  # a browser's upload is in no model
        return Call("s3", "PostObject", "rest-xml", "PostObject")
    first = (rest or candidates)[0]
    return Call(first.name, "", first.protocols[0], what)
