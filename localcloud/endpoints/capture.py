"""Data capture: what an endpoint was asked and what it answered, as JSON lines in S3.

https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-data-capture-endpoint.html
"""

import base64
import json
import logging
import random
import threading
import uuid
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from moto.core.utils import utcnow

from localcloud.sagemaker.s3_data import parse

log = logging.getLogger(__name__)
_KEPT = 10_000  # requests that S3 has not taken; SageMaker stops to capture when its disk is full, says the page


@dataclass(frozen=True)
class Exchange:
    """One answered request."""

    content_type: str
    body: bytes
    answer_type: str
    answer: bytes
    inference_id: str | None
    custom_attributes: str | None
    at: datetime


class Capture:
    """Captured requests of one variant that are not in S3 yet.

    Args:
        config: DataCaptureConfig.
        folder: what follows the destination in keys: endpoint and variant.
        s3: client.
    """

    def __init__(self, config: dict[str, Any], folder: str, s3: Any) -> None:
        self._config = config
        self._folder = folder
        self._s3 = s3
        self._taken: list[Exchange] = []
        self._files: dict[str, list[str]] = {}  # lines by key, until S3 has them
        self._lock, self._delivering = threading.Lock(), threading.Lock()
        modes = {option["CaptureMode"] for option in config["CaptureOptions"]}
        self._input = bool(modes & {"Input", "InputAndOutput"})
        self._output = bool(modes & {"Output", "InputAndOutput"})
        kinds = config.get("CaptureContentTypeHeader") or {}
        self._encodings = {
            **{_bare(kind): "CSV" for kind in kinds.get("CsvContentTypes") or ()},
            **{_bare(kind): "JSON" for kind in kinds.get("JsonContentTypes") or ()},
        }

    def take(self, exchange: Exchange) -> None:
        """Keep the exchange, if it is in the sample."""
        if random.random() * 100 >= self._config["InitialSamplingPercentage"]:  # noqa: S311 - a sample, no secret
            return
        with self._lock:
            self._taken.append(exchange)

    def deliver(self) -> None:
        """Put what there is into S3: one file, or one for each hour where the hour has just changed.

        What S3 does not take now is tried again with the next delivery, under the same key.
        """
        with self._lock:
            taken, self._taken = self._taken, []
        hours: dict[str, list[str]] = defaultdict(list)
        for exchange in taken:
            hours[f"{exchange.at:%Y/%m/%d/%H}"].append(json.dumps(self._record(exchange), separators=(",", ":")))
        with self._delivering:
            self._files.update((self._key(hour), lines) for hour, lines in hours.items())
            for key in list(self._files):
                if self._put(key):
                    del self._files[key]
            while sum(len(lines) for lines in self._files.values()) > _KEPT:
                lost = len(self._files.pop(next(iter(self._files))))
                log.error("%d captured requests of %s are lost: S3 has not taken them", lost, self._folder)

    def _key(self, hour: str) -> str:
        now = utcnow()
        name = f"{now:%M-%S}-{now.microsecond // 1000:03d}-{uuid.uuid4()}.jsonl"
        prefix = parse(self._config["DestinationS3Uri"])[1].strip("/")
        return "/".join(part for part in (prefix, self._folder, hour, name) if part)

    def _put(self, key: str) -> bool:
        bucket, lines = parse(self._config["DestinationS3Uri"])[0], self._files[key]
        kms = self._config.get("KmsKeyId")
        encryption = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": kms} if kms else {}
        try:
            self._s3.put_object(Bucket=bucket, Key=key, Body="".join(f"{line}\n" for line in lines), **encryption)
        except Exception as error:  # serving goes on when the bucket is gone
            log.warning("%d captured requests of %s are not stored yet: %s", len(lines), self._folder, error)
            return False
        return True

    def _record(self, exchange: Exchange) -> dict[str, Any]:
        data = {}
        if self._input:
            data["endpointInput"] = self._part("INPUT", exchange.content_type, exchange.body)
        if self._output:
            data["endpointOutput"] = self._part("OUTPUT", exchange.answer_type, exchange.answer)
        metadata: dict[str, Any] = {"eventId": str(uuid.uuid4())}
        if exchange.custom_attributes:
            metadata["customAttributes"] = [exchange.custom_attributes]
        if exchange.inference_id:
            metadata["inferenceId"] = exchange.inference_id
        metadata["inferenceTime"] = f"{exchange.at:%Y-%m-%dT%H:%M:%SZ}"
        return {"captureData": data, "eventMetadata": metadata, "eventVersion": "0"}

    def _part(self, mode: str, kind: str, content: bytes) -> dict[str, str]:
        """Text where the content type is one of the configured, else BASE64, as for content that is no text."""
        encoding = self._encodings.get(_bare(kind), "BASE64")
        try:
            data = content.decode() if encoding != "BASE64" else base64.b64encode(content).decode()
        except UnicodeDecodeError:
            encoding, data = "BASE64", base64.b64encode(content).decode()
        return {"observedContentType": kind, "mode": mode, "data": data, "encoding": encoding}


def capture_for(config: dict[str, Any] | None, folder: str, s3: Any) -> Capture | None:
    """None where nothing is captured. EnableCapture is on unless it says otherwise."""
    return Capture(config, folder, s3) if config and config.get("EnableCapture", True) else None


def _bare(kind: str) -> str:
    return kind.partition(";")[0].strip().lower()
