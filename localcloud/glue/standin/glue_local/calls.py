"""Clients of Glue's library itself, which is an engine; a script's own clients are its own."""

import os
import time
from typing import Any

import engine_calls


def client(service: str) -> Any:
    """A boto3 client of the cloud that started this process."""
    return engine_calls.engine_client(service, engine_calls.ATTEMPTS, _pause)


def _pause(seconds: float) -> bool:
    time.sleep(seconds / float(os.environ["LOCALCLOUD_SPEED"]))
    return True
