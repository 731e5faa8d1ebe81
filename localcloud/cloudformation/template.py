"""Templates: reading them, their parameters, and what CloudFormation refuses before it creates anything.

Nothing here calls a service. Section by section, after
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-anatomy.html
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from itertools import chain
from typing import Any

import yaml

from localcloud.cloudformation.errors import TemplateError
from localcloud.cloudformation.graph import references

IGNORED_TYPES = frozenset({"AWS::CDK::Metadata"})  # CDK's usage analytics, nothing in an account
CUSTOM_RESOURCE = "AWS::CloudFormation::CustomResource"
SECTIONS = frozenset(
    {
        "AWSTemplateFormatVersion", "Conditions", "Description", "Mappings", "Metadata", "Outputs", "Parameters",
        "Resources", "Rules",
    }
)  # fmt: skip
PSEUDO_PARAMETERS = frozenset(
    {
        "AWS::AccountId", "AWS::NotificationARNs", "AWS::NoValue", "AWS::Partition", "AWS::Region", "AWS::StackId",
        "AWS::StackName", "AWS::URLSuffix",
    }
)  # fmt: skip
POLICIES = {
    "DeletionPolicy": ("Delete", "Retain", "RetainExceptOnCreate", "Snapshot"),
    "UpdateReplacePolicy": ("Delete", "Retain", "Snapshot"),
}
RESOURCE_ATTRIBUTES = frozenset(
    {"Condition", "DeletionPolicy", "DependsOn", "Metadata", "Properties", "Type", "UpdateReplacePolicy"}
)

ParameterStore = Callable[[str], str]  # the value of an SSM parameter; KeyError when there is none


class _Loader(yaml.SafeLoader):
    """YAML as CloudFormation reads it: short forms of intrinsics, and dates are strings."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def _short_form(loader: yaml.SafeLoader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    value: Any
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)  # type: ignore[arg-type]
    if suffix == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}": value}


_Loader.add_multi_constructor("!", _short_form)


def load(body: str) -> dict[str, Any]:
    """The template in ``body`` (JSON or YAML), intrinsics in their long form.

    Raises:
        TemplateError: it is neither, or has no resources, or a section this cloud does not process.
    """
    try:
        document = json.loads(body)
    except ValueError:
        try:
            document = yaml.load(body, _Loader)  # noqa: S506 - a SafeLoader with short forms
        except yaml.YAMLError as error:
            raise TemplateError(f"Template format error: YAML not well-formed. ({error})") from None
    if not isinstance(document, dict):
        raise TemplateError("Template format error: unsupported structure.")
    if "Transform" in document:
        raise TemplateError(f"Transform {document['Transform']} is not supported by the local cloud")
    if unknown := sorted(set(document) - SECTIONS):
        raise TemplateError(f"Invalid template property or properties {unknown}".replace("'", ""))
    if not document.get("Resources"):
        raise TemplateError("Template format error: At least one Resources member must be defined.")
    for name, resource in document["Resources"].items():
        _check_resource(name, resource)
    return document


def _check_resource(name: str, resource: Any) -> None:
    if not isinstance(resource, dict) or "Type" not in resource:
        raise TemplateError(
            f"Template format error: [/Resources/{name}] Every Resources object must contain a Type member."
        )
    if unknown := sorted(set(resource) - RESOURCE_ATTRIBUTES):
        raise TemplateError(f"{', '.join(unknown)} of resource {name} is not supported by the local cloud")
    for attribute, allowed in POLICIES.items():
        value = resource.get(attribute)
        if isinstance(value, str) and value not in allowed:
            raise TemplateError(f"Template format error: Unrecognized {attribute} {value} for resource {name}")


def is_custom(resource_type: str) -> bool:
    """Whether a function, not a service, makes the resource."""
    return resource_type.startswith("Custom::") or resource_type == CUSTOM_RESOURCE


def parameter_values(
    template: Mapping[str, Any], given: Mapping[str, str], parameter_store: ParameterStore
) -> dict[str, Any]:
    """The value of every parameter: given or default, SSM parameters looked up, lists split.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/parameters-section-structure.html
    """
    declared = template.get("Parameters") or {}
    if unknown := [name for name in given if name not in declared]:
        raise TemplateError(f"Parameters: [{', '.join(unknown)}] do not exist in the template")
    if missing := [name for name in declared if name not in given and "Default" not in declared[name]]:
        raise TemplateError(f"Parameters: [{', '.join(missing)}] must have values")
    return {
        name: _parameter_value(name, spec, str(given.get(name, spec.get("Default"))), parameter_store)
        for name, spec in declared.items()
    }


def _parameter_value(name: str, spec: Mapping[str, Any], text: str, parameter_store: ParameterStore) -> Any:
    kind = spec.get("Type", "String")
    if problem := _constraint_violated(name, spec, text):
        if "ConstraintDescription" in spec:
            problem = f"Parameter {name} failed to satisfy constraint: {spec['ConstraintDescription']}"
        raise TemplateError(problem)
    if kind.startswith("AWS::SSM::Parameter::Value"):
        try:
            text = parameter_store(text)
        except KeyError:
            raise TemplateError(
                f"Unable to fetch parameters [{text}] from parameter store for this account."
            ) from None
    if kind == "CommaDelimitedList" or "List<" in kind:
        return [item.strip() for item in text.split(",")]
    return text


def _constraint_violated(name: str, spec: Mapping[str, Any], text: str) -> str | None:
    values = text.split(",") if "List" in spec.get("Type", "") else [text]
    return next(chain.from_iterable(_problems(name, spec, value.strip()) for value in values), None)


def _problems(name: str, spec: Mapping[str, Any], value: str) -> Iterator[str]:
    if spec.get("AllowedValues") and value not in [str(item) for item in spec["AllowedValues"]]:
        yield f"Parameter '{name}' must be one of AllowedValues"
    if "AllowedPattern" in spec and not re.fullmatch(spec["AllowedPattern"], value):
        yield f"Parameter '{name}' must match pattern {spec['AllowedPattern']}"
    if len(value) < int(spec.get("MinLength", 0)):
        yield f"Parameter '{name}' must contain at least {spec['MinLength']} characters"
    if "MaxLength" in spec and len(value) > int(spec["MaxLength"]):
        yield f"Parameter '{name}' must contain at most {spec['MaxLength']} characters"
    if "Number" in spec.get("Type", ""):
        try:
            number = float(value)
        except ValueError:
            yield f"Parameter '{name}' must be a number"
            return
        if "MinValue" in spec and number < float(spec["MinValue"]):
            yield f"Parameter '{name}' must be a number not less than {spec['MinValue']}"
        if "MaxValue" in spec and number > float(spec["MaxValue"]):
            yield f"Parameter '{name}' must be a number not greater than {spec['MaxValue']}"


def check_references(template: Mapping[str, Any], live: Mapping[str, Any], outputs: Mapping[str, Any]) -> None:
    """Refuse a template whose references point nowhere.

    Args:
        template: the document.
        live: its resources without those whose condition is false, conditions inside them resolved.
        outputs: its outputs, likewise.

    Raises:
        TemplateError: with CloudFormation's own message.
    """
    known = {*live, *(template.get("Parameters") or {}), *PSEUDO_PARAMETERS}
    for resource in live.values():
        depends = resource.get("DependsOn", [])
        for name in [depends] if isinstance(depends, str) else depends:
            if name not in template["Resources"]:
                raise TemplateError(_unresolved(name, "Resources"))
        _check_value(resource.get("Properties"), known, live, "Resources")
    for output in outputs.values():
        _check_value(output, known, live, "Outputs")


def _check_value(value: Any, known: set[str], live: Mapping[str, Any], section: str) -> None:
    for kind, name in references(value):
        if kind == "Fn::GetAtt" and name not in live:
            raise TemplateError(f"Template error: instance of Fn::GetAtt references undefined resource {name}")
        if name not in known:
            raise TemplateError(_unresolved(name, section))


def _unresolved(name: str, section: str) -> str:
    return f"Template format error: Unresolved resource dependencies [{name}] in the {section} block of the template"


def required_capabilities(live: Mapping[str, Any]) -> list[str]:
    """The acknowledgement that creating IAM entities needs.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStack.html (Capabilities)
    """
    capabilities = set(_capabilities(live))
    return ["CAPABILITY_NAMED_IAM"] if "CAPABILITY_NAMED_IAM" in capabilities else sorted(capabilities)


def _capabilities(live: Mapping[str, Any]) -> Iterator[str]:
    names = ("GroupName", "InstanceProfileName", "ManagedPolicyName", "RoleName", "UserName")
    for resource in live.values():
        kind = resource["Type"]
        if kind.startswith("AWS::IAM::"):
            named = any(name in (resource.get("Properties") or {}) for name in names)
            yield "CAPABILITY_NAMED_IAM" if named and kind != "AWS::IAM::Policy" else "CAPABILITY_IAM"
