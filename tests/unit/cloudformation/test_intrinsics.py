"""Intrinsic functions, conditions, rules."""

from typing import Any

import pytest

from localcloud.cloudformation.errors import TemplateError
from localcloud.cloudformation.intrinsics import NO_VALUE, Evaluator

TEMPLATE: dict[str, Any] = {
    "Resources": {},
    "Mappings": {"Sizes": {"test": {"shards": 1}, "live": {"shards": 4}}},
    "Conditions": {
        "Live": {"Fn::Equals": [{"Ref": "Stage"}, "live"]},
        "Both": {"Fn::And": [{"Condition": "Live"}, {"Fn::Equals": ["a", "a"]}]},
        "Either": {"Fn::Or": [{"Condition": "Live"}, {"Fn::Equals": ["a", "a"]}]},
        "Test": {"Fn::Not": [{"Condition": "Live"}]},
    },
}


class Scope:
    def reference(self, name: str) -> str:
        return {"Bucket": "the-bucket"}[name]

    def attribute(self, name: str, attribute: str) -> str:
        return {"Bucket": {"Arn": "arn:aws:s3:::the-bucket", "A.B": "nested"}}[name][attribute]

    def exported(self, name: str) -> str:
        return f"exported {name}"

    def parameter(self, name: str) -> str:
        return {"/version": "30"}[name]


def _evaluate(value: Any, stage: str = "test") -> Any:
    pseudo = {"AWS::Region": "us-east-1", "AWS::AccountId": "123456789012"}
    return Evaluator(TEMPLATE, {"Stage": stage, "List": ["x", "y"]}, pseudo, Scope()).value(value)


@pytest.mark.parametrize(
    ("value", "result"),
    [
        ({"Ref": "Stage"}, "test"),
        ({"Ref": "Bucket"}, "the-bucket"),
        ({"Ref": "AWS::Region"}, "us-east-1"),
        ({"Fn::GetAtt": ["Bucket", "Arn"]}, "arn:aws:s3:::the-bucket"),
        ({"Fn::GetAtt": "Bucket.A.B"}, "nested"),
        ({"Fn::Join": ["-", ["a", {"Ref": "Bucket"}, 1, True]]}, "a-the-bucket-1-true"),
        ({"Fn::Join": [",", {"Ref": "List"}]}, "x,y"),
        ({"Fn::Sub": "${Bucket}/${AWS::Region}/${!literal}/${Bucket.Arn}"}, None),
        ({"Fn::Sub": ["${x}-${ y }", {"x": {"Ref": "Bucket"}, "y": 2}]}, "the-bucket-2"),
        ({"Fn::Select": ["1", {"Fn::Split": ["/", "a/b/c"]}]}, "b"),
        ({"Fn::FindInMap": ["Sizes", {"Ref": "Stage"}, "shards"]}, 1),
        ({"Fn::FindInMap": ["Sizes", "none", "shards", {"DefaultValue": 9}]}, 9),
        ({"Fn::If": ["Live", "yes", "no"]}, "no"),
        ({"Fn::If": ["Either", "yes", "no"]}, "yes"),
        ({"Fn::If": ["Both", "yes", "no"]}, "no"),
        ({"Fn::If": ["Test", "yes", "no"]}, "yes"),
        ({"Fn::Base64": "hello"}, "aGVsbG8="),
        ({"Fn::GetAZs": ""}, ["us-east-1a", "us-east-1b", "us-east-1c"]),
        ({"Fn::Cidr": ["10.0.0.0/16", 2, 8]}, ["10.0.0.0/24", "10.0.1.0/24"]),
        ({"Fn::Length": {"Ref": "List"}}, 2),
        ({"Fn::ToJsonString": {"a": {"Ref": "Stage"}}}, '{"a":"test"}'),
        ({"Fn::ImportValue": {"Fn::Sub": "${Stage}-key"}}, "exported test-key"),
        ({"a": {"Ref": "AWS::NoValue"}, "b": [1, {"Ref": "AWS::NoValue"}]}, {"b": [1]}),
        ("v{{resolve:ssm:/version:1}}", "v30"),
        ({"Condition": {"Bool": {"x": True}}}, {"Condition": {"Bool": {"x": True}}}),  # a policy's, not a template's
    ],
)
def test_value(value: Any, result: Any) -> None:
    if result is None:
        result = "the-bucket/us-east-1/${literal}/arn:aws:s3:::the-bucket"
    assert _evaluate(value) == result


def test_no_value_at_the_top() -> None:
    assert _evaluate({"Ref": "AWS::NoValue"}) is NO_VALUE


def test_conditions_follow_parameters() -> None:
    assert _evaluate({"Fn::If": ["Both", "yes", "no"]}, "live") == "yes"


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (
            {"Fn::GetAtt": ["Gone", "Arn"]},
            "Template error: instance of Fn::GetAtt references undefined resource Gone",
        ),
        ({"Fn::FindInMap": ["Sizes", "x", "y"]}, "Template error: Unable to get mapping for Sizes::x::y"),
        ({"Fn::Select": [5, ["a"]]}, "Template error: Fn::Select cannot select nonexistent value at index 5"),
        ({"Fn::Transform": {"Name": "X"}}, "Template error: Fn::Transform is not supported by the local cloud"),
        ({"Fn::If": ["Nope", 1, 2]}, "Template format error: Unresolved condition dependency Nope"),
        ({"Ref": "Gone"}, "Template format error: Unresolved resource dependencies [Gone] in the Resources block"),
        ({"Fn::Join": ["-", [{"a": 1}]]}, "Template error: a list or a map was found where a string is needed"),
        ({"Fn::Sub": "${List}"}, "Template error: a list or a map was found where a string is needed"),
        (
            "{{resolve:secretsmanager:x}}",
            "Dynamic references to secretsmanager are not supported by the local cloud",
        ),
        ({"Fn::GetAtt": "Bucket"}, "Template error: every Fn::GetAtt object requires two non-empty parameters"),
    ],
)
def test_failures(value: Any, message: str) -> None:
    with pytest.raises(TemplateError) as refusal:
        _evaluate(value)
    assert str(refusal.value).startswith(message)


@pytest.mark.parametrize(("version", "failed"), [("5", ["CDK bootstrap stack version 6 required."]), ("30", [])])
def test_the_rule_that_cdk_writes(version: str, failed: list[str]) -> None:
    old = ["1", "2", "3", "4", "5"]
    assertion = {
        "Assert": {"Fn::Not": [{"Fn::Contains": [old, {"Ref": "BootstrapVersion"}]}]},
        "AssertDescription": "CDK bootstrap stack version 6 required.",
    }
    template = {"Resources": {}, "Rules": {"CheckBootstrapVersion": {"Assertions": [assertion]}}}
    assert Evaluator(template, {"BootstrapVersion": version}, {}, None).failed_assertions() == failed


def test_a_rule_whose_condition_is_false_asserts_nothing() -> None:
    rule = {"RuleCondition": {"Fn::Equals": ["a", "b"]}, "Assertions": [{"Assert": {"Fn::Equals": ["a", "b"]}}]}
    assert Evaluator({"Resources": {}, "Rules": {"R": rule}}, {}, {}, None).failed_assertions() == []
