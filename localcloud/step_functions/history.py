"""Events of an execution, which its state machine's logging configuration may send to a log group.

https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html
"""

import contextlib
import json
import logging
import uuid
from datetime import UTC, datetime
from typing import Any

from moto.core.exceptions import JsonRESTError
from moto.logs.models import logs_backends
from moto.stepfunctions.parser.api import HistoryEventType
from moto.stepfunctions.parser.asl.eval.event import event_manager
from moto.stepfunctions.parser.asl.eval.event.event_manager import EventManager
from moto.stepfunctions.parser.asl.eval.event.logging import CloudWatchLoggingSession

from localcloud.patching import replace

log = logging.getLogger(__name__)
_DATA = ("input", "inputDetails", "output", "outputDetails", "parameters")

# moto tells failures of users' states as errors of its own; they stand in the execution's history
logging.getLogger("moto.stepfunctions").setLevel(logging.CRITICAL)


@replace(event_manager, "iso_8601_datetime_with_milliseconds", "(value)")
def timestamp(value: datetime) -> datetime:
    """Events keep times as such."""
    return value


@replace(EventManager, "add_event", "(self, context, event_type, event_details, timestamp, update_source_event_id)")
def add_event(self: Any, context: Any, event_type: Any, event_details: Any = None, **rest: Any) -> int:
    """A failed evaluation is told where it happens, and not again by the state around it.

    What goes on after its state or its execution was over tells nothing.
    """
    if getattr(self, "closed", False) or getattr(context, "abandoned", False):
        return int(context.last_published_event_id)
    if event_type == HistoryEventType.EvaluationFailed:
        details = event_details["evaluationFailedEventDetails"]
        if details is getattr(self, "evaluation_told", None):
            return int(context.last_published_event_id)
        self.evaluation_told = details
    return int(add_event.original(self, context, event_type, event_details, **rest))  # type: ignore[attr-defined]


@replace(
    EventManager,
    "_create_history_log",
    "(event_id, source_event_id, event_type, timestamp, execution_arn, event_details, include_execution_data)",
)
def create_history_log(self: Any, *, event_details: Any, include_execution_data: bool, **of: Any) -> dict[str, Any]:
    details = dict(next(iter(event_details.values()))) if event_details else None
    if details and not include_execution_data:
        details = {name: value for name, value in details.items() if name not in _DATA}
    told = {
        "id": str(of["event_id"]),
        "type": of["event_type"],
        "details": details,
        "redrive_count": "0",
        "previous_event_id": str(of["source_event_id"]),
        "event_timestamp": str(int(of["timestamp"].timestamp() * 1000)),
        "execution_arn": of["execution_arn"],
    }
    return {name: value for name, value in told.items() if value is not None}


@replace(CloudWatchLoggingSession, "publish_history_log", "(self, history_log)")
def publish_history_log(self: Any, history_log: dict[str, Any]) -> None:
    """Straight into the log group, as a service delivers."""
    to = self.configuration
    backend = logs_backends[to.log_account_id][to.log_region]
    name = to.state_machine_arn.split(":")[6]
    mark = uuid.uuid5(uuid.NAMESPACE_URL, to.state_machine_arn).hex[:8]
    stream = f"states/{name}/{datetime.now(UTC):%Y-%m-%d-%H}-00/{mark}"
    event = {"timestamp": int(history_log["event_timestamp"]), "message": json.dumps(history_log, default=str)}
    with contextlib.suppress(JsonRESTError):
        backend.create_log_stream(to.log_group_name, stream)
    try:
        backend.put_log_events(to.log_group_name, stream, [event])
    except JsonRESTError as error:  # the group is the owner's, and the execution goes on without it
        log.warning("%s cannot be logged to %s: %s", self.execution_arn, to.log_group_name, error)
