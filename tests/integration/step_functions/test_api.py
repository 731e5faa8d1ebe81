"""The API around executions: definitions, versions, express machines, histories, logs, metrics and events."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.integration.inbox import Inbox, until

One = Callable[..., dict[str, Any]]


def one_(state: dict[str, Any]) -> dict[str, Any]:
    return {"StartAt": "One", "States": {"One": {**state, "End": True}}}


PASS = {"Type": "Pass", "Result": {"x": 1}}


@pytest.mark.parametrize(
    ("definition", "code", "location"),
    [
        ({}, "SCHEMA_VALIDATION_FAILED", "/"),
        (one_({"Type": "Passs"}), "SCHEMA_VALIDATION_FAILED", "/States/One/Type"),
        ({"StartAt": "B", "States": {"A": {"Type": "Succeed"}}}, "MISSING_TRANSITION_TARGET", "/StartAt"),
        ({"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "B"}}}, "MISSING_TRANSITION_TARGET",
         "/States/A/Next"),
        ({"StartAt": "A", "States": {"A": {"Type": "Pass"}}}, "SCHEMA_VALIDATION_FAILED", "/States/A"),
        ({"StartAt": "A", "States": {"A": {"Type": "Wait", "Timestamp": "soon", "End": True}}},
         "SCHEMA_VALIDATION_FAILED", "/States/A/Timestamp"),
        (one_({"Type": "Parallel", "Branches": [{"StartAt": "X", "States": {}}]}), "SCHEMA_VALIDATION_FAILED",
         "/States/One/Branches[0]/States"),
    ],
)  # fmt: skip
def test_a_definition_with_a_fault_is_refused(states: Any, definition: Any, code: str, location: str) -> None:
    told = states.client.validate_state_machine_definition(definition=json.dumps(definition))
    assert told["result"] == "FAIL"
    assert (code, location) in [(found["code"], found["location"]) for found in told["diagnostics"]]
    with pytest.raises(states.client.exceptions.InvalidDefinition, match=f"{code}: "):
        states.machine(definition)


def test_a_refused_definition_leaves_nothing_behind(states: Any, one: One) -> None:
    """moto's parser keeps the query language of the last one that it could not read."""
    bad = one({"Type": "Pass", "Parameters": {}}, QueryLanguage="JSONata")
    with pytest.raises(states.client.exceptions.InvalidDefinition):
        states.machine(bad)
    assert states.run(one({"Type": "Pass", "Parameters": {"a.$": "$.a"}}), {"a": 1}) == {"a": 1}


def test_starting_twice_with_one_name(states: Any, one: One) -> None:
    machine = states.machine(one({"Type": "Wait", "Seconds": 1_000_000}))
    first = states.start(machine, {"a": 1}, name="same")
    assert states.start(machine, {"a": 1}, name="same") == first
    with pytest.raises(states.client.exceptions.ExecutionAlreadyExists):
        states.start(machine, {"a": 2}, name="same")
    states.client.stop_execution(executionArn=first)


def test_input_that_is_no_json_is_refused(states: Any, one: One) -> None:
    machine = states.machine(one(PASS))
    with pytest.raises(states.client.exceptions.InvalidExecutionInput, match="Unrecognized token 'no'"):
        states.client.start_execution(stateMachineArn=machine, input="no")


def test_a_history_comes_in_pages_and_in_reverse(states: Any, one: One) -> None:
    execution = states.start(states.machine(one(PASS)))
    states.ended(execution)
    types = [event["type"] for event in states.events(execution)]
    assert types == ["ExecutionStarted", "PassStateEntered", "PassStateExited", "ExecutionSucceeded"]
    page = states.client.get_execution_history(executionArn=execution, maxResults=3, reverseOrder=True)
    rest = states.client.get_execution_history(
        executionArn=execution, maxResults=3, reverseOrder=True, nextToken=page["nextToken"]
    )
    assert [event["type"] for event in page["events"] + rest["events"]] == types[::-1]
    bare = states.client.get_execution_history(executionArn=execution, includeExecutionData=False)["events"]
    assert "input" not in bare[0]["executionStartedEventDetails"]


class TestExpress:
    @pytest.fixture
    def machine(self, states: Any, one: One) -> str:
        return str(states.machine(one(PASS), type="EXPRESS"))

    def test_its_end_is_waited_for(self, states: Any, machine: str, one: One) -> None:
        told = states.client.start_sync_execution(stateMachineArn=machine, input="{}")
        assert (told["status"], json.loads(told["output"])) == ("SUCCEEDED", {"x": 1})
        assert told["billingDetails"]["billedDurationInMilliseconds"] % 100 == 0
        failing = states.machine(one({"Type": "Pass", "Parameters": {"a.$": "$.none"}}), type="EXPRESS")
        told = states.client.start_sync_execution(stateMachineArn=failing)
        assert (told["status"], told["error"]) == ("FAILED", "States.Runtime")

    def test_it_has_no_history(self, states: Any, machine: str) -> None:
        execution = states.start(machine)
        assert ":express:" in execution
        for operation in ("get_execution_history", "describe_execution", "stop_execution"):
            with pytest.raises(ClientError, match="Resource type not valid in this context: express"):
                getattr(states.client, operation)(executionArn=execution)
        with pytest.raises(states.client.exceptions.StateMachineTypeNotSupported):
            states.client.list_executions(stateMachineArn=machine)

    def test_a_standard_machine_is_not_waited_for(self, states: Any, one: One) -> None:
        with pytest.raises(states.client.exceptions.StateMachineTypeNotSupported):
            states.client.start_sync_execution(stateMachineArn=states.machine(one(PASS)))

    def test_it_may_not_wait_for_others(self, states: Any, one: One) -> None:
        task = {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken", "Parameters": {}}
        with pytest.raises(states.client.exceptions.InvalidDefinition, match=r"'\.waitForTaskToken' service"):
            states.machine(one(task), type="EXPRESS")


def test_versions_stay_and_aliases_route_to_them(states: Any, one: One) -> None:
    machine = states.machine(one(PASS))
    first = states.client.publish_state_machine_version(stateMachineArn=machine)["stateMachineVersionArn"]
    changed = json.dumps(one({"Type": "Pass", "Result": {"x": 2}}))
    second = states.client.update_state_machine(stateMachineArn=machine, definition=changed, publish=True)
    routes = [{"stateMachineVersionArn": first, "weight": 100}]
    alias = states.client.create_state_machine_alias(name="live", routingConfiguration=routes)["stateMachineAliasArn"]
    told = states.ended(states.start(alias))
    assert (told["output"], told["stateMachineVersionArn"], told["stateMachineAliasArn"]) == ('{"x":1}', first, alias)
    assert states.ended(states.start(second["stateMachineVersionArn"]))["output"] == '{"x":2}'
    with pytest.raises(states.client.exceptions.ConflictException):
        states.client.delete_state_machine_version(stateMachineVersionArn=first)
    assert [item["executionArn"] for item in states.client.list_executions(stateMachineArn=alias)["executions"]] == [
        told["executionArn"]
    ]


def test_a_failed_execution_is_redriven_where_it_failed(states: Any, function: str) -> None:
    queue = states.cloud.client("sqs")
    send = {
        "Type": "Task",
        "Resource": "arn:aws:states:::sqs:sendMessage",
        "Parameters": {"QueueUrl": "http://localhost/none", "MessageBody": "x"},
        "ResultPath": "$.sent",
        "Next": "End",
    }
    machine = {
        "StartAt": "First",
        "States": {
            "First": {"Type": "Pass", "Result": {"kept": 1}, "Next": "Send"},
            "Send": {**send, "Parameters": {"QueueUrl.$": "$$.Execution.Input.url", "MessageBody": "x"}},
            "End": {"Type": "Succeed"},
        },
    }
    url = f"{states.cloud.endpoint}/{states.cloud.account}/later"
    execution = states.start(states.machine(machine), {"url": url})
    told = states.ended(execution)
    assert (told["status"], told["redriveStatus"]) == ("FAILED", "REDRIVABLE")
    queue.create_queue(QueueName="later")
    states.client.redrive_execution(executionArn=execution)
    told = states.ended(execution)
    assert (told["status"], told["redriveCount"]) == ("SUCCEEDED", 1)
    assert json.loads(told["output"])["kept"] == 1
    events = states.events(execution)
    assert [event["id"] for event in events] == list(range(1, len(events) + 1))
    entered = [event["stateEnteredEventDetails"]["name"] for event in events if event["type"].endswith("Entered")]
    assert entered == ["First", "Send", "Send", "End"]
    with pytest.raises(states.client.exceptions.ExecutionNotRedrivable):
        states.client.redrive_execution(executionArn=execution)


@pytest.mark.parametrize(("level", "data", "count"), [("ALL", True, 4), ("ALL", False, 4), ("FATAL", False, 0)])
def test_a_history_goes_to_the_log_group(states: Any, one: One, level: str, data: bool, count: int) -> None:
    logs, group = states.cloud.client("logs"), f"/machines/{level}/{data}"
    logs.create_log_group(logGroupName=group)
    arn = f"arn:aws:logs:us-east-1:{states.cloud.account}:log-group:{group}:*"
    configuration = {
        "level": level,
        "includeExecutionData": data,
        "destinations": [{"cloudWatchLogsLogGroup": {"logGroupArn": arn}}],
    }
    execution = states.start(states.machine(one(PASS), loggingConfiguration=configuration))
    states.ended(execution)
    found = [json.loads(event["message"]) for event in logs.filter_log_events(logGroupName=group)["events"]]
    assert len(found) == count
    if count:
        assert (found[0]["type"], found[0]["execution_arn"], found[0]["id"]) == ("ExecutionStarted", execution, "1")
        assert ("input" in found[0]["details"]) == data


def test_a_log_group_that_is_not_there_is_refused(states: Any, one: One) -> None:
    arn = f"arn:aws:logs:us-east-1:{states.cloud.account}:log-group:none:*"
    configuration = {"level": "ALL", "destinations": [{"cloudWatchLogsLogGroup": {"logGroupArn": arn}}]}
    with pytest.raises(states.client.exceptions.InvalidLoggingConfiguration, match="Log Destination not found"):
        states.machine(one(PASS), loggingConfiguration=configuration)


def test_metrics_and_events_tell_of_executions(states: Any, one: One) -> None:
    inbox, events = Inbox(states.cloud, "changes"), states.cloud.client("events")
    machine = states.machine(one(PASS))
    pattern = {"source": ["aws.states"], "detail": {"stateMachineArn": [machine]}}
    events.put_rule(Name="changes", EventPattern=json.dumps(pattern))
    events.put_targets(Rule="changes", Targets=[{"Id": "1", "Arn": inbox.arn}])
    execution = states.start(machine, {"a": 1})
    states.ended(execution)
    begun, ended = inbox.wait(2)
    assert begun["detail-type"] == "Step Functions Execution Status Change"
    assert (begun["detail"]["status"], begun["detail"]["input"], begun["detail"]["output"]) == (
        "RUNNING",
        '{"a": 1}',
        None,
    )
    assert (ended["detail"]["status"], ended["detail"]["output"]) == ("SUCCEEDED", '{"x":1}')
    now = datetime.now(UTC)
    for metric in ("ExecutionsStarted", "ExecutionsSucceeded", "ExecutionTime"):
        found = states.cloud.client("cloudwatch").get_metric_statistics(
            Namespace="AWS/States",
            MetricName=metric,
            Dimensions=[{"Name": "StateMachineArn", "Value": machine}],
            StartTime=now - timedelta(hours=1),
            EndTime=now + timedelta(hours=1),
            Period=3600,
            Statistics=["SampleCount"],
        )
        assert sum(point["SampleCount"] for point in found["Datapoints"]) == 1, metric


def test_one_state_is_tried_out(states: Any, function: str) -> None:
    state = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {"FunctionName": function, "Payload.$": "$"},
        "ResultSelector": {"got.$": "$.Payload.got"},
        "Next": "Other",
    }
    told = states.client.test_state(
        definition=json.dumps(state), roleArn=states.role, input='{"a": 1}', inspectionLevel="DEBUG"
    )
    assert (told["status"], told["nextState"], json.loads(told["output"])) == (
        "SUCCEEDED",
        "Other",
        {"got": {"a": 1}},
    )
    assert json.loads(told["inspectionData"]["afterResultSelector"]) == {"got": {"a": 1}}
    with pytest.raises(ClientError, match="TestState with mock is not implemented"):
        states.client.test_state(definition=json.dumps(state), roleArn=states.role, mock={"result": "{}"})


def test_executions_are_listed_by_their_status(states: Any, one: One) -> None:
    machine = states.machine(one({"Type": "Pass", "Parameters": {"a.$": "$.a"}}))
    good, bad = states.start(machine, {"a": 1}), states.start(machine)
    for execution in (good, bad):
        states.ended(execution)
    for status, arn in (("SUCCEEDED", good), ("FAILED", bad)):
        found = states.client.list_executions(stateMachineArn=machine, statusFilter=status)["executions"]
        assert [item["executionArn"] for item in found] == [arn]


def test_tags(states: Any, one: One) -> None:
    machine = states.machine(one(PASS), tags=[{"key": "a", "value": "1"}])
    activity = states.client.create_activity(name="tagged")["activityArn"]
    for arn, before in ((machine, [{"key": "a", "value": "1"}]), (activity, [])):
        states.client.tag_resource(resourceArn=arn, tags=[{"key": "b", "value": "2"}])
        states.client.untag_resource(resourceArn=arn, tagKeys=["a"])
        assert before != states.client.list_tags_for_resource(resourceArn=arn)["tags"] == [{"key": "b", "value": "2"}]
        groups = states.cloud.client("resourcegroupstaggingapi")
        groups.tag_resources(ResourceARNList=[arn], Tags={"c": "3"})
        found = groups.get_resources(TagFilters=[{"Key": "c", "Values": ["3"]}])["ResourceTagMappingList"]
        assert arn in [item["ResourceARN"] for item in found]


class TestStarts:
    """EventBridge rules and schedules start executions by their role."""

    @pytest.fixture
    def role(self, states: Any) -> str:
        name = "starter"
        iam = states.cloud.client("iam")
        if name not in [role["RoleName"] for role in iam.list_roles()["Roles"]]:
            iam.create_role(RoleName=name, AssumeRolePolicyDocument="{}")
        return f"arn:aws:iam::{states.cloud.account}:role/{name}"

    def wait(self, states: Any, machine: str) -> dict[str, Any]:
        found = until(lambda: states.client.list_executions(stateMachineArn=machine)["executions"], bool)
        return dict(states.ended(found[0]["executionArn"]))

    def test_a_rule(self, states: Any, one: One, role: str) -> None:
        machine, events = states.machine(one({"Type": "Pass"})), states.cloud.client("events")
        events.put_rule(Name="starts", EventPattern='{"source": ["mine"]}')
        with pytest.raises(ClientError, match="RoleArn is required for target"):
            events.put_targets(Rule="starts", Targets=[{"Id": "1", "Arn": machine}])
        events.put_targets(
            Rule="starts", Targets=[{"Id": "1", "Arn": machine, "RoleArn": role, "InputPath": "$.detail"}]
        )
        events.put_events(Entries=[{"Source": "mine", "DetailType": "t", "Detail": '{"n": 1}'}])
        assert json.loads(self.wait(states, machine)["output"]) == {"n": 1}

    def test_a_schedule(self, states: Any, one: One, role: str) -> None:
        machine = states.machine(one({"Type": "Pass"}))
        states.cloud.client("scheduler").create_schedule(
            Name="starts",
            ScheduleExpression="rate(1 minute)",
            FlexibleTimeWindow={"Mode": "OFF"},
            Target={"Arn": machine, "RoleArn": role, "Input": '{"n": 2}'},
        )
        assert json.loads(self.wait(states, machine)["output"]) == {"n": 2}
        states.cloud.client("scheduler").delete_schedule(Name="starts")
