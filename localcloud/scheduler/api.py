"""Schedules and groups: what may be defined, and how a definition becomes a plan."""

from datetime import timedelta
from typing import Any

from moto.scheduler.exceptions import ScheduleGroupNotFound, ValidationException
from moto.scheduler.models import EventBridgeSchedulerBackend
from moto.scheduler.responses import EventBridgeSchedulerResponse

from localcloud.patching import replace
from localcloud.scheduler import targets
from localcloud.scheduler.engine import Planned, moment, scheduler_engine
from localcloud.scheduler.expressions import At, ExpressionError, Rate, parse

_JUST_BEFORE = timedelta(microseconds=1)


def _check(given: dict[str, Any], operation: str) -> tuple[Any, Any]:
    """The parsed expression, and how the target is called."""
    text, zone = given["schedule_expression"], given.get("schedule_expression_timezone") or "UTC"
    try:
        expression = parse(text, zone)
    except ExpressionError as error:
        if "time zone" in str(error):
            raise ValidationException(message="Provided ScheduleExpressionTimezone is not valid.") from None
        raise ValidationException(message=f"Invalid Schedule Expression {text}.") from None
    window = given.get("flexible_time_window") or {}
    if window.get("Mode") == "FLEXIBLE" and not window.get("MaximumWindowInMinutes"):
        raise ValidationException(message="MaximumWindowInMinutes must be provided when the mode is FLEXIBLE.")
    start, end = moment(given.get("start_date")), moment(given.get("end_date"))
    if start and end and start >= end:
        raise ValidationException(message="The StartDate you specify must be earlier than the EndDate.")
    try:
        return expression, targets.through(given["target"], operation)
    except targets.TargetError as error:
        raise ValidationException(message=str(error)) from None


def _plan(schedule: Any, expression: Any, through: Any, *, new: bool) -> None:
    """A rate without a start fires at once when it is new: "your schedule starts invoking its target immediately"."""
    timetable = scheduler_engine().timetable
    now = timetable.clock.now()
    start = moment(schedule.start_date)
    if new or not hasattr(schedule, "localcloud_anchor"):
        schedule.localcloud_anchor = now
    anchor = start or schedule.localcloud_anchor
    after = now - _JUST_BEFORE if isinstance(expression, Rate) and new and start is None else now
    planned = Planned(schedule, expression, through, anchor, start, moment(schedule.end_date))
    scheduler_engine().plan(planned, after)


@replace(
    EventBridgeSchedulerBackend,
    "create_schedule",
    "(self, description, end_date, flexible_time_window, group_name, kms_key_arn, name, schedule_expression, "
    "schedule_expression_timezone, start_date, state, target, action_after_completion)",
)
def create_schedule(self: Any, **given: Any) -> Any:
    """https://docs.aws.amazon.com/scheduler/latest/APIReference/API_CreateSchedule.html"""
    if (given.get("group_name") or "default") not in self.schedule_groups:
        raise ScheduleGroupNotFound(given["group_name"])
    expression, through = _check(given, "CreateSchedule")
    if isinstance(expression, At) and expression.time <= scheduler_engine().timetable.clock.now():
        told = f"{given['schedule_expression']} has passed by the clock of the local cloud."
        raise ValidationException(message=told)
    schedule = create_schedule.original(self, **given)  # type: ignore[attr-defined]
    _plan(schedule, expression, through, new=True)
    return schedule


@replace(
    EventBridgeSchedulerBackend,
    "update_schedule",
    "(self, description, end_date, flexible_time_window, group_name, kms_key_arn, name, schedule_expression, "
    "schedule_expression_timezone, start_date, state, target)",
)
def update_schedule(self: Any, **given: Any) -> Any:
    """What is not given gets its default: https://docs.aws.amazon.com/scheduler/latest/APIReference/API_UpdateSchedule.html"""
    self.get_schedule(group_name=given.get("group_name"), name=given["name"])
    expression, through = _check(given, "UpdateSchedule")
    schedule = update_schedule.original(self, **{**given, "state": given.get("state") or "ENABLED"})  # type: ignore[attr-defined]
    _plan(schedule, expression, through, new=False)
    return schedule


@replace(EventBridgeSchedulerResponse, "update_schedule", "(self)")
def update_schedule_of_user(self: Any) -> str:
    """With ActionAfterCompletion, which moto drops."""
    name, group = self.uri.split("?")[0].split("/")[-1], self._get_param("GroupName")
    schedule = self.scheduler_backend.get_schedule(group_name=group, name=name)
    schedule.action_after_completion = self._get_param("ActionAfterCompletion")
    answer: str = update_schedule_of_user.original(self)  # type: ignore[attr-defined]
    return answer


@replace(EventBridgeSchedulerBackend, "delete_schedule", "(self, group_name, name)")
def delete_schedule(self: Any, group_name: str | None, name: str) -> None:
    scheduler_engine().timetable.drop(self.get_schedule(group_name, name).arn)
    delete_schedule.original(self, group_name, name)  # type: ignore[attr-defined]


@replace(EventBridgeSchedulerBackend, "delete_schedule_group", "(self, name)")
def delete_schedule_group(self: Any, name: str | None) -> None:
    """With its schedules; the default group stays."""
    if (name or "default") == "default":
        raise ValidationException(message="Default schedule group cannot be deleted.")
    for schedule in self.get_schedule_group(name).schedules.values():
        scheduler_engine().timetable.drop(schedule.arn)
    delete_schedule_group.original(self, name)  # type: ignore[attr-defined]
