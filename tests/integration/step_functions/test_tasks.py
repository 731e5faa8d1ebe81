"""Task states: functions and other services, signed by the machine's role."""

import json
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from moto.stepfunctions.parser.utils import TMP_THREADS

from tests.integration.inbox import Inbox, until

One = Callable[..., dict[str, Any]]
INVOKE = "arn:aws:states:::lambda:invoke"


def invoke(function: str, payload: Any = None, **state: Any) -> dict[str, Any]:
    given = {"Payload.$": "$"} if payload is None else {"Payload": payload}
    return {"Type": "Task", "Resource": INVOKE, "Parameters": {"FunctionName": function, **given}, **state}


def test_a_function_gets_the_input_and_its_answer_is_the_output(states: Any, function: str, one: One) -> None:
    answer = states.run(one(invoke(function)), {"a": 1})
    assert answer["Payload"] == {"got": {"a": 1}}
    assert answer["StatusCode"] == 200
    assert states.run(one({"Type": "Task", "Resource": function}), {"a": 1}) == {"got": {"a": 1}}


def test_paths_choose_what_goes_in_and_comes_out(states: Any, function: str, one: One) -> None:
    state = invoke(function, ResultSelector={"of.$": "$.Payload.got"}, ResultPath="$.r", OutputPath="$.r.of")
    assert states.run(one({**state, "InputPath": "$.in"}), {"in": {"b": 2}}) == {"b": 2}


def test_calls_are_made_by_the_role_of_the_machine(states: Any, function: str, one: One) -> None:
    states.run(one(invoke(function)))
    told = states.cloud.engines["iam"].told()["calls"]
    calls = [call for call in told if call["action"] == "lambda:InvokeFunction"]
    assert any(states.role in json.dumps(call) for call in calls), calls


def test_an_error_of_the_function_is_caught_by_its_name(states: Any, function: str) -> None:
    machine = {
        "StartAt": "Try",
        "States": {
            "Try": {
                **invoke(function, {"fail": "TooBad"}),
                "Catch": [
                    {"ErrorEquals": ["Other"], "Next": "Wrong"},
                    {"ErrorEquals": ["TooBad"], "ResultPath": "$.error", "Next": "Right"},
                ],
                "End": True,
            },
            "Right": {"Type": "Pass", "Parameters": {"name.$": "$.error.Error", "kept.$": "$.a"}, "End": True},
            "Wrong": {"Type": "Fail"},
        },
    }
    assert states.run(machine, {"a": 1}) == {"name": "TooBad", "kept": 1}


def test_retries_are_counted_and_pause_at_the_clouds_speed(states: Any, function: str, one: One) -> None:
    retry = [{"ErrorEquals": ["TooBad"], "IntervalSeconds": 10, "MaxAttempts": 2, "BackoffRate": 2}]
    execution = states.start(states.machine(one(invoke(function, {"fail": "TooBad"}, Retry=retry))))
    told = states.ended(execution)
    assert (told["status"], told["error"]) == ("FAILED", "TooBad")
    assert (told["stopDate"] - told["startDate"]).total_seconds() < 20  # of 30, sixty times as fast
    assert [event["type"] for event in states.events(execution)].count("TaskScheduled") == 3


def test_a_task_that_takes_too_long_times_out(states: Any, one: One) -> None:
    queue = Inbox(states.cloud, "slow")
    state = {
        "Type": "Task",
        "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
        "Parameters": {"QueueUrl": queue.url, "MessageBody.$": "$$.Task.Token"},
        "TimeoutSeconds": 1,
    }
    error, _ = states.fail(one(state))
    assert error == "States.Timeout"


def test_an_integration_of_the_sdk_takes_and_gives_members_with_capitals(states: Any, one: One) -> None:
    state = {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:sfn:describeStateMachine"}
    machine = states.machine(one({"Type": "Succeed"}) | {"States": {"One": {"Type": "Succeed"}}})
    told = states.run(one({**state, "Parameters": {"StateMachineArn": machine}}))
    assert told["Name"] == machine.rpartition(":")[2]
    assert told["CreationDate"].endswith("Z")
    assert json.loads(told["Definition"])["StartAt"] == "One"


def test_an_error_of_the_sdk_has_the_name_of_the_service(states: Any, one: One) -> None:
    parameters = {"Bucket": "there-is-none", "Key": "k"}
    error, cause = states.fail(
        one({"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:s3:getObject", "Parameters": parameters})
    )
    assert error == "S3.NoSuchBucketException"
    assert "(Service: S3, Status Code: 404" in cause
    assert "Extended Request ID: " in cause


def test_a_document_is_a_text_where_the_api_takes_one(states: Any, one: One) -> None:
    inbox = Inbox(states.cloud, "documents")
    parameters = {"QueueUrl": inbox.url, "MessageBody": {"a": [1]}}
    states.run(one({"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage", "Parameters": parameters}))
    assert inbox.wait() == [{"a": [1]}]


def test_events_that_are_not_taken_fail_the_state(states: Any, one: One) -> None:
    entry = {"Detail": "no json", "DetailType": "t", "Source": "own"}
    state = {
        "Type": "Task",
        "Resource": "arn:aws:states:::events:putEvents",
        "Parameters": {"Entries": [entry]},
    }
    error, cause = states.fail(one(state))
    assert error == "EventBridge.FailedEntry"
    assert json.loads(cause)["FailedEntryCount"] == 1


def test_what_is_not_here_is_refused_by_name(states: Any, one: One) -> None:
    state = {
        "Type": "Task",
        "Resource": "arn:aws:states:::emr-serverless:startJobRun.sync",
        "Parameters": {"ApplicationId": "a", "ExecutionRoleArn": states.role},
    }
    _, cause = states.fail(one(state))
    assert "emr-serverless" in cause
    assert "not implemented by the local cloud" in cause


def test_a_stop_does_not_wait_for_the_function(states: Any, function: str, one: One) -> None:
    each = {"StartAt": "Slow", "States": {"Slow": {**invoke(function, {"seconds": 3}), "End": True}}}
    machine = states.machine(one({"Type": "Map", "ItemProcessor": each}))
    execution = states.start(machine, [1, 2])
    until(lambda: [event["type"] for event in states.events(execution)], lambda types: "TaskStarted" in types)
    states.client.stop_execution(executionArn=execution)
    told = states.ended(execution)
    assert told["status"] == "ABORTED"
    assert (told["stopDate"] - told["startDate"]).total_seconds() < 3
    until(lambda: [thread for thread in TMP_THREADS if thread.is_alive()], lambda alive: not alive)
    assert states.events(execution)[-1]["type"] == "ExecutionAborted"


def test_a_function_that_answers_too_late_is_not_heard(states: Any, function: str) -> None:
    late = {**invoke(function, {"seconds": 2}), "TimeoutSeconds": 1, "Next": "End"}
    catch = [{"ErrorEquals": ["States.Timeout"], "Next": "Wait"}]
    machine = {
        "StartAt": "Late",
        "States": {
            "Late": {**late, "Catch": catch},
            "Wait": {"Type": "Wait", "Seconds": 150, "Next": "End"},
            "End": {"Type": "Succeed"},
        },
    }
    execution = states.start(states.machine(machine))
    assert states.ended(execution)["status"] == "SUCCEEDED"
    types = [event["type"] for event in states.events(execution)]
    assert "TaskTimedOut" in types
    assert "TaskSucceeded" not in types


@pytest.fixture
def enforcing(states: Any) -> Any:
    states.cloud.enforce = True
    yield states
    states.cloud.enforce = False


def test_a_role_without_permission_fails_the_state(enforcing: Any, function: str, one: One) -> None:
    error, cause = enforcing.fail(one(invoke(function)))
    assert error == "Lambda.AWSLambdaException"
    assert "not authorized to perform: lambda:InvokeFunction" in cause
    allow = {"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": function}
    document = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
    iam = enforcing.cloud.client("iam")
    iam.put_role_policy(RoleName="states", PolicyName="invoke", PolicyDocument=document)
    assert enforcing.run(one(invoke(function)), 1)["Payload"] == {"got": 1}


def test_a_role_that_does_not_trust_step_functions_is_refused(enforcing: Any, one: One) -> None:
    with pytest.raises(enforcing.client.exceptions.ClientError, match="authorized to assume the provided role"):
        enforcing.machine(one({"Type": "Pass"}), roleArn="arn:aws:iam::123456789012:role/f")


class TestTokens:
    """Work that others tell the end of."""

    @pytest.fixture
    def waiting(self, states: Any, one: One) -> Callable[..., tuple[str, str]]:
        """Start an execution that waits; its ARN and the token."""

        def start(**state: Any) -> tuple[str, str]:
            inbox = Inbox(states.cloud, f"tokens-{uuid.uuid4()}")
            task = {
                "Type": "Task",
                "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
                "Parameters": {"QueueUrl": inbox.url, "MessageBody": {"token.$": "$$.Task.Token"}},
            }
            execution = states.start(states.machine(one({**task, **state})))
            return execution, inbox.wait()[-1]["token"]

        return start

    def test_success_is_the_output(self, states: Any, waiting: Callable[..., tuple[str, str]]) -> None:
        execution, token = waiting()
        states.client.send_task_heartbeat(taskToken=token)
        with pytest.raises(states.client.exceptions.InvalidOutput):
            states.client.send_task_success(taskToken=token, output="no")
        states.client.send_task_success(taskToken=token, output='{"done": 1}')
        assert json.loads(states.ended(execution)["output"]) == {"done": 1}
        with pytest.raises(states.client.exceptions.TaskTimedOut):
            states.client.send_task_success(taskToken=token, output="{}")

    def test_failure_is_the_error(self, states: Any, waiting: Callable[..., tuple[str, str]]) -> None:
        execution, token = waiting()
        states.client.send_task_failure(taskToken=token, error="Mine", cause="why")
        told = states.ended(execution)
        assert (told["error"], told["cause"]) == ("Mine", "why")

    def test_no_heartbeat_is_a_timeout(self, states: Any, waiting: Callable[..., tuple[str, str]]) -> None:
        execution, _ = waiting(HeartbeatSeconds=1, TimeoutSeconds=60)
        assert states.ended(execution)["status"] == "FAILED"
        assert "TaskTimedOut" in [event["type"] for event in states.events(execution)]

    def test_an_unknown_token_is_refused(self, states: Any) -> None:
        for output in ("{}", "no"):
            with pytest.raises(states.client.exceptions.InvalidToken):
                states.client.send_task_success(taskToken="none", output=output)


def test_an_activity_is_done_by_a_worker(states: Any, one: One) -> None:
    arn = states.client.create_activity(name="work")["activityArn"]
    execution = states.start(states.machine(one({"Type": "Task", "Resource": arn})), {"n": 1})
    task = states.client.get_activity_task(activityArn=arn, workerName="me")
    assert json.loads(task["input"]) == {"n": 1}
    states.client.send_task_success(taskToken=task["taskToken"], output="2")
    assert states.ended(execution)["output"] == "2"
    started = [event for event in states.events(execution) if event["type"] == "ActivityStarted"]
    assert started[0]["activityStartedEventDetails"] == {"workerName": "me"}


def test_a_nested_execution_is_waited_for_and_stopped_with_its_parent(states: Any, one: One) -> None:
    quick = states.machine(one({"Type": "Pass", "Result": {"x": 1}}))
    start = {"Type": "Task", "Resource": "arn:aws:states:::states:startExecution.sync:2"}
    told = states.run(one({**start, "Parameters": {"StateMachineArn": quick, "Input": {"i": 1}}}))
    assert (told["Output"], told["Input"], told["Status"]) == ({"x": 1}, {"i": 1}, "SUCCEEDED")

    slow = states.machine(one({"Type": "Wait", "Seconds": 100_000}))
    parent = states.start(states.machine(one({**start, "Parameters": {"StateMachineArn": slow}})))
    until(lambda: states.client.list_executions(stateMachineArn=slow)["executions"], bool)
    states.client.stop_execution(executionArn=parent, error="Enough", cause="said so")
    stopped = states.ended(parent)
    assert (stopped["status"], stopped["error"], stopped["cause"]) == ("ABORTED", "Enough", "said so")
    until(
        lambda: states.client.list_executions(stateMachineArn=slow)["executions"][0]["status"],
        lambda status: bool(status == "ABORTED"),
    )
