"""S3 server access logs, delivered in batches.

moto writes one log object for each request, at once, which fills a log bucket faster than it can be emptied. S3
collects records and delivers them "within a few hours" on a best-effort basis
(https://docs.aws.amazon.com/AmazonS3/latest/userguide/ServerLogs.html); here once an hour of the cloud's time, by the
first request after it.
"""

import time
import uuid
from datetime import UTC, datetime
from typing import Any

from moto.s3.exceptions import MissingBucket
from moto.s3.models import FakeBucket, S3Backend

from localcloud.patching import replace
from localcloud.server import current

DELIVERY_SECONDS = 3600


def _permitted(target_bucket: Any, target_prefix: str | None) -> bool:
    """S3 switches logging on before the log bucket's policy is there; moto insists on the policy first.

    CDK's policy of a log bucket names the source bucket, so CloudFormation creates it after the source bucket.
    """
    return True


replace(FakeBucket, "_log_permissions_enabled_policy", "(target_bucket, target_prefix)")(staticmethod(_permitted))


@replace(S3Backend, "log_incoming_request", "(self, request, bucket_name)")
def log_incoming_request(self: Any, request: Any, bucket_name: str) -> None:
    """Note the request, and deliver what has waited long enough."""
    bucket = self.buckets.get(bucket_name)
    if bucket is None or not bucket.logging:
        return
    pending: list[str] = bucket.__dict__.setdefault("localcloud_access_log", [])
    since: float = bucket.__dict__.setdefault("localcloud_access_log_since", time.monotonic())
    pending.append(_record(bucket_name, request))
    if time.monotonic() - since >= current().wait_time(DELIVERY_SECONDS):
        del bucket.localcloud_access_log, bucket.localcloud_access_log_since
        _deliver(self, bucket.logging, "\n".join(pending) + "\n")


def _deliver(backend: Any, configuration: dict[str, Any], text: str) -> None:
    """One object, named as S3 names it: prefix, time, unique string."""
    moment = datetime.now(UTC).strftime("%Y-%m-%d-%H-%M-%S")
    key = f"{configuration.get('TargetPrefix') or ''}{moment}-{uuid.uuid4().hex[:16].upper()}"
    try:
        backend.put_object(configuration["TargetBucket"], key, value=text.encode())
    except MissingBucket:
        return  # delivery is best effort, and the log bucket is gone


def _record(bucket: str, request: Any) -> str:
    """https://docs.aws.amazon.com/AmazonS3/latest/userguide/LogFormat.html; unknown fields are "-"."""
    moment = datetime.now(UTC).strftime("%d/%b/%Y:%H:%M:%S +0000")
    _, _, key = request.path.lstrip("/").partition("/")
    kind = "OBJECT" if key else "BUCKET"
    agent = request.headers.get("User-Agent", "-")
    return (
        f"- {bucket} [{moment}] 127.0.0.1 - {uuid.uuid4().hex[:16].upper()} REST.{request.method}.{kind} {key or '-'} "
        f'"{request.method} {request.path} HTTP/1.1" - - - - - - "-" "{agent}" - - - - - - - - -'
    )
