"""ValidateStateMachineDefinition, which answers what CreateStateMachine would refuse."""

from typing import Any

from localcloud.step_functions.definitions import problems
from localcloud.step_functions.operations import Call, operation

_MOST = 100


@operation("ValidateStateMachineDefinition")
def validate_state_machine_definition(call: Call) -> dict[str, Any]:
    """All that is found are errors: of warnings nothing is known here."""
    found = problems(call["definition"], call.get("type") or "STANDARD")
    most = int(call.get("maxResults") or 0) or _MOST
    diagnostics = [
        {
            "severity": "ERROR",
            "code": fault.code,
            "message": fault.message,
            **({"location": fault.location} if fault.location else {}),
        }
        for fault in found
    ]
    return {
        "result": "FAIL" if found else "OK",
        "diagnostics": diagnostics[:most],
        "truncated": len(diagnostics) > most,
    }
