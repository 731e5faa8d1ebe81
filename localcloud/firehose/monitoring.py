"""What Firehose tells about itself: CloudWatch metrics once a minute, error logs as they happen."""

import json
import logging
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from typing import Any

from localcloud.firehose.configuration import Target
from localcloud.metrics import emit

PERIOD = 60.0  # seconds, before the cloud's speed

log = logging.getLogger(__name__)

Entry = tuple[str, float, str]  # metric, value, unit


class Monitor:
    """Metrics and error log of one delivery stream."""

    def __init__(self, logs: Callable[[Target], Any], arn: str, source_stream: str | None, period: float) -> None:
        self._logs = logs  # client for a target
        self._arn = arn
        self._name = arn.rpartition("/")[2]
        self._source_stream = source_stream
        self._period = period
        self._published = time.monotonic()
        self._counts: dict[str, float] = defaultdict(float)
        self._peaks: dict[str, float] = {}
        self._lock = threading.Lock()
        self._last_error: tuple[str, float] = ("", 0.0)

    def count(self, metric: str, value: float) -> None:
        """Add to a sum of this period."""
        with self._lock:
            self._counts[metric] += value

    def peak(self, metric: str, value: float) -> None:
        """Keep the largest value of this period."""
        with self._lock:
            self._peaks[metric] = max(value, self._peaks.get(metric, value))

    def error(self, target: Target, version: str, code: str, message: str, function: str | None = None) -> None:
        """Write to the stream's error log, at most one of a kind a second: Firehose samples too."""
        last, when = self._last_error
        if last == code and time.monotonic() - when < 1:
            return
        self._last_error = (code, time.monotonic())
        log.warning("delivery stream %s: %s: %s", self._name, code, message)
        if target.log is None:
            return
        event = {
            "deliveryStreamARN": self._arn,
            "destination": f"arn:aws:s3:::{target.bucket}",
            "deliveryStreamVersionId": int(version),
            "message": message,
            "errorCode": code,
        }
        if function:
            event["processor"] = function
        group, stream = target.log
        entries = [{"timestamp": int(time.time() * 1000), "message": json.dumps(event)}]
        try:
            self._logs(target).put_log_events(logGroupName=group, logStreamName=stream, logEvents=entries)
        except Exception as error:  # the log group is the owner's to make, and delivery goes on without it
            log.warning("delivery stream %s cannot write to log group %s: %s", self._name, group, error)

    def publish(self, force: bool = False) -> None:
        """Send the period's metrics when it is over.

        https://docs.aws.amazon.com/firehose/latest/dev/monitoring-with-cloudwatch-metrics.html
        """
        if not force and time.monotonic() - self._published < self._period:
            return
        self._published = time.monotonic()
        with self._lock:
            values = {**self._counts, **self._peaks}
            self._counts, self._peaks = defaultdict(float), {}
        kinesis = {"GetRecords.IteratorAgeMilliseconds", "GetRecords.Records"}
        told = {name: (value, _unit(name)) for name, value in values.items()}
        region = self._arn.split(":")[3]
        of_stream = {name: found for name, found in told.items() if name not in kinesis}
        emit("AWS/Firehose", {"DeliveryStreamName": self._name}, of_stream, region)
        if self._source_stream:
            of_source = {name: found for name, found in told.items() if name in kinesis}
            emit("AWS/Kinesis", {"StreamName": self._source_stream}, of_source, region)


def _unit(name: str) -> str:
    if "Freshness" in name:
        return "Seconds"
    if "Millis" in name or "Duration" in name:
        return "Milliseconds"
    return "Bytes" if "Bytes" in name else "Count"
