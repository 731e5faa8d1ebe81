"""The form of intrinsic functions: how many arguments, and of which type.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference.html; the words are
CloudFormation's, as form.py says.
"""

import re
from collections.abc import Callable
from typing import Any

from localcloud.cloudformation.errors import TemplateError

# Those of a template without transforms, as CloudFormation lists them in its refusal of another
SUPPORTED = (
    *("Fn::Base64", "Fn::GetAtt", "Fn::GetAZs", "Fn::ImportValue", "Fn::Join", "Fn::Split", "Fn::FindInMap"),
    *("Fn::Select", "Ref", "Fn::Equals", "Fn::If", "Fn::Not", "Condition", "Fn::And", "Fn::Or", "Fn::Contains"),
    *("Fn::EachMemberEquals", "Fn::EachMemberIn", "Fn::ValueOf", "Fn::ValueOfAll", "Fn::RefAll", "Fn::Sub"),
    "Fn::Cidr",
)
OF_TRANSFORMS = ("Fn::Length", "Fn::ToJsonString", "Fn::Transform", "Fn::ForEach", "Fn::GetStackOutput")
VARIABLE = re.compile(r"\$\{([^!{}][^{}]*)\}")
VARIABLE_NAME = re.compile(r"[A-Za-z0-9_.:]+")
JOIN = (
    "every Fn::Join object requires two parameters, (1) a string delimiter and (2) a list of strings to be joined or "
    "a function that returns a list of strings (such as Fn::GetAZs) to be joined."
)
SPLIT = (
    "every Fn::Split object requires two parameters, (1) a string delimiter and (2) a string to be split or a "
    "function that returns a string to be split."
)
SELECT = "Fn::Select requires a list argument with two elements: an integer index and a list"
GET_ATT = "every Fn::GetAtt object requires two non-empty parameters, the resource name and the resource attribute"
FIND_IN_MAP = (
    "every Fn::FindInMap object requires three parameters, the map name, map key and the attribute for return value"
)
SUB = (
    "One or more Fn::Sub intrinsic functions don't specify expected arguments. Specify a string as first argument, "
    "and an optional second argument to specify a mapping of values to replace in the string"
)
SUB_NAMES = (
    "variable names in Fn::Sub syntax must contain only alphanumeric characters, underscores, periods, and colons"
)
CIDR = "every Fn::Cidr object requires two or three parameters, an IP block, a count and the number of subnet bits"


def check_functions(value: Any, *, conditions: bool = False) -> None:
    """Refuse functions that are none, or have other arguments than they take. Raises TemplateError.

    Args:
        conditions: whether ``{"Condition": …}`` is a function here; elsewhere it is a property's name.
    """
    if isinstance(value, list):
        for item in value:
            check_functions(item, conditions=conditions)
    elif isinstance(value, dict):
        if len(value) == 1:
            ((name, argument),) = value.items()
            if name == "Ref" or name.startswith("Fn::") or (name == "Condition" and conditions):
                _check_function(name, argument)
        for item in value.values():
            check_functions(item, conditions=conditions)


def is_function(value: Any) -> bool:
    """Whether a value is known only when it is evaluated."""
    if not isinstance(value, dict) or len(value) != 1:
        return False
    (name,) = value
    return name in ("Ref", "Condition") or name.startswith("Fn::")


def _check_function(name: str, argument: Any) -> None:
    if name not in _FORMS and name not in SUPPORTED and not name.startswith(OF_TRANSFORMS):
        raise TemplateError(
            f"Template error: Encountered unsupported function: {name} Supported functions are: "
            f"[{', '.join(SUPPORTED)}]"
        )
    if name in _FORMS:
        fits, complaint = _FORMS[name]
        if not fits(argument):
            raise TemplateError(f"Template error: {complaint}")


def _list(argument: Any, *lengths: int) -> bool:
    return isinstance(argument, list) and len(argument) in lengths


def _text(value: Any) -> bool:
    return isinstance(value, str) or is_function(value)


def _integer(value: Any) -> bool:
    if isinstance(value, str):
        return re.fullmatch(r"[0-9]{1,9}", value) is not None
    return is_function(value) or (isinstance(value, int) and not isinstance(value, bool))


def _get_att(argument: Any) -> bool:
    if isinstance(argument, str):
        argument = argument.split(".", 1)
    return _list(argument, 2) and isinstance(argument[0], str) and all(argument) and _text(argument[1])


def _sub(argument: Any) -> bool:
    text, own = (argument, {}) if isinstance(argument, str) else argument if _list(argument, 2) else (None, None)
    if not isinstance(text, str) or not isinstance(own, dict):
        return False
    for variable in VARIABLE.findall(text):
        if not VARIABLE_NAME.fullmatch(variable.strip()):
            raise TemplateError(f"Template error: {SUB_NAMES}")
    return all(not isinstance(item, dict | list) or is_function(item) for item in own.values())


def _booleans(argument: Any, *lengths: int) -> bool:
    return _list(argument, *lengths) and not any(isinstance(item, list) for item in argument)


def _condition_name(argument: Any) -> bool:
    if not _list(argument, 3):
        return False
    if not isinstance(argument[0], str):
        raise TemplateError(
            "Template error: Fn::If requires a list argument with the first element being a condition"
        )
    return True


# name -> whether the argument fits, and what CloudFormation says when it does not
_FORMS: dict[str, tuple[Callable[[Any], bool], str]] = {
    "Ref": (lambda it: isinstance(it, str) and it != "", "every Ref object must have a single String value."),
    "Condition": (lambda it: isinstance(it, str), "every Condition object must have a single String value."),
    "Fn::GetAtt": (_get_att, GET_ATT),
    "Fn::Sub": (_sub, SUB),
    "Fn::Join": (
        lambda it: _list(it, 2) and isinstance(it[0], str) and (isinstance(it[1], list) or is_function(it[1])),
        JOIN,
    ),
    "Fn::Split": (lambda it: _list(it, 2) and isinstance(it[0], str) and it[0] != "" and _text(it[1]), SPLIT),
    "Fn::Select": (
        lambda it: _list(it, 2) and _integer(it[0]) and (isinstance(it[1], list) or is_function(it[1])),
        SELECT,
    ),
    "Fn::If": (_condition_name, "Fn::If requires a list argument with three elements"),
    "Fn::Equals": (
        lambda it: _booleans(it, 2),
        "every Fn::Equals object requires a list of 2 string parameters.",
    ),
    "Fn::Not": (lambda it: _booleans(it, 1), "every Fn::Not object requires one boolean parameter."),
    **{
        f"Fn::{name}": (
            lambda it: _booleans(it, *range(2, 11)),
            f"every Fn::{name} object requires a list of at least 2 and at most 10 boolean parameters.",
        )
        for name in ("And", "Or")
    },
    "Fn::FindInMap": (lambda it: _list(it, 3, 4) and all(map(_text, it[:3])), FIND_IN_MAP),
    "Fn::Base64": (_text, "every Fn::Base64 object must have a String-typed value."),
    "Fn::GetAZs": (_text, "every Fn::GetAZs object must have a String-typed value."),
    "Fn::ImportValue": (
        _text,
        "the attribute in Fn::ImportValue must be a string or a function that returns a string",
    ),
    "Fn::Cidr": (lambda it: _list(it, 2, 3) and _text(it[0]) and all(map(_integer, it[1:])), CIDR),
}
