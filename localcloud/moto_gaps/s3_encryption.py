"""S3: with which key an object is encrypted: what its request asks for, else what the bucket says, else S3's own.

moto completes a request that asks for KMS and names no key with the bucket's key; S3 takes the account's key ``aws/s3``
(https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html). Keys must be there and enabled. Held against what
AWS answered to localstack/localstack, tests/aws/services/s3/test_s3.py (``test_s3_sse_*``, ``test_copy_object_kms``,
``test_s3_copy_object_in_place_with_encryption``).
"""

import json
import re
from contextvars import ContextVar
from threading import Lock
from typing import Any

import xmltodict
from moto.kms.models import KmsBackend, kms_backends
from moto.s3.exceptions import InvalidArgumentError, S3ClientError
from moto.s3.models import FakeBucket, S3Backend
from moto.s3.responses import S3Response

from localcloud.iam.s3_context import form_fields
from localcloud.patching import replace

ALGORITHM, KEY = "x-amz-server-side-encryption", "x-amz-server-side-encryption-aws-kms-key-id"
ALGORITHMS = ("AES256", "aws:kms", "aws:kms:dsse")
MANAGED = "alias/aws/s3"
_UUID = re.compile(r"(mrk-[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})")

_form: ContextVar[dict[str, str]] = ContextVar("s3_form")  # of the upload by a form that is under way
_making = Lock()


class KmsError(S3ClientError):  # type: ignore[misc]
    """What KMS answered to S3."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"KMS.{code}", message)


def encryption(bucket: FakeBucket, algorithm: str | None, key: str | None) -> tuple[str, str | None]:
    """Algorithm, and for KMS the ARN of the key, of a new object in ``bucket``.

    Args:
        algorithm: as the request has it, like ``key``.

    Raises:
        S3ClientError: as S3 refuses the request.
    """
    if algorithm is not None and algorithm not in ALGORITHMS:
        raise InvalidArgumentError("The encryption method specified is not supported", ALGORITHM, algorithm)
    if key is not None and (algorithm or "AES256") == "AES256":
        raise InvalidArgumentError(
            f"Server Side Encryption with AWS KMS managed key requires HTTP header {ALGORITHM} : aws:kms",
            ALGORITHM,
            algorithm or "null",
        )
    if algorithm is None:
        default = (bucket.encryption or {}).get("Rule", {}).get("ApplyServerSideEncryptionByDefault", {})
        algorithm, key = default.get("SSEAlgorithm", "AES256"), default.get("KMSMasterKeyID")
    if algorithm == "AES256":
        return algorithm, None
    backend = kms_backends[bucket.account_id][bucket.region_name]
    return algorithm, _arn(backend, key) if key else _managed(backend)


def _managed(backend: KmsBackend) -> str:
    """The account's key for S3: made when it is first used, and by its policy open to whoever S3 lets in.

    https://docs.aws.amazon.com/kms/latest/developerguide/concepts.html#aws-managed-cmk
    """
    with _making:
        key = backend.keys[backend.get_key_id_from_alias(MANAGED)]
    through = {"kms:CallerAccount": backend.account_id, "kms:ViaService": f"s3.{backend.region_name}.amazonaws.com"}
    statement = {
        "Sid": "Allow access through S3 for all principals in the account that are authorized to use S3",
        "Effect": "Allow",
        "Principal": {"AWS": "*"},
        "Action": ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"],
        "Resource": "*",
        "Condition": {"StringEquals": through},
    }
    key.policy = json.dumps({"Version": "2012-10-17", "Id": "auto-s3-2", "Statement": [statement]})
    key.key_manager = "AWS"
    return str(key.arn)


def _arn(backend: KmsBackend, name: str) -> str:
    """ARN of the enabled key with this id, ARN or alias."""
    here = f"arn:aws:kms:{backend.region_name}:{backend.account_id}"
    region = name.split(":")[3] if name.startswith("arn:") else backend.region_name
    if region != backend.region_name:
        raise KmsError("NotFoundException", f"Invalid arn {region}")
    name = backend.get_key_id(backend.get_alias_name(name))
    if name == MANAGED:
        return _managed(backend)
    if name.startswith("alias/"):
        found = backend.get_key_id_from_alias(name)
        if found is None:
            raise KmsError("NotFoundException", f"Alias {here}:{name} is not found.")
        name = backend.get_key_id(found)
    elif not _UUID.fullmatch(name):
        raise KmsError("NotFoundException", f"Invalid keyId '{name}'")
    key = backend.keys.get(name)
    if key is None:
        raise KmsError("NotFoundException", f"Key '{here}:key/{name}' does not exist")
    if key.key_state == "PendingDeletion":
        raise KmsError("KMSInvalidStateException", f"{key.arn} is pending deletion.")
    if not key.enabled:
        raise KmsError("DisabledException", f"{key.arn} is disabled.")
    return str(key.arn)


@replace(
    S3Backend,
    "put_object",
    "(self, bucket_name, key_name, value, storage, etag, multipart, encryption, kms_key_id, bucket_key_enabled, "
    "lock_mode, lock_legal_status, lock_until, checksum_value, request_method, disable_notification)",
)
def put_object(self: Any, bucket_name: str, key_name: str, value: bytes, *args: Any, **given: Any) -> Any:
    """Every new object comes through here."""
    form = _form.get({})
    asked = given.get("encryption") or form.get(ALGORITHM), given.get("kms_key_id") or form.get(KEY)
    algorithm, key = encryption(self.get_bucket(bucket_name), *asked)
    chosen = {"encryption": algorithm, "kms_key_id": key}
    new = put_object.original(self, bucket_name, key_name, value, *args, **{**given, **chosen})  # type: ignore[attr-defined]
    new.kms_key_id = key  # moto adds the bucket's, whatever the algorithm
    return new


@replace(S3Response, "_bucket_response_post", "(self, request, bucket_name)")
def bucket_response_post(self: Any, request: Any, bucket_name: str) -> Any:
    """Uploads by a form."""
    token = _form.set(form_fields(self))
    try:
        return bucket_response_post.original(self, request, bucket_name)  # type: ignore[attr-defined]
    finally:
        _form.reset(token)


@replace(
    S3Backend,
    "copy_object",
    "(self, src_key, dest_bucket_name, dest_key_name, storage, encryption, kms_key_id, bucket_key_enabled, mdirective, "
    "metadata, website_redirect_location, lock_mode, lock_legal_status, lock_until, provided_version_id)",
)
def copy_object(self: Any, src_key: Any, dest_bucket_name: str, dest_key_name: str, **given: Any) -> None:
    """Encrypted anew as any new object; moto takes AES256 for one that is copied onto itself."""
    bucket = self.get_bucket(dest_bucket_name)
    chosen = encryption(bucket, given.get("encryption"), given.get("kms_key_id"))
    copy_object.original(self, src_key, dest_bucket_name, dest_key_name, **given)  # type: ignore[attr-defined]
    copied = bucket.keys[dest_key_name]
    copied.encryption, copied.kms_key_id = chosen


@replace(
    S3Backend,
    "create_multipart_upload",
    "(self, bucket_name, key_name, metadata, storage_type, tags, acl, sse_encryption, kms_key_id)",
)
def create_multipart_upload(self: Any, bucket_name: str, *args: Any) -> Any:
    """An upload is encrypted as it was begun, whatever the bucket says when it is completed."""
    *others, algorithm, key = args
    chosen = encryption(self.get_bucket(bucket_name), algorithm, key)
    return create_multipart_upload.original(self, bucket_name, *others, *chosen)  # type: ignore[attr-defined]


@replace(S3Response, "_key_response_post", "(self, request, body, bucket_name, query, key_name)")
def key_response_post(self: Any, request: Any, *given: Any) -> Any:
    """CreateMultipartUpload tells the encryption, which need not be what its request asked for."""
    _, bucket_name, query, _ = given
    answer = key_response_post.original(self, request, *given)  # type: ignore[attr-defined]
    if "uploads" in query:
        _, headers, text = answer
        begun = xmltodict.parse(text)["InitiateMultipartUploadResult"]["UploadId"]
        upload = self.backend.get_bucket(bucket_name).multiparts[begun]
        headers[ALGORITHM] = upload.sse_encryption
        if upload.kms_key_id:
            headers[KEY] = upload.kms_key_id
    return answer
