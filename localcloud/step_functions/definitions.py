"""Definitions of state machines: read by moto's parser, and refused with Step Functions' codes."""

import json
from typing import Any

from moto.stepfunctions.parser.asl.parse.asl_parser import ASLParserException
from moto.stepfunctions.parser.asl.static_analyser.static_analyser import StaticAnalyser
from moto.stepfunctions.parser.asl.static_analyser.test_state.test_state_analyser import TestStateStaticAnalyser

from localcloud.step_functions import json_text
from localcloud.step_functions.operations import StatesError
from localcloud.step_functions.structure import Fault, faults

_INVALID = "Invalid State Machine Definition: "


def check(definition: str, kind: str = "STANDARD") -> None:
    """Raises InvalidDefinition for what CreateStateMachine refuses."""
    found = problems(definition, kind)
    if found:
        told = ", ".join(f"{fault.code}: {fault.message} at {fault.location or '/'}" for fault in found)
        raise StatesError("InvalidDefinition", f"{_INVALID}'{told}'")


def problems(definition: str, kind: str = "STANDARD") -> list[Fault]:
    """What is wrong with a definition: its structure, and what the interpreter cannot read of it."""
    if not definition:
        return faults(None)
    try:
        document = json.loads(definition)
    except ValueError:
        told = json_text.fault(definition)
        return [Fault("INVALID_JSON_DESCRIPTION", f"{told.message}\n at {told.location}", told.location)]
    return faults(document, kind) or _read(StaticAnalyser(), definition)


def check_state(definition: str) -> None:
    """Of one state, for TestState."""
    if found := _read(TestStateStaticAnalyser(), definition):
        raise StatesError("InvalidDefinition", f"{_INVALID}'{found[0].code}: {found[0].message}'")


def _read(analyser: Any, definition: str) -> list[Fault]:
    try:
        analyser.analyse(definition)
    except ASLParserException as error:
        return [Fault("SCHEMA_VALIDATION_FAILED", "; ".join(error.errors), "")]
    except Exception as error:
        told = str(error).removeprefix(_INVALID).strip("'").removeprefix("SCHEMA_VALIDATION_FAILED: ")
        return [Fault("SCHEMA_VALIDATION_FAILED", told, "")]
    return []
