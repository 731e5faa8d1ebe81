"""Requests to S3 as the actions that IAM checks for them."""

from typing import Any
from urllib.parse import unquote

import xmltodict

from localcloud.iam.call import Call, Caller, Where
from localcloud.iam.encryption import implied
from localcloud.iam.policies import bucket_of
from localcloud.iam.s3_actions import bucket_action, object_action
from localcloud.iam.s3_context import form_fields, request_context

_KEYS = ("s3:prefix", "s3:delimiter", "s3:x-amz-acl", "s3:x-amz-server-side-encryption", "aws:referer")
# Headers that are requests of their own, https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html
_ALSO = {
    "x-amz-acl": "s3:PutObjectAcl",
    "x-amz-tagging": "s3:PutObjectTagging",
    "x-amz-object-lock-mode": "s3:PutObjectRetention",
    "x-amz-object-lock-legal-hold": "s3:PutObjectLegalHold",
    "x-amz-bypass-governance-retention": "s3:BypassGovernanceRetention",
}
# https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html
_ALSO_OF_BUCKETS = {
    "x-amz-acl": "s3:PutBucketAcl",
    "x-amz-bucket-object-lock-enabled": "s3:PutBucketObjectLockConfiguration",
    "x-amz-object-ownership": "s3:PutBucketOwnershipControls",
}


def of_object(caller: Caller, response: Any, bucket: str, key: str, where: Where) -> list[Call]:
    """A request for one object."""
    request, headers = response.normalized_request, _lower(response.headers)
    name, arn = object_action(request), f"arn:aws:s3:::{bucket}/{key}"
    call = Call(caller, name, arn, _context(caller, response), name)
    found = [call, *implied(call, where, {**headers, **request.args})]
    if name in ("s3:PutObject", "s3:DeleteObject", "s3:DeleteObjectVersion"):
        found += _besides(call, _ALSO, headers)
    if "attributes" in request.args:
        found.append(Call(caller, name.replace("Attributes", ""), arn, call.context, name))
    if "x-amz-copy-source" in headers:
        found += _copied(call, headers["x-amz-copy-source"], where)
    return found


def _copied(call: Call, source: str, where: Where) -> list[Call]:
    path, _, version = source.lstrip("/").partition("?versionId=")
    action = "s3:GetObjectVersion" if version else "s3:GetObject"
    read = Call(call.caller, action, f"arn:aws:s3:::{unquote(path)}", call.caller.storage, via="s3:CopyObject")
    return [read, *implied(read, where)]


def of_form(caller: Caller, response: Any, bucket: str, where: Where) -> list[Call]:
    """An upload by a form: https://docs.aws.amazon.com/AmazonS3/latest/API/RESTObjectPOST.html"""
    fields, name = form_fields(response), "s3:PutObject"
    key = str(response.querystring.get("key", [""])[0])
    call = Call(caller, name, f"arn:aws:s3:::{bucket}/{key}", _context(caller, response), "s3:PostObject")
    besides = {f"x-amz-{field}" if field in ("acl", "tagging") else field for field in fields}
    return [call, *implied(call, where, fields), *_besides(call, _ALSO, dict.fromkeys(besides, ""))]


def of_bucket(caller: Caller, response: Any, bucket: str) -> list[Call]:
    """A request for a bucket, or with no name for all buckets."""
    request = response.normalized_request
    if not bucket:
        return [Call(caller, "s3:ListAllMyBuckets", "*", via="s3:ListBuckets")]
    arn = f"arn:aws:s3:::{bucket}"
    if request.method == "POST" and "delete" in request.args:
        return _deleted(caller, response, arn)
    name = bucket_action(request)
    call = Call(caller, name, arn, _context(caller, response), name)
    created = name == "s3:CreateBucket"
    return [call, *(_besides(call, _ALSO_OF_BUCKETS, _lower(response.headers)) if created else ())]


def _deleted(caller: Caller, response: Any, arn: str) -> list[Call]:
    listed = xmltodict.parse(response.body, force_list=("Object",))["Delete"].get("Object") or ()
    return [
        Call(
            caller,
            "s3:DeleteObjectVersion" if item.get("VersionId") else "s3:DeleteObject",
            f"{arn}/{item['Key']}",
            caller.storage,
            via="s3:DeleteObjects",
        )
        for item in listed
    ]


def _besides(call: Call, actions: dict[str, str], headers: dict[str, str]) -> list[Call]:
    return [
        Call(call.caller, action, call.resource, call.context, call.via)
        for header, action in actions.items()
        if header in headers
    ]


def _context(caller: Caller, response: Any) -> tuple[tuple[str, str], ...]:
    told = [item for item in request_context(response).items() if item[0].startswith(_KEYS)]
    bucket = bucket_of(response.bucket_name) if response.bucket_name else None
    if bucket is not None and bucket.account_id != caller.account:
        told.append(("aws:ResourceAccount", bucket.account_id))
    return tuple(sorted((*caller.storage, *told)))


def _lower(headers: Any) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}
