"""Objects on their way to S3: each is put under one fixed key until S3 has it, so that a retry doubles nothing."""

import gzip
import io
import threading
import time
import uuid
import zipfile
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from localcloud.firehose.configuration import Target
from localcloud.iam.sessions import AccessDeniedError

RETRY_SECONDS = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0)  # between attempts, then the last again and again


@dataclass(frozen=True)
class S3Object:
    """One object to be written. ``records`` and ``oldest`` (ms since the epoch) are for the metrics."""

    target: Target
    key: str
    body: bytes
    records: int
    oldest: int
    metric: str  # DeliveryToS3 or BackupToS3


def object_name(stream: str, version: str, when: datetime, extension: str) -> str:
    """https://docs.aws.amazon.com/firehose/latest/dev/s3-object-name.html"""
    return f"{stream}-{version}-{when:%Y-%m-%d-%H-%M-%S}-{uuid.uuid4()}{extension}"


def compress(body: bytes, compression: str, name: str) -> bytes:
    """The body as CompressionFormat asks."""
    if compression == "GZIP":
        return gzip.compress(body, 6, mtime=0)
    if compression == "ZIP":
        sink = io.BytesIO()
        with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(name, body)
        return sink.getvalue()
    return body


class Outbox:
    """Puts objects in order from a thread of its own, while the pipeline reads and transforms on."""

    def __init__(
        self,
        s3: Callable[[Target], Any],
        stopped: threading.Event,
        done: Callable[[S3Object], None],
        failed: Callable[[S3Object, str, str], None],
    ) -> None:
        self._s3 = s3  # client for a target
        self._stopped = stopped
        self._done, self._failed = done, failed
        self._objects: deque[S3Object] = deque()
        self._changed = threading.Condition()
        self.thread = threading.Thread(target=self._run, name="firehose-s3", daemon=True)

    def put(self, item: S3Object) -> None:
        """Queue an object."""
        with self._changed:
            self._objects.append(item)
            self._changed.notify_all()

    @property
    def size(self) -> int:
        """Bytes that S3 does not have yet."""
        with self._changed:
            return sum(len(item.body) for item in self._objects)

    @property
    def oldest(self) -> int | None:
        """The earliest arrival of what S3 does not have yet, ms since the epoch."""
        with self._changed:
            return min((item.oldest for item in self._objects), default=None)

    def wait_empty(self) -> bool:
        """Block until S3 has everything; False when stopped before."""
        with self._changed:
            while self._objects and not self._stopped.is_set():
                self._changed.wait(0.1)
            return not self._objects

    def _run(self) -> None:
        attempt = 0
        while not self._stopped.is_set():
            with self._changed:
                if not self._objects:
                    self._changed.wait(0.1)
                    continue
                item = self._objects[0]
            if self._write(item):
                attempt = 0
                with self._changed:
                    self._objects.popleft()
                    self._changed.notify_all()
            else:
                self._stopped.wait(RETRY_SECONDS[min(attempt, len(RETRY_SECONDS) - 1)])
                attempt += 1

    def _write(self, item: S3Object) -> bool:
        target = item.target
        try:
            self._s3(target).put_object(
                Bucket=target.bucket,
                Key=item.key,
                Body=item.body,
                ContentType="application/octet-stream",
                **target.encryption,
            )
        except (BotoCoreError, ClientError, AccessDeniedError) as error:
            if not self._stopped.is_set():
                code = error.response["Error"]["Code"] if isinstance(error, ClientError) else error_code(error)
                self._failed(item, f"S3.{code}", str(error))
            return False
        self._done(item)
        return True


def error_code(error: Exception) -> str:
    """The code that the error itself has, if it has one."""
    code = getattr(error, "code", None)
    return code if isinstance(code, str) else "InternalError"


def now_ms() -> int:
    """Milliseconds since the epoch."""
    return int(time.time() * 1000)
