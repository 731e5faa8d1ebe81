"""Events reach the targets of the rules that they match."""

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from localcloud import LocalCloud
from tests.integration.inbox import Inbox, until

Make = Callable[..., Any]


def test_a_queue_gets_the_event_in_the_documented_shape(rule: Make, put: Make, inbox: Inbox) -> None:
    rule(inbox.arn, {"source": ["own"], "detail": {"n": [{"numeric": [">", 1]}]}})
    put({"n": 1})
    event_id = put({"n": 2}, Resources=["arn:aws:s3:::x"], Time=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC))
    (event,) = inbox.wait()
    assert event == {
        "version": "0",
        "id": event_id,
        "detail-type": "Test",
        "source": "own",
        "account": "123456789012",
        "time": "2026-01-02T03:04:05Z",
        "region": "us-east-1",
        "resources": ["arn:aws:s3:::x"],
        "detail": {"n": 2},
    }


def test_order_is_kept_for_a_target(rule: Make, put: Make, inbox: Inbox) -> None:
    rule(inbox.arn)
    for number in range(20):
        put({"n": number})
    assert [event["detail"]["n"] for event in inbox.wait(20)] == list(range(20))


def test_put_events_does_not_wait_for_the_target(
    cloud: LocalCloud, rule: Make, put: Make, recorder: str, inbox: Inbox
) -> None:
    rule(recorder)
    began = time.monotonic()
    put({"n": 1})
    answered = time.monotonic() - began
    (event,) = inbox.wait()
    assert event["detail"] == {"n": 1}
    assert answered < time.monotonic() - began


def test_a_function_that_fails_is_tried_again(rule: Make, put: Make, recorder: str, inbox: Inbox) -> None:
    """Once delivered, the retries are Lambda's: two of them."""
    rule(recorder, Input='{"fail": true}')
    put()
    assert inbox.wait(3) == [{"fail": True}] * 3


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ({"Input": '{"a": 1}'}, {"a": 1}),
        ({"InputPath": "$.detail.who"}, {"name": 'A "b"'}),
        ({"InputPath": "$.detail-type"}, "Test"),
        (
            {
                "InputTransformer": {
                    "InputPathsMap": {
                        "who": "$.detail.who",
                        "name": "$.detail.who.name",
                        "n": "$.detail.n",
                        "x": "$.x",
                    },
                    "InputTemplate": '{"w": <who>, "name": <name>, "s": "<name> has <n>", "x": <x>, "y": "<x>", '
                    '"rule": <aws.events.rule-name>, "arn": "<aws.events.rule-arn>"}',
                }
            },
            {
                "w": {"name": 'A "b"'},
                "name": 'A "b"',
                "s": 'A "b" has 5',
                "x": None,
                "y": "",
                "rule": "rule",
                "arn": "arn:aws:events:us-east-1:123456789012:rule/rule",
            },
        ),
        (
            {"InputTransformer": {"InputPathsMap": {"w": "$.detail.who"}, "InputTemplate": '"w is <w>"'}},
            "w is {name:A \\b\\}",
        ),
    ],
)
def test_what_the_target_is_sent(rule: Make, put: Make, inbox: Inbox, target: dict[str, Any], expected: Any) -> None:
    rule(inbox.arn, **target)
    put({"who": {"name": 'A "b"'}, "n": 5})
    until(inbox.look, bool)
    body = inbox.messages[0]["Body"]
    assert (body if isinstance(expected, str) else json.loads(body)) == expected


def test_predefined_variables(rule: Make, put: Make, inbox: Inbox) -> None:
    template = '{"all": <aws.events.event.json>, "head": <aws.events.event>, "at": <aws.events.event.ingestion-time>}'
    rule(inbox.arn, InputTransformer={"InputTemplate": template})
    event_id = put({"n": 5})
    (found,) = inbox.wait()
    assert (found["all"]["id"], found["all"]["detail"]) == (event_id, {"n": 5})
    assert found["head"] == {name: value for name, value in found["all"].items() if name != "detail"}
    assert datetime.fromisoformat(found["at"]).tzinfo is not None


def test_sns_and_fifo_queues(cloud: LocalCloud, rule: Make, put: Make, inbox: Inbox) -> None:
    fifo = Inbox(cloud, "in.fifo", FifoQueue="true", ContentBasedDeduplication="true")
    topic = cloud.client("sns").create_topic(Name="topic")["TopicArn"]
    cloud.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=inbox.arn)
    rule(fifo.arn, name="fifo", SqsParameters={"MessageGroupId": "group"})
    rule(topic, name="sns", InputPath="$.detail")
    put({"n": 5})
    assert fifo.wait()[0]["detail"] == {"n": 5}
    assert fifo.messages[0]["Attributes"]["MessageGroupId"] == "group"
    assert json.loads(inbox.wait()[0]["Message"]) == {"n": 5}


def test_a_pipeline_starts_once_with_parameters_of_the_event(
    cloud: LocalCloud, rule: Make, put: Make, pipeline: str
) -> None:
    parameters = {"PipelineParameterList": [{"Name": "Month", "Value": "$.detail.month"}]}
    rule(pipeline, SageMakerPipelineParameters=parameters)
    put({"month": "2013-02"})
    client = cloud.client("sagemaker")
    list_ = lambda: client.list_pipeline_executions(PipelineName="Retrain")["PipelineExecutionSummaries"]  # noqa: E731
    (execution,) = until(list_, lambda found: bool(found) and found[0]["PipelineExecutionStatus"] == "Failed")
    (given,) = client.list_pipeline_parameters_for_execution(PipelineExecutionArn=execution["PipelineExecutionArn"])[
        "PipelineParameters"
    ]
    assert given == {"Name": "Month", "Value": "2013-02"}


def test_kinesis_firehose_and_logs(cloud: LocalCloud, rule: Make, put: Make) -> None:
    kinesis, logs = cloud.client("kinesis"), cloud.client("logs")
    kinesis.create_stream(StreamName="stream", ShardCount=1)
    arn = kinesis.describe_stream_summary(StreamName="stream")["StreamDescriptionSummary"]["StreamARN"]
    logs.create_log_group(logGroupName="/events/own")
    rule(arn, name="kinesis", KinesisParameters={"PartitionKeyPath": "$.detail.key"})
    rule("arn:aws:logs:us-east-1:123456789012:log-group:/events/own:*", name="logs")
    put({"key": "UA"})
    shard = kinesis.list_shards(StreamName="stream")["Shards"][0]["ShardId"]
    first = kinesis.get_shard_iterator(StreamName="stream", ShardId=shard, ShardIteratorType="TRIM_HORIZON")
    read = lambda: kinesis.get_records(ShardIterator=first["ShardIterator"])["Records"]  # noqa: E731
    (record,) = until(read, bool)
    assert record["PartitionKey"] == "UA"
    assert json.loads(record["Data"])["detail"] == {"key": "UA"}
    find = lambda: logs.filter_log_events(logGroupName="/events/own")["events"]  # noqa: E731
    (line,) = until(find, bool)
    assert json.loads(line["message"])["detail-type"] == "Test"


def test_from_bus_to_bus_and_round(cloud: LocalCloud, rule: Make, put: Make, inbox: Inbox) -> None:
    bus = cloud.client("events").create_event_bus(Name="second")["EventBusArn"]
    rule(bus, name="forward")
    rule("arn:aws:events:us-east-1:123456789012:event-bus/default", name="back", bus="second")
    rule(inbox.arn, name="end", bus="second")
    event_id = put({"n": 5})
    events = inbox.wait(2)  # the circle ends by itself
    assert {event["id"] for event in events} == {event_id}
    direct = put({}, EventBusName="second")
    until(inbox.look, lambda found: any(direct in message["Body"] for message in found))


def test_archive_and_replay(cloud: LocalCloud, rule: Make, put: Make, inbox: Inbox) -> None:
    events = cloud.client("events")
    bus = events.describe_event_bus(Name="default")["Arn"]
    archive = events.create_archive(ArchiveName="all", EventSourceArn=bus)["ArchiveArn"]
    event_id = put({"n": 5})
    until(lambda: events.describe_archive(ArchiveName="all")["EventCount"], bool)
    rule(inbox.arn)
    now = datetime.now(UTC)
    events.start_replay(
        ReplayName="again",
        EventSourceArn=archive,
        EventStartTime=datetime(2020, 1, 1, tzinfo=UTC),
        EventEndTime=now,
        Destination={"Arn": bus},
    )
    (event,) = inbox.wait()
    assert (event["replay-name"], event["detail"]) == ("again", {"n": 5})
    assert event["id"] != event_id


def test_what_is_not_delivered_goes_to_the_dead_letter_queue(
    cloud: LocalCloud, rule: Make, put: Make, inbox: Inbox
) -> None:
    rule("arn:aws:sqs:us-east-1:123456789012:gone", DeadLetterConfig={"Arn": inbox.arn})
    event_id = put({"n": 5})
    (event,) = inbox.wait()
    told = {name: value["StringValue"] for name, value in inbox.messages[0]["MessageAttributes"].items()}
    assert event["id"] == event_id
    assert told == {
        "RULE_ARN": "arn:aws:events:us-east-1:123456789012:rule/rule",
        "TARGET_ARN": "arn:aws:sqs:us-east-1:123456789012:gone",
        "ERROR_CODE": "NO_RESOURCE",
        "ERROR_MESSAGE": "The specified queue does not exist.",
        "RETRY_ATTEMPTS": "0",
    }


def test_a_busy_target_is_tried_again_until_the_policy_ends(
    cloud: LocalCloud, rule: Make, put: Make, recorder: str, inbox: Inbox
) -> None:
    functions = cloud.client("lambda")
    functions.put_function_concurrency(FunctionName="recorder", ReservedConcurrentExecutions=0)
    dead = Inbox(cloud, "dead")
    rule(recorder, RetryPolicy={"MaximumRetryAttempts": 2}, DeadLetterConfig={"Arn": dead.arn})
    put({"n": 1})
    dead.wait()
    told = {name: value["StringValue"] for name, value in dead.messages[0]["MessageAttributes"].items()}
    assert (told["ERROR_CODE"], told["EXHAUSTED_RETRY_CONDITION"], told["RETRY_ATTEMPTS"]) == (
        "THROTTLING",
        "MaximumRetryAttempts",
        "2",
    )
    rule(recorder)
    put({"n": 2})
    functions.delete_function_concurrency(FunctionName="recorder")
    assert [event["detail"] for event in inbox.wait()] == [{"n": 2}]


def test_a_disabled_rule_does_nothing(cloud: LocalCloud, rule: Make, put: Make, inbox: Inbox) -> None:
    rule(inbox.arn)
    cloud.client("events").disable_rule(Name="rule")
    put({"n": 1})
    cloud.client("events").enable_rule(Name="rule")
    put({"n": 2})
    assert [event["detail"] for event in inbox.wait()] == [{"n": 2}]


@pytest.mark.parametrize(
    "arn",
    [
        "arn:aws:glue:us-east-1:123456789012:workflow/x",
        "arn:aws:codebuild:us-east-1:123456789012:project/x",
        "arn:aws:events:us-east-1:123456789012:api-destination/x/1",
    ],
)
def test_targets_without_an_engine_are_refused(rule: Make, arn: str) -> None:
    with pytest.raises(ClientError, match="PutTargets with the target arn:aws") as refused:
        rule(arn)
    assert refused.value.response["Error"]["Code"] == "NotImplemented"


def test_wrong_patterns_inputs_and_entries(cloud: LocalCloud, rule: Make, inbox: Inbox) -> None:
    events = cloud.client("events")
    with pytest.raises(ClientError, match="Reason: Unrecognized match type like"):
        rule(inbox.arn, {"source": [{"like": "x"}]})
    with pytest.raises(ClientError, match="JSON syntax error in input for target target"):
        rule(inbox.arn, Input="no json")
    with pytest.raises(ClientError, match="Only one of Input, InputPath, or InputTransformer"):
        rule(inbox.arn, Input="{}", InputPath="$.detail")
    entries = [
        {"Source": "aws.s3", "DetailType": "x", "Detail": "{}"},
        {"Source": "own", "DetailType": "x", "Detail": "[]"},
        {"Source": "own", "DetailType": "x"},
        {"Source": "own", "DetailType": "x", "Detail": "{}"},
    ]
    answer = events.put_events(Entries=entries)
    codes = [entry.get("ErrorCode") for entry in answer["Entries"]]
    assert codes == ["NotAuthorizedForSourceException", "MalformedDetail", "InvalidArgument", None]
    assert answer["FailedEntryCount"] == 3
    with pytest.raises(ClientError, match="over the limit"):
        events.put_events(Entries=[{"Source": "own", "DetailType": "x", "Detail": json.dumps({"x": "y" * 2**20})}])


def test_test_event_pattern(cloud: LocalCloud) -> None:
    members = {"id": "1", "account": "1", "time": "t", "region": "r", "resources": [], "detail-type": "x"}
    event = json.dumps({**members, "source": "own"})
    test = cloud.client("events").test_event_pattern
    assert test(EventPattern='{"source": ["own"]}', Event=event)["Result"] is True
    assert test(EventPattern='{"source": [{"anything-but": "own"}]}', Event=event)["Result"] is False
    with pytest.raises(ClientError, match="Event pattern is not valid"):
        test(EventPattern='{"source": "own"}', Event=event)


def test_reset_drops_what_waits(cloud: LocalCloud, rule: Make, put: Make, recorder: str) -> None:
    cloud.client("lambda").put_function_concurrency(FunctionName="recorder", ReservedConcurrentExecutions=0)
    rule(recorder)
    put()
    cloud.reset()
    inbox = Inbox(cloud)
    rule(inbox.arn)
    put({"n": 2})
    assert [event["detail"] for event in inbox.wait()] == [{"n": 2}]
