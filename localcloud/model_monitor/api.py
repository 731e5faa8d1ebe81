"""Operations on monitoring schedules and their executions, which moto does not have."""

from typing import Any

from moto.core.responses import ActionResult, EmptyResult
from moto.sagemaker.exceptions import ResourceInUseException, ResourceNotFound, ValidationError
from moto.sagemaker.responses import SageMakerResponse

from localcloud.model_monitor.definitions import DATA_QUALITY, check, find, inline
from localcloud.model_monitor.executions import follow
from localcloud.model_monitor.schedule import Schedule, state
from localcloud.model_monitor.timetable import timetable
from localcloud.patching import add
from localcloud.sagemaker.listing import select
from localcloud.unsupported import NotImplementedLocallyError

_SCHEDULED, _STOPPED = "Scheduled", "Stopped"
_EQUAL = ("EndpointName", "MonitoringJobDefinitionName", "MonitoringTypeEquals")


def _schedule(response: Any) -> Schedule:
    name = response.params["MonitoringScheduleName"]
    try:
        return state(response.sagemaker_backend).schedules[name]
    except KeyError:
        raise ResourceNotFound(f"Could not find monitoring schedule {name}") from None


def _checked(response: Any, operation: str) -> dict[str, Any]:
    """The configuration of a request."""
    config: dict[str, Any] = response.params["MonitoringScheduleConfig"]
    if config.get("MonitoringType", DATA_QUALITY) != DATA_QUALITY:
        raise NotImplementedLocallyError("sagemaker", f"{operation} with type {config['MonitoringType']}")
    timetable(config)
    name, own = config.get("MonitoringJobDefinitionName"), config.get("MonitoringJobDefinition")
    if (name is None) == (own is None):
        raise ValidationError("Either MonitoringJobDefinitionName or MonitoringJobDefinition is required, not both")
    if own is not None:
        check(inline(own), operation)
    else:
        check(find(response.sagemaker_backend, str(name)), operation)
    return config


@add(SageMakerResponse, "create_monitoring_schedule")
def create_monitoring_schedule(self: Any) -> ActionResult:
    of, name = self.sagemaker_backend, self.params["MonitoringScheduleName"]
    config = _checked(self, "CreateMonitoringSchedule")
    schedule = Schedule(name, config, of, tags=list(self.params.get("Tags") or ()))
    if state(of).schedules.setdefault(name, schedule) is not schedule:
        raise ResourceInUseException(f"Monitoring schedule {schedule.arn} already exists")
    follow(schedule)
    return ActionResult({"MonitoringScheduleArn": schedule.arn})


@add(SageMakerResponse, "update_monitoring_schedule")
def update_monitoring_schedule(self: Any) -> ActionResult:
    schedule = _schedule(self)
    schedule.config = _checked(self, "UpdateMonitoringSchedule")
    schedule.change(schedule.status)
    if schedule.status == _SCHEDULED:
        follow(schedule)
    return ActionResult({"MonitoringScheduleArn": schedule.arn})


@add(SageMakerResponse, "describe_monitoring_schedule")
def describe_monitoring_schedule(self: Any) -> ActionResult:
    return ActionResult(_schedule(self).describe())


@add(SageMakerResponse, "list_monitoring_schedules")
def list_monitoring_schedules(self: Any) -> ActionResult:
    found = [schedule.summary() for schedule in state(self.sagemaker_backend).schedules.values()]
    return ActionResult(select(self.params, found, "MonitoringScheduleSummaries", "MonitoringSchedule", equal=_EQUAL))


@add(SageMakerResponse, "start_monitoring_schedule")
def start_monitoring_schedule(self: Any) -> EmptyResult:
    schedule = _schedule(self)
    if schedule.status != _SCHEDULED:
        schedule.change(_SCHEDULED)
        follow(schedule)
    return EmptyResult()


@add(SageMakerResponse, "stop_monitoring_schedule")
def stop_monitoring_schedule(self: Any) -> EmptyResult:
    """No further execution begins; one under way goes on."""
    schedule = _schedule(self)
    if schedule.status != _STOPPED:
        schedule.change(_STOPPED)
    return EmptyResult()


@add(SageMakerResponse, "delete_monitoring_schedule")
def delete_monitoring_schedule(self: Any) -> EmptyResult:
    """The history of its executions stays:
    https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DeleteMonitoringSchedule.html"""
    schedule = _schedule(self)
    schedule.change(_STOPPED)
    del state(self.sagemaker_backend).schedules[schedule.name]
    return EmptyResult()


@add(SageMakerResponse, "list_monitoring_executions")
def list_monitoring_executions(self: Any) -> ActionResult:
    found = [execution.summary() for execution in state(self.sagemaker_backend).executions]
    equal = ("MonitoringScheduleName", *_EQUAL)
    return ActionResult(
        select(self.params, found, "MonitoringExecutionSummaries", "MonitoringExecution", equal=equal)
    )
