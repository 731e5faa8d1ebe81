"""S3: bucket policies that are enforced with their conditions, Intelligent-Tiering configurations, and no pretending.

moto answers a sub-resource that it does not know as if the bucket itself were meant: PUT creates the bucket, DELETE
deletes it. Those are refused here.
"""

from contextvars import ContextVar
from typing import Any
from urllib.parse import quote

import xmltodict
from moto.iam.access_control import PermissionResult
from moto.s3.exceptions import S3ClientError
from moto.s3.models import FakeBucket, S3Backend
from moto.s3.responses import S3Response

from localcloud.iam.s3_actions import bucket_action, object_action
from localcloud.iam.s3_context import principal_of, request_context
from localcloud.moto_gaps.s3_policy import PolicyError, Request, decide, parse
from localcloud.patching import replace

TIERING = "intelligent-tiering"
NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"

_request: ContextVar[Any] = ContextVar("s3_request")


class AccessDeniedError(S3ClientError):  # type: ignore[misc]
    def __init__(self, action: str, resource: str) -> None:
        super().__init__(
            "AccessDenied",
            f"User is not authorized to perform: {action} on resource: {quote(resource, safe=':/')} "
            "with an explicit deny in a resource-based policy",
        )


class RefusedError(S3ClientError):  # type: ignore[misc]
    def __init__(self, what: str) -> None:
        super().__init__("NotImplemented", f"s3: {what}")


class MalformedPolicyError(S3ClientError):  # type: ignore[misc]
    def __init__(self, message: str) -> None:
        super().__init__("MalformedPolicy", message)


class MissingFieldError(S3ClientError):  # type: ignore[misc]
    def __init__(self, field: str) -> None:
        told = f"Bucket POST must contain a field named '{field}'."
        super().__init__("InvalidArgument", f"{told}  If it is specified, please check the order of the fields.")


class NoSuchConfigurationError(S3ClientError):  # type: ignore[misc]
    def __init__(self) -> None:
        super().__init__("NoSuchConfiguration", "The specified configuration does not exist.")


def _decide(bucket: Any, response: Any, action: str, resource: str) -> str | None:
    if bucket.policy is None:
        return None
    request = Request(action, resource, principal_of(response), request_context(response))
    return decide(bucket.policy.decode(), request)


def _obey(bucket: Any, response: Any, action: str, resource: str) -> None:
    """Raises AccessDeniedError where the bucket's policy denies it."""
    if _decide(bucket, response, action, resource) == "Deny":
        raise AccessDeniedError(action, resource)


def _find(response: Any, name: str) -> Any:
    return response.backend.buckets.get(name)


@replace(FakeBucket, "get_permission", "(self, action, resource)")
def get_permission(self: Any, action: str, resource: str) -> Any:
    """What moto asks for objects: denied, permitted (for anonymous requests), or neither."""
    response = _request.get(None)
    if action == "s3:HeadObject":  # which is no action of IAM's
        action = "s3:GetObject"
    decision = None if response is None else _decide(self, response, action, resource)
    return {"Deny": PermissionResult.DENIED, "Allow": PermissionResult.PERMITTED, None: PermissionResult.NEUTRAL}[
        decision
    ]


@replace(S3Response, "_key_response", "(self, request, full_url)")
def key_response(self: Any, request: Any, full_url: str) -> Any:
    """Objects: the policy first."""
    bucket_name = self.parse_bucket_name_from_url(request, full_url)
    bucket = _find(self, bucket_name)
    if bucket is not None:
        _obey(bucket, self, object_action(request), f"arn:aws:s3:::{bucket_name}/{self.parse_key_name()}")
    token = _request.set(self)
    try:
        return key_response.original(self, request, full_url)  # type: ignore[attr-defined]
    finally:
        _request.reset(token)


@replace(S3Response, "_bucket_response", "(self, request, full_url)")
def bucket_response(self: Any, request: Any, full_url: str) -> Any:
    """Buckets: the policy, then what moto does not know, then moto."""
    bucket_name = self.parse_bucket_name_from_url(request, full_url)
    bucket = _find(self, bucket_name) if bucket_name else None
    if bucket is not None and request.method == "POST" and "delete" not in request.args:  # an upload by a form
        if "key" not in self.form_data and "Content-Length" in request.headers:  # without a length moto says that
            raise MissingFieldError("key")
        _obey(bucket, self, "s3:PutObject", f"arn:aws:s3:::{bucket_name}/{self.form_data.get('key', '')}")
    if bucket is not None and request.method in ("GET", "HEAD", "PUT", "DELETE"):
        _obey(bucket, self, bucket_action(request), f"arn:aws:s3:::{bucket_name}")
        if TIERING in request.args:
            return _tiering(self, bucket, request)
    token = _request.set(self)
    try:
        return bucket_response.original(self, request, full_url)  # type: ignore[attr-defined]
    finally:
        _request.reset(token)


def _tiering(response: Any, bucket: Any, request: Any) -> Any:
    """Configurations are kept as they came; S3 moves objects by access pattern, which no local cloud shows.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketIntelligentTieringConfiguration.html
    """
    kept: dict[str, Any] = bucket.__dict__.setdefault("localcloud_tiering", {})
    name = request.args.get("id")
    if request.method == "PUT":
        kept[name] = xmltodict.parse(response.body)["IntelligentTieringConfiguration"]
        return 200, {}, ""
    if request.method == "DELETE":
        if kept.pop(name, None) is None:
            raise NoSuchConfigurationError
        return 204, {}, ""
    if name is None:
        listed = {"@xmlns": NAMESPACE, "IsTruncated": "false", "IntelligentTieringConfiguration": list(kept.values())}
        return 200, {}, xmltodict.unparse({"ListBucketIntelligentTieringConfigurationsOutput": listed})
    if name not in kept:
        raise NoSuchConfigurationError
    return 200, {}, xmltodict.unparse({"IntelligentTieringConfiguration": kept[name]})


@replace(S3Backend, "put_bucket_policy", "(self, bucket_name, policy)")
def put_bucket_policy(self: Any, bucket_name: str, policy: bytes) -> None:
    """Refuses what could not be enforced."""
    try:
        parse(policy.decode())
    except PolicyError as error:
        raise (MalformedPolicyError(str(error)) if error.supported else RefusedError(str(error))) from None
    self.get_bucket(bucket_name).policy = policy
