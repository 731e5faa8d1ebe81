"""How engines call: they try again what may pass, read whole answers, and name each call.

Imports nothing of the local cloud: the folder is on the path of Glue's job processes too, whose library is an engine.

What AWS says of its services' own calls: Trino, which Athena runs, tries S3 20 times more
(https://trino.io/docs/current/object-storage/file-system-s3.html, s3.max-error-retries), EMRFS, which Glue's Spark
reads S3 with, 15 times (https://docs.aws.amazon.com/emr/latest/ManagementGuide/emr-spark-emrfs-retry.html), Athena
backs off from KMS (https://docs.aws.amazon.com/athena/latest/ug/encryption.html), SageMaker Pipelines retry throttling
and faults (https://docs.aws.amazon.com/sagemaker/latest/dg/pipelines-retry-policy.html). Firehose and EventBridge have
loops of their own above it. What is tried again, and the pauses, are those of every AWS SDK
(https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html).
"""

import io
import logging
import shutil
import uuid
from collections.abc import Callable
from typing import Any, BinaryIO

import boto3
from botocore.config import Config
from botocore.exceptions import ConnectionClosedError, FlexibleChecksumError, HTTPClientError, IncompleteReadError
from botocore.httpsession import URLLib3Session
from botocore.retries.standard import (
    ExponentialBackoff,
    RetryEventAdapter,
    StandardRetryConditions,
    ThrottlingErrorDetector,
)

ATTEMPTS = 16
HEADER = "x-localcloud-call"  # the same for all attempts of one call: the cloud does it once
_READ_TIMEOUT = 900  # seconds; a function may take that long
_CONNECTIONS = 32
_BROKEN_OFF = (HTTPClientError, IncompleteReadError, FlexibleChecksumError)  # of a body while it is read
_TELL_FROM = 5  # failures of one call that are worth a line in the log

Pause = Callable[[float], bool]  # of seconds in the cloud; False when no further attempt is wanted

log = logging.getLogger(__name__)


def client(service: str, **given: Any) -> Any:
    """A boto3 client that tries once and sees every answer; ``given`` as for ``boto3.client``."""
    config = Config(
        retries={"mode": "standard", "total_max_attempts": 1},
        read_timeout=_READ_TIMEOUT,
        max_pool_connections=_CONNECTIONS,
        s3={"addressing_style": "path"},
    )
    return boto3.client(service, config=config, **given)


def engine_client(service: str, attempts: int, pause: Pause, **given: Any) -> Any:
    """A `client` of an engine."""
    made = client(service, **given)
    events, of_service = made.meta.events, made.meta.service_model.service_id.hyphenize()
    events.register("before-call", _name_call)
    events.register("before-send", _whole_answers())
    events.register(f"needs-retry.{of_service}", _retries(made.meta.service_model.service_name, attempts, pause))
    return made


def _name_call(params: dict[str, Any], **_: Any) -> None:
    params["headers"][HEADER] = uuid.uuid4().hex


def _whole_answers() -> Callable[..., Any]:
    """Take an answer that broke off for none.

    botocore asks urllib3 not to look at the Content-Length, and takes half an answer in JSON for an empty one.
    """
    session = URLLib3Session(timeout=_READ_TIMEOUT, max_pool_connections=_CONNECTIONS)

    def send(request: Any, **_: Any) -> Any:
        answer = session.send(request)
        if not request.stream_output and request.method != "HEAD":
            promised = int(answer.headers.get("Content-Length", 0))
            if len(answer.content) < promised:
                raise ConnectionClosedError(endpoint_url=request.url, request=request)
        return answer

    return send


def _retries(service: str, attempts: int, pause: Pause) -> Callable[..., float | None]:
    """botocore's standard conditions and pauses, without its quota: that guards a service from many clients."""
    adapter, conditions = RetryEventAdapter(), StandardRetryConditions(attempts)
    backoff = ExponentialBackoff(throttling_detector=ThrottlingErrorDetector(adapter))

    def needs_retry(**call: Any) -> float | None:
        context = adapter.create_retry_context(**call)
        if not conditions.is_retryable(context):
            return None
        if context.attempt_number >= _TELL_FROM:
            why = context.get_error_code() or type(context.caught_exception).__name__
            told = (service, context.operation_model.name, context.attempt_number, why)
            log.warning("%s:%s has failed %d times and is tried again: %s", *told)
        return 0.0 if pause(backoff.delay_amount(context)) else None

    return needs_retry


def fetch(s3: Any, bucket: str, key: str, file: BinaryIO, **version: str) -> str:
    """Write an object to an empty file; its ETag. Read again from the start when the answer breaks off.

    A client's retries end when the head of an answer is there; the body comes later.
    """
    for left in reversed(range(ATTEMPTS)):
        answer = s3.get_object(Bucket=bucket, Key=key, **version)
        try:
            shutil.copyfileobj(answer["Body"], file)
            break
        except _BROKEN_OFF:
            if not left:
                raise
            file.seek(0)
            file.truncate()
    return str(answer["ETag"])


def read(s3: Any, bucket: str, key: str, **version: str) -> bytes:
    """An object, or a version of it (``VersionId``), as `fetch` reads it."""
    file = io.BytesIO()
    fetch(s3, bucket, key, file, **version)
    return file.getvalue()
