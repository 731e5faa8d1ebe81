"""Templates that are no templates: each is a TemplateError with CloudFormation's words, none an error of ours.

Texts marked * are in AWS-validated snapshots of localstack/localstack (tests/aws/services/cloudformation).
"""

import json
import time
from typing import Any

import pytest
from hypothesis import given

from localcloud import patterns
from localcloud.cloudformation.errors import StackError, TemplateError
from localcloud.cloudformation.graph import creation_order
from localcloud.cloudformation.intrinsics import Evaluator
from localcloud.cloudformation.template import check_references, load, parameter_values, required_capabilities
from tests.mutations import mutants

QUEUE = {"Type": "AWS::SQS::Queue"}
FORMAT = "Template format error: "
ERROR = "Template error: "
BOOLEANS = "requires a list of at least 2 and at most 10 boolean parameters."
SUB = ERROR + "One or more Fn::Sub intrinsic functions don't specify expected arguments."
SUB_NAMES = ERROR + "variable names in Fn::Sub syntax must contain only alphanumeric characters"
JOIN = ERROR + "every Fn::Join object requires two parameters, (1) a string delimiter and (2) a list of strings"
SPLIT = ERROR + "every Fn::Split object requires two parameters, (1) a string delimiter"  # *
SELECT = ERROR + "Fn::Select requires a list argument with two elements: an integer index and a list"  # *
GET_ATT = ERROR + "every Fn::GetAtt object requires two non-empty parameters"  # *
MAP = ERROR + "every Fn::FindInMap object requires three parameters, the map name, map key and the attribute"
REF = ERROR + "every Ref object must have a single String value."
IF = ERROR + "Fn::If requires a list argument with three elements"
ANY_RESOURCE = FORMAT + "Any Resources member must be an object."  # *


class Everything:
    """A scope in which everything has a value."""

    def reference(self, name: str) -> str:
        return f"{name}-id"

    def attribute(self, name: str, attribute: str) -> str:
        return f"{name}-{attribute}"

    def exported(self, name: str) -> str:
        return f"exported {name}"

    def parameter(self, name: str) -> str:
        return name


def checked(body: str, given: dict[str, str] | None = None) -> dict[str, Any]:
    """What a deployment reads of a template: everything, evaluated."""
    template = load(body)
    parameters = parameter_values(template, given or {}, Everything().parameter)
    pseudo = {"AWS::Region": "us-east-1", "AWS::AccountId": "123456789012"}
    evaluator = Evaluator(template, parameters, pseudo, None)
    live, outputs = evaluator.live_resources(), evaluator.live_outputs()
    check_references(template, live, outputs)
    creation_order(live)
    evaluator.failed_assertions()
    required_capabilities(live)
    evaluator = Evaluator(template, parameters, pseudo, Everything())
    return {
        **{name: evaluator.value(resource["Properties"]) for name, resource in live.items()},
        **{name: evaluator.value(output["Value"]) for name, output in outputs.items()},
    }


def _with(**sections: Any) -> dict[str, Any]:
    return {"Resources": {"Q": QUEUE}, **sections}


def _resource(**attributes: Any) -> dict[str, Any]:
    return {"Resources": {"Q": {**QUEUE, **attributes}}}


def _value(value: Any) -> dict[str, Any]:
    return _resource(Properties={"QueueName": value})


def _parameter(spec: Any) -> dict[str, Any]:
    return _with(Parameters={"P": spec})


def _condition(value: Any) -> dict[str, Any]:
    return {**_resource(Condition="C"), "Conditions": {"C": value}}


def _output(output: Any) -> dict[str, Any]:
    return _with(Outputs={"O": output})


MALFORMED: list[tuple[Any, str]] = [
    # the document and its sections
    ([], FORMAT + "unsupported structure."),
    ("x", FORMAT + "unsupported structure."),
    (7, FORMAT + "unsupported structure."),
    (None, FORMAT + "unsupported structure."),
    ({}, FORMAT + "At least one Resources member must be defined."),  # *
    ({"Resources": None}, FORMAT + "At least one Resources member must be defined."),
    ({"Resources": {}}, FORMAT + "At least one Resources member must be defined."),
    (_with(Foo=1, Bar=2), "Invalid template property or properties [Bar, Foo]"),
    (_with(AWSTemplateFormatVersion="2011-01-01"), FORMAT + "unsupported value for AWSTemplateFormatVersion."),
    (_with(AWSTemplateFormatVersion=[]), FORMAT + "unsupported value for AWSTemplateFormatVersion."),
    (_with(Description=[1]), FORMAT + "Description must be a string."),
    (_with(Description="ä" * 600), FORMAT + "'Description' length is greater than 1024."),
    (_with(Metadata=[]), FORMAT + "Any Metadata member must be an object."),
    (_with(Transform=7), "Transform 7 is not supported by the local cloud"),
    (_with(Outputs={"O": {"Value": None}}), "[/Outputs/O/Value] 'null' values are not allowed in templates"),  # *
    (_value([1, None]), "[/Resources/Q/Properties/QueueName/1] 'null' values are not allowed in templates"),
    (_with(Parameters=None), "[/Parameters] 'null' values are not allowed in templates"),
    # resources
    ({"Resources": [1]}, FORMAT + "Resources must be an object."),
    ({"Resources": "x"}, FORMAT + "Resources must be an object."),
    ({"Resources": {"A": 1}}, ANY_RESOURCE),
    ({"Resources": {"A": [QUEUE]}}, ANY_RESOURCE),
    ({"Resources": {"A": {}}}, FORMAT + "[/Resources/A] Every Resources object must contain a Type member."),  # *
    ({"Resources": {"A": {"Type": 1}}}, FORMAT + "[/Resources/A] Every Resources object must contain a Type member."),
    ({"Resources": {"A": {"Type": ["x"]}}}, FORMAT + "[/Resources/A] Every Resources object must contain a Type"),
    ({"Resources": {"A-B": QUEUE}}, FORMAT + "Resource name A-B is non alphanumeric."),  # *
    ({"Resources": {"": QUEUE}}, FORMAT + "Resource name  is non alphanumeric."),
    ({"Resources": {"Ä": QUEUE}}, FORMAT + "Resource name Ä is non alphanumeric."),
    ({"Resources": {"A" * 256: QUEUE}}, FORMAT + "Resource name A"),
    ({"Resources": {f"A{n}": QUEUE for n in range(501)}}, FORMAT + "Number of resources, 501, is greater than max"),
    (_resource(Invalid=10), "Invalid template resource property 'Invalid'"),  # *
    (_resource(CreationPolicy={}), "CreationPolicy of resource Q is not supported by the local cloud"),
    (_resource(Properties=[]), FORMAT + "[/Resources/Q/Properties] Any Properties member must be an object."),
    (_resource(Properties="x"), FORMAT + "[/Resources/Q/Properties] Any Properties member must be an object."),
    (_resource(Metadata=1), FORMAT + "[/Resources/Q/Metadata] Any Metadata member must be an object."),
    (_resource(DependsOn=1), FORMAT + "[/Resources/Q/DependsOn] DependsOn must be a string or list of strings."),
    (_resource(DependsOn=[1]), FORMAT + "[/Resources/Q/DependsOn] DependsOn must be a string or list of strings."),
    (_resource(DependsOn={"A": 1}), FORMAT + "[/Resources/Q/DependsOn] DependsOn must be a string or list of"),
    (
        _resource(DependsOn="N"),
        FORMAT + "Unresolved resource dependencies [N] in the Resources block of the template",
    ),
    (_resource(DependsOn="Q"), "Circular dependency between resources: [Q]"),
    (_resource(DeletionPolicy="Keep"), FORMAT + "Unrecognized DeletionPolicy Keep for resource Q"),
    (_resource(DeletionPolicy=True), FORMAT + "Unrecognized DeletionPolicy True for resource Q"),
    (_resource(UpdateReplacePolicy=["Delete"]), FORMAT + "Unrecognized UpdateReplacePolicy"),
    (_resource(Condition=["C"]), FORMAT + "Every Condition member must be a string."),
    (_resource(Condition={"Fn::Not": [True]}), FORMAT + "Every Condition member must be a string."),
    (_resource(Condition="C"), FORMAT + "Unresolved condition dependency C in the Resources block of the template"),
    (
        {"Resources": {"P": QUEUE}, "Parameters": {"P": {"Type": "String"}}},
        ERROR + "all resources and parameters must",
    ),
    # parameters
    (_with(Parameters=[]), FORMAT + "Parameters must be an object."),
    (_with(Parameters="P"), FORMAT + "Parameters must be an object."),
    (_parameter(1), FORMAT + "Any Parameters member must be an object."),
    (_parameter({}), FORMAT + "Every Parameters object must contain a Type member."),
    (_parameter({"Type": "Text"}), FORMAT + "Unrecognized parameter type: Text"),
    (_parameter({"Type": ["String"]}), FORMAT + "Unrecognized parameter type: ['String']"),
    (_parameter({"Type": "String", "Size": 1}), "Invalid template parameter property 'Size'"),
    (_parameter({"Type": "String", "Default": []}), FORMAT + "Every Default member must be a string."),
    (_parameter({"Type": "String", "Default": {"Ref": "Q"}}), FORMAT + "Every Default member must be a string."),
    (_parameter({"Type": "String", "AllowedValues": "a"}), FORMAT + "AllowedValues must be a list."),
    (_parameter({"Type": "String", "AllowedValues": [[]]}), FORMAT + "Every AllowedValues value must be a string."),
    (_parameter({"Type": "String", "AllowedPattern": 1}), FORMAT + "Every AllowedPattern member must be a string."),
    (_parameter({"Type": "String", "Description": {}}), FORMAT + "Every Description member must be a string."),
    (_parameter({"Type": "String", "MinLength": "x"}), FORMAT + "Every MinLength member must be a number."),
    (_parameter({"Type": "String", "MaxLength": []}), FORMAT + "Every MaxLength member must be a number."),
    (
        _parameter({"Type": "Number", "MinValue": 2, "MaxValue": 1}),
        ERROR + "Parameter 'P' MinValue must be less than",
    ),
    (_parameter({"Type": "String", "AllowedPattern": "("}), ERROR + "Parameter 'P' AllowedPattern must be a valid"),
    (_parameter({"Type": "String", "AllowedPattern": "*a"}), ERROR + "Parameter 'P' AllowedPattern must be a valid"),
    (_parameter({"Type": "String", "AllowedPattern": "(" * 5000}), ERROR + "Parameter 'P' AllowedPattern must be a"),
    (
        _parameter({"Type": "String", "AllowedPattern": "a" * 20_000}),
        ERROR + "Parameter 'P' AllowedPattern must be a",
    ),
    (_parameter({"Type": "String", "Default": "x" * 5000}), "Parameter P exceeds the maximum parameter value length"),
    (_parameter({"Type": "String", "Default": "ä" * 2500}), "Parameter P exceeds the maximum parameter value length"),
    (_parameter({"Type": "Number", "Default": "nan"}), "Parameter 'P' must be a number."),  # *
    (_parameter({"Type": "Number", "Default": "1_0"}), "Parameter 'P' must be a number."),
    (_parameter({"Type": "Number", "Default": "\uff11"}), "Parameter 'P' must be a number."),
    (_parameter({"Type": "List<Number>", "Default": "1,,2"}), "Parameter 'P' must be a number."),
    (_with(Parameters={"A-B": {"Type": "String"}}), FORMAT + "Parameter name A-B is non alphanumeric."),  # *
    (_with(Parameters={f"P{n}": {"Type": "String"} for n in range(201)}), FORMAT + "Number of parameters, 201, is"),
    # mappings
    (_with(Mappings=1), FORMAT + "Mappings must be an object."),
    (_with(Mappings={"A": "x"}), FORMAT + "Every Mappings member A must be a map"),  # *
    (_with(Mappings={"A": {"B": "x"}}), FORMAT + "Every Mappings member B must be a map"),
    (_with(Mappings={"A": {"B": {"C": {}}}}), FORMAT + "Every Mappings attribute must be a String or a List."),  # *
    (_with(Mappings={"A": {"B": {"C": [{}]}}}), FORMAT + "Every Mappings attribute must be a String or a List."),
    (_with(Mappings={"A": {"B": {f"C{n}": 1 for n in range(201)}}}), "Mapping with key B has more than 200"),
    (_with(Mappings={f"A{n}": {} for n in range(201)}), FORMAT + "Number of mappings, 201, is greater than maximum"),
    # conditions and rules
    (_with(Conditions=[]), FORMAT + "Conditions must be an object."),
    (_condition("true"), FORMAT + "Any Conditions member must be an object."),
    (_condition({"Condition": "C"}), ERROR + "Found circular condition dependency: [C]"),
    (_condition({"Fn::Not": [{"Condition": "C"}]}), ERROR + "Found circular condition dependency: [C]"),
    (_condition({"Condition": "D"}), FORMAT + "Unresolved condition dependency D in the Conditions block of the"),
    (_condition({"Condition": ["D"]}), ERROR + "every Condition object must have a single String value."),
    (_condition({"Fn::And": []}), ERROR + f"every Fn::And object {BOOLEANS}"),
    (_condition({"Fn::Or": [True]}), ERROR + f"every Fn::Or object {BOOLEANS}"),
    (_condition({"Fn::Or": [True] * 11}), ERROR + f"every Fn::Or object {BOOLEANS}"),
    (_condition({"Fn::And": "x"}), ERROR + f"every Fn::And object {BOOLEANS}"),
    (_condition({"Fn::Not": True}), ERROR + "every Fn::Not object requires one boolean parameter."),
    (_condition({"Fn::Not": [1, 2]}), ERROR + "every Fn::Not object requires one boolean parameter."),
    (
        _condition({"Fn::Equals": ["a"]}),
        ERROR + "every Fn::Equals object requires a list of 2 string parameters.",
    ),  # *
    (_condition({"Fn::Equals": ["a", ["b"]]}), ERROR + "every Fn::Equals object requires a list of 2 string"),
    (_condition({"Fn::Equals": {"a": "b"}}), ERROR + "every Fn::Equals object requires a list of 2 string"),
    (
        _condition({"Fn::Equals": [{"Ref": "Q"}, "b"]}),
        FORMAT + "Unresolved dependencies [Q]. Cannot reference",
    ),
    (_condition({"Fn::Equals": [{"Fn::GetAtt": "Q.Arn"}, ""]}), FORMAT + "Unresolved dependencies [Q]. Cannot"),
    (_with(Rules=1), FORMAT + "Rules must be an object."),
    (_with(Rules={"R": []}), FORMAT + "Any Rules member must be an object."),
    (_with(Rules={"R": {}}), FORMAT + "Rule R must contain a list of Assertions, each with an Assert"),
    (_with(Rules={"R": {"Assertions": {}}}), FORMAT + "Rule R must contain a list of Assertions"),
    (_with(Rules={"R": {"Assertions": [{"If": 1}]}}), FORMAT + "Rule R must contain a list of Assertions"),
    # outputs
    (_with(Outputs=[]), FORMAT + "Outputs must be an object."),
    (_output(1), FORMAT + "Any Outputs member must be an object."),
    (_output({}), FORMAT + "Every Outputs member must contain a Value object"),  # *
    (_output({"Value": "x", "Foo": 1}), "Invalid output property or properties [Foo]"),
    (
        _output({"Value": ["x"]}),
        FORMAT + "The Value field of every Outputs member must evaluate to a String and not a",
    ),
    (_output({"Value": "x", "Export": "x"}), FORMAT + "Output O is malformed. The Name field of every Export member"),
    (_output({"Value": "x", "Export": {}}), FORMAT + "Output O is malformed. The Name field of every Export member"),
    (_output({"Value": "x", "Description": 5}), FORMAT + "Every Description member must be a string."),
    (_output({"Value": "x", "Condition": []}), FORMAT + "Every Condition member must be a string."),
    (_output({"Value": "x", "Condition": "C"}), FORMAT + "Unresolved condition dependency C in the Outputs block"),
    (_output({"Value": {"Ref": "N"}}), FORMAT + "Unresolved resource dependencies [N] in the Outputs block of the"),
    (_with(Outputs={"a b": {"Value": "x"}}), FORMAT + "Output name a b is non alphanumeric."),
    (
        _with(Outputs={f"O{n}": {"Value": "x"} for n in range(201)}),
        FORMAT + "Number of outputs, 201, is greater than",
    ),
    # functions
    (
        _value({"Fn::Foo": "x"}),
        ERROR + "Encountered unsupported function: Fn::Foo Supported functions are: [Fn::",
    ),
    (_value({"Fn::Ref": "Q"}), ERROR + "Encountered unsupported function: Fn::Ref"),
    (_value({"Fn::": "Q"}), ERROR + "Encountered unsupported function: Fn:: "),
    (_value({"Ref": 1}), REF),
    (_value({"Ref": []}), REF),
    (_value({"Ref": ""}), REF),
    (_value({"Ref": {"Ref": "Q"}}), REF),
    (
        _value({"Ref": "N"}),
        FORMAT + "Unresolved resource dependencies [N] in the Resources block of the template",
    ),  # *
    (_value({"Fn::GetAtt": "Q"}), GET_ATT),
    (_value({"Fn::GetAtt": ["Q"]}), GET_ATT),
    (_value({"Fn::GetAtt": ["Q", ""]}), GET_ATT),
    (_value({"Fn::GetAtt": [{"Ref": "Q"}, "Arn"]}), GET_ATT),
    (_value({"Fn::GetAtt": {"Q": "Arn"}}), GET_ATT),
    (_value({"Fn::GetAtt": ["N", "Arn"]}), ERROR + "instance of Fn::GetAtt references undefined resource N"),
    (_value({"Fn::Sub": 1}), SUB),
    (_value({"Fn::Sub": ["x"]}), SUB),
    (_value({"Fn::Sub": ["x", []]}), SUB),
    (_value({"Fn::Sub": ["x", {}, 1]}), SUB),
    (_value({"Fn::Sub": ["${a}", {"a": ["x"]}]}), SUB),
    (_value({"Fn::Sub": [{"Ref": "Q"}, {}]}), SUB),
    (_value({"Fn::Sub": "${a-b}"}), SUB_NAMES),
    (_value({"Fn::Sub": "${a b}"}), SUB_NAMES),
    (_value({"Fn::Join": "x"}), JOIN),
    (_value({"Fn::Join": [","]}), JOIN),
    (_value({"Fn::Join": [",", "x"]}), JOIN),
    (_value({"Fn::Join": [1, ["x"]]}), JOIN),
    (_value({"Fn::Join": [",", ["x"], "y"]}), JOIN),
    (_value({"Fn::Join": [",", [{"a": 1}]]}), ERROR + "a list or a map was found where a string is needed"),
    (_value({"Fn::Join": [",", {"Ref": "AWS::NoValue"}]}), JOIN),
    (_value({"Fn::Sub": ["${a}", {"Ref": "AWS::NoValue"}]}), SUB),
    (_output({"Value": {"Ref": "AWS::NoValue"}}), FORMAT + "Every Outputs member must contain a Value object"),
    (_value({"Fn::Split": ["", "x"]}), SPLIT),
    (_value({"Fn::Split": [",", ["x"]]}), SPLIT),
    (_value({"Fn::Split": "x"}), SPLIT),
    (_value({"Fn::Select": ["x", ["a"]]}), SELECT),
    (_value({"Fn::Select": [0, "a"]}), SELECT),
    (_value({"Fn::Select": [0.5, ["a"]]}), SELECT),
    (_value({"Fn::Select": [True, ["a"]]}), SELECT),
    (_value({"Fn::Select": ["-1", ["a"]]}), SELECT),
    (_value({"Fn::Select": [7, ["a"]]}), ERROR + "Fn::Select cannot select nonexistent value at index 7"),
    (_value({"Fn::If": ["x"]}), IF),
    (_value({"Fn::If": "x"}), IF),
    (_value({"Fn::If": ["x", 1, 2, 3]}), IF),
    (_value({"Fn::If": [True, 1, 2]}), ERROR + "Fn::If requires a list argument with the first element being a"),
    (_value({"Fn::If": ["C", 1, 2]}), ERROR + "unresolved condition dependency C in Fn::If"),  # *
    (_value({"Fn::FindInMap": ["A", "B"]}), MAP),
    (_value({"Fn::FindInMap": "A"}), MAP),
    (_value({"Fn::FindInMap": ["A", ["B"], "C"]}), MAP),
    (
        _value({"Fn::FindInMap": ["A", "B", "C"]}),
        ERROR + "Mapping named 'A' is not present in the 'Mappings' section",
    ),
    (_value({"Fn::Base64": []}), ERROR + "every Fn::Base64 object must have a String-typed value."),
    (_value({"Fn::Base64": {"a": 1}}), ERROR + "every Fn::Base64 object must have a String-typed value."),
    (_value({"Fn::GetAZs": ["x"]}), ERROR + "every Fn::GetAZs object must have a String-typed value."),
    (_value({"Fn::ImportValue": 7}), ERROR + "the attribute in Fn::ImportValue must be a string or a function"),
    (_value({"Fn::Cidr": "10.0.0.0/16"}), ERROR + "every Fn::Cidr object requires two or three parameters"),
    (_value({"Fn::Cidr": ["10.0.0.0/16"]}), ERROR + "every Fn::Cidr object requires two or three parameters"),
    (_value({"Fn::Cidr": ["10.0.0.0/16", "x"]}), ERROR + "every Fn::Cidr object requires two or three parameters"),
    (_value({"Fn::Cidr": ["10.0.0.0/8", 999_999, 8]}), ERROR + "Fn::Cidr takes a count from 1 to 256, not 999999"),
    (_value({"Fn::Cidr": ["10.0.0.0/8", 0, 8]}), ERROR + "Fn::Cidr takes a count from 1 to 256, not 0"),
    (_value({"Fn::Cidr": ["10.0.0.0/24", 3, 7]}), ERROR + "Fn::Cidr cannot make 3 blocks of 7 bits from 10.0.0.0/24"),
    (_value({"Fn::Cidr": ["10.0.0.0/24", 1, 99]}), ERROR + "Fn::Cidr cannot make 1 blocks of 99 bits"),
    (_value({"Fn::Cidr": ["10.0.0.0/24", 1, -1]}), ERROR + "Fn::Cidr cannot"),
    (_value({"Fn::Cidr": ["nowhere", 1, 8]}), ERROR + "Fn::Cidr cannot be evaluated"),
]


@pytest.mark.parametrize("number", range(len(MALFORMED)))
def test_malformed_templates(number: int) -> None:
    template, message = MALFORMED[number]
    with pytest.raises(TemplateError) as refusal:
        checked(json.dumps(template))
    assert str(refusal.value).startswith(message)


TEXTS: list[tuple[str, str | None]] = [
    ("{", "JSON not well-formed. (line 1, column 2)"),
    ('{"Resources": ', "JSON not well-formed. (line 1, column 15)"),
    ('{\n "Resources": {},}', "JSON not well-formed. (line 2, column 18)"),
    ('{"a":' * 20_000, "JSON not well-formed. (nested deeper than 100 levels)"),
    ('{"a":' * 150 + "1" + "}" * 150, "JSON not well-formed. (nested deeper than 100 levels)"),
    ('{"a": NaN}', "JSON not well-formed. (NaN is no number of JSON)"),
    ('{"a": "\\ud800"}', "JSON not well-formed. (half of a surrogate pair"),
    ('{"a": ' + "9" * 5000 + "}", "JSON not well-formed. (Exceeds the limit"),
    ("a: [", "YAML not well-formed. (line 1, column 5)"),
    ("a: b: c", "YAML not well-formed. (line 1, column 5)"),
    ("\t- a", "YAML not well-formed. (line 1, column 1)"),
    ("a: &x [1]\nb: *x", "YAML aliases are not allowed in CloudFormation templates"),
    ("a: &x {b: 1}\nc:\n  <<: *x", "YAML aliases are not allowed in CloudFormation templates"),
    ("- " * 5000 + "a", "YAML not well-formed. (nested too deep)"),
    ("[" * 500_000, "YAML not well-formed. (nested too deep)"),
    ("a: !!binary aGVsbG8=", "YAML not well-formed. (line 1, column 4)"),
    ("a: !!set {b}", "YAML not well-formed. (line 1, column 4)"),
    ("a: !!omap [b: 1]", "YAML not well-formed. (line 1, column 4)"),
    ("a: !!timestamp 2026-01-01", "YAML not well-formed. (line 1, column 4)"),
    ("a: !!python/object/apply:os.system [ls]", "YAML not well-formed. (line 1, column 4)"),
    ("? [a]\n: b", "YAML not well-formed. (line 1, column 3)"),
    ("a: .nan", "YAML not well-formed. (nan is no number of JSON)"),
    ("a: !!int x", "YAML not well-formed. ("),
    ("a: 1\n---\nb: 2", "YAML not well-formed. (line 2, column 1)"),
    ("\x00", "YAML not well-formed. ("),
    ("", "unsupported structure."),
    ("just text", "unsupported structure."),
    ("1: {a: b}\nyes: 1", None),
]


@pytest.mark.parametrize("number", range(len(TEXTS)))
def test_texts_that_are_no_templates(number: int) -> None:
    body, message = TEXTS[number]
    with pytest.raises(TemplateError) as refusal:
        checked(body)
    if message is None:  # keys are names, whatever YAML would make of them
        assert str(refusal.value) == "Invalid template property or properties [1, yes]"
    else:
        assert str(refusal.value).startswith(FORMAT + message)


def test_short_forms_of_unknown_functions_are_refused_by_name() -> None:
    with pytest.raises(TemplateError, match="Encountered unsupported function: Fn::Foo"):
        checked("Resources:\n  Q:\n    Type: AWS::SQS::Queue\n    Properties:\n      QueueName: !Foo [1]\n")


@pytest.mark.parametrize(
    ("pattern", "value", "outcome"),
    [
        ("(a|aa)+$", "a" * 60 + "b", "takes too long"),
        ("(a|a?)+$", "a" * 60 + "b", "must match pattern"),
        ("^(([a-z])+.)+[A-Z]([a-z])+$", "a" * 60, "must match pattern"),
        ("(a+)+$", "a" * 60 + "b", "must match pattern"),
        ("(?<year>[0-9]{4})-\\p{Alpha}++", "2026-x", ""),
        ("^(?=.*[A-Z])(?=.*[0-9]).{4,}$", "aB3d", ""),
        ("[a-z]+", "a1", "must match pattern"),
        ("\\d+", "\uff11", "must match pattern"),  # Java's \d is ASCII's
    ],
)
def test_patterns_of_parameters_end(pattern: str, value: str, outcome: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patterns, "PATIENCE_SECONDS", 0.2)
    body = json.dumps(_parameter({"Type": "String", "AllowedPattern": pattern}))
    if not outcome:
        assert checked(body, {"P": value})
        return
    with pytest.raises(TemplateError, match=f"^Parameter 'P' .*{outcome}"):
        checked(body, {"P": value})


@pytest.mark.parametrize("function", ["Join", "Sub", "own"])
def test_functions_cannot_fill_the_memory(function: str) -> None:
    values = {
        "Join": {"Fn::Join": ["", [{"Ref": "P"}] * 20_000]},
        "Sub": {"Fn::Sub": "${P}" * 20_000},
        "own": {"Fn::Sub": ["${a}" * 20_000, {"a": {"Ref": "P"}}]},
    }
    template = {**_value(values[function]), "Parameters": {"P": {"Type": "String"}}}
    with pytest.raises(TemplateError, match="functions of the template write more than 50,000,000 characters"):
        checked(json.dumps(template), {"P": "x" * 4096})


def test_texts_that_look_like_many_references_are_read_at_once() -> None:
    began = time.process_time()
    for text in ("${" * 200_000, "{{resolve:" * 50_000, "${!" * 100_000, "${a" * 100_000):
        assert checked(json.dumps(_value({"Fn::Sub": text})))["Q"]["QueueName"] == text
    assert time.process_time() - began < 20, "a second or so; minutes when each looks for its end"


def test_a_chain_of_conditions_is_no_recursion() -> None:
    chain: dict[str, Any] = {f"C{n}": {"Fn::Not": [{"Condition": f"C{n + 1}"}]} for n in range(2000)}
    conditions = {"C": {"Condition": "C0"}, **chain, "C2000": {"Fn::Equals": ["a", "a"]}}
    assert checked(json.dumps({**_resource(Condition="C"), "Conditions": conditions})) == {"Q": {}}
    with pytest.raises(TemplateError, match="Found circular condition dependency"):
        checked(json.dumps({**_resource(Condition="C"), "Conditions": {**conditions, "C2000": {"Condition": "C"}}}))


WHOLE: dict[str, Any] = {
    "AWSTemplateFormatVersion": "2010-09-09",
    "Description": "Everything that a template may have",
    "Metadata": {"Note": ["x", 1]},
    "Parameters": {
        "Stage": {"Type": "String", "Default": "dev", "AllowedValues": ["dev", "prod"], "AllowedPattern": "[a-z]+"},
        "Shards": {"Type": "Number", "Default": 2, "MinValue": 1, "MaxValue": 9},
        "Zones": {"Type": "CommaDelimitedList", "Default": "a,b"},
        "Image": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/image"},
    },
    "Mappings": {"Sizes": {"dev": {"memory": 128, "names": ["a", "b"]}, "prod": {"memory": 512, "names": ["c"]}}},
    "Conditions": {
        "Prod": {"Fn::Equals": [{"Ref": "Stage"}, "prod"]},
        "Small": {"Fn::And": [{"Fn::Not": [{"Condition": "Prod"}]}, {"Fn::Equals": [{"Ref": "Shards"}, "2"]}]},
    },
    "Rules": {
        "Sane": {
            "RuleCondition": {"Fn::Equals": [{"Ref": "Stage"}, "prod"]},
            "Assertions": [
                {"Assert": {"Fn::Not": [{"Fn::Equals": [{"Ref": "Shards"}, "1"]}]}, "AssertDescription": "x"}
            ],
        }
    },
    "Resources": {
        "Role": {
            "Type": "AWS::IAM::Role",
            "Properties": {
                "RoleName": {"Fn::Sub": "${AWS::StackName}-${Stage}"},
                "Tags": [{"Key": "a", "Value": "b"}],
            },
        },
        "Queue": {
            "Type": "AWS::SQS::Queue",
            "Condition": "Small",
            "DependsOn": ["Role"],
            "DeletionPolicy": "Retain",
            "Properties": {
                "QueueName": {"Fn::Join": ["-", [{"Ref": "Stage"}, {"Fn::Select": [0, {"Ref": "Zones"}]}]]},
                "KmsMasterKeyId": {"Fn::If": ["Prod", {"Fn::GetAtt": ["Role", "Arn"]}, {"Ref": "AWS::NoValue"}]},
                "MaximumMessageSize": {"Fn::FindInMap": ["Sizes", {"Ref": "Stage"}, "memory"]},
            },
        },
        "Vpc": {
            "Type": "AWS::EC2::VPC",
            "Properties": {
                "Cidr": {"Fn::Cidr": ["10.0.0.0/16", 4, "8"]},
                "Zone": {"Fn::Select": ["1", {"Fn::GetAZs": ""}]},
                "Data": {"Fn::Base64": {"Fn::Sub": ["${x} ${Role.Arn} ${!y}", {"x": {"Fn::ImportValue": "shared"}}]}},
                "Parts": {"Fn::Split": [",", "a,b"]},
                "Secret": "{{resolve:ssm:/name:1}}",
            },
        },
    },
    "Outputs": {"Arn": {"Value": {"Fn::GetAtt": "Role.Arn"}, "Export": {"Name": "arn"}, "Condition": "Small"}},
}


def test_the_whole_template_is_one() -> None:
    found = checked(json.dumps(WHOLE), {})
    assert found["Queue"] == {"QueueName": "dev-a", "MaximumMessageSize": 128}
    assert found["Vpc"]["Cidr"] == ["10.0.0.0/24", "10.0.1.0/24", "10.0.2.0/24", "10.0.3.0/24"]


@given(mutants(WHOLE))
def test_mutants_are_templates_or_refused(template: Any) -> None:
    try:
        checked(json.dumps(template))
    except StackError as refusal:
        assert len(str(refusal).splitlines()) == 1, "one sentence"  # noqa: PT017 - others are read
