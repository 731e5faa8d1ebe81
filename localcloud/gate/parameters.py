"""The members of a request, from wherever its protocol puts them."""

import zlib
from typing import Any

from moto.core.request import Request

from localcloud.gate import cbor, decode
from localcloud.gate.routing import CBOR, FORMS, Call, body_of, put_body

UNPACKED = 64 * 1024 * 1024  # bytes that a compressed body may have; no operation takes more
_GZIP = 31  # zlib's window bits for a gzip stream


def parameters_of(call: Call, request: Request, shape: Any) -> tuple[dict[str, Any], list[str]]:
    """The members, and the fields of a form that the operation does not have.

    Raises MalformedError and WrongTypeError.
    """
    if call.protocol in FORMS:
        return decode.from_query(shape, call.form, ec2=call.protocol == "ec2")
    if call.protocol == CBOR:  # from here on the request is one in JSON
        body = cbor.to_json(_body(request))
        put_body(request.environ, body)
        return decode.from_json(shape, body), []
    if call.protocol == "json":
        return decode.from_json(shape, _body(request)), []
    return ({} if shape is None else _of_rest(call, request, shape)), []


def _of_rest(call: Call, request: Request, shape: Any) -> dict[str, Any]:
    """Of path, query string and headers, and of a body that is not just bytes."""
    found = decode.from_http(shape, call.uri, request.args, request.headers)
    read = decode.from_xml if call.protocol == "rest-xml" else decode.from_json
    name = shape.serialization.get("payload")
    if name is None:
        if any("location" not in member.serialization for member in shape.members.values()):
            found.update(read(shape, _body(request)))
        return found
    payload = shape.members[name]
    if payload.type_name != "structure" or payload.serialization.get("eventstream"):
        found[name] = ""  # bytes: they may be many, and all that is asked of them is to be there
        return found
    body = _body(request)
    if body.strip() or name in shape.required_members:
        found[name] = read(payload, body)
    elif call.service == "s3" and call.operation != "CreateBucket" and not _grants(request):
        raise decode.MissingBodyError("the body is empty")
    return found


def _grants(request: Request) -> bool:
    """Whether headers say what the body of an ACL would."""
    return any(name.lower().startswith(("x-amz-acl", "x-amz-grant-")) for name, _ in request.headers)


def _body(request: Request) -> bytes:
    body = body_of(request.environ)
    if request.environ.get("HTTP_CONTENT_ENCODING") != "gzip":
        return body
    packed = zlib.decompressobj(_GZIP)
    try:
        unpacked = packed.decompress(body, UNPACKED)
    except zlib.error as error:
        raise decode.MalformedError(f"the body is not gzip: {error}") from None
    if not packed.eof:
        raise decode.MalformedError(f"the body is not the whole of a gzip stream of at most {UNPACKED} bytes")
    return unpacked
