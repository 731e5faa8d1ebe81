"""One execution: moto's, which interprets the definition, with what the API tells of it."""

import copy
import json
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from moto.stepfunctions.parser.api import ExecutionStatus
from moto.stepfunctions.parser.asl.eval.event.logging import CloudWatchLoggingSession
from moto.stepfunctions.parser.asl.eval.program_state import ProgramError, ProgramRunning, ProgramStopped
from moto.stepfunctions.parser.backend.execution import BaseExecutionWorkerCommunication
from moto.stepfunctions.parser.backend.execution import Execution as MotoExecution

from localcloud.step_functions import notify
from localcloud.step_functions.machines import is_version
from localcloud.step_functions.store import Store
from localcloud.step_functions.timing import text_of

_MOST_REDRIVES = 1000


class Execution(MotoExecution):  # type: ignore[misc]
    """An execution in a store.

    Args:
        machine: the state machine or version, as it is now.
        text: the input as it was given.
        alias: ARN of the alias that it was started by.
        run: does work in a thread; None: in this one.
        map_run: ARN of the Map run that it is a child of.
    """

    def __init__(
        self,
        store: Store,
        machine: Any,
        arn: str,
        name: str,
        text: str,
        *,
        run: Callable[[str, Callable[[], None]], None] | None,
        alias: str | None = None,
        trace: str | None = None,
        map_run: str | None = None,
    ) -> None:
        logged = machine.cloud_watch_logging_configuration
        super().__init__(
            name=name,
            sm_type=machine.sm_type,
            role_arn=machine.role_arn,
            exec_arn=arn,
            account_id=store.account,
            region_name=store.region,
            state_machine=copy.copy(machine),  # which may be updated meanwhile
            start_date=datetime.now(UTC),
            cloud_watch_logging_session=CloudWatchLoggingSession(arn, logged) if logged else None,
            activity_store=store.activities,
            input_data=text,
            trace_header=trace,
        )
        self.text = text
        self.alias_arn = alias
        self.version_arn = machine.arn if is_version(machine) else None
        self.machine_arn = machine.source_arn if is_version(machine) else machine.arn
        self.over = threading.Event()
        self.redrives = 0
        self.redriven: datetime | None = None
        self.map_run = map_run
        self._run = run

    @property
    def is_express(self) -> bool:
        return bool(self.sm_type == "EXPRESS")

    @property
    def environment(self) -> Any:
        """moto's Environment; None before the first state."""
        return self.exec_worker.env if self.exec_worker is not None else None

    def start(self) -> None:
        """Begin; returns at once where the execution has a thread of its own."""
        self.exec_worker = self._get_start_execution_worker()
        self.exec_status = ExecutionStatus.RUNNING
        notify.started(self)
        self.run(self.exec_worker._execution_logic)

    def run(self, work: Callable[[], None]) -> None:
        """Do the work where the execution's is done."""
        if self._run is None:
            work()
        else:
            self._run(f"execution-{self.name[:20]}", work)

    def get_start_execution_details(self) -> Any:
        """With the start as a text, which the context object has."""
        details = super().get_start_execution_details()
        details.start_time = text_of(self.start_date)
        return details

    def _get_start_aws_execution_details(self) -> Any:
        """With the definition, to tell where in it an expression failed."""
        details = super()._get_start_aws_execution_details()
        details.definition = self.state_machine.definition
        details.machine = self.state_machine
        return details

    def _get_start_execution_worker_comm(self) -> BaseExecutionWorkerCommunication:
        return _Ending(self)

    def end(self, error: str | None = None, cause: str | None = None) -> None:
        """Abort it, unless it is over. Jobs that it waits for are stopped."""
        deadline = time.monotonic() + 5
        while self.exec_status == ExecutionStatus.RUNNING and time.monotonic() < deadline:
            environment = self.environment
            if environment is not None and environment.program_state() is not None:
                self.exec_worker.stop(stop_date=datetime.now(UTC), error=error, cause=cause)
                interrupt(environment)
                return
            self.over.wait(0.01)  # its thread has not begun

    def describe(self) -> dict[str, Any]:
        """DescribeExecution."""
        told: dict[str, Any] = {
            "executionArn": self.exec_arn,
            "stateMachineArn": self.machine_arn,
            "name": self.name,
            "status": self.exec_status,
            "startDate": self.start_date,
            "stopDate": self.stop_date,
            "input": self.text,
            "inputDetails": {"included": True},
            "output": self.output_text,
            "outputDetails": {"included": True} if self.output_text is not None else None,
            "traceHeader": self.trace_header,
            "error": self.error,
            "cause": self.cause,
            "stateMachineVersionArn": self.version_arn,
            "stateMachineAliasArn": self.alias_arn,
            "mapRunArn": self.map_run,
            **self.redrive(),
        }
        return {member: value for member, value in told.items() if value is not None}

    def redrive(self) -> dict[str, Any]:
        """https://docs.aws.amazon.com/step-functions/latest/dg/redrive-executions.html"""
        status = self.exec_status.value if self.exec_status else "RUNNING"
        told: dict[str, Any] = {"redriveCount": self.redrives, "redriveDate": self.redriven}
        if status in ("RUNNING", "SUCCEEDED"):
            why = f"Execution is {status} and cannot be redriven"
        elif self.redrives >= _MOST_REDRIVES:
            why = "Execution redrive count has reached the limit"
        else:
            return {**told, "redriveStatus": "REDRIVABLE"}
        return {**told, "redriveStatus": "NOT_REDRIVABLE", "redriveStatusReason": why}

    @property
    def output_text(self) -> str | None:
        """The output as JSON; None without success."""
        if self.exec_status != ExecutionStatus.SUCCEEDED:
            return None
        return json.dumps(self.output, separators=(",", ":"), default=str)

    def item(self) -> dict[str, Any]:
        """ListExecutions."""
        told = {
            "executionArn": self.exec_arn,
            "stateMachineArn": self.machine_arn,
            "name": self.name,
            "status": self.exec_status,
            "startDate": self.start_date,
            "stopDate": self.stop_date,
            "mapRunArn": self.map_run,
            "redriveCount": self.redrives,
            "redriveDate": self.redriven,
            "stateMachineVersionArn": self.version_arn,
            "stateMachineAliasArn": self.alias_arn,
        }
        return {member: value for member, value in told.items() if value is not None}

    def history(self) -> list[dict[str, Any]]:
        """Events, oldest first."""
        environment = self.environment
        return list(environment.event_manager.get_event_history()) if environment is not None else []


class _Ending(BaseExecutionWorkerCommunication):  # type: ignore[misc]
    """What an execution has come to."""

    def terminated(self) -> None:
        execution: Execution = self.execution
        state = execution.environment.program_state()
        if isinstance(state, ProgramStopped):
            execution.error, execution.cause = state.error, state.cause
        self._reflect_execution_status()
        if isinstance(state, ProgramError) and execution.error is not None:
            execution.error = str(execution.error)
        execution.environment.event_manager.closed = True
        interrupt(execution.environment)
        execution.over.set()
        notify.ended(execution)


def interrupt(environment: Any) -> None:
    """Wake the threads of an execution that wait for a task token or an activity's worker: nobody needs them now."""
    if isinstance(environment.program_state(), ProgramRunning):
        return
    for endpoint in list(environment.callback_pool_manager._pool.values()):
        endpoint.interrupt_all()
        start = getattr(endpoint, "_activity_task_start_endpoint", None)
        if start is not None:
            start._next_activity_task_start_event.set()
