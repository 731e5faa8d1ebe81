"""Clients of Glue's library itself, which try again what may pass, as EMRFS does; a script's own clients are its own.

https://docs.aws.amazon.com/emr/latest/ManagementGuide/emr-spark-emrfs-retry.html: 15 times.
"""

from typing import Any

import boto3
import engine_calls
from botocore.config import Config


def client(service: str) -> Any:
    """A boto3 client of the cloud that started this process."""
    config = Config(
        s3={"addressing_style": "path"},
        retries={"mode": "standard", "total_max_attempts": engine_calls.ATTEMPTS},
    )
    made = boto3.client(service, config=config)
    engine_calls.prepare(made)
    return made
