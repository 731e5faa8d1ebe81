"""Schedules that fire: when, with what, and what becomes of failures."""

import json
import logging
import random
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from moto.scheduler.models import scheduler_backends

from localcloud.cloud import Cloud, current
from localcloud.events.delivery import Delivery, to_queue
from localcloud.events.engine import events_engine
from localcloud.events.targets import DeliveryError, Sending
from localcloud.scheduler.expressions import At, Expression
from localcloud.scheduler.timetable import Timetable

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Planned:
    """A schedule as it is to fire."""

    schedule: Any  # moto's Schedule
    expression: Expression
    through: Callable[[Sending], None]
    anchor: datetime  # of rates: the start, or when the schedule was made
    start: datetime | None
    end: datetime | None

    @property
    def arn(self) -> str:
        return str(self.schedule.arn)

    def following(self, moment: datetime) -> datetime | None:
        """The first time later than ``moment``, between start and end. at(…) heeds neither."""
        if isinstance(self.expression, At):
            return self.expression.after(moment, self.anchor)
        if self.start is not None and moment < self.start:
            moment = self.start - timedelta(microseconds=1)
        found = self.expression.after(moment, self.anchor)
        return None if found is None or (self.end is not None and found > self.end) else found


class SchedulerEngine:
    """Owns the timetable, which other services use too."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        self.timetable = Timetable(cloud.speed)

    def start(self) -> None:
        """Nothing is due until something is planned."""
        self.timetable.start()

    def reset(self) -> None:
        """Forget what is planned; moto drops the schedules."""
        self.timetable.clear()

    def stop(self) -> None:
        self.timetable.stop()

    def plan(self, planned: Planned, after: datetime) -> None:
        """Fire at each time later than ``after``; replaces what was planned."""
        if planned.schedule.state == "DISABLED":
            self.timetable.drop(planned.arn)
        elif not self._is_over(planned, after):
            self.timetable.set(planned.arn, planned.following, partial(self._due, planned), after)

    def _is_over(self, planned: Planned, after: datetime) -> bool:
        """With no time left the schedule is completed, and deleted if that was asked for."""
        if planned.following(after) is not None:
            return False
        self.timetable.drop(planned.arn)
        if planned.schedule.action_after_completion == "DELETE":
            region = planned.arn.split(":")[3]
            groups = scheduler_backends[self.cloud.account][region].schedule_groups
            group = groups.get(planned.schedule.group_name)
            if group is not None and group.schedules.get(planned.schedule.name) is planned.schedule:
                group.delete_schedule(planned.schedule.name)
        return True

    def _due(self, planned: Planned, scheduled: datetime) -> None:
        window = planned.schedule.flexible_time_window
        if window.get("Mode") == "FLEXIBLE":
            spread = 60.0 * int(window["MaximumWindowInMinutes"])
            at = scheduled + timedelta(seconds=random.uniform(0, spread))  # noqa: S311 - no secret
            once = At(at)
            key = f"{planned.arn}/{scheduled.isoformat()}"
            self.timetable.set(
                key, lambda moment: once.after(moment, at), lambda _: self._fire(planned, scheduled), scheduled
            )
        else:
            self._fire(planned, scheduled)
        self._is_over(planned, scheduled)

    def _fire(self, planned: Planned, scheduled: datetime) -> None:
        target = {**planned.schedule.target, "Region": planned.arn.split(":")[3]}
        execution = uuid.uuid4().hex[:16]
        told = scheduled.strftime("%Y-%m-%dT%H:%M:%SZ")
        attempts = iter(range(1, 1000))

        def call(sending: Sending) -> None:
            """Each attempt has its number: https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-context-attributes.html"""
            attributes = {
                "schedule-arn": planned.arn,
                "scheduled-time": told,
                "execution-id": execution,
                "attempt-number": str(next(attempts)),
            }
            payload = sending.payload
            for name, value in attributes.items():
                payload = payload.replace(f"<aws.scheduler.{name}>", value)
            planned.through(replace(sending, payload=payload))

        payload = target.get("Input") or json.dumps(self._event(planned, told, target["Region"]))
        token = f"{planned.arn}/{told}"
        sending = Sending(self.cloud, target, payload, {}, token, by="scheduler.amazonaws.com", source=planned.arn)
        context = {"SCHEDULE_ARN": planned.arn, "SCHEDULED_TIME": told, "EXECUTION_ID": execution}
        dead = partial(self._undelivered, context)
        events_engine().deliverer.put(Delivery(planned.arn, sending, call, dead))

    def _event(self, planned: Planned, told: str, region: str) -> dict[str, Any]:
        """What a target without Input gets."""
        return {
            "version": "0",
            "id": str(uuid.uuid4()),
            "detail-type": "Scheduled Event",
            "source": "aws.scheduler",
            "account": self.cloud.account,
            "time": told,
            "region": region,
            "resources": [planned.arn],
            "detail": "{}",
        }

    def _undelivered(
        self, context: dict[str, str], delivery: Delivery, error: DeliveryError, exhausted: str | None
    ) -> None:
        """https://docs.aws.amazon.com/scheduler/latest/UserGuide/configuring-schedule-dlq.html"""
        queue = (delivery.sending.target.get("DeadLetterConfig") or {}).get("Arn")
        attributes = {
            **context,
            "TARGET_ARN": delivery.sending.arn,
            "ERROR_CODE": error.code,
            "ERROR_MESSAGE": str(error),
            "EXHAUSTED_RETRY_CONDITION": exhausted,
            "RETRY_ATTEMPTS": delivery.tries - 1,
            "IS_PAYLOAD_TRUNCATED": "false",
        }
        if not to_queue(self.cloud, queue, delivery.sending.payload, attributes):
            log.error("the schedule %s did not reach %s: %s", context["SCHEDULE_ARN"], delivery.sending.arn, error)


def scheduler_engine() -> SchedulerEngine:
    """The engine of the cloud of this process."""
    found: Any = current().engines["scheduler"]
    assert isinstance(found, SchedulerEngine)  # noqa: S101 - for the type checker
    return found


def moment(seconds: float | None) -> datetime | None:
    """A time of the API."""
    return None if seconds is None else datetime.fromtimestamp(float(seconds), UTC)
