"""TestState: one state, without a state machine.

https://docs.aws.amazon.com/step-functions/latest/dg/test-state-isolation.html
"""

import json
import uuid
from datetime import UTC, datetime
from typing import Any

from moto.stepfunctions.parser.backend.state_machine import TestStateMachine
from moto.stepfunctions.parser.backend.test_state.execution import TestStateExecution

from localcloud.step_functions import definitions, documents
from localcloud.step_functions.operations import Call, StatesError, operation
from localcloud.unsupported import NotImplementedLocallyError

# of an API that is younger than the interpreter
_NOT_HERE = ("mock", "stateConfiguration", "context", "revealSecrets")
_TYPES = ("Task", "Wait", "Pass", "Succeed", "Fail", "Choice")


@operation("TestState")
def test_state(call: Call) -> dict[str, Any]:
    """What a state makes of an input, with the role's permissions."""
    for member in _NOT_HERE:
        if call.get(member):
            raise NotImplementedLocallyError("stepfunctions", f"TestState with {member}")
    state = _state(call)
    if state.get("Type") in ("Map", "Parallel"):
        told = f"Supported state types include: [{', '.join(_TYPES)}]"
        raise StatesError("InvalidDefinition", f"TestState API does not support Map or Parallel states. {told}")
    role = call.get("roleArn")
    if role is None and state.get("Type") == "Task":
        raise StatesError("ValidationException", "RoleArn must be specified when testing a Task state")
    alone = {**{name: value for name, value in state.items() if name != "Next"}, "End": True}
    definition, text = json.dumps(alone if "Next" in state else state), call.get("input", "{}")
    definitions.check_state(definition)
    name = f"TestState-{uuid.uuid4().hex[:8]}"
    machine = TestStateMachine(name, call.store.arn("stateMachine", name), definition, role)
    execution = TestStateExecution(
        name=name,
        role_arn=role,
        exec_arn=f"{call.store.arn('execution', name)}:{name}",
        account_id=call.store.account,
        region_name=call.store.region,
        state_machine=machine,
        start_date=datetime.now(UTC),
        activity_store=call.store.activities,
        input_data=text,
    )
    variables = json.loads(call.get("variables", "{}"))
    execution.exec_worker = worker = execution._get_start_execution_worker()
    make = worker._get_evaluation_environment

    def with_variables() -> Any:
        environment = make()
        environment.variable_store._outer_scope.update(variables)
        return environment

    worker._get_evaluation_environment = with_variables
    worker.start()
    level = call.get("inspectionLevel") or "INFO"
    answer = dict(execution.to_test_state_output(level))
    if answer["status"] == "SUCCEEDED" and "Next" in state:
        answer["nextState"] = state["Next"]
    if level != "INFO":
        answer["inspectionData"] = _inspected(state, dict(answer["inspectionData"]), text, answer.get("output"))
    return answer


def _state(call: Call) -> dict[str, Any]:
    """The state to test: the definition, or the one of that name in a machine's definition."""
    try:
        document = json.loads(call["definition"])
    except ValueError:
        document = None
    if not isinstance(document, dict):
        definitions.check_state(call["definition"])
        raise StatesError("InvalidDefinition", "Invalid State Machine Definition: 'The definition is no JSON object'")
    name = call.get("stateName")
    if name is None:
        return document
    definitions.check(call["definition"])
    found = documents.named(call["definition"]).get(name)
    if found is None:
        raise StatesError("ValidationException", "State not found in definition")
    language = document.get("QueryLanguage")
    return {"QueryLanguage": language, **found} if language else found


def _inspected(state: dict[str, Any], data: dict[str, Any], given: str, output: str | None) -> dict[str, Any]:
    """With the steps that a JSONPath state has not declared, which pass on what they get."""
    data["input"] = given
    if state.get("QueryLanguage") == "JSONata":
        return data
    if state.get("Type") == "Pass" and "Result" in state:
        data.setdefault("afterResultSelector", data.get("result", given))
        for member in ("afterInputPath", "afterParameters"):
            data.pop(member, None)
    else:
        data.setdefault("afterInputPath", given)
    if state.get("Type") in ("Pass", "Task"):
        if "Result" not in state:
            data.setdefault("afterParameters", data["afterInputPath"])
            data.setdefault("afterResultSelector", data.get("result", data["afterParameters"]))
        if output is not None:
            data.setdefault("afterResultPath", output)
    return data
