"""Reading templates and what is refused before anything is made."""

import json
from typing import Any

import pytest

from localcloud.cloudformation.errors import TemplateError
from localcloud.cloudformation.intrinsics import Evaluator
from localcloud.cloudformation.template import check_references, load, parameter_values, required_capabilities

QUEUE = {"Type": "AWS::SQS::Queue"}


def no_store(name: str) -> str:
    raise KeyError(name)


def _check(template: dict[str, Any]) -> None:
    evaluator = Evaluator(template, {}, {}, None)
    check_references(template, evaluator.live_resources(), evaluator.live_outputs())


def _load(**sections: Any) -> dict[str, Any]:
    return load(json.dumps({"Resources": {"Q": QUEUE}, **sections}))


def test_yaml_short_forms_become_long_forms() -> None:
    document = load(
        """
        Parameters:
          Size: {Type: String}
        Conditions:
          Big: !Not [!Equals [!Ref Size, small]]
        Resources:
          Q:
            Type: AWS::SQS::Queue
            Condition: Big
            Properties:
              A: !GetAtt Other.Arn
              B: !Sub "${AWS::Region}-x"
              C: !If [Big, 1, !Ref AWS::NoValue]
              D: !Join ["-", [!Ref Other, !Select [0, !Split [",", "a,b"]]]]
              E: !And [!Condition Big, !Condition Big]
              Version: 2012-10-17
        """
    )
    assert document["Conditions"]["Big"] == {"Fn::Not": [{"Fn::Equals": [{"Ref": "Size"}, "small"]}]}
    assert document["Resources"]["Q"]["Properties"] == {
        "A": {"Fn::GetAtt": ["Other", "Arn"]},
        "B": {"Fn::Sub": "${AWS::Region}-x"},
        "C": {"Fn::If": ["Big", 1, {"Ref": "AWS::NoValue"}]},
        "D": {"Fn::Join": ["-", [{"Ref": "Other"}, {"Fn::Select": [0, {"Fn::Split": [",", "a,b"]}]}]]},
        "E": {"Fn::And": [{"Condition": "Big"}, {"Condition": "Big"}]},
        "Version": "2012-10-17",
    }


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("just text", "Template format error: unsupported structure."),
        ("a: [}", "Template format error: YAML not well-formed. (line 1, column 5)"),
        ("{a: [}", "Template format error: JSON not well-formed. (line 1, column 2)"),
        ("{}", "Template format error: At least one Resources member must be defined."),
        (
            '{"Resources": {"Q": {"Properties": {}}}}',
            "Template format error: [/Resources/Q] Every Resources object must contain a Type member.",
        ),
        (
            '{"Resources": {"Q": {"Type": "AWS::SQS::Queue", "DeletionPolicy": "Keep"}}}',
            "Template format error: Unrecognized DeletionPolicy Keep for resource Q",
        ),
        (
            '{"Resources": {"Q": {"Type": "AWS::SQS::Queue", "CreationPolicy": {}}}}',
            "CreationPolicy of resource Q is not supported by the local cloud",
        ),
        (
            '{"Resources": {"Q": {"Type": "AWS::SQS::Queue"}}, "Transform": "AWS::Serverless-2016-10-31"}',
            "Transform AWS::Serverless-2016-10-31 is not supported by the local cloud",
        ),
        (
            '{"Resources": {"Q": {"Type": "AWS::SQS::Queue"}}, "Hooks": {}}',
            "Hooks {} is not supported by the local cloud",
        ),
    ],
)
def test_refused_documents(body: str, message: str) -> None:
    with pytest.raises(TemplateError) as refusal:
        load(body)
    assert str(refusal.value).startswith(message)


class TestParameters:
    def test_given_default_list_and_stored_values(self) -> None:
        template = _load(
            Parameters={
                "Given": {"Type": "String"},
                "Default": {"Type": "Number", "Default": 3},
                "List": {"Type": "CommaDelimitedList", "Default": "a, b"},
                "Stored": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/version"},
                "StoredList": {"Type": "AWS::SSM::Parameter::Value<List<String>>", "Default": "/list"},
            }
        )
        store = {"/version": "30", "/list": "x,y"}
        assert parameter_values(template, {"Given": "here"}, store.__getitem__) == {
            "Given": "here",
            "Default": "3",
            "List": ["a", "b"],
            "Stored": "30",
            "StoredList": ["x", "y"],
        }

    @pytest.mark.parametrize(
        ("spec", "given", "message"),
        [
            ({}, None, "Parameters: [P] must have values"),
            ({"AllowedValues": ["a"]}, "b", "Parameter 'P' must be one of AllowedValues"),
            ({"AllowedPattern": "[a-z]+"}, "a1", "Parameter 'P' must match pattern [a-z]+"),
            (
                {"AllowedPattern": "[a-z]+", "ConstraintDescription": "letters only"},
                "1",
                "Parameter P failed to satisfy constraint: letters only",
            ),
            ({"MinLength": 3}, "ab", "Parameter 'P' must contain at least 3 characters"),
            ({"MaxLength": 1}, "ab", "Parameter 'P' must contain at most 1 characters"),
            ({"Type": "Number"}, "x", "Parameter 'P' must be a number."),
            ({"Type": "Number", "MinValue": 5}, "4", "Parameter 'P' must be a number not less than 5"),
            ({"Type": "Number", "MaxValue": 5}, "6", "Parameter 'P' must be a number not greater than 5"),
            (
                {"Type": "AWS::SSM::Parameter::Value<String>"},
                "/gone",
                "Unable to fetch parameters [/gone] from parameter store for this account.",
            ),
        ],
    )
    def test_refused_values(self, spec: dict[str, Any], given: str | None, message: str) -> None:
        template = _load(Parameters={"P": {"Type": "String", **spec}})
        with pytest.raises(TemplateError) as refusal:
            parameter_values(template, {} if given is None else {"P": given}, no_store)
        assert str(refusal.value) == message

    def test_unknown_parameter(self) -> None:
        with pytest.raises(TemplateError, match=r"Parameters: \[X\] do not exist in the template"):
            parameter_values(_load(), {"X": "1"}, no_store)


@pytest.mark.parametrize(
    ("resources", "outputs", "message"),
    [
        (
            {"Q": {**QUEUE, "Properties": {"A": {"Ref": "Nobody"}}}},
            {},
            "Template format error: Unresolved resource dependencies [Nobody] in the Resources block of the template",
        ),
        (
            {"Q": {**QUEUE, "Properties": {"A": {"Fn::Sub": "${Nobody}"}}}},
            {},
            "Template format error: Unresolved resource dependencies [Nobody] in the Resources block of the template",
        ),
        (
            {"Q": {**QUEUE, "DependsOn": "Nobody"}},
            {},
            "Template format error: Unresolved resource dependencies [Nobody] in the Resources block of the template",
        ),
        (
            {"Q": {**QUEUE, "Properties": {"A": {"Fn::GetAtt": ["Nobody", "Arn"]}}}},
            {},
            "Template error: instance of Fn::GetAtt references undefined resource Nobody",
        ),
        (
            {"Q": QUEUE},
            {"O": {"Value": {"Ref": "Nobody"}}},
            "Template format error: Unresolved resource dependencies [Nobody] in the Outputs block of the template",
        ),
    ],
)
def test_references_to_nothing(resources: dict[str, Any], outputs: dict[str, Any], message: str) -> None:
    template = load(json.dumps({"Resources": resources, "Outputs": outputs}))
    with pytest.raises(TemplateError) as refusal:
        _check(template)
    assert str(refusal.value) == message


def test_references_in_branches_not_taken_are_not_followed() -> None:
    template = load(
        json.dumps(
            {
                "Conditions": {"Never": {"Fn::Equals": ["a", "b"]}},
                "Resources": {
                    "Q": {**QUEUE, "Properties": {"A": {"Fn::If": ["Never", {"Ref": "Gone"}, "x"]}}},
                    "Gone": {**QUEUE, "Condition": "Never"},
                },
                "Outputs": {
                    "Branch": {"Value": {"Fn::If": ["Never", {"Fn::GetAtt": ["Gone", "Arn"]}, "x"]}},
                    "Whole": {"Condition": "Never", "Value": {"Ref": "Gone"}},
                },
            }
        )
    )
    assert list(Evaluator(template, {}, {}, None).live_resources()) == ["Q"]
    _check(template)


@pytest.mark.parametrize(
    ("resource", "needed"),
    [
        (QUEUE, []),
        ({"Type": "AWS::IAM::Role", "Properties": {}}, ["CAPABILITY_IAM"]),
        ({"Type": "AWS::IAM::Role", "Properties": {"RoleName": "r"}}, ["CAPABILITY_NAMED_IAM"]),
        ({"Type": "AWS::IAM::Policy", "Properties": {"PolicyName": "p"}}, ["CAPABILITY_IAM"]),
    ],
)
def test_capabilities(resource: dict[str, Any], needed: list[str]) -> None:
    assert required_capabilities({"R": resource}) == needed
