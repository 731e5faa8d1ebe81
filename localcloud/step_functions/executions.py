"""Executions: started, stopped, described and listed."""

import json
import uuid
from datetime import UTC, datetime
from typing import Any

from localcloud.step_functions import json_text, names
from localcloud.step_functions.execution import Execution
from localcloud.step_functions.operations import Call, StatesError, operation, paged

_TYPE_UNSUPPORTED = "This operation is not supported by this type of state machine"
_INPUT_LIMIT = 256 * 1024  # https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html


def existing(call: Call, member: str = "executionArn") -> Execution:
    """A standard execution."""
    arn = names.execution(call[member])
    if arn.split(":")[5] == "express":
        raise StatesError("InvalidArn", "Invalid Arn: 'Resource type not valid in this context: express'")
    found: Execution | None = call.store.executions.get(arn)
    if found is None:
        raise StatesError("ExecutionDoesNotExist", f"Execution Does Not Exist: '{arn}'")
    return found


def _input(call: Call) -> str:
    text = str(call.get("input", "{}"))
    if not text:
        raise _invalid_input("Invalid execution input.")
    if len(text.encode()) > _INPUT_LIMIT:
        raise _invalid_input(f"The input is over the limit of {_INPUT_LIMIT} bytes")
    try:
        json.loads(text)
    except ValueError:
        raise _invalid_input(json_text.fault(text).message) from None
    return text


def _invalid_input(why: str) -> StatesError:
    return StatesError("InvalidExecutionInput", f"Invalid State Machine Execution Input: '{why}'")


def _machine(call: Call) -> tuple[Any, str | None]:
    """The machine or version to execute, and the alias that has chosen it."""
    arn = names.machine(call["stateMachineArn"])
    alias = call.store.aliases.get(arn)
    machine = call.store.machines.get(alias.sample() if alias is not None else arn)
    if machine is None:
        raise StatesError("StateMachineDoesNotExist", f"State Machine Does Not Exist: '{arn}'")
    return machine, arn if alias is not None else None


def _new(call: Call, machine: Any, alias: str | None, text: str, *, wait: bool) -> Execution:
    name = names.name(call["name"]) if "name" in call.given else str(uuid.uuid4())
    if machine.sm_type == "EXPRESS":
        arn = f"{call.store.arn('express', machine.name)}:{name}:{uuid.uuid4()}"
    else:
        arn = f"{call.store.arn('execution', machine.name)}:{name}"
    known: Execution | None = call.store.executions.get(arn)
    if known is not None:
        if known.text == text and known.exec_status == "RUNNING":
            return known
        raise StatesError("ExecutionAlreadyExists", f"Execution Already Exists: '{arn}'")
    if not call.engine.is_open():
        raise StatesError("ServiceQuotaExceededException", "The local cloud is being reset")
    execution = Execution(
        call.store,
        machine,
        arn,
        name,
        text,
        run=None if wait else call.engine.background,
        alias=alias,
        trace=call.get("traceHeader"),
    )
    call.store.executions[arn] = execution
    execution.start()
    return execution


@operation("StartExecution")
def start_execution(call: Call) -> dict[str, Any]:
    """Twice with one name and input, while the first runs, is one execution."""
    machine, alias = _machine(call)
    execution = _new(call, machine, alias, _input(call), wait=False)
    return {"executionArn": execution.exec_arn, "startDate": execution.start_date}


@operation("StartSyncExecution")
def start_sync_execution(call: Call) -> dict[str, Any]:
    """Of an Express machine; answers when it is over."""
    machine, alias = _machine(call)
    if machine.sm_type != "EXPRESS":
        raise StatesError("StateMachineTypeNotSupported", _TYPE_UNSUPPORTED)
    execution = _new(call, machine, alias, _input(call), wait=True)
    del call.store.executions[execution.exec_arn]  # an Express execution can be asked for nothing more
    told = execution.describe()
    seconds = (execution.stop_date - execution.start_date).total_seconds()
    billed = max(100, -(-int(seconds * 1000) // 100) * 100)  # https://aws.amazon.com/step-functions/pricing/
    members = ("executionArn", "stateMachineArn", "name", "startDate", "stopDate", "input", "inputDetails", "output")
    return {
        **{member: told[member] for member in members if member in told},
        "status": "FAILED" if told["status"] == "ABORTED" else told["status"],
        "outputDetails": {"included": True},
        "billingDetails": {"billedMemoryUsedInMB": 64, "billedDurationInMilliseconds": billed},
        **{member: told[member] for member in ("error", "cause", "traceHeader") if member in told},
    }


@operation("StopExecution")
def stop_execution(call: Call) -> dict[str, Any]:
    """One that is over stays as it is."""
    execution = existing(call)
    execution.end(call.get("error"), call.get("cause"))
    execution.over.wait(5)
    return {"stopDate": execution.stop_date or datetime.now(UTC)}


@operation("DescribeExecution")
def describe_execution(call: Call) -> dict[str, Any]:
    told = existing(call).describe()
    if call.get("includedData") == "METADATA_ONLY":
        for member in ("input", "output"):
            told.pop(member, None)
            if f"{member}Details" in told:
                told[f"{member}Details"] = {"included": False}
    return told


@operation("DescribeStateMachineForExecution")
def describe_state_machine_for_execution(call: Call) -> dict[str, Any]:
    """As it was when the execution began."""
    execution = existing(call)
    told = dict(execution.to_describe_state_machine_for_execution_output())
    if execution.map_run:
        told["mapRunArn"] = execution.map_run
    return {**told, "tracingConfiguration": execution.state_machine.tracing_config}


@operation("ListExecutions")
def list_executions(call: Call) -> dict[str, Any]:
    """Newest first: of a machine, a version, an alias or a Map run."""
    machine_arn, map_run = call.get("stateMachineArn"), call.get("mapRunArn")
    if bool(machine_arn) == bool(map_run):
        raise StatesError("ValidationException", "Must provide a StateMachine ARN or MapRun ARN")
    if map_run:
        names.map_run(map_run)
        found = [execution for execution in call.store.executions.values() if execution.map_run == map_run]
    else:
        arn = names.machine(machine_arn)
        machine = call.store.machines.get(arn)
        if machine is None and arn not in call.store.aliases:
            raise StatesError("StateMachineDoesNotExist", f"State Machine Does Not Exist: '{arn}'")
        if machine is not None and machine.sm_type == "EXPRESS":
            raise StatesError("StateMachineTypeNotSupported", _TYPE_UNSUPPORTED)
        found = [
            execution
            for execution in call.store.executions.values()
            if arn in (execution.machine_arn, execution.version_arn, execution.alias_arn) and not execution.map_run
        ]
    if status := call.get("statusFilter"):
        found = [execution for execution in found if execution.exec_status == status]
    if redriven := call.get("redriveFilter"):
        found = [execution for execution in found if bool(execution.redrives) == (redriven == "REDRIVEN")]
    found.sort(key=lambda execution: execution.start_date, reverse=True)
    return paged(call, "executions", [execution.item() for execution in found], "executionArn")


@operation("GetExecutionHistory")
def get_execution_history(call: Call) -> dict[str, Any]:
    events = existing(call).history()
    if call.get("includeExecutionData", True) is False:
        events = [_without_data(event) for event in events]
    if call.get("reverseOrder"):
        events.reverse()
    return paged(call, "events", events, "id")


def _without_data(event: dict[str, Any]) -> dict[str, Any]:
    return {
        name: {member: value for member, value in details.items() if member not in ("input", "output", "parameters")}
        if isinstance(details, dict)
        else details
        for name, details in event.items()
    }
