"""When a schedule's executions begin, and which data each of them analyses.

https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ScheduleConfig.html
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from moto.sagemaker.exceptions import ValidationError

NOW = "NOW"
_DAY = timedelta(days=1)
_CRON = re.compile(r"cron\(0 (?:(?P<every>\*)|(?P<hour>\d{1,2})(?:/(?P<step>\d{1,2}))?) \? \* \* \*\)")
_DURATION = re.compile(r"(-?)P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?")


@dataclass(frozen=True)
class Timetable:
    """A parsed ScheduleConfig.

    Attributes:
        hours: of the day (UTC), at which executions begin; none: once, now.
        window: start and end of the data as offsets to the begin; None: everything since the execution before.
    """

    hours: frozenset[int]
    window: tuple[timedelta, timedelta] | None

    def after(self, moment: datetime) -> datetime:
        """The first begin later than ``moment``."""
        at = moment.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
        while at.hour not in self.hours:
            at += timedelta(hours=1)
        return at

    def before(self, begin: datetime) -> datetime:
        """The begin before ``begin``."""
        at = begin - timedelta(hours=1)
        while at.hour not in self.hours:
            at -= timedelta(hours=1)
        return at


@dataclass(frozen=True)
class Clock:
    """Time of schedules: it agrees with the wall clock when it is started and then passes ``speed`` times as fast."""

    started: datetime
    speed: float

    def wall(self, moment: datetime) -> datetime:
        """When it is ``moment`` on the wall clock."""
        return self.started + (moment - self.started) / self.speed


def timetable(config: dict[str, Any]) -> Timetable:
    """Parse a MonitoringScheduleConfig; ValidationError for what SageMaker does not take."""
    given = config.get("ScheduleConfig") or {
        "ScheduleExpression": "cron(0 0 ? * * *)"
    }  # "will pick a time" of the day
    expression = given["ScheduleExpression"]
    start, end = (_offset(given.get(f"DataAnalysis{name}Time")) for name in ("Start", "End"))
    window = None if start is None and end is None else (start or timedelta(), end or timedelta())
    if window and not timedelta() < window[1] - window[0] <= _DAY:
        raise ValidationError("DataAnalysisStartTime must precede DataAnalysisEndTime by at most 24 hours")
    if expression == NOW:
        if start is None or end is None:
            raise ValidationError("DataAnalysisStartTime and DataAnalysisEndTime are required for the expression NOW")
        return Timetable(frozenset(), window)
    found = _CRON.fullmatch(expression)
    hour, step = (int(found[name] or 0) for name in ("hour", "step")) if found else (24, 0)
    if found is None or hour > 23 or step > 24 or (found["step"] and not step):
        raise ValidationError(
            f"Invalid ScheduleExpression {expression!r}: expected NOW, cron(0 * ? * * *), cron(0 [00-23] ? * * *) or "
            "cron(0 [00-23]/[01-24] ? * * *)"
        )
    if found["every"]:
        return Timetable(frozenset(range(24)), window)
    # "Every 12 hours, starting at 5pm UTC: cron(0 17/12 ? * * *)" is at 17 and at 5, other than with a plain cron
    hours = frozenset((hour + passed) % 24 for passed in range(0, 24, step or 24))
    return Timetable(hours, window)


def folders(start: datetime, end: datetime) -> Iterator[str]:
    """The hourly folders of data capture that overlap [start, end): ``yyyy/mm/dd/hh``."""
    hour = start.replace(minute=0, second=0, microsecond=0)
    while hour < end:
        yield f"{hour:%Y/%m/%d/%H}"
        hour += timedelta(hours=1)


def _offset(text: str | None) -> timedelta | None:
    if text is None:
        return None
    found = _DURATION.fullmatch(text)
    if found is None:
        raise ValidationError(f"{text!r} is not an offset in ISO 8601 format, such as -PT1H")
    days, hours, minutes, seconds = (int(part or 0) for part in found.groups()[1:])
    length = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
    return -length if found[1] else length
