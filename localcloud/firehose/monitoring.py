"""What Firehose tells about itself: CloudWatch metrics once a minute, error logs as they happen."""

import json
import logging
import threading
import time
from collections import defaultdict
from typing import Any

PERIOD = 60.0  # seconds, before the cloud's speed

log = logging.getLogger(__name__)

Entry = tuple[str, float, str]  # metric, value, unit


class Monitor:
    """Metrics and error log of one delivery stream."""

    def __init__(self, cloudwatch: Any, logs: Any, arn: str, source_stream: str | None, period: float) -> None:
        self._cloudwatch, self._logs = cloudwatch, logs
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

    def error(self, target: Any, version: str, code: str, message: str, function: str | None = None) -> None:
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
            self._logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=entries)
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
        dimensions = [{"Name": "DeliveryStreamName", "Value": self._name}]
        self._put("AWS/Firehose", dimensions, {n: v for n, v in values.items() if n not in kinesis})
        if self._source_stream:
            dimensions = [{"Name": "StreamName", "Value": self._source_stream}]
            self._put("AWS/Kinesis", dimensions, {n: v for n, v in values.items() if n in kinesis})

    def _put(self, namespace: str, dimensions: list[dict[str, str]], values: dict[str, float]) -> None:
        if not values:
            return
        data = [
            {"MetricName": name, "Value": value, "Unit": _unit(name), "Dimensions": dimensions}
            for name, value in values.items()
        ]
        self._cloudwatch.put_metric_data(Namespace=namespace, MetricData=data)


def _unit(name: str) -> str:
    if "Freshness" in name:
        return "Seconds"
    if "Millis" in name or "Duration" in name:
        return "Milliseconds"
    return "Bytes" if "Bytes" in name else "Count"
