"""Templates: reading them, their parameters, and what CloudFormation refuses before it creates anything.

Nothing here calls a service. Section by section, after
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-anatomy.html
"""

import re
from collections.abc import Callable, Iterator, Mapping
from itertools import chain
from typing import Any

from localcloud.cloudformation.conditions import check_conditions
from localcloud.cloudformation.errors import TemplateError
from localcloud.cloudformation.form import check_form
from localcloud.cloudformation.graph import PSEUDO_PARAMETERS, references
from localcloud.cloudformation.reading import read
from localcloud.patterns import Pattern, PatternTimeoutError

IGNORED_TYPES = frozenset({"AWS::CDK::Metadata"})  # CDK's usage analytics, nothing in an account
CUSTOM_RESOURCE = "AWS::CloudFormation::CustomResource"
VALUE_BYTES = 4096  # https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")

ParameterStore = Callable[[str], str]  # the value of an SSM parameter; KeyError when there is none


def load(body: str) -> dict[str, Any]:
    """The template in ``body`` (JSON or YAML), intrinsics in their long form.

    Raises:
        TemplateError: it is neither, or no template, or has a section this cloud does not process.
    """
    document: dict[str, Any] = read(body)
    check_form(document)
    check_conditions(document)
    return document


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
        name: _parameter_value(name, spec, _text(given.get(name, spec.get("Default"))), parameter_store)
        for name, spec in declared.items()
    }


def _parameter_value(name: str, spec: Mapping[str, Any], text: str, parameter_store: ParameterStore) -> Any:
    kind = spec.get("Type", "String")
    if len(text.encode()) > VALUE_BYTES:
        raise TemplateError(f"Parameter {name} exceeds the maximum parameter value length of {VALUE_BYTES} bytes.")
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
    if spec.get("AllowedValues") and value not in [_text(item) for item in spec["AllowedValues"]]:
        yield f"Parameter '{name}' must be one of AllowedValues"
    if "AllowedPattern" in spec and not _matches(name, spec["AllowedPattern"], value):
        yield f"Parameter '{name}' must match pattern {spec['AllowedPattern']}"
    if len(value) < float(spec.get("MinLength", 0)):
        yield f"Parameter '{name}' must contain at least {spec['MinLength']} characters"
    if "MaxLength" in spec and len(value) > float(spec["MaxLength"]):
        yield f"Parameter '{name}' must contain at most {spec['MaxLength']} characters"
    if "Number" in spec.get("Type", ""):
        if not NUMBER.fullmatch(value):
            yield f"Parameter '{name}' must be a number."
            return
        number = float(value)
        if "MinValue" in spec and number < float(spec["MinValue"]):
            yield f"Parameter '{name}' must be a number not less than {spec['MinValue']}"
        if "MaxValue" in spec and number > float(spec["MaxValue"]):
            yield f"Parameter '{name}' must be a number not greater than {spec['MaxValue']}"


def _matches(name: str, pattern: str, value: str) -> bool:
    try:
        return Pattern(pattern).fullmatch(value) is not None
    except PatternTimeoutError as error:
        raise TemplateError(f"Parameter '{name}' AllowedPattern: {error}") from None


def _text(value: Any) -> str:
    """A scalar as CloudFormation writes it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


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
