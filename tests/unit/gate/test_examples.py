"""AWS's own example requests, which botocore brings, are as its models say: an oracle for what a model may refuse."""

import gzip
import json
from pathlib import Path
from typing import Any

import botocore
import pytest

from localcloud import kept
from localcloud.gate.constraints import WrongTypeError, violations
from localcloud.gate.services import model

# Examples that no service would take as they are written
WRONG_EXAMPLES = {
    "ec2:CreateImage",  # a number as a text
    "ec2:ModifyNetworkInterfaceAttribute",  # an attribute without its structure
    "ec2:ModifySpotFleetRequest",  # "NoTermination " with a blank
    "ec2:ModifySubnetAttribute",  # an attribute without its structure
    "kms:CreateCustomKeyStore",  # a cluster's id with a 1, which is none of its letters
    "kms:UpdateCustomKeyStore",
    "lambda:UpdateEventSourceMapping",  # 12 characters for a UUID
    "s3:CompleteMultipartUpload",  # numbers as texts, here and below
    "s3:ListMultipartUploads",
    "s3:ListObjects",
    "s3:ListObjectsV2",
    "s3:UploadPart",
    "s3:UploadPartCopy",
}


def examples(service: str) -> list[tuple[str, dict[str, Any]]]:
    """Operation and input of each example."""
    found = []
    for file in (Path(botocore.__file__).parent / "data" / service).glob("*/examples-1.json*"):
        text = gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()
        for operation, cases in json.loads(text).get("examples", {}).items():
            found += [(operation, case.get("input") or {}) for case in cases]
    return found


def wrong(service: str, operation: str, parameters: dict[str, Any]) -> Any:
    try:
        return violations(service, operation, parameters)
    except WrongTypeError as error:
        return error


def test_examples_are_allowed() -> None:
    seen, refused = 0, {}
    for service in kept.tables():
        for operation, parameters in examples(service):
            if operation not in model(service).operation_names:
                continue
            seen += 1
            found = wrong(service, operation, parameters)
            if found and f"{service}:{operation}" not in WRONG_EXAMPLES:
                refused[f"{service}:{operation}"] = found
    assert refused == {}
    assert seen > 700


@pytest.mark.parametrize("service", ["lambda", "kms", "iam"])
def test_an_example_with_an_empty_text_is_not(service: str) -> None:
    """So that the test above is not true of a check that finds nothing."""
    emptied = 0
    for operation, parameters in examples(service):
        shape = model(service).operation_model(operation).input_shape
        for name in parameters:
            member = shape.members[name]
            if member.type_name == "string" and (member.metadata.get("min") or 0) > 0:
                assert wrong(service, operation, {**parameters, name: ""}), f"{operation} without {name}"
                emptied += 1
    assert emptied > 10
