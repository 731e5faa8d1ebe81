"""JSONata, variables and times."""

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

One = Callable[..., dict[str, Any]]


def jsonata(output: Any, **state: Any) -> dict[str, Any]:
    return {"Type": "Pass", "QueryLanguage": "JSONata", "Output": output, **state}


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("$states.input.a + 1", 3),
        ("$states.input.none = null", True),
        ("$sum($states.input.list)", 6),
        ("$states.input.list[$ > 1]", [2, 3]),
        ("$map($states.input.list, function($v) { $v * 2 })", [2, 4, 6]),
        ("$partition($states.input.list, 2)", [[1, 2], [3]]),
        ("$range(0, 6, 3)", [0, 3, 6]),
        ("$hash('a', 'SHA-1')", "86f7e437faa5a7fce15d1ddcb9eaeaea377667b8"),
        ("$parse('{\"x\": [1]}').x", [1]),
        ("$random(7) = $random(7)", True),
        ("$states.input.quote & '!'", 'say "hi"\\!'),
        ("null", None),
        ("$states.context.StateMachine.Name = $states.context.Execution.Name", False),
    ],
)
def test_an_expression(states: Any, one: One, expression: str, value: Any) -> None:
    given = {"a": 2, "list": [1, 2, 3], "quote": 'say "hi"\\', "none": None}
    assert states.run(one(jsonata({"v": f"{{% {expression} %}}"})), given) == {"v": value}


def test_uuids_differ(states: Any, one: One) -> None:
    answer = states.run(one(jsonata(["{% $uuid() %}", "{% $uuid() %}"])))
    assert len(set(answer)) == 2
    assert all(re.fullmatch("[0-9a-f-]{36}", text) for text in answer)


@pytest.mark.parametrize(
    ("expression", "told"),
    [
        ("$states.input.none", "returned nothing (undefined)."),
        ("$sum('x', 1, 2)", "threw an error during evaluation. T0410"),
        ("function($x) { $x }", "returned an unsupported result type."),
        ("$randomSeeded(1)", "threw an error during evaluation. T1006: Attempted to invoke a non-function"),
    ],
)
def test_a_failed_expression_is_told_with_its_place(states: Any, one: One, expression: str, told: str) -> None:
    execution = states.start(states.machine(one(jsonata({"deep": [f"{{% {expression} %}}"]}))))
    assert states.ended(execution)["error"] == "States.QueryEvaluationError"
    failed = [event for event in states.events(execution) if event["type"] == "EvaluationFailed"]
    assert len(failed) == 1
    details = failed[0]["evaluationFailedEventDetails"]
    assert (details["location"], details["state"]) == ("Output/deep[0]", "One")
    assert details["cause"].startswith(
        "An error occurred while executing the state 'One' (entered at the event id #2)"
    )
    assert told in details["cause"]


def test_arguments_and_the_result_of_a_task(states: Any, function: str, one: One) -> None:
    state = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Arguments": {"FunctionName": function, "Payload": {"n": "{% $states.input.n %}"}},
        "Output": "{% $states.result.Payload.got.n * 2 %}",
    }
    assert states.run(one(state, QueryLanguage="JSONata"), {"n": 21}) == 42


@pytest.mark.parametrize("language", ["JSONPath", "JSONata"])
def test_variables_live_from_state_to_state(states: Any, language: str) -> None:
    first: dict[str, Any]
    second: dict[str, Any]
    if language == "JSONata":
        first = {"Assign": {"x": "{% $states.input.a %}"}, "Output": "{% 0 %}"}
        second = {"Output": "{% $x.b %}"}
    else:
        first = {"Assign": {"x.$": "$.a"}}
        second = {"Parameters": {"v.$": "$x.b"}}
    machine = {
        "QueryLanguage": language,
        "StartAt": "A",
        "States": {"A": {"Type": "Pass", **first, "Next": "B"}, "B": {"Type": "Pass", **second, "End": True}},
    }
    execution = states.start(states.machine(machine), {"a": {"b": 'q"'}})
    output = json.loads(states.ended(execution)["output"])
    assert output == ('q"' if language == "JSONata" else {"v": 'q"'})
    exited = [event for event in states.events(execution) if event["type"] == "PassStateExited"]
    assert exited[0]["stateExitedEventDetails"]["assignedVariables"] == {"x": '{"b":"q\\""}'}


def test_whole_numbers_have_no_point(states: Any, one: One) -> None:
    told = states.ended(states.start(states.machine(one(jsonata({"v": "{% 6 / 2 %}"})))))
    assert told["output"] == '{"v":3}'


def test_a_failed_argument_is_told_once(states: Any, function: str, one: One) -> None:
    state = {"Type": "Task", "Resource": function, "QueryLanguage": "JSONata", "Arguments": "{% $states.input.no %}"}
    execution = states.start(states.machine(one(state)))
    assert states.ended(execution)["error"] == "States.QueryEvaluationError"
    types = [event["type"] for event in states.events(execution)]
    assert types == ["ExecutionStarted", "TaskStateEntered", "EvaluationFailed", "ExecutionFailed"]


def test_escapes_of_a_definition_are_those_of_json(states: Any) -> None:
    text = 'x "y"\n\u00e9'
    machine = {
        "StartAt": "A",
        "States": {
            "A": {"Type": "Pass", "Assign": {"text": text}, "Next": "B"},
            "B": {"Type": "Pass", "Parameters": {"a": text, "b.$": "$text"}, "End": True},
        },
    }
    assert states.run(machine) == {"a": text, "b": text}


def test_times_of_the_context_are_utc_with_milliseconds(states: Any, one: One) -> None:
    parameters = {"start.$": "$$.Execution.StartTime", "entered.$": "$$.State.EnteredTime"}
    answer = states.run(one({"Type": "Pass", "Parameters": parameters}))
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", text) for text in answer.values())


def test_waits_pass_at_the_clouds_speed(states: Any, one: One) -> None:
    until = datetime.now(UTC) + timedelta(minutes=2)
    for state in ({"Seconds": 120}, {"Timestamp": until.isoformat()}, {"SecondsPath": "$.s"}):
        told = states.ended(states.start(states.machine(one({"Type": "Wait", **state})), {"s": 120}))
        assert told["status"] == "SUCCEEDED"
        assert (told["stopDate"] - told["startDate"]).total_seconds() < 60
