"""The form of a pipeline definition: which members it has, and of which type.

Members are those of AWS's schema (https://aws-sagemaker-mlops.github.io/sagemaker-model-building-pipeline-definition-
JSON-schema/) and of what the SDK 3.27 writes; a step's arguments are the request of the operation that it calls, in
botocore's model. The words are SageMaker's where a public issue of aws/sagemaker-python-sdk shows them: #3908 (Json
Object), #2345 (Json Array), #2746 (unknown property), #4994 (unknown Argument member). The place is added.
"""

import re
from collections.abc import Mapping
from typing import Any

from moto.core.utils import get_service_model
from moto.sagemaker.exceptions import ValidationError

NAME = re.compile(r"[A-Za-z0-9\-_]{1,64}")  # of parameters, steps and what they are shown as
OPERATIONS = {
    "Processing": "CreateProcessingJob",
    "Training": "CreateTrainingJob",
    "Tuning": "CreateHyperParameterTuningJob",
    "Transform": "CreateTransformJob",
    "Model": "CreateModel",
    "RegisterModel": "CreateModelPackage",
}
_PROPERTY_FILE = re.compile(r"Steps\.[^.\[]+\.PropertyFiles\..+")
FUNCTIONS = frozenset({"Get", "Std:Join", "Std:JsonGet"})

Form = Any  # a JSON type; [form] of an array's items; {member: form} of an object; ANY
ANY = object()
_EXPRESSION = {"Get": str, "Std:Join": {"On": ANY, "Values": [ANY]}, "Std:JsonGet": dict}
_TYPES = {str: "String", int: "Integer", float: "Number", bool: "Boolean"}
_STEP = {
    "Name": str,
    "Type": str,
    "DisplayName": str,
    "Description": str,
    "Arguments": dict,
    "DependsOn": [ANY],
    "CacheConfig": {"Enabled": bool, "ExpireAfter": str},
    "RetryPolicies": [
        {
            "ExceptionType": ANY,  # a text in the schema, a list of them in the SDK
            "IntervalSeconds": int,
            "BackoffRate": float,
            "ExpireAfterMin": int,
            "MaxAttempts": int,
        }
    ],
}
_OF_TYPE: dict[str, dict[str, Form]] = {
    "Processing": {"PropertyFiles": [{"PropertyFileName": str, "OutputName": str, "FilePath": str}]},
    "Lambda": {"FunctionArn": str, "OutputParameters": [{"OutputName": str, "OutputType": str}]},
}
_DEFINITION = {
    "Version": str,
    "Metadata": dict,
    "PipelineExperimentConfig": dict,
    "MlflowConfig": dict,
    "Parameters": [{"Name": str, "Type": str, "Description": str, "DefaultValue": ANY, "EnumValues": [ANY]}],
    "Steps": [dict],
}
_CONDITION = {"Conditions": [dict], "IfSteps": [dict], "ElseSteps": [dict]}


def invalid(reason: str) -> ValidationError:
    """SageMaker's refusal of a definition."""
    return ValidationError(f"Unable to parse pipeline definition. {reason}")


def check_definition(document: Any) -> None:
    """The outermost members. Raises ValidationError."""
    _fits(document, _DEFINITION, "the definition")
    for number, parameter in enumerate(document.get("Parameters") or ()):
        _named(parameter.get("Name"), f"Parameters[{number}]")


def check_step(body: Any, place: str) -> None:
    """A step of a known type with the members that such a step has. Raises ValidationError."""
    _fits(body, {"Name": str, "Type": str}, place, others=True)
    _named(body.get("Name"), place)
    kind = body["Type"]
    _fits(body, {**_STEP, **_OF_TYPE.get(kind, {})}, place)
    if kind != "Lambda" and body.get("Arguments") is None:  # a function may be called with nothing
        raise _missing("Arguments", place)
    required = {"PropertyFiles": ("PropertyFileName", "OutputName", "FilePath"), "OutputParameters": ("OutputName",)}
    for member, names in required.items():
        for number, item in enumerate(body.get(member) or ()):
            for name in names:
                if not item.get(name):
                    raise _missing(name, f"{place}.{member}[{number}]")
    if kind == "Lambda" and not body.get("FunctionArn"):
        raise _missing("FunctionArn", place)
    if kind == "Condition":
        _fits(body["Arguments"], _CONDITION, f"{place}.Arguments")
    elif kind == "Fail":
        _fits(body["Arguments"], {"ErrorMessage": ANY}, f"{place}.Arguments")
    elif kind in OPERATIONS:
        shape = get_service_model("sagemaker").operation_model(OPERATIONS[kind]).input_shape
        _check_argument(body["Arguments"], shape, f"{place}.Arguments")


def check_members(value: Any, form: Mapping[str, Form], place: str, required: tuple[str, ...] = ()) -> None:
    """An object with these members and no others; those ``required`` are there. Raises ValidationError."""
    _fits(value, form, place)
    for name in required:
        if value.get(name) is None:
            raise _missing(name, place)


def is_expression(value: Any) -> bool:
    """Whether an object stands for a value that an execution has."""
    return isinstance(value, dict) and len(value) == 1 and next(iter(value)) in FUNCTIONS


def check_expression(value: Mapping[str, Any], place: str) -> None:
    """The form of a Get, Std:Join or Std:JsonGet. Raises ValidationError."""
    (name,) = value
    check_members(value, _EXPRESSION, place, (name,))
    if "Std:Join" in value and value["Std:Join"].get("Values") is None:
        raise _missing("Values", f"{place}.Std:Join")
    if (body := value.get("Std:JsonGet")) is not None:
        check_members(body, {"PropertyFile": ANY, "S3Uri": ANY, "Path": ANY}, f"{place}.Std:JsonGet", ("Path",))
        if ("PropertyFile" in body) == ("S3Uri" in body):
            raise invalid(f"Std:JsonGet takes one of PropertyFile and S3Uri (at {place}).")
        file = body.get("PropertyFile")
        if "PropertyFile" in body and not (is_expression(file) and _PROPERTY_FILE.fullmatch(str(file.get("Get")))):
            raise invalid(f"PropertyFile takes {{'Get': 'Steps.STEP.PropertyFiles.NAME'}} (at {place}).")


def _check_argument(value: Any, shape: Any, place: str) -> None:
    """A part of a request as the service's model has it; an expression may stand for any part."""
    if value is None or is_expression(value):
        return
    if shape.type_name == "structure":
        _container(value, dict, place)
        for name, item in value.items():
            if name not in shape.members:
                raise invalid(f"Unknown Argument member '{name}' (at {place}).")
            _check_argument(item, shape.members[name], f"{place}.{name}")
    elif shape.type_name == "list":
        _container(value, list, place)
        for number, item in enumerate(value):
            _check_argument(item, shape.member, f"{place}[{number}]")
    elif shape.type_name == "map":
        _container(value, dict, place)
        for name, item in value.items():
            _check_argument(item, shape.value, f"{place}.{name}")
    elif isinstance(value, dict | list):
        raise invalid(
            f"Expecting a value, not a Json {'Object' if isinstance(value, dict) else 'Array'} (at {place})."
        )
    elif isinstance(value, str) and shape.type_name == "string" and shape.enum and value not in shape.enum:
        known = ", ".join(shape.enum)
        raise invalid(
            f"Model Validation failed: Value '{value}' for '{shape.name}' failed to satisfy enum value set: [{known}]"
        )


def _fits(value: Any, form: Form, place: str, *, others: bool = False) -> None:
    """Null stands for a member that is left out, as the SDK writes it."""
    if form is ANY:
        return
    if isinstance(form, list):
        _container(value, list, place)
        for number, item in enumerate(value):
            _fits(item, form[0], f"{place}[{number}]")
    elif form is dict:
        _container(value, dict, place)
    elif isinstance(form, dict):
        _container(value, dict, place)
        for name, item in value.items():
            if name not in form and not others:
                raise invalid(f"Cannot parse object, unknown property '{name}' (at {place}).")
            if name in form and item is not None:
                _fits(item, form[name], f"{place}.{name}")
    elif not _is(value, form):
        raise invalid(f"Expecting a Json {_TYPES[form]} (at {place}).")


def _container(value: Any, kind: type, place: str) -> None:
    if not isinstance(value, kind):
        raise invalid(f"Expecting start of Json {'Object' if kind is dict else 'Array'} (at {place}).")


def _is(value: Any, kind: type) -> bool:
    if isinstance(value, bool):
        return kind is bool
    return isinstance(value, int | float if kind is float else kind)


def _named(name: Any, place: str) -> None:
    if name is None:
        raise _missing("Name", place)
    if not NAME.fullmatch(name):
        raise invalid(
            f"Value '{name}' at '{place}.Name' failed to satisfy regular expression pattern: {NAME.pattern}"
        )


def _missing(name: str, place: str) -> ValidationError:
    return invalid(f"Missing required property '{name}' (at {place}).")
