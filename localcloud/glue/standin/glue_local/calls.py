"""Calls of Glue's library itself, which try again what may pass, as EMRFS does; a script's own clients are its own.

https://docs.aws.amazon.com/emr/latest/ManagementGuide/emr-spark-emrfs-retry.html: 15 times.
"""

import uuid
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import FlexibleChecksumError, HTTPClientError, IncompleteReadError

ATTEMPTS = 16
_BROKEN_OFF = (HTTPClientError, IncompleteReadError, FlexibleChecksumError)


def client(service: str) -> Any:
    """A boto3 client of the cloud that started this process."""
    config = Config(
        s3={"addressing_style": "path"},
        max_pool_connections=16,
        retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
    )
    made = boto3.client(service, config=config)
    made.meta.events.register("before-call", _name_call)
    return made


def _name_call(params: dict[str, Any], **_: Any) -> None:
    """The cloud answers another attempt of the same call again, and does nothing twice."""
    params["headers"]["x-localcloud-call"] = uuid.uuid4().hex


def content(s3: Any, bucket: str, key: str) -> bytes:
    """An object; read again when the answer breaks off, which is after the client's own attempts."""
    for _ in range(ATTEMPTS - 1):
        try:
            return bytes(s3.get_object(Bucket=bucket, Key=key)["Body"].read())
        except _BROKEN_OFF:
            continue
    return bytes(s3.get_object(Bucket=bucket, Key=key)["Body"].read())
