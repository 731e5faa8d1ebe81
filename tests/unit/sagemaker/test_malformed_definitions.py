"""Definitions that are no definitions: each is refused as SageMaker refuses, none is an error of ours."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from moto.sagemaker.exceptions import ValidationError

from localcloud.sagemaker.definition import parse
from localcloud.unsupported import NotImplementedLocallyError
from tests.mutations import mutants

DEFINITIONS = Path(__file__).parents[3] / "pipelines" / "definitions"
OBJECT, ARRAY = r"Expecting start of Json Object", r"Expecting start of Json Array"
FAIL = {"Name": "F", "Type": "Fail", "Arguments": {"ErrorMessage": "x"}}


def _definition(steps: Any, **more: Any) -> dict[str, Any]:
    return {"Version": "2020-12-01", "Steps": steps, **more}


def _step(**more: Any) -> dict[str, Any]:
    return _definition([{**FAIL, **more}])


def _typed(kind: str, arguments: Any, **more: Any) -> dict[str, Any]:
    return _definition([{"Name": "S", "Type": kind, "Arguments": arguments, **more}])


def _parameter(**entry: Any) -> dict[str, Any]:
    return _definition([FAIL], Parameters=[entry])


def _condition(condition: Any) -> dict[str, Any]:
    return _typed("Condition", {"Conditions": [condition], "IfSteps": [FAIL], "ElseSteps": []})


def _left(value: Any) -> dict[str, Any]:
    return _condition({"Type": "Equals", "LeftValue": value, "RightValue": 1})


def _message(value: Any) -> dict[str, Any]:
    return _step(Arguments={"ErrorMessage": value})


MALFORMED: list[tuple[Any, str]] = [
    # the document
    (None, OBJECT),
    (1, OBJECT),
    ("x", OBJECT),
    ([], OBJECT),
    (_definition([FAIL], Stepz=[]), r"Cannot parse object, unknown property 'Stepz'"),
    ({"Steps": [FAIL]}, r"Version must be '2020-12-01', got None"),
    (_definition([FAIL], Version=2020), r"Expecting a Json String \(at the definition.Version\)"),
    (_definition([FAIL], Metadata=[]), OBJECT),
    (_definition([FAIL], PipelineExperimentConfig="x"), OBJECT),
    # steps
    (_definition(None), r"there are no steps"),
    (_definition("x"), ARRAY),
    (_definition({"a": 1}), ARRAY),
    (_definition(["x"]), rf"{OBJECT} \(at the definition.Steps\[0\]\)"),
    (_definition([None]), OBJECT),
    (_definition([[FAIL]]), OBJECT),
    (_definition([{}]), r"Unknown step type None"),
    (_step(Type="Magic"), r"Unknown step type 'Magic'"),
    (_step(Type=["Fail"]), r"Unknown step type \['Fail'\]"),
    (_step(Type={}), r"Unknown step type"),
    (_step(Name=None), r"Missing required property 'Name'"),
    (_step(Name=["a"]), r"Expecting a Json String"),
    (_step(Name=""), r"failed to satisfy regular expression"),
    (_step(Name="a.b/c"), r"Value 'a.b/c' at 'Steps\[0\].Name' failed to satisfy regular expression pattern"),
    (_step(Name="x" * 65), r"failed to satisfy regular expression"),
    (_step(Name="ä"), r"failed to satisfy regular expression"),
    (_step(Name="a\n"), r"failed to satisfy regular expression"),
    (_step(DisplayName=1), r"Expecting a Json String"),
    (_step(Description={}), r"Expecting a Json String"),
    (_step(Argumentz={}), r"unknown property 'Argumentz'"),
    (_step(PropertyFiles=[]), r"unknown property 'PropertyFiles'"),
    (_step(DependsOn=5), ARRAY),
    (_step(DependsOn="F"), ARRAY),
    (_step(DependsOn=[5]), r"Expecting a Json String"),
    (_step(DependsOn=["F"]), r"a cycle among the steps \['F'\]"),
    (_step(DependsOn=["Nobody"]), r"depends on the unknown step 'Nobody'"),
    (_step(CacheConfig=True), OBJECT),
    (_step(CacheConfig={"Enabled": "yes"}), r"Expecting a Json Boolean"),
    (_step(CacheConfig={"Enabled": True, "Expires": "P1D"}), r"unknown property 'Expires'"),
    (_step(RetryPolicies={}), ARRAY),
    (_step(RetryPolicies=[{"MaxAttempts": "3"}]), r"Expecting a Json Integer"),
    (_step(Arguments=None), r"Missing required property 'Arguments'"),
    (_step(Arguments=[]), OBJECT),
    (_step(Arguments={"Message": "x"}), r"unknown property 'Message'"),
    # arguments are requests
    (_typed("Processing", "x"), OBJECT),
    (_typed("Processing", {"Image": "x"}), r"Unknown Argument member 'Image'"),
    (_typed("Processing", {"ProcessingInputs": {}}), ARRAY),
    (_typed("Processing", {"NetworkConfig": {"VpcConfig": {"Subnets": "s"}}}), ARRAY),
    (_typed("Processing", {"Environment": []}), OBJECT),
    (_typed("Processing", {"RoleArn": ["r"]}), r"Expecting a value, not a Json Array"),
    (
        _typed("Processing", {"ProcessingInputs": [{"InputName": "i", "S3Input": {"S3InputMode": "FastFile"}}]}),
        r"Model Validation failed: Value 'FastFile' for 'ProcessingS3InputMode' failed to satisfy enum value set: "
        r"\[Pipe, File\]",
    ),
    (_typed("Training", {"AlgorithmSpecification": 1}), OBJECT),
    (_typed("Tuning", {"TrainingJobDefinition": []}), OBJECT),
    (_typed("Transform", {"TransformInput": "s3://b/k"}), OBJECT),
    (_typed("Model", {"PrimaryContainer": {"Weights": "x"}}), r"Unknown Argument member 'Weights'"),
    (_typed("RegisterModel", {"InferenceSpecification": {"Containers": {}}}), ARRAY),
    (_typed("Lambda", {}), r"Missing required property 'FunctionArn'"),
    (_typed("Lambda", {}, FunctionArn=["f"]), r"Expecting a Json String"),
    (_typed("Lambda", {}, FunctionArn="f", OutputParameters=[{}]), r"Missing required property 'OutputName'"),
    (_typed("Lambda", {}, FunctionArn="f", OutputParameters={"a": "b"}), ARRAY),
    (_typed("Processing", {}, PropertyFiles=[{"FilePath": "x"}]), r"Missing required property 'PropertyFileName'"),
    (_typed("Processing", {}, PropertyFiles=[{"PropertyFileName": "x", "FilePath": "x"}]), r"property 'OutputName'"),
    (
        _typed("Processing", {}, PropertyFiles=[{"PropertyFileName": "x", "FilePath": "x", "OutputName": "o"}] * 2),
        r"Duplicate property file 'x'",
    ),
    (_typed("Processing", {}, CacheConfig={"Enabled": 1}), r"Expecting a Json Boolean"),
    # parameters
    (_definition([FAIL], Parameters=1), ARRAY),
    (_definition([FAIL], Parameters={}), ARRAY),
    (_definition([FAIL], Parameters=["P"]), OBJECT),
    (_parameter(), r"Missing required property 'Name'"),
    (_parameter(Type="String"), r"Missing required property 'Name'"),
    (_parameter(Name="a b", Type="String"), r"failed to satisfy regular expression"),
    (_parameter(Name="P"), r"Parameter 'P' has the type None"),
    (_parameter(Name="P", Type="Date"), r"Parameter 'P' has the type 'Date'"),
    (_parameter(Name="P", Type=["String"]), r"Expecting a Json String"),
    (_parameter(Name="P", Type="String", DefaultValue=1), r"is of type String, and 1 is not"),
    (_parameter(Name="P", Type="Integer", DefaultValue=1.5), r"is of type Integer, and 1.5 is not"),
    (_parameter(Name="P", Type="Integer", DefaultValue=True), r"is of type Integer, and True is not"),
    (_parameter(Name="P", Type="Float", DefaultValue="0.1"), r"is of type Float"),
    (_parameter(Name="P", Type="Boolean", DefaultValue="true"), r"is of type Boolean"),
    (_parameter(Name="P", Type="String", DefaultValue={}), r"is of type String"),
    (_parameter(Name="P", Type="String", EnumValues="ab"), ARRAY),
    (_parameter(Name="P", Type="String", EnumValues=[1]), r"is of type String"),
    (_parameter(Name="P", Type="String", EnumValues=["a"], DefaultValue="b"), r"must be one of \['a'\]"),
    (_definition([FAIL], Parameters=[{"Name": "P", "Type": "String"}] * 2), r"Duplicate parameter name 'P'"),
    # conditions
    (_typed("Condition", None), r"Missing required property 'Arguments'"),
    (_typed("Condition", {"Conditions": {}}), ARRAY),
    (_typed("Condition", {"Conditions": ["x"]}), OBJECT),
    (_typed("Condition", {"Conditions": [], "ThenSteps": []}), r"unknown property 'ThenSteps'"),
    (_typed("Condition", {"Conditions": [], "IfSteps": {}}), ARRAY),
    (_typed("Condition", {"Conditions": [], "IfSteps": [7]}), OBJECT),
    (_typed("Condition", {"Conditions": [], "ElseSteps": [{"Name": "x"}]}), r"Unknown step type None"),
    (_condition({}), r"Unknown condition type None"),
    (_condition({"Type": ["Equals"]}), r"Unknown condition type"),
    (_condition({"Type": "Like", "LeftValue": 1, "RightValue": 2}), r"Unknown condition type 'Like'"),
    (_condition({"Type": "Equals", "LeftValue": 1}), r"Missing required property 'RightValue'"),
    (_condition({"Type": "Equals", "LeftValue": 1, "RightValue": 1, "Or": 1}), r"unknown property 'Or'"),
    (_condition({"Type": "In", "QueryValue": 1}), r"Missing required property 'Values'"),
    (_condition({"Type": "In", "QueryValue": 1, "Values": "x"}), ARRAY),
    (_condition({"Type": "Or"}), r"Missing required property 'Conditions'"),
    (_condition({"Type": "Or", "Conditions": {}}), ARRAY),
    (_condition({"Type": "Or", "Conditions": [1]}), OBJECT),
    (_condition({"Type": "Not"}), r"Missing required property 'Condition'"),
    (_condition({"Type": "Not", "Condition": [1]}), OBJECT),
    (_condition({"Type": "Not", "Expression": {}}), r"Cannot parse object, unknown property 'Expression'"),  # #2746
    # expressions
    (_left({"Get": 1}), r"Expecting a Json String"),
    (_left({"Get": None}), r"Missing required property 'Get'"),
    (_left({"Get": "Steps."}), r"refers to the unknown Steps"),
    (_left({"Get": "Parameters"}), r"refers to the unknown Parameters"),
    (_left({"Std:JsonGet": "x"}), OBJECT),
    (_left({"Std:JsonGet": {}}), r"Missing required property 'Path'"),
    (_left({"Std:JsonGet": {"Path": "a"}}), r"takes one of PropertyFile and S3Uri"),
    (_left({"Std:JsonGet": {"Path": "a", "PropertyFile": 1}}), r"PropertyFile takes"),
    (_left({"Std:JsonGet": {"Path": "a", "PropertyFile": {"Get": "Execution.PipelineName"}}}), r"PropertyFile takes"),
    (_left({"Std:JsonGet": {"Path": "a", "PropertyFile": {"Get": "Steps.X.PropertyFiles.Y"}}}), r"unknown Steps.X"),
    (_message({"Std:Join": []}), OBJECT),
    (_message({"Std:Join": {}}), r"Missing required property 'Values'"),
    (_message({"Std:Join": {"Values": "ab"}}), ARRAY),
    (_message({"Std:Join": {"Values": [], "By": ""}}), r"unknown property 'By'"),
]


@pytest.mark.parametrize(("document", "reason"), MALFORMED)
def test_malformed_definitions(document: Any, reason: str) -> None:
    with pytest.raises(ValidationError, match=reason) as refusal:
        parse(json.dumps(document), "CreatePipeline")
    assert refusal.value.message.startswith("Unable to parse pipeline definition. ")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "Not JSON: Expecting value"),
        ("{", "Not JSON: "),
        ("{'Version': 1}", "Not JSON: "),
        ("[" * 100_000, "nested deeper than 100 levels"),
        ("[" * 300 + "]" * 300, "nested deeper than 100 levels"),
        ('{"a":' * 500 + "1" + "}" * 500, "nested deeper than 100 levels"),
        ('{"Version": NaN}', "NaN is no number of JSON"),
        ('{"Version": -Infinity}', "-Infinity is no number of JSON"),
        ('{"Version": 1e999}', "inf is no number of JSON"),
        ('{"Version": ' + "9" * 5000 + "}", "Not JSON: Exceeds the limit"),
        ('{"Version": "\\ud800"}', "half of a surrogate pair"),
        ('{"\\udfff": 1}', "half of a surrogate pair"),
        ("\ufeff{}", "Not JSON: "),
    ],
)
def test_texts_that_are_no_documents(text: str, reason: str) -> None:
    with pytest.raises(ValidationError, match=rf"^.*Unable to parse pipeline definition\. .*{reason}"):
        parse(text, "CreatePipeline")


def test_conditions_that_nest_too_deep_are_refused_and_others_are_read() -> None:
    def nested(levels: int) -> str:
        condition: dict[str, Any] = {"Type": "Equals", "LeftValue": 1, "RightValue": 1}
        for _ in range(levels):
            condition = {"Type": "Not", "Condition": condition}
        return json.dumps(_condition(condition))

    assert set(parse(nested(90), "CreatePipeline").steps) == {"S", "F"}
    with pytest.raises(ValidationError, match="nested deeper"):
        parse(nested(120), "CreatePipeline")


def test_a_chain_of_a_thousand_steps_is_ordered_at_once() -> None:
    chain = [{**FAIL, "Name": f"F{number}", "DependsOn": [f"F{number + 1}"]} for number in range(1000)]
    steps = parse(json.dumps(_definition([*chain, {**FAIL, "Name": "F1000"}])), "CreatePipeline").steps
    assert steps["F0"].after == {"F1"}
    with pytest.raises(ValidationError, match="a cycle among the steps"):
        parse(json.dumps(_definition([*chain, {**FAIL, "Name": "F1000", "DependsOn": ["F0"]}])), "CreatePipeline")


@pytest.mark.parametrize("value", ["\uff11", "1_000", " 1", "0x10", "nan", "inf", "1e999", "", "9" * 5000, "true"])
def test_texts_that_are_no_numbers(value: str) -> None:
    parameters = [{"Name": "Count", "Type": "Integer"}, {"Name": "Share", "Type": "Float"}]
    definition = parse(json.dumps(_definition([FAIL], Parameters=parameters)), "CreatePipeline")
    good = {"Count": "1", "Share": "1"}
    for name in good:
        given = [{"Name": key, "Value": text} for key, text in {**good, name: value}.items()]
        with pytest.raises(ValidationError, match=rf"\[{name}\] must be of type"):
            definition.values(given)


@given(data=st.data())
@pytest.mark.parametrize("name", ["training", "training-tuned", "monitoring"])
def test_mutants_of_real_definitions_are_read_or_refused(name: str, data: st.DataObject) -> None:
    document = data.draw(mutants(json.loads((DEFINITIONS / f"{name}.json").read_text("utf-8"))))
    try:
        parse(json.dumps(document), "CreatePipeline")
    except (ValidationError, NotImplementedLocallyError):
        return
    assert document["Version"] == "2020-12-01"
