"""SQS queues to functions."""

import json
import time
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from localcloud.event_sources import queues
from tests.integration.event_sources.conftest import Bench, flat
from tests.integration.inbox import until

REPORT: dict[str, Any] = {"FunctionResponseTypes": ["ReportBatchItemFailures"]}
# The message "bad" fails
BAD = (
    "bad = [r['messageId'] for r in event['Records'] if r['body'] == 'bad']\n"
    "return {'batchItemFailures': [{'itemIdentifier': number} for number in bad]}"
)


def _send(bench: Bench, url: str, *bodies: str, **more: Any) -> None:
    for body in bodies:
        bench.cloud.client("sqs").send_message(QueueUrl=url, MessageBody=body, **more)


def _bodies(bench: Bench) -> list[list[str]]:
    return [[record["body"] for record in event["Records"]] for event in bench.events()]


def _left(bench: Bench, url: str) -> int:
    """Messages in the queue, in flight or not."""
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    told = bench.cloud.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
    return sum(int(value) for value in told.values())


def test_a_message_arrives_as_lambda_makes_it_and_is_deleted(bench: Bench) -> None:
    bench.function()
    url, arn = bench.queue()
    bench.mapping(arn)
    attributes = {
        "Title": {"DataType": "String", "StringValue": "The Whistler"},
        "Mark": {"DataType": "Binary", "BinaryValue": b"\x01"},
    }
    _send(bench, url, "hello", MessageAttributes=attributes)
    ((record,),) = [event["Records"] for event in bench.until_events(1)]
    assert set(record.pop("attributes")) >= {
        "ApproximateReceiveCount", "SentTimestamp", "SenderId", "ApproximateFirstReceiveTimestamp",
    }  # fmt: skip
    assert len(record.pop("messageId")) == 36
    assert record.pop("receiptHandle")
    assert len(record.pop("md5OfMessageAttributes")) == 32
    lists: dict[str, Any] = {"stringListValues": [], "binaryListValues": []}
    assert record == {
        "body": "hello",
        "messageAttributes": {
            "Title": {"stringValue": "The Whistler", **lists, "dataType": "String"},
            "Mark": {"binaryValue": "AQ==", **lists, "dataType": "Binary"},
        },
        "md5OfBody": "5d41402abc4b2a76b9719d911017c592",
        "eventSource": "aws:sqs",
        "eventSourceARN": arn,
        "awsRegion": "us-east-1",
    }
    until(lambda: _left(bench, url), lambda left: left == 0)


def test_an_idle_mapping_sleeps_until_a_message_comes(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queues, "LOOK_AGAIN", 600.0)
    bench.function()
    url, arn = bench.queue()
    bench.mapping(arn)
    time.sleep(0.1)
    calls = 0
    receive = queues.QueuePoller._receive

    def counted(self: queues.QueuePoller, most: int) -> Any:
        nonlocal calls
        calls += 1
        return receive(self, most)

    monkeypatch.setattr(queues.QueuePoller, "_receive", counted)
    time.sleep(0.3)
    assert calls == 0
    _send(bench, url, "a")
    bench.until_events(1)


def test_the_visibility_timeout_tries_again(bench: Bench) -> None:
    bench.function(
        "if event['Records'][0]['attributes']['ApproximateReceiveCount'] == '1': raise ValueError", Timeout=1
    )
    url, arn = bench.queue(VisibilityTimeout="1")
    bench.mapping(arn)
    began = time.monotonic()
    _send(bench, url, "a")
    until(lambda: _bodies(bench), lambda found: found == [["a"], ["a"]])
    assert time.monotonic() - began > 0.9
    until(lambda: _left(bench, url), lambda left: left == 0)


def test_only_reported_messages_come_again_and_at_last_are_redriven(bench: Bench) -> None:
    bench.function(BAD, Timeout=1)
    dead, dead_arn = bench.queue("dead")
    policy = json.dumps({"deadLetterTargetArn": dead_arn, "maxReceiveCount": 2})
    url, arn = bench.queue(VisibilityTimeout="1", RedrivePolicy=policy)
    _send(bench, url, "a", "bad", "b")
    bench.mapping(arn, **REPORT)
    (message,) = bench.received(dead)
    assert message["Body"] == "bad"
    found = _bodies(bench)
    assert sorted(flat(found)) == ["a", "b", "bad", "bad"]
    assert found[-1] == ["bad"]
    assert _left(bench, url) == 0


def test_a_batch_over_ten_is_collected_in_its_window(bench: Bench) -> None:
    bench.function()
    url, arn = bench.queue()
    _send(bench, url, *map(str, range(25)))
    bench.mapping(arn, BatchSize=100, MaximumBatchingWindowInSeconds=120)
    found = until(lambda: _bodies(bench), lambda found: sum(map(len, found)) == 25)
    assert max(map(len, found)) > 10


def test_six_megabytes_are_two_invocations(bench: Bench) -> None:
    bench.function("print('SIZE', len(event['Records']))", Timeout=30)
    url, arn = bench.queue()
    for _ in range(8):
        _send(bench, url, "x" * 1_000_000)
    bench.mapping(arn, BatchSize=8)
    lines = until(lambda: [it for it in bench.lines() if it.startswith("SIZE")],
                  lambda found: sum(int(it.split()[1]) for it in found) == 8)  # fmt: skip
    assert all(int(line.split()[1]) <= 6 for line in lines)
    until(lambda: _left(bench, url), lambda left: left == 0)


def test_messages_of_a_group_keep_their_order_and_groups_do_not_wait(bench: Bench, tmp_path: Path) -> None:
    """The first message of group a waits for group b's."""
    bench.function(
        "folder, [body] = Path(os.environ['FOLDER']), [r['body'] for r in event['Records']]\n"
        "with (folder / 'order').open('a') as order: order.write(f'{body} ')\n"
        "(folder / body).touch()\n"
        "while body == 'a1' and not (folder / 'b1').exists(): time.sleep(0.01)",
        Environment={"Variables": {"FOLDER": str(tmp_path)}},
    )
    url, arn = bench.queue("jobs.fifo", FifoQueue="true", ContentBasedDeduplication="true")
    _send(bench, url, "a1", "a2", "a3", MessageGroupId="a")
    _send(bench, url, "b1", MessageGroupId="b")
    bench.mapping(arn, BatchSize=1)
    until(lambda: _bodies(bench), lambda found: len(found) == 4)
    order = (tmp_path / "order").read_text().split()
    assert [body for body in order if body[0] == "a"] == ["a1", "a2", "a3"]
    (told, *_) = [record["attributes"] for event in bench.events() for record in event["Records"]]
    assert told["MessageGroupId"] in ("a", "b")


@pytest.mark.parametrize(
    ("pattern", "sent", "wanted"),
    [
        ({"body": {"n": [{"numeric": [">", 100]}]}}, ['{"n": 105}', '{"n": 5}', "text"], ['{"n": 105}']),
        ({"body": ["text"]}, ["text", "other", '{"n": 1}'], ["text"]),
        ({"messageAttributes": {"k": [{"exists": False}]}}, ["text"], ["text"]),
    ],
    ids=["JSON", "text", "no body"],
)
def test_what_a_filter_keeps_back_is_deleted(
    bench: Bench, pattern: dict[str, Any], sent: list[str], wanted: list[str]
) -> None:
    bench.function()
    url, arn = bench.queue()
    _send(bench, url, *sent)
    bench.mapping(arn, FilterCriteria={"Filters": [{"Pattern": json.dumps(pattern)}]})
    assert until(lambda: flat(_bodies(bench)), bool) == wanted
    until(lambda: _left(bench, url), lambda left: left == 0)


def test_a_timeout_longer_than_the_visibility_timeout_is_refused(bench: Bench) -> None:
    bench.function(Timeout=60)
    _, arn = bench.queue()
    told = r"Queue visibility timeout: 30 seconds is less than Function timeout: 60 seconds"
    with pytest.raises(ClientError, match=told):
        bench.mapping(arn)


def test_a_throttled_function_leaves_its_messages(bench: Bench) -> None:
    bench.function(Timeout=1)
    bench.client.put_function_concurrency(FunctionName="probe", ReservedConcurrentExecutions=0)
    url, arn = bench.queue(VisibilityTimeout="1")
    uuid = bench.mapping(arn)
    assert "LastProcessingResult" not in bench.get(uuid)
    _send(bench, url, "a")
    assert bench.problem(uuid) == "PROBLEM: Function call failed: Rate Exceeded."
    bench.client.delete_function_concurrency(FunctionName="probe")
    assert until(lambda: _bodies(bench), bool) == [["a"]]


def test_an_update_sends_to_another_version(bench: Bench) -> None:
    bench.function()
    first = bench.client.publish_version(FunctionName="probe")["FunctionArn"]
    url, arn = bench.queue()
    uuid = bench.mapping(arn, first)
    bench.client.update_function_configuration(FunctionName="probe", Description="second")
    second = bench.client.publish_version(FunctionName="probe")["FunctionArn"]
    told = bench.client.update_event_source_mapping(UUID=uuid, FunctionName=second, BatchSize=3)
    assert (told["State"], told["FunctionArn"], told["BatchSize"]) == ("Updating", second, 3)
    assert bench.settled(uuid) == "Enabled"
    _send(bench, url, "a")
    bench.until_events(1)
    assert any("Version: 2" in line for line in bench.lines())
