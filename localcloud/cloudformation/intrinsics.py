"""Intrinsic functions, conditions and rules.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference.html
"""

import base64
import ipaddress
import json
import re
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from localcloud.cloudformation.conditions import condition_order
from localcloud.cloudformation.errors import TemplateError
from localcloud.cloudformation.functions import JOIN, check_functions
from localcloud.cloudformation.graph import SUBSTITUTION, attribute_reference
from localcloud.cloudformation.template import IGNORED_TYPES

UNRESOLVED = "Template format error: Unresolved"
MAX_WRITTEN = 50_000_000
NO_VALUE = object()  # AWS::NoValue: the property goes away
DYNAMIC_REFERENCE = re.compile(r"\{\{resolve:([^{}]*)\}\}")
LITERAL = re.compile(r"\$\{!([^{}]*)\}")


class Scope(Protocol):
    """What intrinsics can see outside of the template."""

    def reference(self, name: str) -> Any:
        """Ref of a resource; KeyError when it does not exist."""

    def attribute(self, name: str, attribute: str) -> Any:
        """Fn::GetAtt of a resource; KeyError when it does not exist."""

    def exported(self, name: str) -> str:
        """The value of an export of another stack; StackError when nothing exports it."""

    def parameter(self, name: str) -> str:
        """The value of an SSM parameter; KeyError when there is none."""


class Evaluator:
    """Evaluates values of one template with given parameters.

    Args:
        template: the document.
        parameters: values of its parameters, from `template.parameter_values`.
        pseudo: values of the pseudo parameters (AWS::Region …); AWS::NoValue is known here.
        scope: resources, exports and SSM parameters. None where there are none yet: conditions and rules.
    """

    def __init__(
        self,
        template: Mapping[str, Any],
        parameters: Mapping[str, Any],
        pseudo: Mapping[str, Any],
        scope: Scope | None,
    ) -> None:
        self._template = template
        self._parameters = parameters
        self._pseudo = {**pseudo, "AWS::NoValue": NO_VALUE}
        self._scope = scope
        self._conditions: dict[str, bool] = {}
        self._written = 0  # characters, by functions that put texts together
        self._functions: dict[str, Callable[[Any], Any]] = {
            "Fn::And": lambda items: all(_boolean(item) for item in items),
            "Fn::Base64": lambda text: base64.b64encode(str(text).encode()).decode(),
            "Fn::Cidr": _cidr,
            "Fn::Contains": lambda pair: str(pair[1]) in [str(item) for item in pair[0]],
            "Fn::Equals": lambda pair: _text(pair[0]) == _text(pair[1]),
            "Fn::FindInMap": self._find_in_map,
            "Fn::GetAZs": lambda region: [f"{region or self._pseudo['AWS::Region']}{zone}" for zone in "abc"],
            "Fn::ImportValue": self._import_value,
            "Fn::Join": self._join,
            "Fn::Length": len,
            "Fn::Not": lambda items: not _boolean(items[0]),
            "Fn::Or": lambda items: any(_boolean(item) for item in items),
            "Fn::Select": _select,
            "Fn::Split": lambda pair: str(pair[1]).split(pair[0]),
            "Fn::ToJsonString": lambda value: json.dumps(value, separators=(",", ":")),
        }

    def condition(self, name: str) -> bool:
        """The value of a condition of the template."""
        if name not in self._conditions:  # all, each after those that it asks: a long chain is no deep recursion
            definitions = self._template.get("Conditions") or {}
            for other in condition_order(self._template):
                if other not in self._conditions:
                    self._conditions[other] = _boolean(self.value(definitions[other]))
        try:
            return self._conditions[name]
        except KeyError:
            raise TemplateError(
                f"{UNRESOLVED} condition dependency {name} in the Resources block of the template"
            ) from None

    def live_resources(self) -> dict[str, Any]:
        """Resources whose condition holds, Fn::If inside their properties resolved, CDK's metadata left out."""
        return {
            name: {**resource, "Properties": self._live(resource.get("Properties", {}))}
            for name, resource in self._template["Resources"].items()
            if resource["Type"] not in IGNORED_TYPES
            and ("Condition" not in resource or self.condition(resource["Condition"]))
        }

    def live_outputs(self) -> dict[str, Any]:
        """Outputs whose condition holds, Fn::If inside them resolved."""
        found = {
            name: self._live(output)
            for name, output in (self._template.get("Outputs") or {}).items()
            if "Condition" not in output or self.condition(output["Condition"])
        }
        if any("Value" not in output for output in found.values()):  # it was AWS::NoValue
            raise TemplateError("Template format error: Every Outputs member must contain a Value object")
        return found

    def failed_assertions(self) -> list[str]:
        """Descriptions of the assertions of the Rules section that do not hold.

        https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/rules-section-structure.html
        """
        failed = []
        for name, rule in (self._template.get("Rules") or {}).items():
            if "RuleCondition" in rule and not _boolean(self.value(rule["RuleCondition"])):
                continue
            for assertion in rule["Assertions"]:
                if not _boolean(self.value(assertion["Assert"])):
                    failed.append(str(assertion.get("AssertDescription", name)))
        return failed

    def _live(self, value: dict[str, Any]) -> dict[str, Any]:
        live: dict[str, Any] = self._without_conditions(value)
        if live is NO_VALUE:
            return {}
        check_functions(live)  # once more: AWS::NoValue leaves a function without an argument
        return live

    def _without_conditions(self, value: Any) -> Any:
        if isinstance(value, list):
            return [item for item in map(self._without_conditions, value) if item is not NO_VALUE]
        if isinstance(value, dict):
            if value == {"Ref": "AWS::NoValue"}:
                return NO_VALUE
            if len(value) == 1 and "Fn::If" in value:
                condition, when_true, when_false = value["Fn::If"]
                return self._without_conditions(when_true if self.condition(condition) else when_false)
            items = {key: self._without_conditions(item) for key, item in value.items()}
            return {key: item for key, item in items.items() if item is not NO_VALUE}
        return value

    def value(self, value: Any) -> Any:
        """``value`` with every intrinsic function evaluated."""
        if isinstance(value, str):
            return DYNAMIC_REFERENCE.sub(self._dynamic, value)
        if isinstance(value, list):
            return [item for item in map(self.value, value) if item is not NO_VALUE]
        if not isinstance(value, dict):
            return value
        function = next(iter(value)) if len(value) == 1 else ""
        if (function in ("Ref", "Condition") and isinstance(value[function], str)) or function.startswith("Fn::"):
            return self._call(function, value[function])
        items = {key: self.value(item) for key, item in value.items()}
        return {key: item for key, item in items.items() if item is not NO_VALUE}

    def _call(self, function: str, argument: Any) -> Any:
        if function == "Ref":
            return self._reference(argument)
        if function == "Condition":
            return self.condition(argument)
        if function == "Fn::If":
            condition, when_true, when_false = argument
            return self.value(when_true if self.condition(condition) else when_false)
        if function == "Fn::GetAtt":
            name, attribute = attribute_reference(argument)
            return self._attribute(name, self.value(attribute))
        if function == "Fn::Sub":
            return self._substitute(argument)
        if function not in self._functions:
            raise TemplateError(f"Template error: {function} is not supported by the local cloud")
        try:
            return self._functions[function](self.value(argument))
        except (IndexError, KeyError, TypeError, ValueError) as error:
            raise TemplateError(f"Template error: {function} cannot be evaluated: {error!r}") from error

    def _reference(self, name: str) -> Any:
        if name in self._parameters:
            return self._parameters[name]
        if name in self._pseudo:
            return self._pseudo[name]
        try:
            return self._known_scope().reference(name)
        except KeyError:
            raise TemplateError(
                f"{UNRESOLVED} resource dependencies [{name}] in the Resources block of the template"
            ) from None

    def _attribute(self, name: str, attribute: str) -> Any:
        try:
            return self._known_scope().attribute(name, attribute)
        except KeyError:
            raise TemplateError(
                f"Template error: instance of Fn::GetAtt references undefined resource {name}"
            ) from None

    def _known_scope(self) -> Scope:
        if self._scope is None:
            raise TemplateError("Template error: conditions and rules cannot refer to resources")
        return self._scope

    def _join(self, pair: list[Any]) -> str:
        delimiter, items = pair
        if isinstance(items, str):
            raise TemplateError(f"Template error: {JOIN}")
        texts = [_text(item) for item in items]
        self._spend(sum(map(len, texts)) + len(delimiter) * len(texts))
        return str(delimiter).join(texts)

    def _spend(self, characters: int) -> None:
        """Refuse a template of a few lines that would fill the memory of this process."""
        self._written += characters
        if self._written > MAX_WRITTEN:
            raise TemplateError(
                f"Template error: functions of the template write more than {MAX_WRITTEN:,} characters"
            )

    def _substitute(self, argument: Any) -> str:
        text, own = argument if isinstance(argument, list) else (argument, {})
        own = {name: self.value(item) for name, item in own.items()}

        def replacement(match: re.Match[str]) -> str:
            name = match.group(1).strip()
            if name in own:
                self._spend(len(_text(own[name])))
                return _text(own[name])
            head, dot, attribute = name.partition(".")
            found = _text(self._attribute(head, attribute) if dot else self._reference(name))
            self._spend(len(found))
            return found

        return LITERAL.sub(r"${\1}", SUBSTITUTION.sub(replacement, text))

    def _find_in_map(self, argument: list[Any]) -> Any:
        name, top, second = argument[:3]
        if name not in (self._template.get("Mappings") or {}):
            raise TemplateError(
                f"Template error: Mapping named '{name}' is not present in the 'Mappings' section of template"
            )
        try:
            return self._template["Mappings"][name][top][second]
        except (KeyError, TypeError):
            if len(argument) > 3 and "DefaultValue" in argument[3]:
                return argument[3]["DefaultValue"]
            raise TemplateError(f"Template error: Unable to get mapping for {name}::{top}::{second}") from None

    def _import_value(self, name: str) -> str:
        return self._known_scope().exported(name)

    def _dynamic(self, match: re.Match[str]) -> str:
        service, _, name = match.group(1).partition(":")
        if service != "ssm":
            raise TemplateError(f"Dynamic references to {service} are not supported by the local cloud")
        name = re.sub(r":\d+$", "", name)
        try:
            return self._known_scope().parameter(name)
        except KeyError:
            raise TemplateError(f"Parameter {name} does not exist (Service: Ssm, Code: ParameterNotFound)") from None


def _boolean(value: Any) -> bool:
    return value if isinstance(value, bool) else str(value).lower() == "true"


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict | list):
        raise TemplateError("Template error: a list or a map was found where a string is needed")
    return str(value)


def _select(pair: list[Any]) -> Any:
    index, items = int(pair[0]), pair[1]
    if not 0 <= index < len(items):
        raise TemplateError(f"Template error: Fn::Select cannot select nonexistent value at index {index}")
    return items[index]


def _cidr(argument: list[Any]) -> list[str]:
    block, count, bits = argument[0], int(argument[1]), int(argument[2]) if len(argument) > 2 else 8
    # https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference-cidr.html
    if not 1 <= count <= 256:
        raise TemplateError(f"Template error: Fn::Cidr takes a count from 1 to 256, not {count}")
    network = ipaddress.ip_network(block)
    prefix = network.max_prefixlen - bits
    if not network.prefixlen <= prefix or 2 ** (prefix - network.prefixlen) < count:
        raise TemplateError(f"Template error: Fn::Cidr cannot make {count} blocks of {bits} bits from {block}")
    return [str(subnet) for _, subnet in zip(range(count), network.subnets(new_prefix=prefix), strict=False)]
