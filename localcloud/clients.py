"""boto3 clients of one cloud: anyone's, which see every answer, and engines', which try again as services do.

What AWS says of its services' own calls: Trino, which Athena runs, tries S3 20 times more
(https://trino.io/docs/current/object-storage/file-system-s3.html, s3.max-error-retries), EMRFS, which Glue's Spark
reads S3 with, 15 times (https://docs.aws.amazon.com/emr/latest/ManagementGuide/emr-spark-emrfs-retry.html), Athena
backs off from KMS (https://docs.aws.amazon.com/athena/latest/ug/encryption.html), SageMaker Pipelines retry throttling
and faults (https://docs.aws.amazon.com/sagemaker/latest/dg/pipelines-retry-policy.html). Firehose and EventBridge have
loops of their own above it. What is tried again, and the pauses, are those of every AWS SDK
(https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html); the pauses pass at the cloud's speed.
"""

import logging
import threading
from collections.abc import Callable, Mapping
from typing import Any

import boto3
from botocore.config import Config
from botocore.retries.standard import (
    ExponentialBackoff,
    RetryEventAdapter,
    StandardRetryConditions,
    ThrottlingErrorDetector,
)

from localcloud.standalone import engine_calls

_TELL_FROM = 5  # failures of one call that are worth a line in the log

Pause = Callable[[float], bool]  # of seconds in the cloud; False when the cloud ends or is reset meanwhile

log = logging.getLogger(__name__)


class Clients:
    """Made once each; threads may share them."""

    def __init__(self, pause: Pause) -> None:
        self._pause = pause
        self._made: dict[tuple[Any, ...], Any] = {}
        self._lock = threading.Lock()

    def get(self, service: str, region: str, endpoint: str, signer: Mapping[str, str], attempts: int = 0) -> Any:
        """A client.

        Args:
            signer: credentials as environment variables.
            attempts: of an engine's call; 0 for a client that is nobody's engine, and tries once.
        """
        key = (service, region, endpoint, signer["AWS_ACCESS_KEY_ID"], attempts)
        with self._lock:
            if key not in self._made:
                made = self._made[key] = boto3.client(
                    service,
                    region_name=region,
                    endpoint_url=endpoint,
                    aws_access_key_id=signer["AWS_ACCESS_KEY_ID"],
                    aws_secret_access_key=signer["AWS_SECRET_ACCESS_KEY"],
                    aws_session_token=signer["AWS_SESSION_TOKEN"],
                    config=Config(
                        retries={"mode": "standard", "total_max_attempts": 1},  # more only by `_keep_trying`
                        read_timeout=engine_calls.READ_TIMEOUT,
                        max_pool_connections=engine_calls.CONNECTIONS,
                        s3={"addressing_style": "path"},
                    ),
                )
                if attempts:
                    _keep_trying(made, attempts, self._pause)
            return self._made[key]

    def forget(self, but: str) -> None:
        """Sessions are over: only the clients that sign with the access key ``but`` stay."""
        with self._lock:
            self._made = {key: made for key, made in self._made.items() if key[3] == but}


def _keep_trying(client: Any, attempts: int, pause: Pause) -> None:
    """botocore's standard conditions and pauses, without its quota: that guards a service from many clients."""
    service = client.meta.service_model.service_id.hyphenize()
    adapter, conditions = RetryEventAdapter(), StandardRetryConditions(attempts)
    backoff = ExponentialBackoff(throttling_detector=ThrottlingErrorDetector(adapter))

    def needs_retry(**call: Any) -> float | None:
        context = adapter.create_retry_context(**call)
        if not conditions.is_retryable(context):
            return None
        if context.attempt_number >= _TELL_FROM:
            why = context.get_error_code() or type(context.caught_exception).__name__
            told = (client.meta.service_model.service_name, context.operation_model.name, context.attempt_number, why)
            log.warning("%s:%s has failed %d times and is tried again: %s", *told)
        return 0.0 if pause(backoff.delay_amount(context)) else None

    client.meta.events.register(f"needs-retry.{service}", needs_retry)
    engine_calls.prepare(client)
