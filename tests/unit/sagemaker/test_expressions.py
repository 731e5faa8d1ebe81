"""Values of expressions and conditions."""

from typing import Any

import pytest

from localcloud.sagemaker.expressions import Evaluator, ExpressionError

PROPERTIES = {
    "Train": {
        "ModelArtifacts": {"S3ModelArtifacts": "s3://b/model.tar.gz"},
        "InputDataConfig": [{"ChannelName": "train", "Uri": "s3://b/train"}, {"ChannelName": "other", "Uri": "o"}],
        "ProcessingOutputConfig": {"Outputs": [{"OutputName": "my out", "S3Output": {"S3Uri": "s3://b/out"}}]},
        "Map": {"a.b": 5},
    }
}
REPORT = '{"auc": {"value": 0.7}, "odd.name": [1, {"x": "y"}], "flag": true, "none": null}'


@pytest.fixture
def values() -> Evaluator:
    return Evaluator(
        parameters={"Name": "n", "Count": 3, "Share": 0.25, "On": True},
        execution={"PipelineName": "pipe"},
        properties=PROPERTIES.__getitem__,
        property_file=lambda step, name: f"s3://{step}/{name}",
        read={"s3://Eval/Report": REPORT, "s3://b/r.json": REPORT, "s3://Eval/Broken": "{"}.__getitem__,
    )


def _json(path: str, name: str = "Report") -> dict[str, Any]:
    return {"Std:JsonGet": {"PropertyFile": {"Get": f"Steps.Eval.PropertyFiles.{name}"}, "Path": path}}


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ({"Get": "Parameters.Count"}, 3),
        ({"Get": "Execution.PipelineName"}, "pipe"),
        ({"Get": "Steps.Train.ModelArtifacts.S3ModelArtifacts"}, "s3://b/model.tar.gz"),
        ({"Get": "Steps.Train.InputDataConfig[1].Uri"}, "o"),
        ({"Get": "Steps.Train.InputDataConfig['train'].Uri"}, "s3://b/train"),
        ({"Get": "Steps.Train.ProcessingOutputConfig.Outputs['my out'].S3Output.S3Uri"}, "s3://b/out"),
        ({"Get": "Steps.Train.Map['a.b']"}, 5),
        ({"Std:Join": {"On": "/", "Values": ["s3:/", {"Get": "Parameters.Name"}, 1, {"Get": "Parameters.On"}]}}, "s3://n/1/true"),
        ({"Std:Join": {"Values": [{"Get": "Parameters.Share"}]}}, "0.25"),
        (_json("auc.value"), 0.7),
        (_json("['odd.name'][1].x"), "y"),
        (_json("flag"), True),
        ({"Std:JsonGet": {"S3Uri": {"Std:Join": {"On": "/", "Values": ["s3://b", "r.json"]}}, "Path": "flag"}}, True),
        ({"A": [{"B": {"Get": "Parameters.Name"}}], "Get": 1, "Other": 2}, {"A": [{"B": "n"}], "Get": 1, "Other": 2}),
        ([None, True, "x"], [None, True, "x"]),
    ],
)  # fmt: skip
def test_values(values: Evaluator, expression: Any, value: Any) -> None:
    assert values.value(expression) == value


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        (
            {"Get": "Steps.Train.ModelArtifacts.Nothing"},
            r"Steps\.Train\.ModelArtifacts\.Nothing: there is no 'Nothing'",
        ),
        ({"Get": "Steps.Train.InputDataConfig[5].Uri"}, "there is no 5"),
        ({"Get": "Steps.Train.InputDataConfig['gone'].Uri"}, "there is no 'gone'"),
        (_json("auc.f1"), r"auc\.f1 of s3://Eval/Report: there is no 'f1'"),
        (_json("auc.value.x"), "there is no 'x'"),
        (_json("auc[[0]"), "the path cannot be read"),
        (_json("auc", "Broken"), "s3://Eval/Broken is not JSON"),
    ],
)
def test_what_has_no_value_says_so(values: Evaluator, expression: Any, reason: str) -> None:
    with pytest.raises(ExpressionError, match=reason):
        values.value(expression)


def _compare(kind: str, left: Any, right: Any) -> dict[str, Any]:
    return {"Type": kind, "LeftValue": left, "RightValue": right}


TRUE, FALSE = _compare("Equals", 1, 1), _compare("Equals", 1, 2)


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        (_compare("Equals", {"Get": "Parameters.Name"}, "n"), True),
        (_compare("Equals", {"Get": "Parameters.Count"}, "3"), False),
        (_compare("GreaterThan", 3, {"Get": "Parameters.Count"}), False),
        (_compare("GreaterThan", 3.1, {"Get": "Parameters.Count"}), True),
        (_compare("GreaterThanOrEqualTo", 3, {"Get": "Parameters.Count"}), True),
        (_compare("GreaterThanOrEqualTo", 2.9, {"Get": "Parameters.Count"}), False),
        (_compare("LessThan", {"Get": "Parameters.Share"}, 0.25), False),
        (_compare("LessThan", {"Get": "Parameters.Share"}, 0.26), True),
        (_compare("LessThanOrEqualTo", {"Get": "Parameters.Share"}, 0.25), True),
        (_compare("LessThanOrEqualTo", 0.26, {"Get": "Parameters.Share"}), False),
        ({"Type": "In", "QueryValue": {"Get": "Parameters.Name"}, "Values": ["m", {"Get": "Parameters.Name"}]}, True),
        ({"Type": "In", "QueryValue": "z", "Values": ["m"]}, False),
        ({"Type": "Not", "Condition": FALSE}, True),
        ({"Type": "Not", "Condition": TRUE}, False),
        ({"Type": "Or", "Conditions": [FALSE, {"Type": "Not", "Condition": FALSE}]}, True),
        ({"Type": "Or", "Conditions": [FALSE, FALSE]}, False),
    ],
)
def test_conditions(values: Evaluator, condition: dict[str, Any], *, holds: bool) -> None:
    assert values.holds(condition) is holds


def test_values_of_different_kinds_cannot_be_compared(values: Evaluator) -> None:
    with pytest.raises(ExpressionError, match="'high' cannot be compared with 3"):
        values.holds(_compare("GreaterThan", "high", {"Get": "Parameters.Count"}))
