"""Waiting for what comes later, and a queue to find it in."""

import json
import time
from collections.abc import Callable
from typing import Any, TypeVar

from localcloud import LocalCloud

T = TypeVar("T")


def until(look: Callable[[], T], wanted: Callable[[T], bool], seconds: float = 30) -> T:
    """What ``look`` finds as soon as it is what is wanted."""
    deadline = time.monotonic() + seconds
    while not wanted(found := look()):
        assert time.monotonic() < deadline, found
        time.sleep(0.02)
    return found


class Inbox:
    """A queue and what has come into it."""

    def __init__(self, cloud: LocalCloud, name: str = "inbox", **attributes: str) -> None:
        self._sqs = cloud.client("sqs")
        self.url = self._sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
        self.arn = f"arn:aws:sqs:{cloud.region}:{cloud.account}:{name}"
        self.messages: list[dict[str, Any]] = []

    def look(self) -> list[dict[str, Any]]:
        """All messages so far."""
        request = {"MaxNumberOfMessages": 10, "MessageAttributeNames": ["All"], "AttributeNames": ["All"]}
        for message in self._sqs.receive_message(QueueUrl=self.url, **request).get("Messages", []):
            self._sqs.delete_message(QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"])
            self.messages.append(message)
        return self.messages

    def wait(self, count: int = 1) -> list[Any]:
        """The bodies of the first ``count`` messages, as JSON."""
        until(self.look, lambda found: len(found) >= count)
        return [json.loads(message["Body"]) for message in self.messages]
