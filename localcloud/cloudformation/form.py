"""The form of a template: its sections and their members, before anything is evaluated.

The words are CloudFormation's, from AWS-validated snapshots of localstack/localstack (tests/aws/services/
cloudformation) and, for what those lack, from eucalyptus/eucalyptus (TemplateParser), which was written after AWS's
answers. Numbers: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from localcloud.cloudformation.errors import TemplateError
from localcloud.cloudformation.functions import check_functions
from localcloud.patterns import Pattern, PatternError

SECTIONS = frozenset(
    {
        "AWSTemplateFormatVersion", "Conditions", "Description", "Mappings", "Metadata", "Outputs", "Parameters",
        "Resources", "Rules",
    }
)  # fmt: skip
NOT_PROCESSED = ("Hooks", "Transform")  # sections of AWS's
LIMITS = {"resources": 500, "parameters": 200, "outputs": 200, "mappings": 200}
NAME_LENGTH = 255
DESCRIPTION_LENGTH = 1024
MAPPING_ATTRIBUTES = 200
POLICIES = {
    "DeletionPolicy": ("Delete", "Retain", "RetainExceptOnCreate", "Snapshot"),
    "UpdateReplacePolicy": ("Delete", "Retain", "Snapshot"),
}
RESOURCE_ATTRIBUTES = frozenset(
    {"Condition", "DeletionPolicy", "DependsOn", "Metadata", "Properties", "Type", "UpdateReplacePolicy"}
)
RESOURCE_ATTRIBUTES_NOT_PROCESSED = frozenset({"CreationPolicy", "UpdatePolicy"})
PARAMETER_MEMBERS = frozenset(
    {
        "AllowedPattern", "AllowedValues", "ConstraintDescription", "Default", "Description", "MaxLength", "MaxValue",
        "MinLength", "MinValue", "NoEcho", "Type",
    }
)  # fmt: skip
PARAMETER_TYPES = ("String", "Number", "List<Number>", "CommaDelimitedList")
PARAMETER_PREFIXES = ("AWS::", "List<AWS::")
OUTPUT_MEMBERS = frozenset({"Condition", "Description", "Export", "Value"})


def check_form(document: Any) -> None:
    """Refuse what is no template. Raises TemplateError."""
    if not isinstance(document, dict):
        raise _format_error("unsupported structure.")
    for section in NOT_PROCESSED:
        if section in document:
            raise TemplateError(f"{section} {document[section]} is not supported by the local cloud")
    if unknown := sorted(set(document) - SECTIONS):
        raise TemplateError(f"Invalid template property or properties [{', '.join(unknown)}]")
    for place, value in _walk(document):
        if value is None and place != "/Resources":
            raise TemplateError(f"[{place}] 'null' values are not allowed in templates")
    _check_head(document)
    for section, check in _CHECKS.items():
        if section in document:
            check(document[section])
    if not document.get("Resources"):
        raise _format_error("At least one Resources member must be defined.")
    _check_resources(document["Resources"])
    if common := sorted(set(document.get("Parameters", ())) & set(document["Resources"])):
        raise TemplateError(
            "Template error: all resources and parameters must have unique names. "
            f"Common name(s):[{', '.join(common)}]"
        )


def _check_head(document: Mapping[str, Any]) -> None:
    if document.get("AWSTemplateFormatVersion", "2010-09-09") != "2010-09-09":
        raise _format_error("unsupported value for AWSTemplateFormatVersion.")
    description = document.get("Description", "")
    if not isinstance(description, str):
        raise _format_error("Description must be a string.")
    if len(description.encode()) > DESCRIPTION_LENGTH:
        raise _format_error(f"'Description' length is greater than {DESCRIPTION_LENGTH}.")
    if not isinstance(document.get("Metadata", {}), dict):
        raise _format_error("Any Metadata member must be an object.")


def _check_parameters(parameters: Any) -> None:
    for name, spec in _members(parameters, "Parameters"):
        _check_name("Parameter", name)
        if "Type" not in spec:
            raise _format_error("Every Parameters object must contain a Type member.")
        kind = spec["Type"]
        if not isinstance(kind, str) or (kind not in PARAMETER_TYPES and not kind.startswith(PARAMETER_PREFIXES)):
            raise _format_error(f"Unrecognized parameter type: {kind}")
        if unknown := sorted(set(spec) - PARAMETER_MEMBERS):
            raise TemplateError(f"Invalid template parameter property '{unknown[0]}'")
        for member in ("AllowedPattern", "ConstraintDescription", "Description"):
            if not isinstance(spec.get(member, ""), str):
                raise _format_error(f"Every {member} member must be a string.")
        if not _scalar(spec.get("Default", "")):
            raise _format_error("Every Default member must be a string.")
        allowed = spec.get("AllowedValues", [])
        if not isinstance(allowed, list):
            raise _format_error("AllowedValues must be a list.")
        if not all(_scalar(value) for value in allowed):
            raise _format_error("Every AllowedValues value must be a string.")
        _check_bounds(name, spec)
        try:
            Pattern(spec.get("AllowedPattern", ""))
        except PatternError:
            raise TemplateError(
                f"Template error: Parameter '{name}' AllowedPattern must be a valid regular expression."
            ) from None


def _check_bounds(name: str, spec: Mapping[str, Any]) -> None:
    for least, most in (("MinLength", "MaxLength"), ("MinValue", "MaxValue")):
        bounds = {}
        for member in (least, most):
            try:
                bounds[member] = float(spec[member])
            except KeyError:
                continue
            except (TypeError, ValueError):
                raise _format_error(f"Every {member} member must be a number.") from None
        if len(bounds) == 2 and bounds[least] > bounds[most]:
            raise TemplateError(f"Template error: Parameter '{name}' {least} must be less than {most}.")


def _check_mappings(mappings: Any) -> None:
    for name, mapping in _members(mappings, "Mappings", "Every Mappings member {name} must be a map"):
        _check_length("Mapping", name)
        for key, attributes in mapping.items():
            if not isinstance(attributes, dict):
                raise _format_error(f"Every Mappings member {key} must be a map")
            if len(attributes) > MAPPING_ATTRIBUTES:
                raise TemplateError(f"Mapping with key {key} has more than {MAPPING_ATTRIBUTES}, the max allowed.")
            for value in attributes.values():
                if not _scalar(value) and not (isinstance(value, list) and all(map(_scalar, value))):
                    raise _format_error("Every Mappings attribute must be a String or a List.")


def _check_conditions(conditions: Any) -> None:
    for _, condition in _members(conditions, "Conditions"):
        check_functions(condition, conditions=True)


def _check_rules(rules: Any) -> None:
    for name, rule in _members(rules, "Rules"):
        assertions = rule.get("Assertions")
        right = isinstance(assertions, list) and all(isinstance(it, dict) and "Assert" in it for it in assertions)
        if not right:
            raise _format_error(f"Rule {name} must contain a list of Assertions, each with an Assert")
        check_functions(rule, conditions=True)


def _check_outputs(outputs: Any) -> None:
    for name, output in _members(outputs, "Outputs"):
        _check_name("Output", name)
        if "Value" not in output:
            raise _format_error("Every Outputs member must contain a Value object")
        if unknown := sorted(set(output) - OUTPUT_MEMBERS):
            raise TemplateError(f"Invalid output property or properties [{', '.join(unknown)}]")
        if not isinstance(output.get("Description", ""), str):
            raise _format_error("Every Description member must be a string.")
        if not isinstance(output.get("Condition", ""), str):
            raise _format_error("Every Condition member must be a string.")
        if isinstance(output["Value"], list):
            raise _format_error("The Value field of every Outputs member must evaluate to a String and not a List.")
        if "Export" in output and (not isinstance(output["Export"], dict) or set(output["Export"]) != {"Name"}):
            raise _format_error(
                f"Output {name} is malformed. The Name field of every Export member must be specified and consist "
                "only of alphanumeric characters, colons, or hyphens."
            )
        check_functions(output)


def _check_resources(resources: Any) -> None:
    for name, resource in _members(resources, "Resources"):
        _check_name("Resource", name)
        if not isinstance(resource.get("Type"), str):
            raise _format_error(f"[/Resources/{name}] Every Resources object must contain a Type member.")
        for attribute in sorted(set(resource) - RESOURCE_ATTRIBUTES):
            if attribute in RESOURCE_ATTRIBUTES_NOT_PROCESSED:
                raise TemplateError(f"{attribute} of resource {name} is not supported by the local cloud")
            raise TemplateError(f"Invalid template resource property '{attribute}'")
        for attribute in ("Metadata", "Properties"):
            if not isinstance(resource.get(attribute, {}), dict):
                raise _format_error(f"[/Resources/{name}/{attribute}] Any {attribute} member must be an object.")
        for attribute, allowed in POLICIES.items():
            value = resource.get(attribute, allowed[0])
            if not isinstance(value, str | dict) or (isinstance(value, str) and value not in allowed):
                raise _format_error(f"Unrecognized {attribute} {value} for resource {name}")
        if not isinstance(resource.get("Condition", ""), str):
            raise _format_error("Every Condition member must be a string.")
        depends = resource.get("DependsOn", [])
        if not isinstance(depends, str | list) or not all(isinstance(item, str) for item in depends):
            raise _format_error(f"[/Resources/{name}/DependsOn] DependsOn must be a string or list of strings.")
        check_functions(resource.get("Properties"))


_CHECKS: dict[str, Callable[[Any], None]] = {
    "Parameters": _check_parameters,
    "Mappings": _check_mappings,
    "Conditions": _check_conditions,
    "Rules": _check_rules,
    "Outputs": _check_outputs,
}


def _members(section: Any, name: str, complaint: str | None = None) -> Iterable[tuple[str, dict[str, Any]]]:
    if not isinstance(section, dict):
        raise _format_error(f"{name} must be an object.")
    limit = LIMITS.get(name.lower())
    if limit is not None and len(section) > limit:
        raise _format_error(f"Number of {name.lower()}, {len(section)}, is greater than maximum allowed, {limit}")
    for member, value in section.items():
        if not isinstance(value, dict):
            raise _format_error((complaint or f"Any {name} member must be an object.").format(name=member))
    return section.items()


def _check_name(kind: str, name: str) -> None:
    if not (name.isascii() and name.isalnum()):
        raise _format_error(f"{kind} name {name} is non alphanumeric.")
    _check_length(kind, name)


def _check_length(kind: str, name: str) -> None:
    if len(name) > NAME_LENGTH:
        raise _format_error(f"{kind} name {name} exceeds the maximum length of {NAME_LENGTH} characters.")


def _scalar(value: Any) -> bool:
    return isinstance(value, str | bool | int | float)


def _walk(value: Any, place: str = "") -> Iterator[tuple[str, Any]]:
    yield place, value
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, item in items:
        yield from _walk(item, f"{place}/{name}")


def _format_error(problem: str) -> TemplateError:
    return TemplateError(f"Template format error: {problem}")
