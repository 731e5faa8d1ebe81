"""Payload templates of fields that moto's grammar does not know."""

import json
from typing import Any

from moto.stepfunctions.parser.asl.parse.asl_parser import AmazonStateLanguageParser

from localcloud.step_functions import documents


def value(env: Any, template: Any, state: dict[str, Any]) -> Any:
    """A template of a state, filled from its input, its context and variables."""
    language = state.get("QueryLanguage") or documents.language(env)
    field = "Output" if language == "JSONata" else "Parameters"
    machine = {
        "QueryLanguage": language,
        "StartAt": "Template",
        "States": {"Template": {"Type": "Pass", field: template, "End": True}},
    }
    program, _ = AmazonStateLanguageParser.parse(json.dumps(machine))
    part = program.states.states["Template"]
    frame = env.open_frame()
    try:
        frame.states.reset(env.states.get_input())
        frame.stack.append(frame.states.get_input())
        if language == "JSONata":
            part.output.eval(frame)
            return frame.states.get_input()
        part.parameters.eval(frame)
        return frame.stack[-1]
    finally:
        env.delete_frame(frame)
