"""Functions, jobs and delivery streams act as their role, and are stopped where it may not."""

import io
import json
import time
import zipfile
from collections.abc import Callable
from typing import Any

import pytest

from localcloud import LocalCloud
from tests.integration.iam.conftest import ACCOUNT, allow

Role = Callable[..., str]
STREAM = f"arn:aws:kinesis:us-east-1:{ACCOUNT}:stream/events"
LOGS = allow(["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"], "*")
READS = allow(
    ["kinesis:DescribeStream", "kinesis:ListShards", "kinesis:GetShardIterator", "kinesis:GetRecords"], STREAM
)
READ_IN = allow("s3:GetObject", "arn:aws:s3:::lake/in/*")
READER = """
import boto3
print("got", boto3.client("s3").get_object(Bucket="lake", Key="in/a")["Body"].read())
"""


def until(look: Callable[[], Any], seconds: float = 60) -> Any:
    """The first thing found."""
    deadline = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.05)
    return found


def crawl(glue: Any, name: str) -> dict[str, Any]:
    """Run a crawler; its LastCrawl."""
    glue.start_crawler(Name=name)
    until(lambda: glue.get_crawler(Name=name)["Crawler"]["State"] == "READY")
    found: dict[str, Any] = glue.get_crawler(Name=name)["Crawler"]["LastCrawl"]
    return found


def run_job(glue: Any, name: str) -> dict[str, Any]:
    """Run a Glue job, which is gone afterwards; the finished run."""
    run_id = glue.start_job_run(JobName=name)["JobRunId"]

    def ended() -> Any:
        found = glue.get_job_run(JobName=name, RunId=run_id)["JobRun"]
        return found if found["JobRunState"] not in ("STARTING", "RUNNING", "STOPPING") else None

    found: dict[str, Any] = until(ended, 120)
    glue.delete_job(JobName=name)
    return found


def messages(cloud: LocalCloud, group: str) -> str:
    found = cloud.client("logs").filter_log_events(logGroupName=group)["events"]
    return "\n".join(event["message"] for event in found)


@pytest.fixture
def function(cloud: LocalCloud) -> Callable[[str, str], str]:
    """Make a function of a handler's body; its ARN."""

    def make(body: str, role: str) -> str:
        sink = io.BytesIO()
        with zipfile.ZipFile(sink, "w") as archive:
            archive.writestr("index.py", f"import boto3\ndef handler(event, context):\n    {body}\n")
        return str(
            cloud.client("lambda").create_function(
                FunctionName="f", Runtime="python3.13", Role=role, Handler="index.handler", Timeout=60,
                Code={"ZipFile": sink.getvalue()},
            )["FunctionArn"]
        )  # fmt: skip

    return make


def test_a_function(cloud: LocalCloud, role: Role, function: Any, bucket: str) -> None:
    body = 'return boto3.client("s3").get_object(Bucket="lake", Key="in/a")["Body"].read().decode()'
    function(body, role(LOGS))

    def answer() -> Any:
        return json.loads(cloud.client("lambda").invoke(FunctionName="f")["Payload"].read())

    denied = answer()
    assert denied["errorType"] == "AccessDenied"
    assert "assumed-role/worker/f is not authorized to perform: s3:GetObject" in denied["errorMessage"]
    role(LOGS, READ_IN)
    assert answer() == "1"


def test_a_function_without_logs_works_and_leaves_none(cloud: LocalCloud, role: Role, function: Any) -> None:
    function("return 1", role(READ_IN))
    assert cloud.client("lambda").invoke(FunctionName="f")["Payload"].read() == b"1"
    assert cloud.client("logs").describe_log_groups()["logGroups"] == []
    role(LOGS)
    cloud.client("lambda").invoke(FunctionName="f")
    assert "REPORT" in messages(cloud, "/aws/lambda/f")


@pytest.fixture
def glue_run(cloud: LocalCloud, bucket: str) -> Callable[..., dict[str, Any]]:
    """Run a Glue job of READER; the finished run."""

    def run(role: str, arguments: dict[str, str] | None = None) -> dict[str, Any]:
        glue = cloud.client("glue")
        cloud.client("s3").put_object(Bucket=bucket, Key="code/job.py", Body=READER.encode())
        more = {"GlueVersion": "6.0", "Timeout": 5, "DefaultArguments": arguments or {}}
        glue.create_job(
            Name="job", Role=role, Command={"Name": "glueetl", "ScriptLocation": "s3://lake/code/job.py"}, **more
        )
        return run_job(glue, "job")

    return run


def test_a_glue_job(cloud: LocalCloud, role: Role, glue_run: Any) -> None:
    code = allow("s3:GetObject", "arn:aws:s3:::lake/code/*")
    arn = role(LOGS)
    assert glue_run(arn)["ErrorMessage"] == "LAUNCH ERROR | File s3://lake/code/job.py cannot be read: AccessDenied"
    role(LOGS, code)
    assert "GlueJobRunnerSession is not authorized to perform: s3:GetObject" in glue_run(arn)["ErrorMessage"]
    role(LOGS, code, READ_IN)
    assert glue_run(arn)["JobRunState"] == "SUCCEEDED"
    untrusted = role(LOGS, code, READ_IN, name="other", trusted=["lambda"])
    assert "glue.amazonaws.com is not authorized to perform: sts:AssumeRole" in glue_run(untrusted)["ErrorMessage"]


def test_a_glue_job_with_the_catalog_as_sparks_own(cloud: LocalCloud, role: Role, glue_run: Any) -> None:
    """In a new account it makes the database ``default``, for which its role needs more than to read."""
    works = LOGS, allow("s3:GetObject", "arn:aws:s3:::lake/code/*"), READ_IN
    catalog = [f"arn:aws:glue:us-east-1:{ACCOUNT}:{resource}" for resource in ("catalog", "database/default")]
    enabled = {"--enable-glue-datacatalog": "true"}

    run = glue_run(role(*works), enabled)
    assert run["ErrorMessage"].startswith("Unable to verify existence of default database: ")
    assert "is not authorized to perform: glue:GetDatabase" in run["ErrorMessage"]
    run = glue_run(role(*works, allow("glue:GetDatabase", catalog)), enabled)
    assert "is not authorized to perform: glue:CreateDatabase" in run["ErrorMessage"]
    assert cloud.client("glue").get_databases()["DatabaseList"] == []
    run = glue_run(role(*works, allow(["glue:GetDatabase", "glue:CreateDatabase"], catalog)), enabled)
    assert run["JobRunState"] == "SUCCEEDED"
    assert [item["Name"] for item in cloud.client("glue").get_databases()["DatabaseList"]] == ["default"]


def test_a_crawler_looks_up_its_security_configuration(cloud: LocalCloud, role: Role, bucket: str) -> None:
    glue = cloud.client("glue")
    glue.create_database(DatabaseInput={"Name": "db"})
    glue.create_security_configuration(Name="ours", EncryptionConfiguration={})
    cloud.client("s3").put_object(Bucket=bucket, Key="tables/t/a.csv", Body=b"a,b\n1,2\n3,4\n")
    targets = {"S3Targets": [{"Path": "s3://lake/tables/t/"}]}
    tables = ["glue:GetDatabase", "glue:GetTable", "glue:GetTables", "glue:CreateTable"]
    works = (
        *(LOGS, allow("s3:ListBucket", "arn:aws:s3:::lake"), allow("s3:GetObject", "arn:aws:s3:::lake/tables/*")),
        allow(tables, "*"),
    )
    arn = role(*works)
    security = {"CrawlerSecurityConfiguration": "ours"}
    for name, more in (("plain", {}), ("secured", security)):
        glue.create_crawler(Name=name, Role=arn, DatabaseName="db", Targets=targets, **more)
    assert crawl(glue, "plain").get("ErrorMessage") is None
    assert "not authorized to perform: glue:GetSecurityConfiguration" in crawl(glue, "secured")["ErrorMessage"]
    role(*works, allow("glue:GetSecurityConfiguration", "*"))
    assert crawl(glue, "secured").get("ErrorMessage") is None


def test_a_crawler(cloud: LocalCloud, role: Role, bucket: str) -> None:
    glue = cloud.client("glue")
    glue.create_database(DatabaseInput={"Name": "db"})
    cloud.client("s3").put_object(Bucket=bucket, Key="tables/t/a.csv", Body=b"a,b\n1,2\n3,4\n")
    targets = {"S3Targets": [{"Path": "s3://lake/tables/t/"}]}
    glue.create_crawler(Name="crawl", Role=role(LOGS), DatabaseName="db", Targets=targets)

    assert "AWS-Crawler is not authorized to perform: " in crawl(glue, "crawl")["ErrorMessage"]
    reads = allow("s3:ListBucket", "arn:aws:s3:::lake"), allow("s3:GetObject", "arn:aws:s3:::lake/tables/*")
    role(LOGS, *reads, allow("glue:*", "*"))
    assert crawl(glue, "crawl").get("ErrorMessage") is None


@pytest.fixture
def process(cloud: LocalCloud, bucket: str) -> Callable[[str], dict[str, Any]]:
    """Run READER as a processing job; its description when it is over."""
    numbers = iter(range(9))

    def run(role: str) -> dict[str, Any]:
        sagemaker, name = cloud.client("sagemaker"), f"job-{next(numbers)}"
        cloud.client("s3").put_object(Bucket=bucket, Key="code/job.py", Body=READER.encode())
        code = {"S3Uri": "s3://lake/code/job.py", "LocalPath": "/opt/ml/processing/code", "S3DataType": "S3Prefix"}
        sagemaker.create_processing_job(
            ProcessingJobName=name,
            RoleArn=role,
            AppSpecification={
                "ImageUri": "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.9-0-cpu-py3",
                "ContainerEntrypoint": ["python3", "/opt/ml/processing/code/job.py"],
            },
            ProcessingResources={"ClusterConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.large",
                                                   "VolumeSizeInGB": 1}},
            ProcessingInputs=[{"InputName": "code", "S3Input": {**code, "S3InputMode": "File"}}],
        )  # fmt: skip

        def ended() -> Any:
            found = sagemaker.describe_processing_job(ProcessingJobName=name)
            return found if found["ProcessingJobStatus"] in ("Completed", "Failed") else None

        found: dict[str, Any] = until(ended, 120)
        return found

    return run


def test_a_sagemaker_job(role: Role, process: Any) -> None:
    code = [allow("s3:GetObject", "arn:aws:s3:::lake/code/*"), allow("s3:ListBucket", "arn:aws:s3:::lake")]
    arn = role(LOGS)
    denied = "assumed-role/worker/SageMaker is not authorized to perform: "
    assert f"{denied}s3:ListBucket" in process(arn)["FailureReason"]
    role(LOGS, *code)
    assert f"{denied}s3:GetObject on resource: arn:aws:s3:::lake/in/a" in process(arn)["FailureReason"]
    role(LOGS, *code, READ_IN)
    assert process(arn)["ProcessingJobStatus"] == "Completed"
    untrusted = role(LOGS, *code, READ_IN, name="other", trusted=["glue"])
    assert "sts:AssumeRole" in process(untrusted)["FailureReason"]


@pytest.fixture
def deliver(cloud: LocalCloud, bucket: str) -> Callable[..., None]:
    """A delivery stream from Kinesis, through a function if there is one, with one record put."""

    def make(role: str, function: str | None = None) -> None:
        cloud.client("kinesis").create_stream(StreamName="events", ShardCount=1)
        cloud.client("logs").create_log_group(logGroupName="errors")
        cloud.client("logs").create_log_stream(logGroupName="errors", logStreamName="s3")
        destination: dict[str, Any] = {
            "RoleARN": role,
            "BucketARN": "arn:aws:s3:::lake",
            "Prefix": "raw/",
            "ErrorOutputPrefix": "failed/!{firehose:error-output-type}/",
            "BufferingHints": {"IntervalInSeconds": 15},
            "CloudWatchLoggingOptions": {"Enabled": True, "LogGroupName": "errors", "LogStreamName": "s3"},
        }
        if function:
            values = {"LambdaArn": function, "BufferIntervalInSeconds": "3", "NumberOfRetries": "0"}
            parameters = [{"ParameterName": name, "ParameterValue": value} for name, value in values.items()]
            processor = {"Type": "Lambda", "Parameters": parameters}
            destination["ProcessingConfiguration"] = {"Enabled": True, "Processors": [processor]}
        cloud.client("firehose").create_delivery_stream(
            DeliveryStreamName="delivery",
            DeliveryStreamType="KinesisStreamAsSource",
            KinesisStreamSourceConfiguration={"KinesisStreamARN": STREAM, "RoleARN": role},
            ExtendedS3DestinationConfiguration=destination,
        )
        cloud.client("kinesis").put_record(StreamName="events", Data=b'{"a": 1}', PartitionKey="1")

    return make


def keys(cloud: LocalCloud, prefix: str) -> list[str]:
    found = cloud.client("s3").list_objects_v2(Bucket="lake", Prefix=prefix)
    return [item["Key"] for item in found.get("Contents", [])]


def test_a_delivery_stream_reads_and_writes_as_its_role(cloud: LocalCloud, role: Role, deliver: Any) -> None:
    deliver(role(LOGS))
    until(lambda: "kinesis:DescribeStream" in messages(cloud, "errors"))
    role(LOGS, READS)
    until(lambda: "s3:PutObject" in messages(cloud, "errors"))
    assert keys(cloud, "raw/") == []
    role(LOGS, READS, allow("s3:PutObject", "arn:aws:s3:::lake/raw/*"))
    until(lambda: keys(cloud, "raw/"))  # nothing was lost meanwhile


def test_a_delivery_stream_may_not_call_any_function(
    cloud: LocalCloud, role: Role, deliver: Any, function: Any
) -> None:
    writes = allow("s3:PutObject", "arn:aws:s3:::lake/*")
    arn = function('return {"records": []}', role(LOGS, name="function"))
    deliver(role(LOGS, READS, writes), arn)
    (failed,) = until(lambda: keys(cloud, "failed/processing-failed/"))
    record = json.loads(cloud.client("s3").get_object(Bucket="lake", Key=failed)["Body"].read())
    assert record["errorCode"] == "Lambda.InvokeAccessDenied"


def test_a_rule_reaches_a_function_that_allows_it(cloud: LocalCloud, role: Role, function: Any) -> None:
    arn, events = function("print('reached')", role(LOGS)), cloud.client("events")
    queue = cloud.client("sqs").create_queue(QueueName="dead")["QueueUrl"]
    dead = f"arn:aws:sqs:us-east-1:{ACCOUNT}:dead"
    rule = events.put_rule(Name="r", EventPattern='{"source": ["ours"]}')["RuleArn"]
    events.put_targets(Rule="r", Targets=[{"Id": "f", "Arn": arn, "DeadLetterConfig": {"Arn": dead}}])
    entry = {"Source": "ours", "DetailType": "d", "Detail": "{}"}
    events.put_events(Entries=[entry])
    (message,) = until(
        lambda: cloud.client("sqs").receive_message(QueueUrl=queue, MessageAttributeNames=["All"]).get("Messages")
    )
    assert message["MessageAttributes"]["ERROR_CODE"]["StringValue"] == "NO_PERMISSIONS"
    cloud.client("lambda").add_permission(
        FunctionName="f", StatementId="s", Action="lambda:InvokeFunction", Principal="events.amazonaws.com",
        SourceArn=rule,
    )  # fmt: skip
    events.put_events(Entries=[entry])
    until(lambda: cloud.client("logs").describe_log_groups()["logGroups"])
    until(lambda: "reached" in messages(cloud, "/aws/lambda/f"))
