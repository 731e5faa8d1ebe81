"""A state machine of AWS's CDK with its tasks, deployed and run."""

import json
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_events as events
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_stepfunctions as sfn
from aws_cdk import aws_stepfunctions_tasks as tasks
from constructs import Construct

from tests.integration.inbox import until

CODE = "def handler(event, context):\n    return {'id': event['id'], 'doubled': event['n'] * 2}\n"


class Orders(cdk.Stack):
    """A function, a table, a queue that somebody answers, an event, a query: one after the other."""

    def __init__(self, scope: Construct) -> None:
        super().__init__(scope, "Orders", synthesizer=cdk.BootstraplessSynthesizer())
        function = lambda_.Function(
            self,
            "Double",
            runtime=lambda_.Runtime.PYTHON_3_13,
            handler="index.handler",
            code=lambda_.Code.from_inline(CODE),
        )
        key = dynamodb.Attribute(name="id", type=dynamodb.AttributeType.STRING)
        table = dynamodb.Table(self, "Table", partition_key=key)
        queue = sqs.Queue(self, "Queue")
        bus = events.EventBus.from_event_bus_name(self, "Bus", "default")
        double = tasks.LambdaInvoke(self, "Invoke", lambda_function=function, output_path="$.Payload")
        keep = tasks.DynamoPutItem(
            self,
            "Keep",
            table=table,
            item={
                "id": tasks.DynamoAttributeValue.from_string(sfn.JsonPath.string_at("$.id")),
                "n": tasks.DynamoAttributeValue.number_from_string(
                    sfn.JsonPath.string_at("States.Format('{}', $.doubled)")
                ),
            },
            result_path=sfn.JsonPath.DISCARD,
        )
        ask = tasks.SqsSendMessage(
            self,
            "Ask",
            queue=queue,
            integration_pattern=sfn.IntegrationPattern.WAIT_FOR_TASK_TOKEN,
            message_body=sfn.TaskInput.from_object({"token": sfn.JsonPath.task_token}),
            result_path="$.answer",
        )
        entry = tasks.EventBridgePutEventsEntry(
            detail=sfn.TaskInput.from_object({"id": sfn.JsonPath.string_at("$.id")}),
            detail_type="ordered",
            source="orders",
            event_bus=bus,
        )
        tell = tasks.EventBridgePutEvents(self, "Tell", entries=[entry], result_path=sfn.JsonPath.DISCARD)
        each = sfn.Map(self, "Each", items_path="$.answer.items", result_path="$.mapped")
        each.item_processor(sfn.Pass(self, "Item"))
        many = sfn.Condition.number_greater_than("$.doubled", 1)
        choice = sfn.Choice(self, "Many").when(many, each).otherwise(sfn.Fail(self, "Few", error="Few"))
        chain = double.next(keep).next(ask).next(tell).next(choice)
        machine = sfn.StateMachine(self, "Machine", definition_body=sfn.DefinitionBody.from_chainable(chain))
        for name, value in {
            "Machine": machine.state_machine_arn,
            "Queue": queue.queue_url,
            "Table": table.table_name,
            "Revision": machine.state_machine_revision_id,
        }.items():
            cdk.CfnOutput(self, f"{name}Out", value=value)


@pytest.fixture(scope="module")
def template() -> dict[str, Any]:
    app = cdk.App(analytics_reporting=False)
    Orders(app)
    return dict(app.synth().get_stack_by_name("Orders").template)


def reasons(stacks: Any) -> list[str]:
    """Why resources were not made."""
    told = stacks.describe_stack_events(StackName="orders")["StackEvents"]
    return [event["ResourceStatusReason"] for event in told if "ResourceStatusReason" in event]


def test_it_deploys_and_runs(states: Any, template: dict[str, Any]) -> None:
    cloud, stacks = states.cloud, states.cloud.client("cloudformation")
    cloud.enforce = True  # the roles are those that CDK made
    try:
        stacks.create_stack(StackName="orders", TemplateBody=json.dumps(template), Capabilities=["CAPABILITY_IAM"])
        stack = until(
            lambda: stacks.describe_stacks(StackName="orders")["Stacks"][0],
            lambda found: not found["StackStatus"].endswith("IN_PROGRESS"),
        )
        assert stack["StackStatus"] == "CREATE_COMPLETE", reasons(stacks)
        out = {output["OutputKey"].removesuffix("Out"): output["OutputValue"] for output in stack["Outputs"]}
        assert out["Revision"] == "INITIAL"
        execution = states.start(out["Machine"], {"id": "a", "n": 21})
        queue = cloud.client("sqs")
        (message,) = until(lambda: queue.receive_message(QueueUrl=out["Queue"]).get("Messages", []), bool)
        token = json.loads(message["Body"])["token"]
        states.client.send_task_success(taskToken=token, output='{"items": [1, 2]}')
        told = states.ended(execution)
        assert told["status"] == "SUCCEEDED", told
        assert json.loads(told["output"])["mapped"] == [1, 2]
        item = cloud.client("dynamodb").get_item(TableName=out["Table"], Key={"id": {"S": "a"}})["Item"]
        assert item == {"id": {"S": "a"}, "n": {"N": "42"}}
    finally:
        cloud.enforce = False


def test_tasks_of_jobs_have_definitions_that_are_taken(states: Any) -> None:
    """Glue, Athena and SageMaker, as CDK writes them."""
    app = cdk.App(analytics_reporting=False)
    stack = cdk.Stack(app, "Jobs", synthesizer=cdk.BootstraplessSynthesizer())
    job = tasks.GlueStartJobRun(
        stack, "Glue", glue_job_name="job", integration_pattern=sfn.IntegrationPattern.RUN_JOB
    )
    query = tasks.AthenaStartQueryExecution(
        stack, "Query", query_string="SELECT 1", integration_pattern=sfn.IntegrationPattern.RUN_JOB
    )
    channel = tasks.Channel(
        channel_name="train",
        data_source=tasks.DataSource(
            s3_data_source=tasks.S3DataSource(s3_location=tasks.S3Location.from_json_expression("$.at"))
        ),
    )
    train = tasks.SageMakerCreateTrainingJob(
        stack,
        "Train",
        training_job_name="t",
        algorithm_specification=tasks.AlgorithmSpecification(algorithm_name="a"),
        input_data_config=[channel],
        output_data_config=tasks.OutputDataConfig(s3_output_location=tasks.S3Location.from_json_expression("$.out")),
        integration_pattern=sfn.IntegrationPattern.RUN_JOB,
    )
    chain = job.next(query).next(train)
    sfn.StateMachine(stack, "Machine", definition_body=sfn.DefinitionBody.from_chainable(chain))
    template = app.synth().get_stack_by_name("Jobs").template
    stacks = states.cloud.client("cloudformation")
    stacks.create_stack(StackName="jobs", TemplateBody=json.dumps(template), Capabilities=["CAPABILITY_IAM"])
    stack_told = until(
        lambda: stacks.describe_stacks(StackName="jobs")["Stacks"][0],
        lambda found: not found["StackStatus"].endswith("IN_PROGRESS"),
    )
    assert stack_told["StackStatus"] == "CREATE_COMPLETE", stack_told
