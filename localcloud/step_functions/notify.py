"""What Step Functions tells others of its executions: events and metrics.

https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html
https://docs.aws.amazon.com/step-functions/latest/dg/procedure-cw-metrics.html
"""

from typing import Any

from localcloud.events.emit import emit
from localcloud.metrics import emit as emit_metrics

_ENDS = {
    "SUCCEEDED": "ExecutionsSucceeded",
    "FAILED": "ExecutionsFailed",
    "TIMED_OUT": "ExecutionsTimedOut",
    "ABORTED": "ExecutionsAborted",
}


def started(execution: Any) -> None:
    _count(execution, {"ExecutionsStarted": (1, "Count")})
    _tell(execution)


def redriven(execution: Any) -> None:
    _count(execution, {"ExecutionsRedriven": (1, "Count")})
    _tell(execution)


def ended(execution: Any) -> None:
    milliseconds = (execution.stop_date - execution.start_date).total_seconds() * 1000
    status = str(execution.exec_status.value)
    _count(execution, {_ENDS[status]: (1, "Count"), "ExecutionTime": (milliseconds, "Milliseconds")})
    _tell(execution)


def _count(execution: Any, values: dict[str, Any]) -> None:
    if execution.map_run:  # a child: its Map run is told of by the parent
        return
    emit_metrics("AWS/States", {"StateMachineArn": execution.machine_arn}, values, execution.region_name)


def _tell(execution: Any) -> None:
    """Express executions send none."""
    if execution.is_express or execution.map_run:
        return
    told = execution.describe()
    stopped = execution.stop_date
    detail = {
        "executionArn": execution.exec_arn,
        "stateMachineArn": execution.machine_arn,
        "name": execution.name,
        "status": execution.exec_status.value,
        "startDate": _milliseconds(execution.start_date),
        "stopDate": _milliseconds(stopped) if stopped is not None else None,
        "input": execution.text,
        "output": told.get("output"),
        "stateMachineVersionArn": execution.version_arn,
        "stateMachineAliasArn": execution.alias_arn,
        "redriveCount": execution.redrives,
        "redriveDate": _milliseconds(execution.redriven) if execution.redriven is not None else None,
        "redriveStatus": told["redriveStatus"],
        "redriveStatusReason": told.get("redriveStatusReason"),
        "inputDetails": {"included": True},
        "outputDetails": {"included": True} if "output" in told else None,
        "error": execution.error,
        "cause": execution.cause,
    }
    resources = [execution.exec_arn]
    emit("aws.states", "Step Functions Execution Status Change", resources, detail, execution.region_name)


def _milliseconds(moment: Any) -> int:
    return int(moment.timestamp() * 1000)
