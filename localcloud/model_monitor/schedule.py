"""Schedules and executions, as the API shows them. They live in moto's backend and go with it."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from moto.core.utils import utcnow
from moto.sagemaker.exceptions import ResourceNotFound
from moto.sagemaker.models import SageMakerModelBackend
from moto.sagemaker.utils import arn_formatter

from localcloud.model_monitor.definitions import DATA_QUALITY, Work, find, inline
from localcloud.patching import replace
from localcloud.sagemaker.job import Job

VIOLATIONS = "CompletedWithViolations"


@dataclass(eq=False)
class Execution:
    """One run of a schedule. It outlives its schedule."""

    schedule: str
    endpoint: str
    definition: str | None
    scheduled: datetime
    created: datetime = field(default_factory=utcnow)
    modified: datetime = field(default_factory=utcnow)
    job: Job | None = None
    failure: str | None = None  # of an execution that could start no job

    @property
    def status(self) -> str:
        """https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_MonitoringExecutionSummary.html; the analyzer
        begins its exit message with CompletedWithViolations where it found any."""
        if self.job is None:
            return "Failed" if self.failure else "Pending"
        if self.job.status == "Completed" and (self.job.more.get("ExitMessage") or "").startswith(VIOLATIONS):
            return VIOLATIONS
        return self.job.status

    def summary(self) -> dict[str, Any]:
        told = {
            "MonitoringScheduleName": self.schedule,
            "ScheduledTime": self.scheduled,
            "CreationTime": self.created,
            "LastModifiedTime": max(self.modified, self.job.modified) if self.job else self.modified,
            "MonitoringExecutionStatus": self.status,
            "ProcessingJobArn": self.job.arn if self.job else None,
            "EndpointName": self.endpoint,
            "FailureReason": self.failure or (self.job.failure if self.job else None),
            "MonitoringJobDefinitionName": self.definition,
            "MonitoringType": DATA_QUALITY,
        }
        return {name: value for name, value in told.items() if value is not None}


@dataclass(eq=False)
class Schedule:
    """A monitoring schedule."""

    name: str
    config: dict[str, Any]
    backend: SageMakerModelBackend
    status: str = "Scheduled"
    created: datetime = field(default_factory=utcnow)
    modified: datetime = field(default_factory=utcnow)
    tags: list[dict[str, str]] = field(default_factory=list)  # where moto's tag operations look
    turn: int = 0  # counts starts, stops and updates: who waits for an earlier one has nothing to do

    @property
    def arn(self) -> str:
        of = self.backend
        return str(arn_formatter("monitoring-schedule", self.name, of.account_id, of.region_name))

    @property
    def work(self) -> Work:
        """What its executions do."""
        name = self.config.get("MonitoringJobDefinitionName")
        return find(self.backend, name) if name else inline(self.config["MonitoringJobDefinition"])

    def change(self, status: str) -> None:
        self.status, self.modified, self.turn = status, utcnow(), self.turn + 1

    def summary(self) -> dict[str, Any]:
        told = {
            "MonitoringScheduleName": self.name,
            "MonitoringScheduleArn": self.arn,
            "CreationTime": self.created,
            "LastModifiedTime": self.modified,
            "MonitoringScheduleStatus": self.status,
            "EndpointName": self._endpoint(),
            "MonitoringJobDefinitionName": self.config.get("MonitoringJobDefinitionName"),
            "MonitoringType": DATA_QUALITY,
        }
        return {name: value for name, value in told.items() if value is not None}

    def describe(self) -> dict[str, Any]:
        told = self.summary()
        told.pop("MonitoringJobDefinitionName", None)  # it is in the configuration
        last = [execution for execution in state(self.backend).executions if execution.schedule == self.name][-1:]
        return {
            **told,
            "MonitoringScheduleConfig": self.config,
            **({"LastMonitoringExecutionSummary": last[0].summary()} if last else {}),
        }

    def _endpoint(self) -> str | None:
        try:
            return self.work.endpoint_name
        except ResourceNotFound:  # its definition has been deleted
            return None


@dataclass
class MonitorState:
    """One region's."""

    schedules: dict[str, Schedule] = field(default_factory=dict)
    executions: list[Execution] = field(default_factory=list)  # oldest first


def state(of: SageMakerModelBackend) -> MonitorState:
    """The state of ``of``, which BaseBackend.reset drops with everything else."""
    found = of.__dict__.setdefault("localcloud_monitor", MonitorState())
    assert isinstance(found, MonitorState)  # noqa: S101 - for the type checker
    return found


@replace(SageMakerModelBackend, "_get_resource_from_arn", "(self, arn)")
def _get_resource_from_arn(self: Any, arn: str) -> Any:
    """moto's tag operations find schedules too."""
    kind, _, name = arn.rsplit(":", maxsplit=1)[-1].partition("/")
    if kind == "monitoring-schedule" and name in state(self).schedules:
        return state(self).schedules[name]
    return _get_resource_from_arn.original(self, arn)  # type: ignore[attr-defined]
