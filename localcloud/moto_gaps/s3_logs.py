"""S3 server access logs, delivered in batches.

moto writes one log object for each request, at once, which fills a log bucket faster than it can be emptied. S3
collects records and delivers them "within a few hours" on a best-effort basis
(https://docs.aws.amazon.com/AmazonS3/latest/userguide/ServerLogs.html); here once an hour of the cloud's time, by the
first request after it, if the log bucket's policy lets the logging service write.
"""

import threading
import time
import uuid
from datetime import UTC, datetime
from typing import Any

from moto.s3.exceptions import CrossLocationLoggingProhibited, InvalidTargetBucketForLogging
from moto.s3.models import FakeBucket, S3Backend

from localcloud.cloud import current
from localcloud.moto_gaps.s3_policy import Request, decide
from localcloud.patching import replace

DELIVERY_SECONDS = 3600
LOGGING_SERVICE = "logging.s3.amazonaws.com"

_pending = threading.Lock()  # several requests may find that it is time to deliver


@replace(FakeBucket, "set_logging", "(self, logging_config, bucket_backend)")
def set_logging(self: Any, logging_config: dict[str, Any] | None, bucket_backend: Any) -> None:
    """Whether the logging service may write is asked when it writes: CloudFormation sets the policy afterwards."""
    if logging_config:
        target = bucket_backend.buckets.get(logging_config["TargetBucket"])
        if target is None:
            raise InvalidTargetBucketForLogging("The target bucket for logging does not exist.")
        if target.region_name != self.region_name:
            raise CrossLocationLoggingProhibited
    self.logging = logging_config or {}


@replace(S3Backend, "log_incoming_request", "(self, request, bucket_name)")
def log_incoming_request(self: Any, request: Any, bucket_name: str) -> None:
    """Note the request, and deliver what has waited long enough."""
    bucket = self.buckets.get(bucket_name)
    if bucket is None or not bucket.logging:
        return
    with _pending:
        records: list[str] = bucket.__dict__.setdefault("localcloud_access_log", [])
        since: float = bucket.__dict__.setdefault("localcloud_access_log_since", time.monotonic())
        records.append(_record(bucket_name, request))
        if time.monotonic() - since < current().wait_time(DELIVERY_SECONDS):
            return
        del bucket.localcloud_access_log, bucket.localcloud_access_log_since
    _deliver(self, bucket, "\n".join(records) + "\n")


def _deliver(backend: Any, bucket: Any, text: str) -> None:
    """One object, named as S3 names it: prefix, time, unique string. Best effort: what may not be written is lost."""
    name, prefix = bucket.logging["TargetBucket"], bucket.logging.get("TargetPrefix") or ""
    key = f"{prefix}{datetime.now(UTC).strftime('%Y-%m-%d-%H-%M-%S')}-{uuid.uuid4().hex[:16].upper()}"
    target = backend.buckets.get(name)
    if target is None or target.policy is None:
        return
    request = Request(
        "s3:PutObject",
        f"arn:aws:s3:::{name}/{key}",
        LOGGING_SERVICE,
        {
            "aws:principalisawsservice": "true",
            "aws:principalservicename": LOGGING_SERVICE,
            "aws:securetransport": "true",
            "aws:sourceaccount": bucket.account_id,
            "aws:sourcearn": f"arn:aws:s3:::{bucket.name}",
            "s3:tlsversion": "1.3",
        },
    )
    if decide(target.policy.decode(), request) == "Allow":
        backend.put_object(name, key, value=text.encode())


def _record(bucket: str, request: Any) -> str:
    """https://docs.aws.amazon.com/AmazonS3/latest/userguide/LogFormat.html; unknown fields are "-"."""
    moment, identifier = datetime.now(UTC).strftime("%d/%b/%Y:%H:%M:%S +0000"), uuid.uuid4().hex[:16].upper()
    _, _, key = request.path.lstrip("/").partition("/")
    kind = "OBJECT" if key else "BUCKET"
    agent = request.headers.get("User-Agent", "-")
    return (
        f"- {bucket} [{moment}] 127.0.0.1 - {identifier} REST.{request.method}.{kind} {key or '-'} "
        f'"{request.method} {request.path} HTTP/1.1" - - - - - - "-" "{agent}" - - - - - - - - -'
    )
