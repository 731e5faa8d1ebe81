"""Queues that lose nothing, wake who waits, and cost the same however full they are."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest
from moto.sqs.models import Message, Queue, sqs_backends

from localcloud import LocalCloud


def test_a_deletion_leaves_the_list_of_messages_in_its_place(cloud: LocalCloud) -> None:
    """moto puts a new list there, and what is sent meanwhile is in the old one."""
    sqs = cloud.client("sqs")
    url = sqs.create_queue(QueueName="jobs")["QueueUrl"]
    for body in "ab":
        sqs.send_message(QueueUrl=url, MessageBody=body)
    queue = sqs_backends[cloud.account][cloud.region].queues["jobs"]
    messages = queue._messages
    (message,) = sqs.receive_message(QueueUrl=url)["Messages"]
    sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    assert queue._messages is messages
    assert len(messages) == 1
    sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])  # which is no error


def test_a_message_is_given_to_one_of_those_who_ask_at_once(
    cloud: LocalCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    mark = Message.mark_received

    def slowly(self: Message, **given: Any) -> None:
        time.sleep(0.001)
        mark(self, **given)

    monkeypatch.setattr(Message, "mark_received", slowly)
    sqs = cloud.client("sqs")
    url = sqs.create_queue(QueueName="jobs")["QueueUrl"]
    for _ in range(10):
        sqs.send_message_batch(QueueUrl=url, Entries=[{"Id": str(n), "MessageBody": "a"} for n in range(10)])
    ask = partial(sqs.receive_message, QueueUrl=url, MaxNumberOfMessages=10)
    with ThreadPoolExecutor(4) as pool:
        answers = [found.result() for found in [pool.submit(ask) for _ in range(40)]]
    seen = [message["MessageId"] for answer in answers for message in answer.get("Messages", [])]
    assert len(seen) == len(set(seen)) == 100


def test_who_waits_is_woken_by_a_message(cloud: LocalCloud) -> None:
    sqs = cloud.client("sqs")
    url = sqs.create_queue(QueueName="jobs")["QueueUrl"]
    timer = threading.Timer(0.1, lambda: sqs.send_message(QueueUrl=url, MessageBody="a"))
    timer.start()
    began = time.monotonic()
    (message,) = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=20)["Messages"]
    assert message["Body"] == "a"
    assert time.monotonic() - began < 15
    timer.join()


def test_a_message_that_is_let_go_can_be_received_at_once(cloud: LocalCloud) -> None:
    sqs = cloud.client("sqs")
    url = sqs.create_queue(QueueName="jobs")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="a")
    (message,) = sqs.receive_message(QueueUrl=url)["Messages"]
    assert "Messages" not in sqs.receive_message(QueueUrl=url)
    sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0)
    (again,) = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=5)["Messages"]
    assert again["MessageId"] == message["MessageId"]


def test_sending_does_not_look_at_the_other_messages(cloud: LocalCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    sqs = cloud.client("sqs")
    url = sqs.create_queue(QueueName="jobs")["QueueUrl"]
    looks = 0

    def counted(_: object) -> bool:
        nonlocal looks
        looks += 1
        return True

    monkeypatch.setattr(Message, "visible", property(counted))
    monkeypatch.setattr(Message, "delayed", property(counted))
    monkeypatch.setattr(Queue, "messages", property(counted))
    for _ in range(3):
        answer = sqs.send_message_batch(QueueUrl=url, Entries=[{"Id": "1", "MessageBody": "a"}])
        assert "Failed" not in answer
    assert looks == 0


def test_attributes_are_told_as_before(cloud: LocalCloud) -> None:
    sqs = cloud.client("sqs")
    url = sqs.create_queue(QueueName="jobs.fifo", Attributes={"FifoQueue": "true", "DelaySeconds": "0"})["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="a", MessageGroupId="g", MessageDeduplicationId="d")
    told = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert (told["FifoQueue"], told["ApproximateNumberOfMessages"], told["DelaySeconds"]) == ("true", "1", "0")
    assert "KmsMasterKeyId" not in told
    assert "RedrivePolicy" not in told
