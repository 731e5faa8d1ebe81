"""One poller of a queue: what the function took is deleted, what it did not comes back by its visibility timeout.

https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
"""

import threading
import time
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from moto.sqs.models import sqs_backends

from localcloud import bells
from localcloud.event_sources import metrics
from localcloud.event_sources.answers import failed_items
from localcloud.event_sources.context import Context, NotInvokedError, log
from localcloud.event_sources.feed import LOOK_AGAIN
from localcloud.event_sources.filters import Filters
from localcloud.event_sources.records import PAYLOAD, event, of_sqs, packed
from localcloud.event_sources.retries import pause
from localcloud.iam.sessions import AccessDeniedError

RECEIVE = 10  # messages a call; ReceiveMessage and DeleteMessageBatch take no more
NO_RECEIVE = "The provided execution role does not have permissions to call ReceiveMessage on SQS"


class Message:
    """A message and its part of the event."""

    def __init__(self, told: dict[str, Any], body: bytes) -> None:
        self.id: str = told["messageId"]
        self.receipt: str = told["receiptHandle"]
        self.body = body


class QueuePoller:
    """Runs in a thread of its own."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._config = context.mapping.config
        self._filters = Filters(self._config.get("FilterCriteria"), "body")
        _, _, _, self._region, self._account, self._name = context.mapping.source.split(":")
        self._url = f"{context.cloud.engines_endpoint}/{self._account}/{self._name}"
        self._bell = threading.Event()
        self._failures = 0

    def wake(self) -> None:
        """It is to look whether it is to end."""
        self._bell.set()

    def run(self) -> None:
        """Until the mapping ends."""
        with bells.listening(self._context.mapping.source, self._bell):
            while not self._context.stopped:
                try:
                    if batch := self._next_batch():
                        self._deliver(batch)
                    elif self._failures:
                        self._context.mapping.readable()
                    self._failures = 0
                except Exception as error:
                    self._unable(error)

    def _unable(self, error: Exception) -> None:
        """Say why nothing is processed, and pause."""
        if self._context.stopped:
            return
        mapping = self._context.mapping
        code = error.response["Error"]["Code"] if isinstance(error, ClientError) else ""
        if isinstance(error, AccessDeniedError) or code.startswith("AccessDenied"):
            mapping.problem(NO_RECEIVE)
        elif isinstance(error, NotInvokedError | ClientError | BotoCoreError):
            mapping.problem(str(error))
        else:
            log.exception("%s could not read its queue", mapping.arn)
            mapping.problem(f"Internal error: {error}")
        self._failures += 1
        self._context.wait(pause(self._failures))

    # --- receiving -------------------------------------------------------------------------------------------------

    def _next_batch(self) -> list[Message]:
        """What one call gets, or with a batching window what comes until its end."""
        most = int(self._config["BatchSize"])
        batch: list[Message] = []
        size = 0
        until: float | None = None
        window = self._context.cloud.wait_time(float(self._config["MaximumBatchingWindowInSeconds"]))
        while len(batch) < most and not self._context.stopped:
            self._bell.clear()
            received = self._receive(min(RECEIVE, most - len(batch)))
            batch += received
            size += sum(len(message.body) + 1 for message in received)
            if batch and until is None:
                until = time.monotonic() + window
            now = time.monotonic()
            if size > PAYLOAD // 2 or (until is not None and now >= until):
                break
            if not received:
                self._bell.wait(min(until - now if until else LOOK_AGAIN, self._until_visible()))
        return batch

    def _receive(self, most: int) -> list[Message]:
        """The messages that the filters let through; others are deleted, as they would only come back."""
        sqs = self._context.client("sqs", self._region)
        answer = sqs.receive_message(
            QueueUrl=self._url,
            MaxNumberOfMessages=most,
            WaitTimeSeconds=0,
            AttributeNames=["All"],
            MessageAttributeNames=["All"],
        )
        kept: list[Message] = []
        dropped: list[Message] = []
        for received in answer.get("Messages", []):
            told = of_sqs(received, self._context.mapping.source)
            wanted = self._filters(told, told["body"])
            (kept if wanted else dropped).append(Message(told, packed(told) if wanted else b""))
        self._delete(dropped)
        metrics.count(self._context.mapping, PolledEventCount=len(kept) + len(dropped),
                      FilteredOutEventCount=len(dropped))  # fmt: skip
        return kept

    def _until_visible(self) -> float:
        """Seconds until a message that is in flight or delayed can be received, at most until it is looked again."""
        queue = sqs_backends[self._account][self._region].queues.get(self._name)
        now = time.time()
        messages = list(queue._messages) if queue is not None else []
        times = [float(max(it.visible_at, it.delayed_until)) / 1000 - now for it in messages]
        return max(min([LOOK_AGAIN, *(left for left in times if left > 0)]), 0.001)

    # --- delivering ------------------------------------------------------------------------------------------------

    def _deliver(self, batch: list[Message]) -> None:
        mapping = self._context.mapping
        # above 6 MB it would not be taken: a call gets at most ten messages of a megabyte
        while batch and not self._context.stopped:
            part = _fitting(batch)
            batch = batch[len(part) :]
            result = self._context.invoke(event([message.body for message in part]), len(part))
            failed: set[str] | None = None if result.error is not None else set()
            if failed is not None and mapping.reports_items:
                failed = failed_items(result.payload, {message.id for message in part})
            if failed is not None:
                mapping.processed()
                done = [message for message in part if message.id not in failed]
                self._delete(done)
                metrics.count(mapping, DeletedEventCount=len(done))

    def _delete(self, messages: list[Message]) -> None:
        for start in range(0, len(messages), RECEIVE):
            entries = [
                {"Id": str(number), "ReceiptHandle": message.receipt}
                for number, message in enumerate(messages[start : start + RECEIVE])
            ]
            self._context.client("sqs", self._region).delete_message_batch(QueueUrl=self._url, Entries=entries)


def _fitting(batch: list[Message]) -> list[Message]:
    """As many as an invocation takes, one at least."""
    size = len(event([]))
    for number, message in enumerate(batch):
        size += len(message.body) + 1
        if size > PAYLOAD and number:
            return batch[:number]
    return batch
