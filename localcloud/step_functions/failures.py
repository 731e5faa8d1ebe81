"""Failures of a state, in Step Functions' words."""

from typing import Any

from moto.stepfunctions.parser.api import EvaluationFailedEventDetails, HistoryEventType, TaskFailedEventDetails
from moto.stepfunctions.parser.asl.component.common.error_name.custom_error_name import CustomErrorName
from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import (
    FailureEvent,
    FailureEventException,
)
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name import StatesErrorName
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name_type import StatesErrorNameType
from moto.stepfunctions.parser.asl.eval.event.event_detail import EventDetails

QUERY = StatesErrorNameType.StatesQueryEvaluationError
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


def evaluation(env: Any, what: str, location: str | None) -> FailureEventException:
    """EvaluationFailed: an expression or a query has no usable value."""
    state = env.states.context_object.context_object_data["State"]["Name"]
    cause = (
        f"An error occurred while executing the state '{state}' (entered at the event id #{_entered(env, state)}). "
    )
    details = EvaluationFailedEventDetails(error=QUERY.to_name(), cause=cause + what, state=state)
    if location is not None:
        details["location"] = location
    return FailureEventException(
        FailureEvent(
            env=env,
            error_name=StatesErrorName(typ=QUERY),
            event_type=HistoryEventType.EvaluationFailed,
            event_details=EventDetails(evaluationFailedEventDetails=details),
        )
    )


def _entered(env: Any, state: str) -> int:
    """The id of the event by which a state was entered the last time."""
    for event in reversed(env.event_manager.get_event_history()):
        if event.get("stateEnteredEventDetails", {}).get("name") == state:
            return int(event["id"])
    return 0
