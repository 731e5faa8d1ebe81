"""What a presigned upload by a form may be: the conditions of the policy that its signature covers.

https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html; words and codes as AWS gave them to
localstack/localstack, tests/aws/services/s3/test_s3.py (``TestS3PresignedPost``).
"""

import base64
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

# https://docs.aws.amazon.com/AmazonS3/latest/API/RESTObjectPOST.html: fields that need no condition
_FREE = ("awsaccesskeyid", "x-amz-signature", "signature", "file", "policy")
_FREE_PREFIX = "x-ignore-"


class PostPolicyError(Exception):
    """The upload is not what the policy allows."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def check(policy: str, fields: Mapping[str, str], size: int) -> None:
    """Whether an upload obeys its policy.

    Args:
        policy: base64, as the form has it.
        fields: of the form, in lower case, with ``bucket``.
        size: of the file, in bytes.

    Raises:
        PostPolicyError
    """
    try:
        document = json.loads(base64.b64decode(policy))
        expires = datetime.fromisoformat(document["expiration"].replace("Z", "+00:00"))
        conditions = [_condition(item) for item in document["conditions"]]
    except (KeyError, TypeError, ValueError):
        raise PostPolicyError("InvalidPolicyDocument", "Invalid Policy: Invalid JSON.") from None
    if datetime.now(UTC) >= expires.replace(tzinfo=expires.tzinfo or UTC):
        raise PostPolicyError("AccessDenied", "Invalid according to Policy: Policy expired.")
    named = {str(what).lstrip("$").lower() for _, what, _ in conditions}
    for name in fields:
        if name not in named and name not in _FREE and not name.startswith(_FREE_PREFIX):
            raise PostPolicyError("AccessDenied", f"Invalid according to Policy: Extra input fields: {name}")
    for kind, what, value in conditions:
        _hold(kind, what, value, fields, size)


def _condition(item: Any) -> tuple[str, Any, Any]:
    if isinstance(item, dict):
        if len(item) != 1:
            told = "Invalid Simple-Condition: Simple-Conditions must have exactly one property specified."
            raise PostPolicyError("InvalidPolicyDocument", f"Invalid Policy: {told}")
        ((name, value),) = item.items()
        return "eq", f"${name}", value
    kind, what, value = item
    return str(kind).lower(), what, value


def _hold(kind: str, what: Any, value: Any, fields: Mapping[str, str], size: int) -> None:
    if kind == "content-length-range" and isinstance(what, int) and isinstance(value, int):
        if size > value:
            raise PostPolicyError("EntityTooLarge", "Your proposed upload exceeds the maximum allowed size")
        if size < what:
            raise PostPolicyError("EntityTooSmall", "Your proposed upload is smaller than the minimum allowed size")
        return
    given = fields.get(str(what)[1:].lower(), "") if str(what).startswith("$") else None
    if given is None or kind not in _TESTS or not _TESTS[kind](given, str(value)):
        told = json.dumps([kind, what, value])
        raise PostPolicyError("AccessDenied", f"Invalid according to Policy: Policy Condition failed: {told}")


_TESTS: dict[str, Callable[[str, str], bool]] = {
    "eq": lambda given, wanted: given == wanted,
    "starts-with": lambda given, wanted: given.startswith(wanted),
}
