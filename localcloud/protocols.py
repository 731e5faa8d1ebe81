"""Errors in the protocol that a request speaks, as far as that can be told before its service is asked."""

import json
import re
from collections.abc import Mapping
from enum import Enum, auto
from html import escape
from typing import Any

_SCOPE = re.compile(r"Credential=[^/,]*/[^/,]*/[^/,]*/([^/,]+)/")
_REST_XML = ("cloudfront", "route53")  # beside S3

Headers = list[tuple[str, str]]


class Protocol(Enum):
    """https://smithy.io/2.0/aws/protocols/index.html, less what makes no difference for errors."""

    S3 = auto()
    EC2 = auto()
    XML = auto()  # query and REST-XML
    JSON = auto()
    REST_JSON = auto()


_FORMS = {
    Protocol.S3: "<Error>{}</Error>",
    Protocol.EC2: "<Response><Errors><Error>{}</Error></Errors></Response>",
    Protocol.XML: "<ErrorResponse><Error><Type>Sender</Type>{}</Error></ErrorResponse>",
}


def service_of(environ: Mapping[str, Any]) -> str | None:
    """The signing name of the service that a request (WSGI) is for; None when it does not say."""
    found = _SCOPE.search(environ.get("HTTP_AUTHORIZATION", ""))
    return found[1] if found else None


def protocol_of(environ: Mapping[str, Any]) -> Protocol:
    """What the request speaks."""
    service, kind = service_of(environ), environ.get("CONTENT_TYPE", "")
    if "HTTP_X_AMZ_TARGET" in environ or kind.startswith("application/x-amz-json"):
        return Protocol.JSON
    if service == "ec2":
        return Protocol.EC2
    if service in _REST_XML or (service != "s3" and kind.startswith("application/x-www-form-urlencoded")):
        return Protocol.XML
    return Protocol.S3 if service in ("s3", None) and "json" not in kind else Protocol.REST_JSON


def rendered(protocol: Protocol, code: str, message: str) -> tuple[Headers, bytes]:
    """Headers and body of an error."""
    if protocol in _FORMS:
        text = _FORMS[protocol].format(f"<Code>{code}</Code><Message>{escape(message, quote=False)}</Message>")
        return [("Content-Type", "application/xml")], f'<?xml version="1.0" encoding="UTF-8"?>\n{text}'.encode()
    body = json.dumps({"__type": code, "message": message}).encode()
    return [("Content-Type", "application/json"), ("x-amzn-errortype", code)], body
