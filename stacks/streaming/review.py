"""A person looks at doubtful scores: a Step Functions state machine that asks, waits for the verdict, and notes it.

Ask (a message with a task token, in a queue) → Verdict → Confirm or Overrule → done. Nobody answers in time:
NotReviewed, which the alarm topic is told. A verdict on a score that a later event has replaced changes nothing.
"""

from collections.abc import Mapping
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from settings import Settings
from stacks.parts.alarm import alarm, metric
from stacks.parts.function import python_function, tracing_permission
from stacks.parts.items import key_permission
from stacks.parts.logs import owned_log_group
from stacks.parts.role import AT_THE_END, Allow, scoped_role

VERDICTS = {"confirmed": "Confirm", "overruled": "Overrule"}
HOUR = 3600
# https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
_AGAIN = {"IntervalSeconds": 2, "BackoffRate": 2.0, "MaxAttempts": 5, "JitterStrategy": "FULL"}
_PASSING = {
    "sqs": ["SQS.SdkClientException", "SQS.AmazonSQSException"],
    "dynamodb": [
        "DynamoDB.SdkClientException",
        "DynamoDB.InternalServerErrorException",
        "DynamoDB.ProvisionedThroughputExceededException",
        "DynamoDB.RequestLimitExceededException",
        "DynamoDB.ThrottlingException",
    ],
    "sns": ["SNS.SdkClientException", "SNS.AmazonSNSException"],
}


class Review(Construct):
    """The queue of questions, and the state machine that puts them there.

    Attributes:
        queue: of messages ``{"token": …, "key": …, …}``; `mlref reviews` reads it.
        machine: its input is what `lambdas.publish_scores` says of a score.
        end: ends the reviews that wait when the stack goes; what starts one must depend on it, to be deleted first.
    """

    queue: sqs.Queue
    machine: sfn.CfnStateMachine
    end: cdk.CustomResource

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        settings: Settings,
        scores: dynamodb.Table,
        key: kms.IKey,
        topic: sns.ITopic,
    ) -> None:
        super().__init__(scope, id_)
        stack = cdk.Stack.of(self)
        self.queue = self._queue(key, settings.review_hours)
        log_group = owned_log_group(
            self,
            "Logs",
            key=key,
            days=settings.log_retention_days,
            # with this prefix no policy of the log group grows with each state machine
            # (https://docs.aws.amazon.com/step-functions/latest/dg/bp-cwl.html)
            log_group_name=f"/aws/vendedlogs/states/{settings.prefix}-reviews",
        )
        role = scoped_role(
            self,
            "Role",
            "states.amazonaws.com",
            "Asks for verdicts on doubtful scores and notes them",
            Allow(("sqs:SendMessage",), (self.queue.queue_arn,)),
            Allow(("dynamodb:UpdateItem",), (scores.table_arn,)),
            Allow(("sns:Publish",), (topic.topic_arn,), unused_because="Only when nobody answers in time."),
            key_permission(key),
            _log_permission(),
            *((tracing_permission(),) if settings.tracing != "off" else ()),
        )
        machine = sfn.CfnStateMachine
        self.machine = machine(
            self,
            "Machine",
            role_arn=role.role_arn,
            state_machine_type="STANDARD",
            definition_string=stack.to_json_string(
                definition(
                    partition=stack.partition,
                    queue=self.queue.queue_url,
                    table=scores.table_name,
                    topic=topic.topic_arn,
                    hours=settings.review_hours,
                )
            ),
            logging_configuration=machine.LoggingConfigurationProperty(
                level="ALL",
                include_execution_data=True,
                destinations=[
                    machine.LogDestinationProperty(
                        cloud_watch_logs_log_group=machine.CloudWatchLogsLogGroupProperty(
                            log_group_arn=log_group.log_group_arn
                        )
                    )
                ],
            ),
            tracing_configuration=machine.TracingConfigurationProperty(enabled=settings.tracing != "off"),
        )
        if settings.tracing == "off":
            cdk.Validations.of(self.machine).acknowledge(
                cdk.Acknowledgment(id="AwsSolutions-SF2", reason="The setting tracing=off asks for it.")
            )
        self.end = self._end_with_stack(key, settings.log_retention_days)
        self._alarms(topic, settings.review_hours)

    def _end_with_stack(self, key: kms.IKey, log_days: int) -> cdk.CustomResource:
        executions = cdk.Stack.of(self).format_arn(
            service="states",
            resource="execution",
            resource_name=f"{self.machine.attr_name}:*",
            arn_format=cdk.ArnFormat.COLON_RESOURCE_NAME,
        )
        function = python_function(
            self,
            "Stop",
            folder="stop_reviews",
            description="Ends the reviews that still wait before their state machine is deleted",
            key=key,
            log_days=log_days,
            memory_mb=256,
            timeout_seconds=300,
            allow=(
                Allow(("states:ListExecutions",), (self.machine.attr_arn,), unused_because=AT_THE_END),
                Allow(
                    ("states:StopExecution",),
                    (executions,),
                    because="Executions are named after scores.",
                    unused_because=AT_THE_END,
                ),
            ),
        )
        return cdk.CustomResource(
            self,
            "Executions",
            resource_type="Custom::StopReviews",
            service_token=function.function_arn,
            service_timeout=cdk.Duration.minutes(6),
            properties={"Machine": self.machine.attr_arn},
        )

    def _queue(self, key: kms.IKey, hours: int) -> sqs.Queue:
        queue = sqs.Queue(
            self,
            "Questions",
            encryption=sqs.QueueEncryption.KMS,
            encryption_master_key=key,
            enforce_ssl=True,
            retention_period=cdk.Duration.hours(hours),  # as long as somebody waits for the answer
            visibility_timeout=cdk.Duration.seconds(30),
            removal_policy=cdk.RemovalPolicy.DESTROY,
        )
        cdk.Validations.of(queue).acknowledge(
            cdk.Acknowledgment(
                id="AwsSolutions-SQS3",
                reason="People read it, as often as they like; what they leave there, its review tells.",
            )
        )
        return queue

    def _alarms(self, topic: sns.ITopic, hours: int) -> None:
        """https://docs.aws.amazon.com/step-functions/latest/dg/procedure-cw-metrics.html."""
        of_machine = {"StateMachineArn": self.machine.attr_arn}
        for name, told in (("ExecutionsFailed", "A review failed"), ("ExecutionsTimedOut", "A review timed out")):
            alarm(self, name, told, topic, metric("AWS/States", name, "Sum", of_machine), above=0)
        oldest = metric("AWS/SQS", "ApproximateAgeOfOldestMessage", "Maximum", {"QueueName": self.queue.queue_name})
        alarm(self, "Waiting", "A doubtful score waits for half of its time", topic, oldest, above=hours * HOUR / 2)


def definition(*, partition: str, queue: str, table: str, topic: str, hours: int) -> dict[str, Any]:
    """In Amazon States Language (https://states-language.net/), with JSONPath."""

    def resource(integration: str) -> str:
        return f"arn:{partition}:states:::{integration}"

    superseded = {"ErrorEquals": ["DynamoDB.ConditionalCheckFailedException"], "Next": "Superseded"}

    def note(values: Mapping[str, Any], **flow: Any) -> dict[str, Any]:
        """Set attributes of the score, if it is still the one that was asked about."""
        return {
            "Type": "Task",
            "Resource": resource("dynamodb:updateItem"),
            "Parameters": {
                "TableName": table,
                "Key": {"pk": {"S.$": "$.key"}},
                "ConditionExpression": "#order = :order",
                # by placeholders, for DynamoDB has 573 reserved words, "final" and "order" among them
                # (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ReservedWords.html)
                "UpdateExpression": "SET " + ", ".join(f"#{name} = :{name}" for name in values),
                "ExpressionAttributeNames": {f"#{name}": name for name in ("order", *values)},
                "ExpressionAttributeValues": {
                    ":order": {"S.$": "$.order"},
                    **{f":{name}": value for name, value in values.items()},
                },
            },
            "ResultPath": None,
            "Retry": [{"ErrorEquals": _PASSING["dynamodb"], **_AGAIN}],
            "Catch": [superseded],
            **flow,
        }

    def verdict(review: str, final: str) -> dict[str, Any]:
        values = {
            "review": {"S": review},
            "final": {"BOOL.$": final},
            "verdict_by": {"S.$": "$.answer.by"},
            "verdict_at": {"S.$": "$$.State.EnteredTime"},
        }
        return note(values, End=True)

    return {
        "Comment": "A person's verdict on a doubtful score",
        "StartAt": "Ask",
        "States": {
            "Ask": {
                "Type": "Task",
                "Resource": resource("sqs:sendMessage.waitForTaskToken"),
                "Parameters": {
                    "QueueUrl": queue,
                    "MessageBody": {
                        "token.$": "$$.Task.Token",
                        **{
                            f"{name}.$": f"$.{name}" for name in ("key", "order", "probability", "decision", "doubts")
                        },
                    },
                },
                "TimeoutSeconds": hours * HOUR,
                "ResultPath": "$.answer",
                "Retry": [{"ErrorEquals": _PASSING["sqs"], **_AGAIN}],
                "Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": "NotReviewed"}],
                "Next": "Verdict",
            },
            "Verdict": {
                "Type": "Choice",
                "Choices": [
                    {
                        "And": [
                            {"Variable": "$.answer.verdict", "IsPresent": True},
                            {"Variable": "$.answer.by", "IsPresent": True},
                            {"Variable": "$.answer.verdict", "StringEquals": told},
                        ],
                        "Next": state,
                    }
                    for told, state in VERDICTS.items()
                ],
                "Default": "Unclear",
            },
            "Confirm": verdict("confirmed", "$.decision"),
            "Overrule": verdict("overruled", "$.opposite"),
            "Superseded": {"Type": "Succeed", "Comment": "A later event of the row has been scored meanwhile"},
            "Unclear": {
                "Type": "Fail",
                "Error": "UnclearVerdict",
                "Cause": f"A verdict is {' or '.join(VERDICTS)}, by somebody",
            },
            "NotReviewed": note({"review": {"S": "not reviewed"}}, Next="Tell"),
            "Tell": {
                "Type": "Task",
                "Resource": resource("sns:publish"),
                "Parameters": {
                    "TopicArn": topic,
                    "Subject": "A doubtful score was not reviewed",
                    "Message.$": "States.Format('{}: {}', $.key, $.error.Error)",
                },
                "Retry": [{"ErrorEquals": _PASSING["sns"], **_AGAIN}],
                "End": True,
            },
        },
    }


def _log_permission() -> Allow:
    """https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html."""
    return Allow(
        (
            *(f"logs:{verb}LogDelivery" for verb in ("Create", "Get", "Update", "Delete")),
            *("logs:ListLogDeliveries", "logs:DescribeLogGroups"),
            *("logs:PutResourcePolicy", "logs:DescribeResourcePolicies"),
        ),
        ("*",),
        because="Deliveries of logs have no ARN.",
        unused_because="Step Functions sets up its logging with them; the local one writes to the group itself.",
    )
