"""A state machine that counts down: two states a loop."""

import json

STATES = 2
MACHINE = json.dumps(
    {
        "StartAt": "Count",
        "States": {
            "Count": {
                "Type": "Pass",
                "Parameters": {"left.$": "States.MathAdd($.left, -1)", "kept.$": "$.kept"},
                "Next": "Done",
            },
            "Done": {
                "Type": "Choice",
                "Choices": [{"Variable": "$.left", "NumericGreaterThan": 0, "Next": "Count"}],
                "Default": "End",
            },
            "End": {"Type": "Succeed"},
        },
    }
)


def given(loops: int) -> str:
    """The input."""
    return json.dumps({"left": loops, "kept": {"list": list(range(10)), "text": "x" * 100}})
