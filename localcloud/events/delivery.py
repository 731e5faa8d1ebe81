"""Deliveries away from the caller: in order for each target, retried, and at last to a dead-letter queue.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-retry-policy.html
"""

import logging
import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from localcloud.cloud import Cloud
from localcloud.events.targets import DeliveryError, Sending, send

LONGEST_PAUSE = 900.0  # seconds between tries, before the cloud's speed; AWS does not say how long
_THREADS = 8

log = logging.getLogger(__name__)


@dataclass
class Delivery:
    """One thing on its way to one target."""

    lane: str  # deliveries of a lane begin one after another
    sending: Sending
    through: Callable[[Sending], None]
    undelivered: Callable[["Delivery", DeliveryError, str | None], None]
    delivered: Callable[[], None] = lambda: None
    tries: int = 0
    begun: float = field(default_factory=time.monotonic)


class Deliverer:
    """Threads that deliver."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._lock = threading.Lock()
        self._begin()

    def _begin(self) -> None:
        self._pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="deliveries")
        self._lanes: dict[str, deque[Delivery]] = defaultdict(deque)
        self._busy: set[str] = set()
        self._timers: set[threading.Timer] = set()
        self._open = True

    def reset(self) -> None:
        """Drop what waits, and wait for what is under way."""
        self.close()
        with self._lock:
            self._begin()

    def close(self) -> None:
        with self._lock:
            self._open = False
            self._lanes.clear()
            pool, timers = self._pool, list(self._timers)
        for timer in timers:
            timer.cancel()
        pool.shutdown(wait=True, cancel_futures=True)

    def put(self, delivery: Delivery) -> None:
        """Deliver after what the lane has already."""
        with self._lock:
            if not self._open:
                return
            self._lanes[delivery.lane].append(delivery)
            if delivery.lane not in self._busy:
                self._busy.add(delivery.lane)
                self._pool.submit(self._drain, delivery.lane)

    def _drain(self, lane: str) -> None:
        while True:
            with self._lock:
                waiting = self._lanes.get(lane)
                if not waiting:
                    self._busy.discard(lane)
                    self._lanes.pop(lane, None)
                    return
                delivery = waiting.popleft()
            try:
                self._deliver(delivery)
            except Exception:
                log.exception("a delivery to %s was lost", delivery.sending.arn)

    def _deliver(self, delivery: Delivery) -> None:
        delivery.tries += 1
        try:
            send(delivery.sending, delivery.through)
        except DeliveryError as error:
            self._failed(delivery, error)
        else:
            delivery.delivered()

    def _failed(self, delivery: Delivery, error: DeliveryError) -> None:
        policy = delivery.sending.target.get("RetryPolicy") or {}
        most = int(policy.get("MaximumRetryAttempts", 185))
        oldest = float(policy.get("MaximumEventAgeInSeconds", 86400))
        pause = self._cloud.wait_time(min(2.0 ** (delivery.tries - 1), LONGEST_PAUSE))
        age = time.monotonic() - delivery.begun
        log.warning("delivery to %s failed (%s): %s", delivery.sending.arn, error.code, error)
        if not error.retriable:
            delivery.undelivered(delivery, error, None)
        elif delivery.tries > most:
            delivery.undelivered(delivery, error, "MaximumRetryAttempts")
        elif age + pause > self._cloud.wait_time(oldest):
            delivery.undelivered(delivery, error, "MaximumEventAgeInSeconds")
        else:
            self._again(delivery, pause)

    def _again(self, delivery: Delivery, pause: float) -> None:
        def retry() -> None:
            with self._lock:
                self._timers.discard(timer)
            self.put(delivery)

        timer = threading.Timer(pause, retry)
        timer.daemon = True
        with self._lock:
            if self._open:
                self._timers.add(timer)
                timer.start()


def to_queue(cloud: Cloud, queue: str | None, body: str, attributes: dict[str, Any]) -> bool:
    """Put what was not delivered into a dead-letter queue; False when there is none, or it cannot be."""
    if not queue:
        return False
    sqs = cloud.engine_client("sqs", queue.split(":")[3])
    told = {
        name: {"DataType": "String", "StringValue": str(value)}
        for name, value in attributes.items()
        if value not in (None, "")
    }
    try:
        url = sqs.get_queue_url(QueueName=queue.rpartition(":")[2])["QueueUrl"]
        sqs.send_message(QueueUrl=url, MessageBody=body, MessageAttributes=told)
    except Exception:
        log.exception("the dead-letter queue %s took nothing", queue)
        return False
    return True
