"""Functions, events, jobs, pipelines and endpoints in a storm: what was asked for is done, as often as AWS promises."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.integration.endpoints.hall import BUCKET as HALL
from tests.integration.endpoints.hall import Hall
from tests.integration.faults.storm import FAULTS, Storm, lost_once
from tests.integration.inbox import Inbox, until
from tests.integration.lambda_.conftest import ROLE, zipped
from tests.integration.model_monitor.conftest import baseline
from tests.integration.model_monitor.watch import LAST_HOUR, Watch, flights
from tests.integration.sagemaker.test_transform import _request as transform
from tests.integration.sagemaker.test_transform import model
from tests.integration.sagemaker.workshop import BUCKET, Workshop, create, definition

pytestmark = pytest.mark.xdist_group("faults")
__all__ = ["baseline", "model"]  # fixtures
KINDS = {"error", "reset", "response"}

PROBE = """
import boto3
def handler(event, context):
    for n in range(20):
        print("line", n)
    boto3.client("s3").put_object(Bucket="probe", Key=str(event["n"]), Body=b"1")
    return event["n"]
"""


@pytest.fixture
def workshop(cloud: Any) -> Workshop:
    return Workshop(cloud)


def test_a_function_writes_its_whole_log_and_what_it_was_asked_to(cloud: Any, storm: Storm) -> None:
    cloud.client("s3").create_bucket(Bucket="probe")
    cloud.client("iam").create_role(RoleName="functions", AssumeRolePolicyDocument="{}")
    functions, logs = cloud.client("lambda"), cloud.client("logs")
    functions.create_function(
        FunctionName="probe", Runtime="python3.13", Role=ROLE, Handler="index.handler", Timeout=30,
        Code={"ZipFile": zipped({"index.py": PROBE})},
    )  # fmt: skip
    with storm.blows() as done:
        for n in range(5):
            answer = functions.invoke(FunctionName="probe", Payload=json.dumps({"n": n}).encode())
            assert (json.loads(answer["Payload"].read()), answer.get("FunctionError")) == (n, None)
    keys = [item["Key"] for item in cloud.client("s3").list_objects_v2(Bucket="probe")["Contents"]]
    assert keys == [str(n) for n in range(5)]
    group = "/aws/lambda/probe"
    (stream,) = logs.describe_log_streams(logGroupName=group)["logStreams"]
    events = logs.get_log_events(logGroupName=group, logStreamName=stream["logStreamName"], startFromHead=True)
    lines = Counter(event["message"] for event in events["events"])
    assert {lines[f"line {n}"] for n in range(20)} == {5}, "each line of each invocation once"
    assert done.keys() == KINDS


def test_events_and_schedules_reach_their_targets(cloud: Any, storm: Storm) -> None:
    """At least once: "the same target can be invoked more than once", says EventBridge's page on troubleshooting."""
    inbox, events, logs = Inbox(cloud), cloud.client("events"), cloud.client("logs")
    logs.create_log_group(logGroupName="/aws/events/all")
    group = f"arn:aws:logs:{cloud.region}:{cloud.account}:log-group:/aws/events/all"
    events.put_rule(Name="all", EventPattern=json.dumps({"source": ["own"]}))
    events.put_targets(Rule="all", Targets=[{"Id": "1", "Arn": inbox.arn}, {"Id": "2", "Arn": group}])
    with storm.blows() as done:
        for first in (0, 10):
            entries = [
                {"Source": "own", "DetailType": "Number", "Detail": json.dumps({"n": n})}
                for n in range(first, first + 10)
            ]
            assert events.put_events(Entries=entries)["FailedEntryCount"] == 0
        cloud.client("scheduler").create_schedule(
            Name="once", ScheduleExpression="rate(60 minutes)", FlexibleTimeWindow={"Mode": "OFF"},
            Target={"Arn": inbox.arn, "RoleArn": ROLE, "Input": json.dumps({"detail": {"n": 20}})},
        )  # fmt: skip
        wanted = set(range(21))
        until(
            lambda: {json.loads(item["Body"])["detail"]["n"] for item in inbox.look()}, lambda found: found == wanted
        )

        def logged() -> set[int]:
            found = logs.filter_log_events(logGroupName="/aws/events/all")["events"]
            return {json.loads(event["message"])["detail"]["n"] for event in found}

        until(logged, lambda found: found == set(range(20)))
    assert done.keys() == KINDS


def test_an_alarm_acts(cloud: Any, storm: Storm) -> None:
    inbox, sns, cloudwatch = Inbox(cloud), cloud.client("sns"), cloud.client("cloudwatch")
    topic = sns.create_topic(Name="alarms")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=inbox.arn)
    cloudwatch.put_metric_alarm(
        AlarmName="late", Namespace="Own", MetricName="Late", Statistic="Sum", Period=60, EvaluationPeriods=1,
        Threshold=5, ComparisonOperator="GreaterThanThreshold", AlarmActions=[topic],
    )  # fmt: skip
    with storm.blows() as done:
        for n in range(4):
            cloudwatch.set_alarm_state(AlarmName="late", StateValue="OK", StateReason="a test")
            cloudwatch.set_alarm_state(AlarmName="late", StateValue="ALARM", StateReason=f"test {n}")
        until(inbox.look, lambda found: len(found) >= 4)
    reasons = [json.loads(json.loads(item["Body"])["Message"])["NewStateReason"] for item in inbox.messages]
    assert sorted(reasons) == [f"test {n}" for n in range(4)]
    assert done.total() >= 2


def test_jobs_read_and_leave_everything(workshop: Workshop, model: str, storm: Storm) -> None:
    for n in range(30):
        workshop.put(f"data/many/{n:02d}.txt", f"{n}\n")
    with storm.blows() as done:
        workshop.process("prepare")
        workshop.train("train", {"rate": "0.3"})
        workshop.client.create_transform_job(TransformJobName="score", **transform())
        processed, trained = workshop.ended("processing", "prepare"), workshop.ended("training", "train")
        scored = workshop.ended("transform", "score")
    assert processed["ProcessingJobStatus"] == "Completed", processed
    assert trained["TrainingJobStatus"] == "Completed", trained
    assert scored["TransformJobStatus"] == "Completed", scored
    upper = workshop.get(f"s3://{BUCKET}/out/data/upper.txt").decode().split()
    assert Counter(upper) == Counter(["ONE", "TWO", *(str(n) for n in range(30))])
    assert json.loads(workshop.archive(trained["ModelArtifacts"]["S3ModelArtifacts"])["model.json"])["rate"] == 0.3
    assert workshop.get(f"s3://{BUCKET}/scored/a.csv.out").split() == [b"10.0", b"20.0", b"30.0"]
    assert workshop.get(f"s3://{BUCKET}/scored/deep/b.csv.out").split() == [b"40.0"]
    rounds = [line for line in workshop.log("/aws/sagemaker/TrainingJobs", "train") if "validation-auc" in line]
    assert len(rounds) == 3, "what a job prints is in its log once"
    assert done.keys() == KINDS


def test_a_job_that_is_throttled_to_the_end_fails_with_the_reason_of_s3(workshop: Workshop, storm: Storm) -> None:
    error = {"code": "SlowDown", "status": 503, "message": "Please reduce your request rate."}
    with storm.blows([{"service": "s3", "operation": "ListObjectsV2", "error": error}]) as done:
        workshop.process("prepare")
        told = workshop.ended("processing", "prepare")
    assert (told["ProcessingJobStatus"], told["FailureReason"]) == (
        "Failed",
        f"ClientError: Data download failed: s3://{BUCKET}/code/prepare.py: Please reduce your request rate.",
    )
    assert done["error"] == 16


def test_a_pipeline_does_each_step_once(workshop: Workshop, storm: Storm) -> None:
    create(workshop, definition())
    made = ("CreateProcessingJob", "CreateTrainingJob", "CreateModelPackageGroup", "CreateModelPackage")
    with storm.blows([*lost_once(*made), *FAULTS]) as done:
        execution, steps = workshop.run("workshop")
    assert execution["PipelineExecutionStatus"] == "Succeeded", steps
    assert {step["StepStatus"] for step in steps.values()} == {"Succeeded"}
    packages = workshop.client.list_model_packages(ModelPackageGroupName="workshop-models")["ModelPackageSummaryList"]
    assert len(packages) == 1, "the answer of the first attempt was lost, the package was not"
    assert len(workshop.client.list_processing_jobs()["ProcessingJobSummaries"]) == 2
    assert len(workshop.client.list_training_jobs()["TrainingJobSummaries"]) == 1
    assert done.keys() == KINDS


def test_an_endpoint_captures_every_request_and_a_schedule_reads_them(
    cloud: Any, baseline: Path, storm: Storm
) -> None:
    requests = flights("2013-07-01", "2013-07-31", 100)
    with storm.blows() as done:
        watch = Watch(cloud, baseline)
        for number, request in enumerate(requests):
            watch.invoke(request, InferenceId=str(number))
        until(lambda: captured(watch), lambda found: found.total() >= len(requests))
        watch.schedule(LAST_HOUR)
        (execution,) = watch.ended()
    assert captured(watch) == Counter(str(number) for number in range(len(requests)))
    assert execution["MonitoringExecutionStatus"].startswith("Completed"), execution
    hour = f"{execution['ScheduledTime']:%Y/%m/%d/%H}"
    found = watch.folder(f"monitoring/flights/data/flights/watch/{hour}")
    assert found["statistics.json"]["dataset"]["item_count"] == len(requests)
    assert done.keys() == KINDS


def captured(hall: Hall) -> Counter[str]:
    """How often each inference id is in the captured data."""
    listed = hall.s3.list_objects_v2(Bucket=HALL, Prefix="capture/flights/").get("Contents", ())
    bodies = (hall.s3.get_object(Bucket=HALL, Key=item["Key"])["Body"].read() for item in listed)
    return Counter(json.loads(line)["eventMetadata"]["inferenceId"] for body in bodies for line in body.splitlines())
