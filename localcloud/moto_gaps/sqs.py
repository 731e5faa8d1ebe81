"""SQS: one client at a time changes a queue, and who waits for a message is woken.

moto's delete builds a new list of messages and puts it in the old one's place: what is sent meanwhile is lost. Its
receive gives the same message to two clients that ask at once. Every message that is sent makes it count all the others
four times.
"""

import json
import threading
import time
from collections.abc import Iterator, Mapping
from typing import Any

from moto.core.responses import ActionResult
from moto.core.utils import camelcase_to_underscores, unix_time_millis
from moto.sqs.exceptions import ReceiptHandleIsInvalid
from moto.sqs.models import Queue, SQSBackend
from moto.sqs.responses import SQSResponse

from localcloud import bells
from localcloud.patching import replace

LOCK = threading.RLock()  # of all queues: every change is short
_LOOK_AGAIN = 0.5  # seconds: nothing rings when a message becomes visible again


class _Attributes(Mapping[str, Any]):
    """A queue's attributes, each made when it is asked for: some count the messages."""

    def __init__(self, queue: Any) -> None:
        self._queue = queue

    def _names(self) -> list[str]:
        queue = self._queue
        more = (queue.FIFO_ATTRIBUTES if queue.fifo_queue else []) + (
            queue.KMS_ATTRIBUTES if queue.kms_master_key_id else []
        )
        return [*queue.BASE_ATTRIBUTES, *more]

    def __getitem__(self, name: str) -> Any:
        if name not in self._names():
            raise KeyError(name)
        value = getattr(self._queue, camelcase_to_underscores(name))
        if name == "RedrivePolicy" and value:
            return json.dumps(value)
        return str(value).lower() if isinstance(value, bool) else value

    def __iter__(self) -> Iterator[str]:
        return iter(self._names())

    def __len__(self) -> int:
        return len(self._names())


@replace(Queue, "attributes", "(self)")
def attributes(self: Any) -> _Attributes:
    return _Attributes(self)


@replace(Queue, "messages", "(self)")
def messages(self: Any) -> list[Any]:
    """Those that can be received."""
    now = unix_time_millis()
    return [message for message in self._messages if message.visible_at < now and message.delayed_until <= now]


@replace(SQSResponse, "send_message_batch", "(self)")
def send_message_batch(self: Any) -> Any:
    """Failed is there when something failed: snapshot of localstack's test_sqs_event_source_mapping_batch_size."""
    return _without_empty_failures(send_message_batch.original(self))  # type: ignore[attr-defined]


@replace(SQSResponse, "delete_message_batch", "(self)")
def delete_message_batch(self: Any) -> Any:
    return _without_empty_failures(delete_message_batch.original(self))  # type: ignore[attr-defined]


def _without_empty_failures(answer: Any) -> Any:
    return ActionResult({name: value for name, value in answer.result.items() if name != "Failed" or value})


@replace(Queue, "add_message", "(self, message)")
def add_message(self: Any, message: Any) -> None:
    with LOCK:
        add_message.original(self, message)  # type: ignore[attr-defined]
    bells.ring(self.queue_arn)


@replace(Queue, "delete_message", "(self, receipt_handle)")
def delete_message(self: Any, receipt_handle: str) -> None:
    """In place. The next message of its group can be received then."""
    with LOCK:
        if receipt_handle in self.deleted_messages:
            return
        message = next((it for it in self._messages if it.receipt_handle == receipt_handle), None) or next(
            (it for it in self._messages if it.had_receipt_handle(receipt_handle)), None
        )
        if message is None:
            raise ReceiptHandleIsInvalid
        self._messages.remove(message)
        self.pending_messages.discard(message)
        self.deleted_messages.update(message.all_receipt_handles)
    if message.group_id:
        bells.ring(self.queue_arn)


@replace(
    SQSBackend,
    "receive_message",
    "(self, queue_name, count, wait_seconds_timeout, visibility_timeout, message_attribute_names)",
)
def receive_message(  # noqa: PLR0917 - moto's signature
    self: Any,
    queue_name: str,
    count: int,
    wait_seconds_timeout: int,
    visibility_timeout: int,
    message_attribute_names: list[str] | None = None,
) -> list[Any]:
    """What is there, or else comes in time. Raises QueueDoesNotExist, also when it is deleted meanwhile."""
    receive = receive_message.original  # type: ignore[attr-defined]
    until = time.monotonic() + int(wait_seconds_timeout or 0)
    arrived = threading.Event()
    with bells.listening(self.get_queue(queue_name).queue_arn, arrived):
        while True:
            arrived.clear()
            with LOCK:
                found: list[Any] = receive(self, queue_name, count, 0, visibility_timeout, message_attribute_names)
            left = until - time.monotonic()
            if found or left <= 0:
                return found
            arrived.wait(min(left, _LOOK_AGAIN))


@replace(SQSBackend, "change_message_visibility", "(self, queue_name, receipt_handle, visibility_timeout)")
def change_message_visibility(self: Any, queue_name: str, receipt_handle: str, visibility_timeout: int) -> None:
    with LOCK:
        change = change_message_visibility.original  # type: ignore[attr-defined]
        change(self, queue_name, receipt_handle, visibility_timeout)
    bells.ring(self.get_queue(queue_name).queue_arn)


@replace(SQSBackend, "purge_queue", "(self, queue_name)")
def purge_queue(self: Any, queue_name: str) -> None:
    with LOCK:
        purge_queue.original(self, queue_name)  # type: ignore[attr-defined]
