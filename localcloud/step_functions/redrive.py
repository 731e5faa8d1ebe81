"""RedriveExecution: an execution that has failed goes on at the state in which it did.

https://docs.aws.amazon.com/step-functions/latest/dg/redrive-executions.html
"""

import copy
from datetime import UTC, datetime
from typing import Any

from moto.stepfunctions.parser.api import ExecutionStatus, HistoryEventType
from moto.stepfunctions.parser.asl.component.common.flow.start_at import StartAt
from moto.stepfunctions.parser.asl.component.state.state import CommonStateField
from moto.stepfunctions.parser.asl.eval.event.event_manager import EventHistoryContext
from moto.stepfunctions.parser.backend.execution_worker import ExecutionWorker

from localcloud.patching import replace
from localcloud.step_functions import notify
from localcloud.step_functions.execution import Execution
from localcloud.step_functions.executions import existing
from localcloud.step_functions.operations import Call, StatesError, operation


@replace(CommonStateField, "_get_state_entered_event_details", "(self, env)")
def get_state_entered_event_details(self: Any, env: Any) -> Any:
    """Remember where the execution is: its own states, not those of a branch or an iteration."""
    if not env.is_frame():
        env.entered = (self.name, env.states._states_data["input"])
    return get_state_entered_event_details.original(self, env)  # type: ignore[attr-defined]


class _Again(ExecutionWorker):  # type: ignore[misc]
    """What goes on: with the history and the variables there are, from the state that was entered last."""

    def __init__(self, before: Any, count: int) -> None:
        super().__init__(
            before._evaluation_details,
            before._execution_communication,
            before._cloud_watch_logging_session,
            before._activity_store,
        )
        self._before = before.env
        self._count = count

    def _get_evaluation_entrypoint(self) -> Any:
        program = copy.copy(super()._get_evaluation_entrypoint())
        program.start_at = StartAt(self._before.entered[0])
        return program

    def _execution_logic(self) -> None:
        self.env = env = self._get_evaluation_environment()
        env.event_manager, env.variable_store = self._before.event_manager, self._before.variable_store
        env.event_manager.closed = False
        env.event_history_context = EventHistoryContext(self._before.event_history_context.last_published_event_id)
        env.states.reset(self._before.entered[1])
        env.event_manager.add_event(
            context=env.event_history_context,
            event_type=HistoryEventType.ExecutionRedriven,
            event_details={"executionRedrivenEventDetails": {"redriveCount": self._count}},
        )
        self._get_evaluation_entrypoint().eval(env)
        self._execution_communication.terminated()


def again(execution: Execution) -> None:
    """Go on with it."""
    execution.redrives += 1
    execution.redriven = datetime.now(UTC)
    execution.stop_date = execution.error = execution.cause = None
    execution.over.clear()
    execution.exec_worker = _Again(execution.exec_worker, execution.redrives)
    execution.exec_status = ExecutionStatus.RUNNING
    notify.redriven(execution)
    execution.run(execution.exec_worker._execution_logic)


@operation("RedriveExecution")
def redrive_execution(call: Call) -> dict[str, Any]:
    execution = existing(call)
    told = execution.redrive()
    if told["redriveStatus"] != "REDRIVABLE":
        raise StatesError("ExecutionNotRedrivable", str(told["redriveStatusReason"]))
    again(execution)
    return {"redriveDate": execution.redriven}
