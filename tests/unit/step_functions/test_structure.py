"""What a definition is refused for, with the sentences that localstack has recorded of AWS."""

from typing import Any

import pytest

from localcloud.step_functions import json_text
from localcloud.step_functions.structure import faults, is_time


def machine(state: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"StartAt": "A", "States": {"A": state}, **more}


@pytest.mark.parametrize(
    ("definition", "kind", "message", "location"),
    [
        (None, "STANDARD", "Definition must be a valid JSON object", ""),
        ({}, "STANDARD", "These fields are required: [States, StartAt]", "/"),
        ({"States": {}}, "STANDARD", "These fields are required: [StartAt]", "/"),
        (machine({"Type": "X"}), "STANDARD",
         "The field 'Type' should have one of these values: [Task, Wait, Pass, Succeed, Fail, Choice, Parallel, Map]",
         "/States/A/Type"),
        (machine({"Type": "Parallel", "Branches": [], "End": True}), "STANDARD", "Value cannot be empty",
         "/States/A/Branches"),
        (machine({"Type": "Wait", "Timestamp": "2016-03-14 01:59:00Z", "End": True}), "STANDARD",
         "String does not match RFC3339 timestamp", "/States/A/Timestamp"),
        (machine({"Type": "Task", "Resource": "arn:aws:states:::x:y", "Credentials": {}, "End": True}), "STANDARD",
         "The field 'RoleArn' is required but was missing", "/States/A/Credentials"),
        (machine({"Type": "Pass", "QueryLanguage": "JSONPath", "End": True}, QueryLanguage="JSONata"), "STANDARD",
         "'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine", "/States/A"),
        (machine({"Type": "Task", "Resource": "arn:aws:states:us-east-1:123456789012:activity:a", "End": True}),
         "EXPRESS", "Express state machine does not support Activity ARN", "/States/A/Resource"),
        (machine({"Type": "Task", "Resource": "arn:aws:states:::glue:startJobRun.sync", "End": True}), "EXPRESS",
         "Express state machine does not support '.sync' service integration", "/States/A/Resource"),
        (machine({"Type": "Choice", "Choices": [{"Variable": "$", "IsNull": True}]}), "STANDARD",
         "These fields are required: [Next]", "/States/A/Choices[0]"),
    ],
)  # fmt: skip
def test_a_fault_is_told_with_its_place(definition: Any, kind: str, message: str, location: str) -> None:
    (found, *_) = faults(definition, kind)
    assert (found.code, found.message, found.location) == ("SCHEMA_VALIDATION_FAILED", message, location)


@pytest.mark.parametrize(
    ("states", "location"),
    [
        ({"A": {"Type": "Pass", "Next": "B"}}, "/States/A/Next"),
        ({"A": {"Type": "Choice", "Choices": [], "Default": "B"}}, "/States/A/Default"),
        ({"A": {"Type": "Pass", "End": True}, "B": {"Type": "Succeed"}}, "/States/B"),
        ({"A": {"Type": "Task", "Resource": "r", "End": True, "Catch": [{"Next": "C"}]}}, "/States/A/Catch[0]/Next"),
    ],
)
def test_transitions_lead_to_states_and_all_are_reached(states: dict[str, Any], location: str) -> None:
    found = [
        fault for fault in faults({"StartAt": "A", "States": states}) if fault.code != "SCHEMA_VALIDATION_FAILED"
    ]
    assert [(fault.code, fault.location) for fault in found] == [("MISSING_TRANSITION_TARGET", location)]


def test_a_good_definition_has_no_fault() -> None:
    inner = machine({"Type": "Pass", "QueryLanguage": "JSONPath", "End": True})
    map_state = {"Type": "Map", "QueryLanguage": "JSONata", "ItemProcessor": inner, "Next": "B"}
    assert faults({"StartAt": "A", "States": {"A": map_state, "B": {"Type": "Fail"}}}) == []


@pytest.mark.parametrize(
    ("text", "good"),
    [
        ("2016-03-14T01:59:00Z", True),
        ("2016-03-14T01:59:00.123+02:00", True),
        ("2016-03-14t01:59:00Z", False),
        ("2016-13-14T01:59:00Z", False),
        ("2016-03-14T01:59:00", False),
        (1, False),
    ],
)
def test_times(text: Any, good: bool) -> None:
    assert is_time(text) is good


@pytest.mark.parametrize(
    ("text", "message", "column"),
    [
        ("not a definition", "Unrecognized token 'not': was expecting (JSON String, Number, Array, Object or token "
         "'null', 'true' or 'false')", 4),
        ("{'a': 1}", "Unexpected character (''' (code 39)): was expecting double-quote to start field name", 2),
    ],
)  # fmt: skip
def test_what_is_no_json_is_said_as_jackson_says_it(text: str, message: str, column: int) -> None:
    found = json_text.fault(text)
    assert found.message == message
    assert found.location.endswith(f"line: 1, column: {column + (0 if text[0] == 'n' else 1)}]")
