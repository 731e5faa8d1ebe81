"""One job run as the API shows it: https://docs.aws.amazon.com/glue/latest/webapi/API_JobRun.html."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from moto.core.utils import utcnow
from moto.moto_api._internal import mock_random

from localcloud.glue.job_logs import log_groups

FINAL = frozenset({"SUCCEEDED", "FAILED", "TIMEOUT", "STOPPED", "ERROR"})
_SHOWN = (
    *("Timeout", "MaxCapacity", "AllocatedCapacity", "WorkerType", "NumberOfWorkers", "SecurityConfiguration"),
    *("NotificationProperty", "GlueVersion", "ExecutionClass", "JobMode"),
)


@dataclass(eq=False)
class JobRun:
    """State of one run; the thread that executes it is the only one that writes, but for ``stop``."""

    job: Any  # moto's FakeJob, or what else has a name and a backend
    settings: dict[str, Any]
    arguments: dict[str, str]
    trigger: str | None = None
    workflow_run: tuple[str, str] | None = None
    previous_run_id: str | None = None
    attempt: int = 0
    family: str | None = None  # id of the first attempt
    status: str = "STARTING"
    error: str | None = None
    started: datetime = field(default_factory=utcnow)
    running_since: datetime | None = None
    completed: datetime | None = None
    modified: datetime = field(default_factory=utcnow)
    on_stop: Callable[[], None] | None = None
    done: threading.Event = field(default_factory=threading.Event)
    job_run_id: str = ""

    def __post_init__(self) -> None:
        if self.family is None:
            self.family = f"jr_{mock_random.get_random_hex(64)}"
        self.job_run_id = self.family if not self.attempt else f"{self.family}_attempt_{self.attempt}"

    def begin(self) -> None:
        """The script starts."""
        if self.status == "STARTING":
            self.status = "RUNNING"
        self.running_since = self.modified = utcnow()

    def end(self, status: str, error: str | None = None) -> None:
        """The run is over."""
        self.completed = self.modified = utcnow()
        self.error = error
        self.status = status

    def stop(self) -> None:
        """Someone asks for the end."""
        self.status = "STOPPING"
        self.modified = utcnow()
        if self.on_stop is not None:
            self.on_stop()

    def execution_seconds(self) -> int:
        """Seconds the script took; 0 while it has not begun."""
        if self.running_since is None:
            return 0
        return round(((self.completed or utcnow()) - self.running_since).total_seconds())

    def as_dict(self) -> dict[str, Any]:
        """API_JobRun."""
        told: dict[str, Any] = {
            "Id": self.job_run_id,
            "Attempt": self.attempt,
            "PreviousRunId": self.previous_run_id,
            "TriggerName": self.trigger,
            "JobName": self.job.name,
            "StartedOn": self.started,
            "LastModifiedOn": self.modified,
            "CompletedOn": self.completed,
            "JobRunState": self.status,
            "Arguments": self.arguments or None,
            "ErrorMessage": self.error,
            "PredecessorRuns": [],
            "ExecutionTime": self.execution_seconds(),
            "LogGroupName": log_groups(self.arguments, self.settings)[2],
            **{name: self.settings.get(name) for name in _SHOWN},
        }
        return {name: value for name, value in told.items() if value is not None}
