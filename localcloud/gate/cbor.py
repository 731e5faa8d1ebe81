"""Smithy's RPC v2 CBOR, which moto does not speak, as the JSON protocol of the same service, and back.

SDKs choose it for CloudWatch and others; botocore, whose encoder and decoder these are, does not yet.
https://smithy.io/2.0/additional-specs/protocols/smithy-rpc-v2.html
"""

import base64
import json
from datetime import datetime
from typing import Any

from botocore.model import StringShape
from botocore.parsers import JSONParser, RpcV2CBORParser
from botocore.serialize import RpcV2CBORSerializer

from localcloud.gate.decode import MalformedError

_TEXT = StringShape("Text", {"type": "string"})


def to_json(body: bytes) -> bytes:
    """A request's body in JSON. Raises MalformedError."""
    if not body:
        return b"{}"
    parser = RpcV2CBORParser()
    try:
        value = parser.parse_data_item(parser.get_peekable_stream_from_bytes(body))
        return json.dumps(value, default=_plain).encode()
    except Exception as error:  # botocore's decoder is for answers, which it trusts
        raise MalformedError(f"the body is not CBOR: {error}") from None


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, datetime):
        return value.timestamp()
    raise TypeError(f"{type(value).__name__} has no place in a request")


def from_json(shape: Any, body: bytes) -> bytes:
    """An answer's JSON body in CBOR, by its output shape; None has no members."""
    packed = bytearray()
    if shape is None:
        return encode({})
    value = JSONParser().parse({"status_code": 200, "headers": {}, "body": body}, shape)
    value.pop("ResponseMetadata", None)
    RpcV2CBORSerializer()._serialize_data_item(packed, value, shape)
    return bytes(packed)


def error_from_json(body: bytes) -> bytes:
    """An error's JSON body in CBOR."""
    error = json.loads(body)
    message = error.get("message") or error.get("Message") or ""
    return encode({"__type": error.get("__type", "InternalFailure"), "message": message})


def encode(texts: dict[str, str]) -> bytes:
    """A map of texts."""
    packed = bytearray([0xA0 | len(texts)])  # a map of fewer than 24 pairs
    for text in (part for pair in texts.items() for part in pair):
        RpcV2CBORSerializer()._serialize_data_item(packed, text, _TEXT)
    return bytes(packed)
