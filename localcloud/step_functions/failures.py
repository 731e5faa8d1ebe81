"""Failures of a state, in Step Functions' words."""

import json
from typing import Any

from moto.stepfunctions.parser.api import (
    EvaluationFailedEventDetails,
    ExecutionFailedEventDetails,
    HistoryEventType,
    TaskFailedEventDetails,
)
from moto.stepfunctions.parser.asl.component.common.error_name.custom_error_name import CustomErrorName
from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import (
    FailureEvent,
    FailureEventException,
)
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name import StatesErrorName
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name_type import StatesErrorNameType
from moto.stepfunctions.parser.asl.eval.event.event_detail import EventDetails

from localcloud.patching import replace

QUERY = StatesErrorNameType.StatesQueryEvaluationError
_OCCURRED = "An error occurred while executing the state"
TASK_FAILED = StatesErrorNameType.StatesTaskFailed.to_name()


def task(env: Any, error: str, cause: str | None, resource: str, kind: str) -> FailureEvent:
    """TaskFailed of an integration: ``resource`` is its action, ``kind`` its service."""
    details = TaskFailedEventDetails(error=error, resource=resource, resourceType=kind)
    if cause is not None:
        details["cause"] = cause
    known = next((known for known in StatesErrorNameType if known.to_name() == error), None)
    name = CustomErrorName(error) if known is None else StatesErrorName(typ=known)
    event = EventDetails(taskFailedEventDetails=details)
    return FailureEvent(env=env, error_name=name, event_type=HistoryEventType.TaskFailed, event_details=event)


def of_states(
    env: Any, error: StatesErrorNameType, event: HistoryEventType, details: EventDetails
) -> FailureEventException:
    """One of the errors that Step Functions itself names, and its event in the history."""
    return FailureEventException(
        FailureEvent(env=env, error_name=StatesErrorName(typ=error), event_type=event, event_details=details)
    )


def evaluation(env: Any, what: str, location: str | None) -> FailureEventException:
    """EvaluationFailed: an expression or a query has no usable value."""
    state = env.states.context_object.context_object_data["State"]["Name"]
    cause = f"{_OCCURRED} '{state}' (entered at the event id #{_entered(env, state)}). {what}"
    details = EvaluationFailedEventDetails(error=QUERY.to_name(), cause=cause, state=state)
    if location is not None:
        details["location"] = location
    return of_states(
        env, QUERY, HistoryEventType.EvaluationFailed, EventDetails(evaluationFailedEventDetails=details)
    )


def runtime(env: Any, cause: str) -> FailureEventException:
    """States.Runtime, which ends the execution: nothing catches it."""
    return _ending(env, StatesErrorNameType.StatesRuntime, cause)


def no_choice(env: Any, cause: str) -> FailureEventException:
    """States.NoChoiceMatched, of a state that catches nothing."""
    return _ending(env, StatesErrorNameType.StatesNoChoiceMatched, cause)


def _ending(env: Any, error: StatesErrorNameType, cause: str) -> FailureEventException:
    details = ExecutionFailedEventDetails(error=error.to_name(), cause=cause)
    return of_states(env, error, HistoryEventType.ExecutionFailed, EventDetails(executionFailedEventDetails=details))


def _entered(env: Any, state: str | None) -> int:
    """The id of the event by which a state was entered the last time."""
    for event in reversed(env.event_manager._history_event_list):
        if event.get("stateEnteredEventDetails", {}).get("name") == state:
            return int(event["id"])
    return int(env.event_history_context.source_event_id)


@replace(FailureEvent, "__init__", "(self, env, error_name, event_type, event_details)")
def init_failure_event(self: Any, env: Any, error_name: Any, event_type: Any, event_details: Any = None) -> None:
    """moto takes the last event for the one by which the state was entered; a cause is a text."""
    for details in (event_details or {}).values():
        if not isinstance(details.get("cause"), str | None):
            details["cause"] = json.dumps(details["cause"], separators=(",", ":"), default=str)
    init_failure_event.original(self, env, error_name, event_type, event_details)  # type: ignore[attr-defined]
    self.source_event_id = _entered(env, self.state_name)


@replace(FailureEventException, "get_evaluation_failed_event_details", "(self)")
def get_evaluation_failed_event_details(self: Any) -> Any:
    """Those of `evaluation` are complete."""
    details = self.failure_event.event_details["evaluationFailedEventDetails"]
    if "state" in details:
        return details
    return get_evaluation_failed_event_details.original(self)  # type: ignore[attr-defined]


@replace(FailureEventException, "get_execution_failed_event_details", "(self)")
def get_execution_failed_event_details(self: Any) -> Any:
    """Where it occurred is told once."""
    error, cause = self.extract_error_cause_pair() or (None, None)
    if cause and cause.startswith(_OCCURRED):
        return ExecutionFailedEventDetails(error=error, cause=cause)
    return get_execution_failed_event_details.original(self)  # type: ignore[attr-defined]
