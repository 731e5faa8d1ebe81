"""Rules with a ScheduleExpression fire by the clock of Scheduler.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-rule-schedule.html
"""

from datetime import datetime
from typing import Any

from moto.events.exceptions import ValidationException
from moto.events.models import EventsBackend

from localcloud.events.engine import events_engine, new_event
from localcloud.patching import replace
from localcloud.scheduler.engine import scheduler_engine
from localcloud.scheduler.expressions import At, ExpressionError, parse


def _plan(rule: Any) -> None:
    """The first time is one interval from now."""
    timetable = scheduler_engine().timetable
    if not rule.scheduled_expression or rule.state == "DISABLED":
        timetable.drop(rule.arn)
        return
    expression, now = parse(rule.scheduled_expression), timetable.clock.now()

    def fire(due: datetime) -> None:
        event = new_event("aws.events", "Scheduled Event", [rule.arn], {}, rule.region_name)
        events_engine().trigger(rule, {**event, "time": due.strftime("%Y-%m-%dT%H:%M:%SZ")})

    timetable.set(rule.arn, lambda moment: expression.after(moment, now), fire, now)


@replace(
    EventsBackend,
    "put_rule",
    "(self, name, description, event_bus_arn, event_pattern, role_arn, scheduled_expression, state, managed_by, tags)",
)
def put_rule(self: Any, name: str, **given: Any) -> Any:
    if text := given.get("scheduled_expression"):
        try:
            expression = parse(text)
        except ExpressionError:
            expression = None
        if expression is None or isinstance(expression, At):
            raise ValidationException("Parameter ScheduleExpression is not valid.")
    rule = put_rule.original(self, name, **given)  # type: ignore[attr-defined]
    _plan(rule)
    return rule


@replace(EventsBackend, "enable_rule", "(self, name, event_bus_arn)")
def enable_rule(self: Any, name: str, event_bus_arn: str | None) -> bool:
    return _changed(self, name, event_bus_arn, enable_rule.original)  # type: ignore[attr-defined]


@replace(EventsBackend, "disable_rule", "(self, name, event_bus_arn)")
def disable_rule(self: Any, name: str, event_bus_arn: str | None) -> bool:
    return _changed(self, name, event_bus_arn, disable_rule.original)  # type: ignore[attr-defined]


def _changed(backend: Any, name: str, bus: str | None, change: Any) -> bool:
    done: bool = change(backend, name, bus)
    if done:
        _plan(backend.describe_rule(name, bus))
    return done


@replace(EventsBackend, "delete_rule", "(self, name, event_bus_arn)")
def delete_rule(self: Any, name: str, event_bus_arn: str | None) -> None:
    delete_rule.original(self, name, event_bus_arn)  # type: ignore[attr-defined]
    bus = (event_bus_arn or "default").rpartition("/")[2]
    own = "" if bus == "default" else f"{bus}/"
    scheduler_engine().timetable.drop(f"arn:aws:events:{self.region_name}:{self.account_id}:rule/{own}{name}")
