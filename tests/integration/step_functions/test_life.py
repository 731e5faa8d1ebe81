"""Nothing of an execution outlives its cloud."""

import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from moto.stepfunctions.parser.utils import TMP_THREADS

from localcloud import LocalCloud
from tests.integration.inbox import Inbox, until

ROLE = "arn:aws:iam::123456789012:role/states"


def started(cloud: LocalCloud, name: str, state: dict[str, Any]) -> str:
    states = cloud.client("stepfunctions")
    definition = json.dumps({"StartAt": "S", "States": {"S": {**state, "End": True}}})
    machine = states.create_state_machine(name=name, definition=definition, roleArn=ROLE)["stateMachineArn"]
    return str(states.start_execution(stateMachineArn=machine, input='{"items": [1, 2]}')["executionArn"])


def test_a_reset_ends_what_waits(cloud: LocalCloud) -> None:
    cloud.client("iam").create_role(RoleName="states", AssumeRolePolicyDocument="{}")
    inbox, states = Inbox(cloud), cloud.client("stepfunctions")
    activity = states.create_activity(name="a")["activityArn"]
    wait = {"Type": "Wait", "Seconds": 10_000_000}
    inner = {"StartAt": "I", "States": {"I": {**wait, "End": True}}}
    token = {"QueueUrl": inbox.url, "MessageBody.$": "$$.Task.Token"}
    mode = {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}}
    waiting: dict[str, dict[str, Any]] = {
        "wait": wait,
        "token": {
            "Type": "Task",
            "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
            "Parameters": token,
        },
        "activity": {"Type": "Task", "Resource": activity},
        "parallel": {"Type": "Parallel", "Branches": [inner, inner]},
        "map": {"Type": "Map", "ItemsPath": "$$.Execution.Input.items", "ItemProcessor": {**mode, **inner}},
    }
    executions = [started(cloud, name, state) for name, state in waiting.items()]
    for execution in executions:
        until(
            lambda execution=execution: states.get_execution_history(executionArn=execution)["events"],  # type: ignore[misc]
            lambda events: len(events) > 1,
        )
    cloud.reset()
    assert [thread.name for thread in TMP_THREADS if thread.is_alive()] == []
    assert states.list_state_machines()["stateMachines"] == []


def test_a_worker_that_waits_for_a_task_is_answered_at_a_reset(cloud: LocalCloud) -> None:
    states = cloud.client("stepfunctions")
    arn = states.create_activity(name="a")["activityArn"]
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(states.get_activity_task, activityArn=arn)
        time.sleep(0.3)
        cloud.reset()
        assert "taskToken" not in answer.result(timeout=10)


def test_threads_are_forgotten_when_they_end(cloud: LocalCloud) -> None:
    """moto keeps each for ever."""
    cloud.client("iam").create_role(RoleName="states", AssumeRolePolicyDocument="{}")
    states = cloud.client("stepfunctions")
    first = started(cloud, "many", {"Type": "Pass"})
    machine = states.describe_execution(executionArn=first)["stateMachineArn"]
    for _ in range(20):
        states.start_execution(stateMachineArn=machine)
    until(
        lambda: states.list_executions(stateMachineArn=machine, statusFilter="RUNNING")["executions"],
        lambda found: not found,
    )
    states.start_execution(stateMachineArn=machine)
    assert len(TMP_THREADS) < 10
    assert threading.active_count() < 60
