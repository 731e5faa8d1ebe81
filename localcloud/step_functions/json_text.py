"""What is wrong with a text that is no JSON, as Step Functions' parser says it.

The parser is Jackson; the sentences are those that localstack has recorded of AWS
(test_invalid_start_execution_input, test_validate_state_machine_definition_not_a_definition).
"""

import json
import re
from typing import NamedTuple

_WORD = re.compile(r"[A-Za-z_$][\w$]*")
_EXPECTED = "was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')"


class NoJson(NamedTuple):
    """Where a text is no JSON, and why."""

    message: str
    location: str


def fault(text: str) -> NoJson:
    """Of a text that `json.loads` refuses."""
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        position, key = error.pos, "property name" in error.msg
    else:
        raise ValueError("the text is JSON")
    word = _WORD.match(text, position)
    if position >= len(text):
        told = "Unexpected end-of-input"
    elif word and not key:
        told = f"Unrecognized token '{word[0]}': {_EXPECTED}"
    else:
        character = text[position]
        expected = "was expecting double-quote to start field name" if key else "expected a valid value"
        told = f"Unexpected character ('{character}' (code {ord(character)})): {expected}"
    end = word.end() if word and not key else position + 1
    line, column = text.count("\n", 0, end) + 1, end - text.rfind("\n", 0, end)
    return NoJson(told, f'[Source: (String)"{text}"; line: {line}, column: {column}]')
