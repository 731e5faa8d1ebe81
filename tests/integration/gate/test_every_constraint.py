"""Every constraint of every operation that is answered, in a request that breaks it, as botocore sends it."""

import re
from typing import Any

import pytest
from moto.core.request import Request

from localcloud import kept
from localcloud.gate import refusal_of
from localcloud.gate.quirks import ALSO_REQUIRED, S3_VALUES
from localcloud.gate.routing import call_of
from localcloud.gate.services import model
from tests.integration.gate.minimal import environ_of, minimal, protocol_of
from tests.integration.gate.wrong import Wrong, wrong_requests

OWN_WORDS = ("ec2", "ecr", "s3", "s3control", "sns", "sqs")  # they do not say where in the request it is


def refusal(service: str, operation: Any, parameters: dict[str, Any]) -> Any:
    request = Request(environ_of(service, operation, parameters))
    return refusal_of(call_of(request), request)


def is_checked(service: str, shape: Any, wrong: Wrong) -> bool:
    """Whether the gate is to see it: not what a form cannot say, nor what S3 has codes of its own for."""
    top = next(name for name in shape.members if name.lower() == wrong.path.partition(".")[0].lower())
    member = shape.members[top]
    if top == shape.serialization.get("payload") and wrong.path == f"{top[:1].lower()}{top[1:]}":
        return False  # a body is there, and may be empty
    if service in ("s3", "s3control"):
        return "." in wrong.path or (wrong.trait == "enum" and member.serialization.get("name") in S3_VALUES)
    return protocol_of(service) not in ("query", "ec2") or not has_empty(wrong.value)


def has_empty(value: Any) -> bool:
    """Whether there is a structure without members in it, which has no fields in a form."""
    if isinstance(value, dict):
        return any(item == {} or has_empty(item) for item in value.values())
    return isinstance(value, list) and any(item == {} or has_empty(item) for item in value)


def is_told(service: str, wrong: Wrong, found: Any) -> bool:
    if (wrong.path, wrong.trait) == ("tagKeys", "required") and protocol_of(service) == "rest-json":
        return bool(found.status == 404)  # in the query string: without it moto's router knows no such operation
    return bool(found and found.status == 400 and (service in OWN_WORDS or f"at '{wrong.path}'" in found.message))


@pytest.mark.parametrize("service", sorted(kept.tables()))
def test_a_request_that_breaks_it_is_refused(service: str) -> None:
    passed = []
    seen: set[str] = set()
    for name in sorted(kept.operations(service) - {"PostObject"}):
        operation = model(service).operation_model(name)
        shape = operation.input_shape
        for wrong in () if shape is None else wrong_requests(service, shape, seen):
            if is_checked(service, shape, wrong):
                found = refusal(service, operation, wrong.value)
                if not is_told(service, wrong, found):
                    passed.append((name, wrong.path, wrong.trait, found))
    assert passed == []


# What `minimal` cannot make: a form of an empty structure, patterns that none of its texts fit, bodies that S3 needs
NOT_MINIMAL = {
    "ec2": {"CreateDhcpOptions", "CreateTags"},
    "s3": {
        "CompleteMultipartUpload", "PutBucketAcl", "PutBucketLifecycleConfiguration", "PutObjectAcl",
        "PutObjectLegalHold", "PutObjectLockConfiguration", "PutObjectRetention", "RestoreObject",
    },
}  # fmt: skip


@pytest.mark.parametrize("service", sorted(kept.tables()))
def test_the_same_request_without_it_is_not(service: str) -> None:
    also = {member.lower() for members in ALSO_REQUIRED.get(service, {}).values() for member in members}
    refused = {}
    for name in kept.operations(service) - {"PostObject"} - NOT_MINIMAL.get(service, set()):
        operation = model(service).operation_model(name)
        parameters = minimal(operation.input_shape) if operation.input_shape is not None else {}
        found = refusal(service, operation, parameters)
        places = re.findall(r"Value null at '(?:[^']*\.)?([^'.]+)'", found.message) if found else []
        if found and not (places and {place.lower() for place in places} <= also):
            refused[name] = found
    assert refused == {}
