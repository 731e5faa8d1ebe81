"""Sources are read with the function's execution role: what it may not, its mapping says."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from aws_cdk import App, Duration, Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_kinesis as kinesis
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_event_sources as sources
from aws_cdk import aws_sqs as sqs
from aws_cdk.assertions import Template
from botocore.exceptions import ClientError

from localcloud import LocalCloud
from tests.integration.event_sources.conftest import Bench
from tests.integration.inbox import until

READS = ["DescribeStream", "ListShards", "GetShardIterator", "GetRecords"]


@pytest.fixture(scope="module")
def strict_cloud(session_cloud: LocalCloud) -> Iterator[LocalCloud]:
    """The session's cloud, enforcing: there is one a process."""
    session_cloud.reset()
    session_cloud.enforce = True
    yield session_cloud
    session_cloud.enforce = False


@pytest.fixture
def strict(strict_cloud: LocalCloud) -> Bench:
    strict_cloud.reset()
    return Bench(strict_cloud)


def _allow(bench: Bench, *actions: str, resource: str = "*") -> None:
    statement = {"Effect": "Allow", "Action": [*actions, "logs:*"], "Resource": resource}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    bench.cloud.client("iam").put_role_policy(RoleName="worker", PolicyName="p", PolicyDocument=document)


def _kinesis(*but: str) -> list[str]:
    return [f"kinesis:{name}" for name in READS if name not in but]


@pytest.mark.parametrize("missing", READS)
def test_a_role_that_may_not_read_a_stream_is_refused(strict: Bench, missing: str) -> None:
    _allow(strict, *_kinesis(missing))
    strict.function()
    told = (
        "Cannot access stream arn:aws:kinesis.*perform the GetRecords, GetShardIterator, DescribeStream, ListShards,"
    )
    with pytest.raises(ClientError, match=told) as refused:
        strict.mapping(strict.stream())
    assert refused.value.response["Error"]["Code"] == "InvalidParameterValueException"


@pytest.mark.parametrize("missing", ["ReceiveMessage", "DeleteMessage", "GetQueueAttributes"])
def test_a_role_that_may_not_read_a_queue_is_refused(strict: Bench, missing: str) -> None:
    others = {"ReceiveMessage", "DeleteMessage", "GetQueueAttributes"} - {missing}
    _allow(strict, *(f"sqs:{name}" for name in others))
    strict.function()
    told = f"The provided execution role does not have permissions to call {missing} on SQS"
    with pytest.raises(ClientError, match=told):
        strict.mapping(strict.queue()[1])


def test_the_recorder_sees_what_a_mapping_reads_as_its_role(strict: Bench) -> None:
    _allow(strict, "kinesis:*", "sqs:*")
    strict.function()
    stream, (url, queue) = strict.stream(), strict.queue()
    strict.mapping(stream)
    strict.mapping(queue)
    strict.put("a")
    strict.cloud.client("sqs").send_message(QueueUrl=url, MessageBody="a")
    strict.until_events(2)

    def seen() -> set[tuple[str, str]]:
        calls = strict.cloud.pages["/moto-api/iam"]()["calls"]
        return {(call["action"], call["resource"]) for call in calls if call["principal"] == strict.role}

    wanted = {(f"kinesis:{name}", stream) for name in READS}
    wanted |= {(f"sqs:{name}", queue) for name in ("ReceiveMessage", "DeleteMessage", "GetQueueAttributes")}
    until(seen, lambda found: wanted <= found)


def test_a_permission_that_is_taken_away_is_a_problem_until_it_is_back(strict: Bench) -> None:
    _allow(strict, *_kinesis())
    strict.function()
    uuid = strict.mapping(strict.stream())
    strict.put("a")
    assert strict.until_batches(bool) == [["a"]]
    _allow(strict, *_kinesis("GetRecords"))
    strict.put("b")
    assert strict.problem(uuid).startswith("PROBLEM: Cannot access stream arn:aws:kinesis")
    _allow(strict, *_kinesis())
    assert strict.until_batches(lambda found: len(found) == 2) == [["a"], ["b"]]


def test_a_queue_that_may_not_be_received_from_is_a_problem(strict: Bench) -> None:
    _allow(strict, "sqs:*")
    strict.function()
    url, arn = strict.queue()
    uuid = strict.mapping(arn)
    _allow(strict, "sqs:DeleteMessage")
    strict.cloud.client("sqs").send_message(QueueUrl=url, MessageBody="a")
    told = "PROBLEM: The provided execution role does not have permissions to call ReceiveMessage on SQS"
    assert strict.problem(uuid) == told


def test_a_destination_that_may_not_be_sent_to_is_a_problem(strict: Bench) -> None:
    _allow(strict, *_kinesis())
    strict.function("raise ValueError")
    _, lost = strict.queue("lost")
    uuid = strict.mapping(
        strict.stream(), MaximumRetryAttempts=0, DestinationConfig={"OnFailure": {"Destination": lost}}
    )
    strict.put("a")
    told = until(lambda: strict.get(uuid)["LastProcessingResult"], lambda found: "took nothing" in found)
    assert "sqs:sendmessage" in told.lower()


def test_what_cdk_grants_is_enough(strict: Bench) -> None:
    """`aws_lambda_event_sources` of all kinds, deployed, delivering."""
    stack = Stack(App(), "sources")
    stream = kinesis.Stream(stack, "Stream", stream_name="events")
    table = dynamodb.Table(
        stack,
        "Table",
        table_name="items",
        partition_key=dynamodb.Attribute(name="id", type=dynamodb.AttributeType.STRING),
        stream=dynamodb.StreamViewType.NEW_IMAGE,
        billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
    )
    jobs, lost = sqs.Queue(stack, "Jobs", queue_name="jobs"), sqs.Queue(stack, "Lost", queue_name="lost")
    function = lambda_.Function(
        stack,
        "Function",
        function_name="probe",
        runtime=lambda_.Runtime.PYTHON_3_13,
        handler="index.handler",
        code=lambda_.Code.from_inline(
            "import json\n"
            "def handler(event, context):\n"
            "    print(json.dumps(event), flush=True)\n"
            "    if 'poison' in str(event): raise ValueError\n"
        ),
    )
    start = lambda_.StartingPosition.TRIM_HORIZON
    failure: dict[str, Any] = {"retry_attempts": 0, "on_failure": sources.SqsDlq(lost)}
    function.add_event_source(sources.KinesisEventSource(stream, starting_position=start, bisect_batch_on_error=True,
                                                         max_batching_window=Duration.seconds(1)))  # fmt: skip
    function.add_event_source(sources.DynamoEventSource(table, starting_position=start, **failure))
    function.add_event_source(sources.SqsEventSource(jobs, report_batch_item_failures=True, max_concurrency=2))
    client = strict.cloud.client("cloudformation")
    body = json.dumps(Template.from_stack(stack).to_json())
    body = body.replace('"/cdk-bootstrap/hnb659fds/version"', '"/cdk-bootstrap/version"')
    strict.cloud.client("ssm").put_parameter(Name="/cdk-bootstrap/version", Value="30", Type="String")
    client.create_stack(StackName="sources", TemplateBody=body, Capabilities=["CAPABILITY_IAM"])
    (told,) = client.describe_stacks(StackName="sources")["Stacks"]
    assert told["StackStatus"] == "CREATE_COMPLETE", client.describe_stack_events(StackName="sources")["StackEvents"]

    strict.put("a")
    strict.cloud.client("dynamodb").put_item(TableName="items", Item={"id": {"S": "poison"}})
    url = strict.cloud.client("sqs").get_queue_url(QueueName="jobs")["QueueUrl"]
    strict.cloud.client("sqs").send_message(QueueUrl=url, MessageBody="m")
    events = strict.until_events(3)
    assert {event["Records"][0]["eventSource"] for event in events} == {"aws:kinesis", "aws:dynamodb", "aws:sqs"}
    (message,) = strict.received(strict.cloud.client("sqs").get_queue_url(QueueName="lost")["QueueUrl"])
    assert "DDBStreamBatchInfo" in json.loads(message["Body"])

    client.delete_stack(StackName="sources")
    assert strict.client.list_event_source_mappings()["EventSourceMappings"] == []
