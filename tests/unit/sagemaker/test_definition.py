"""Pipeline definitions: what is taken, what is refused and by which words."""

import json
from typing import Any

import pytest
from moto.sagemaker.exceptions import ValidationError

from localcloud.sagemaker.definition import parse
from localcloud.unsupported import NotImplementedLocallyError


def _step(name: str, **more: Any) -> dict[str, Any]:
    return {"Name": name, "Type": "Fail", "Arguments": {"ErrorMessage": "x"}, **more}


def _condition(name: str, yes: list[Any], no: list[Any], **more: Any) -> dict[str, Any]:
    arguments = {
        "Conditions": [{"Type": "Equals", "LeftValue": 1, "RightValue": 1}],
        "IfSteps": yes,
        "ElseSteps": no,
    }
    return {"Name": name, "Type": "Condition", "Arguments": {**arguments, **more}}


def _text(*steps: Any, **more: Any) -> str:
    return json.dumps({"Version": "2020-12-01", "Parameters": [], "Steps": list(steps), **more})


def _get(reference: str) -> dict[str, Any]:
    return {"Arguments": {"ErrorMessage": {"Std:Join": {"On": "", "Values": [{"Get": reference}]}}}}


def test_order_comes_from_references_and_depends_on() -> None:
    steps = parse(
        _text(
            _step("Last", DependsOn=["Middle"]),
            _step("Middle", **_get("Steps.First.Outputs['a b'].Uri")),
            _step("First"),
            _condition("Check", [_step("Yes", DependsOn=["First"])], [_condition("Again", [_step("No")], [])]),
        ),
        "CreatePipeline",
    ).steps
    assert {name: set(step.after) for name, step in steps.items()} == {
        "Last": {"Middle"},
        "Middle": {"First"},
        "First": set(),
        "Check": set(),
        "Yes": {"First", "Check"},
        "Again": {"Check"},
        "No": {"Again"},
    }
    assert (steps["Yes"].branch, steps["No"].branch) == (("Check", True), ("Again", True))


def test_steps_of_one_branch_may_wait_for_each_other() -> None:
    first, second = _step("A"), _step("B", DependsOn=["A"])
    assert parse(_text(_condition("Check", [first, second], [])), "CreatePipeline").steps["B"].after == {"A", "Check"}
    with pytest.raises(ValidationError, match="step 'B' depends on 'A', which is inside a branch"):
        parse(_text(_condition("Check", [first], [second])), "CreatePipeline")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{", "Unable to parse pipeline definition"),
        ("[]", r"definition\. Expecting start of Json Object"),
        (_text(_step("A"), Version="2021"), "Version must be '2020-12-01'"),
        (_text(), "there are no steps"),
        (_text({"Type": "Fail"}), "Missing required property 'Name'"),
        (_text(_step("A"), _step("A")), "Duplicate step name 'A'"),
        (_text(_step("A"), _condition("C", [_step("A")], [])), "Duplicate step name 'A'"),
        (_text(_step("A", DependsOn=["B"])), "step 'A' depends on the unknown step 'B'"),
        (_text(_step("A", **_get("Steps.B.X"))), r"step 'A' refers to the unknown Steps\.B\.X"),
        (_text(_step("A", **_get("Parameters.P"))), r"step 'A' refers to the unknown Parameters\.P"),
        (_text(_step("A", **_get("Execution.Owner"))), r"step 'A' refers to the unknown Execution\.Owner"),
        (_text(_step("B"), _step("A", **_get("Steps.B.PropertyFiles.F"))), r"unknown Steps\.B\.PropertyFiles\.F"),
        (_text(_step("A", DependsOn=["B"]), _step("B", DependsOn=["A"])), r"a cycle among the steps \['A', 'B'\]"),
        (_text(_step("A"), Parameters=[{"Name": "P", "Type": "Date"}]), "Parameter 'P' has the type 'Date'"),
    ],
)
def test_what_sagemaker_would_not_take(text: str, reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        parse(text, "CreatePipeline")


@pytest.mark.parametrize(
    ("text", "named"),
    [
        *(
            (_text({"Name": "Q", "Type": kind}), f"step Q of type {kind}")
            for kind in ("QualityCheck", "ClarifyCheck", "Callback", "EMR", "EMRServerless", "AutoML", "Endpoint")
        ),
        (_text(_condition("C", [{"Name": "E", "Type": "EMR"}], [])), "step E of type EMR"),
        (_text(_step("A", Arguments={"ErrorMessage": {"Std:Sum": [1]}})), "the function Std:Sum in step A"),
        (_text(_step("A", **_get("Pipeline.Name"))), r"Get Pipeline\.Name in step A"),
        (_text(_condition("C", [], [], Conditions=[{"Type": "NotEquals"}])), "the condition NotEquals in step C"),
        (
            _text(_condition("C", [], [], Conditions=[{"Type": "Not", "Condition": {"Type": "NotEquals"}}])),
            "the condition NotEquals in step C",
        ),
        (
            _text(_step("B"), _step("A", DependsOn=[{"Step": "B", "Trigger": "Failed"}])),
            "a trigger in DependsOn of A",
        ),
    ],
)
def test_what_only_sagemaker_runs_is_refused_by_name(text: str, named: str) -> None:
    with pytest.raises(NotImplementedLocallyError, match=f"UpdatePipeline with {named} is not implemented"):
        parse(text, "UpdatePipeline")


def test_parameters_are_typed() -> None:
    parameters = [
        {"Name": "Text", "Type": "String", "EnumValues": ["a", "b"], "DefaultValue": "a"},
        {"Name": "Count", "Type": "Integer", "DefaultValue": 2},
        {"Name": "Share", "Type": "Float"},
        {"Name": "On", "Type": "Boolean", "DefaultValue": False},
    ]
    definition = parse(_text(_step("A"), Parameters=parameters), "CreatePipeline")
    given = {"Text": "b", "Count": "7", "Share": "0.5", "On": "True"}
    values = definition.values([{"Name": name, "Value": value} for name, value in given.items()])
    assert values == {"Text": "b", "Count": 7, "Share": 0.5, "On": True}
    only = definition.values([{"Name": "Share", "Value": "1"}])
    assert only == {"Text": "a", "Count": 2, "Share": 1.0, "On": False}
    for name, value, reason in (
        ("Count", "7.5", "must be of type Integer"),
        ("On", "yes", "must be of type Boolean"),
        ("Text", "c", "must be one of"),
        ("Other", "1", "Unknown parameter"),
    ):
        with pytest.raises(ValidationError, match=reason):
            definition.values([{"Name": "Share", "Value": "1"}, {"Name": name, "Value": value}])
    with pytest.raises(ValidationError, match=r"\[Share\] has no default value"):
        definition.values([])
