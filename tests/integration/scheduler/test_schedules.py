"""Schedules fire by the fast clock, call their targets, and end."""

import io
import itertools
import json
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from localcloud import LocalCloud
from localcloud.scheduler.engine import scheduler_engine
from tests.integration.inbox import Inbox, until

ROLE = "arn:aws:iam::123456789012:role/schedules"
OFF = {"Mode": "OFF"}


@pytest.fixture
def inbox(cloud: LocalCloud) -> Inbox:
    return Inbox(cloud)


def now() -> datetime:
    return scheduler_engine().timetable.clock.now()


def at(moment: datetime) -> str:
    return f"at({moment.strftime('%Y-%m-%dT%H:%M:%S')})"


@pytest.fixture
def schedule(cloud: LocalCloud) -> Callable[..., str]:
    """Make a schedule; one that fires in two minutes of the fast clock unless told otherwise."""

    def make(arn: str, expression: str | None = None, name: str = "schedule", **given: Any) -> str:
        target = {"Arn": arn, "RoleArn": ROLE, **given.pop("Target", {})}
        members = {"FlexibleTimeWindow": OFF, **given}
        made = cloud.client("scheduler").create_schedule(
            Name=name, ScheduleExpression=expression or at(now() + timedelta(minutes=2)), Target=target, **members
        )
        return str(made["ScheduleArn"])

    return make


def test_a_rate_fires_at_once_and_again(cloud: LocalCloud, schedule: Callable[..., str], inbox: Inbox) -> None:
    began = now()
    arn = schedule(inbox.arn, "rate(2 minutes)", Target={"Input": '{"at": "<aws.scheduler.scheduled-time>"}'})
    made = now()
    times = [datetime.fromisoformat(message["at"]) for message in inbox.wait(3)]
    assert began - timedelta(seconds=1) <= times[0] <= made
    assert [second - first for first, second in itertools.pairwise(times)][:2] == [timedelta(minutes=2)] * 2
    cloud.client("scheduler").delete_schedule(Name="schedule")
    assert arn.endswith(":schedule/default/schedule")


def test_cron_in_a_time_zone(schedule: Callable[..., str], inbox: Inbox) -> None:
    schedule(
        inbox.arn,
        "cron(0/2 * * * ? *)",
        ScheduleExpressionTimezone="Asia/Kathmandu",  # 5:45 ahead
        Target={"Input": '"<aws.scheduler.scheduled-time>"'},
    )
    until(inbox.look, lambda found: len(found) > 1)
    assert all(datetime.fromisoformat(m["Body"]).minute % 2 == 1 for m in inbox.messages)


def test_context_and_the_default_event(cloud: LocalCloud, schedule: Callable[..., str], inbox: Inbox) -> None:
    template = {name: f"<aws.scheduler.{name}>" for name in ("schedule-arn", "execution-id", "attempt-number")}
    arn = schedule(inbox.arn, Target={"Input": json.dumps(template)})
    (told,) = inbox.wait()
    assert (told["schedule-arn"], told["attempt-number"]) == (arn, "1")
    assert len(told["execution-id"]) == 16
    plain = schedule(inbox.arn, name="plain")
    event = inbox.wait(2)[1]
    assert (event["source"], event["detail-type"], event["resources"]) == (
        "aws.scheduler",
        "Scheduled Event",
        [plain],
    )


def test_start_and_end(schedule: Callable[..., str], inbox: Inbox) -> None:
    start = (now() + timedelta(minutes=2)).replace(microsecond=0)
    schedule(
        inbox.arn,
        "rate(2 minutes)",
        StartDate=start,
        EndDate=start + timedelta(minutes=5),
        Target={"Input": '{"at": "<aws.scheduler.scheduled-time>"}'},
    )
    last = at(start + timedelta(minutes=8))
    schedule(inbox.arn, last, name="last", Target={"Input": '{"at": "2100-01-01T00:00:00Z"}'})
    times = [datetime.fromisoformat(message["at"]) for message in inbox.wait(4)]
    assert [time - start for time in times[:3]] == [timedelta(minutes=2) * n for n in range(3)]
    assert times[3].year == 2100


def test_once_and_gone(cloud: LocalCloud, schedule: Callable[..., str], inbox: Inbox) -> None:
    client = cloud.client("scheduler")
    schedule(inbox.arn, ActionAfterCompletion="DELETE")
    schedule(inbox.arn, name="kept")
    inbox.wait(2)
    names = lambda: [found["Name"] for found in client.list_schedules()["Schedules"]]  # noqa: E731
    assert until(names, lambda found: len(found) < 2) == ["kept"]


def test_disabled_enabled_and_updated(cloud: LocalCloud, schedule: Callable[..., str], inbox: Inbox) -> None:
    client = cloud.client("scheduler")
    schedule(inbox.arn, "rate(1 minute)", State="DISABLED", Target={"Input": '"first"'})
    schedule(inbox.arn, name="marker", Target={"Input": '"marker"'})
    until(inbox.look, lambda found: any(message["Body"] == "marker" for message in found))
    assert [message["Body"] for message in inbox.messages] == ["marker"]
    client.update_schedule(
        Name="schedule",
        ScheduleExpression="rate(2 minutes)",
        FlexibleTimeWindow=OFF,
        Target={"Arn": inbox.arn, "RoleArn": ROLE, "Input": '"second"'},
        ActionAfterCompletion="NONE",
    )
    until(inbox.look, lambda found: any(message["Body"] == "second" for message in found))
    found = client.get_schedule(Name="schedule")
    assert (found["State"], found["ScheduleExpression"], found["ActionAfterCompletion"]) == (
        "ENABLED",
        "rate(2 minutes)",
        "NONE",
    )
    assert "first" not in {message["Body"] for message in inbox.messages}


def test_a_flexible_window(schedule: Callable[..., str], inbox: Inbox) -> None:
    schedule(
        inbox.arn,
        FlexibleTimeWindow={"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 5},
        ActionAfterCompletion="DELETE",
        Target={"Input": '{"at": "<aws.scheduler.scheduled-time>"}'},
    )
    (told,) = inbox.wait()
    assert now() < datetime.fromisoformat(told["at"]) + timedelta(minutes=5, hours=1)


def test_templated_targets(cloud: LocalCloud, schedule: Callable[..., str], inbox: Inbox) -> None:
    topic = cloud.client("sns").create_topic(Name="topic")["TopicArn"]
    cloud.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=inbox.arn)
    schedule(topic, name="sns", Target={"Input": '{"from": "sns"}'})
    assert json.loads(inbox.wait()[0]["Message"]) == {"from": "sns"}

    cloud.client("events").put_rule(Name="own", EventPattern='{"source": ["own"]}')
    cloud.client("events").put_targets(
        Rule="own", Targets=[{"Id": "inbox", "Arn": inbox.arn, "InputPath": "$.detail"}]
    )
    bus = "arn:aws:events:us-east-1:123456789012:event-bus/default"
    parameters = {"EventBridgeParameters": {"Source": "own", "DetailType": "Tick"}}
    schedule(bus, name="events", Target={"Input": '{"from": "events"}', **parameters})
    assert inbox.wait(2)[1] == {"from": "events"}

    kinesis = cloud.client("kinesis")
    kinesis.create_stream(StreamName="stream", ShardCount=1)
    stream = kinesis.describe_stream_summary(StreamName="stream")["StreamDescriptionSummary"]["StreamARN"]
    schedule(stream, name="kinesis", Target={"Input": "raw", "KinesisParameters": {"PartitionKey": "k"}})
    shard = kinesis.list_shards(StreamName="stream")["Shards"][0]["ShardId"]
    first = kinesis.get_shard_iterator(StreamName="stream", ShardId=shard, ShardIteratorType="TRIM_HORIZON")
    (record,) = until(lambda: kinesis.get_records(ShardIterator=first["ShardIterator"])["Records"], bool)
    assert (record["PartitionKey"], record["Data"]) == ("k", b"raw")


def test_a_function(cloud: LocalCloud, schedule: Callable[..., str], inbox: Inbox) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        code = f'boto3.client("sqs").send_message(QueueUrl="{inbox.url}", MessageBody=json.dumps(event))'
        archive.writestr("index.py", f"import boto3, json\ndef handler(event, context):\n    {code}\n")
    cloud.client("iam").create_role(RoleName="schedules", AssumeRolePolicyDocument="{}")
    arn = cloud.client("lambda").create_function(
        FunctionName="tick",
        Role=ROLE,
        Runtime="python3.13",
        Handler="index.handler",
        Code={"ZipFile": packed.getvalue()},
    )["FunctionArn"]
    schedule(arn, Target={"Input": '{"n": 1}'})
    assert inbox.wait() == [{"n": 1}]


def test_a_pipeline(cloud: LocalCloud, schedule: Callable[..., str]) -> None:
    client = cloud.client("sagemaker")
    steps = [{"Name": "Say", "Type": "Fail", "Arguments": {"ErrorMessage": "x"}}]
    parameters = [{"Name": "Month", "Type": "String", "DefaultValue": "none"}]
    definition = {"Version": "2020-12-01", "Parameters": parameters, "Steps": steps}
    arn = client.create_pipeline(
        PipelineName="p", PipelineDefinition=json.dumps(definition), RoleArn=ROLE, ClientRequestToken="x" * 32
    )["PipelineArn"]
    given = {"PipelineParameterList": [{"Name": "Month", "Value": "2013-02"}]}
    schedule(arn, Target={"SageMakerPipelineParameters": given})
    find = lambda: client.list_pipeline_executions(PipelineName="p")["PipelineExecutionSummaries"]  # noqa: E731
    (execution,) = until(find, bool)
    told = client.list_pipeline_parameters_for_execution(PipelineExecutionArn=execution["PipelineExecutionArn"])
    assert told["PipelineParameters"] == given["PipelineParameterList"]


def test_universal_targets(cloud: LocalCloud, schedule: Callable[..., str], inbox: Inbox) -> None:
    message = {"QueueUrl": inbox.url, "MessageBody": '{"at": "<aws.scheduler.scheduled-time>"}'}
    schedule("arn:aws:scheduler:::aws-sdk:sqs:sendMessage", Target={"Input": json.dumps(message)})
    assert "at" in inbox.wait()[0]
    group = {"LogGroupName": "/made/by/a/schedule"}
    schedule(
        "arn:aws:scheduler:::aws-sdk:cloudwatchlogs:createLogGroup", name="logs", Target={"Input": json.dumps(group)}
    )
    logs = cloud.client("logs")
    until(lambda: logs.describe_log_groups(logGroupNamePrefix="/made/by")["logGroups"], bool)


def test_the_dead_letter_queue(schedule: Callable[..., str], inbox: Inbox) -> None:
    gone = "arn:aws:lambda:us-east-1:123456789012:function:gone"
    arn = schedule(gone, Target={"Input": '{"n": 1}', "DeadLetterConfig": {"Arn": inbox.arn}})
    assert inbox.wait() == [{"n": 1}]
    told = {name: value["StringValue"] for name, value in inbox.messages[0]["MessageAttributes"].items()}
    assert datetime.fromisoformat(told.pop("SCHEDULED_TIME")).tzinfo == UTC
    assert len(told.pop("EXECUTION_ID")) == 16
    assert "Function not found" in told.pop("ERROR_MESSAGE")
    assert told == {
        "SCHEDULE_ARN": arn,
        "TARGET_ARN": gone,
        "ERROR_CODE": "NO_RESOURCE",
        "RETRY_ATTEMPTS": "0",
        "IS_PAYLOAD_TRUNCATED": "false",
    }


def test_a_deleted_group_fires_no_more(cloud: LocalCloud, schedule: Callable[..., str], inbox: Inbox) -> None:
    client = cloud.client("scheduler")
    client.create_schedule_group(Name="group")
    schedule(inbox.arn, "rate(1 minute)", GroupName="group", State="DISABLED")
    client.delete_schedule_group(Name="group")
    schedule(inbox.arn, at(now() + timedelta(minutes=3)), Target={"Input": '"marker"'})
    until(inbox.look, bool)
    assert [message["Body"] for message in inbox.messages] == ["marker"]
    with pytest.raises(ClientError, match="group"):
        schedule(inbox.arn, name="other", GroupName="group")


@pytest.mark.parametrize(
    ("arn", "given", "words"),
    [
        ("queue", {"expression": "rate(1 days)"}, "Invalid Schedule Expression"),
        ("queue", {"expression": "at(2020-01-01T00:00:00)"}, "has passed"),
        ("queue", {"ScheduleExpressionTimezone": "Mars/Phobos"}, "ScheduleExpressionTimezone is not valid"),
        ("queue", {"FlexibleTimeWindow": {"Mode": "FLEXIBLE"}}, "MaximumWindowInMinutes"),
        ("arn:aws:codebuild:us-east-1:123456789012:project/x", {}, "not implemented by the local cloud"),
        ("arn:aws:kinesis:us-east-1:123456789012:stream/x", {}, "KinesisParameters is required"),
        ("arn:aws:events:us-east-1:123456789012:event-bus/default", {}, "EventBridgeParameters is required"),
        ("arn:aws:scheduler:::aws-sdk:sqs:receiveMessage", {}, "is not supported"),
        ("arn:aws:scheduler:::aws-sdk:sqs:fly", {}, "is not supported"),
        ("arn:aws:scheduler:::aws-sdk:none:run", {}, "service none is not known"),
    ],
)
def test_what_is_refused(
    schedule: Callable[..., str], inbox: Inbox, arn: str, given: dict[str, Any], words: str
) -> None:
    with pytest.raises(ClientError, match=words):
        schedule(inbox.arn if arn == "queue" else arn, **given)


def test_scheduled_rules(cloud: LocalCloud, inbox: Inbox) -> None:
    events = cloud.client("events")
    began = now()
    arn = events.put_rule(Name="tick", ScheduleExpression="rate(3 minutes)")["RuleArn"]
    events.put_targets(Rule="tick", Targets=[{"Id": "inbox", "Arn": inbox.arn}])
    first, second = inbox.wait(2)[:2]
    assert (first["source"], first["detail-type"], first["resources"], first["detail"]) == (
        "aws.events",
        "Scheduled Event",
        [arn],
        {},
    )
    times = [datetime.fromisoformat(event["time"]) for event in (first, second)]
    assert times[0] - began > timedelta(minutes=2, seconds=55)  # not at once, unlike Scheduler
    assert times[1] - times[0] == timedelta(minutes=3)
    events.remove_targets(Rule="tick", Ids=["inbox"])
    events.delete_rule(Name="tick")
    with pytest.raises(ClientError, match="ScheduleExpression is not valid"):
        events.put_rule(Name="bad", ScheduleExpression="cron(0 0 * * * *)")


def test_a_disabled_rule_does_not_tick(cloud: LocalCloud, schedule: Callable[..., str], inbox: Inbox) -> None:
    events = cloud.client("events")
    events.put_rule(Name="tick", ScheduleExpression="rate(1 minute)")
    events.disable_rule(Name="tick")
    events.put_targets(Rule="tick", Targets=[{"Id": "inbox", "Arn": inbox.arn}])
    schedule(inbox.arn, at(now() + timedelta(minutes=3)), Target={"Input": '"marker"'})
    until(inbox.look, bool)
    assert [message["Body"] for message in inbox.messages] == ["marker"]
    events.enable_rule(Name="tick")
    until(inbox.look, lambda found: len(found) > 1)


def test_reset_empties_the_timetable(cloud: LocalCloud, schedule: Callable[..., str], inbox: Inbox) -> None:
    schedule(inbox.arn, "rate(1 minute)")
    inbox.wait()
    cloud.reset()
    fresh = Inbox(cloud)
    schedule(fresh.arn, at(now() + timedelta(minutes=3)), Target={"Input": '"marker"'})
    until(fresh.look, bool)
    assert [message["Body"] for message in fresh.messages] == ["marker"]
