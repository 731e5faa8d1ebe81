"""SCHEDULED triggers and scheduled crawlers fire by the clock of ``localcloud.scheduler``, in UTC.

https://docs.aws.amazon.com/glue/latest/dg/monitor-data-warehouse-schedule.html
"""

import logging
from collections.abc import Callable
from datetime import datetime
from typing import Any

from moto.glue.exceptions import InvalidInputException

from localcloud.scheduler.engine import scheduler_engine
from localcloud.scheduler.expressions import Cron, ExpressionError, parse

log = logging.getLogger(__name__)


def check(text: str, operation: str) -> None:
    """Glue takes cron expressions only."""
    try:
        if isinstance(parse(text), Cron):
            return
    except ExpressionError as error:
        raise InvalidInputException(operation, f"Schedule {text} is not valid: {error}") from None
    raise InvalidInputException(operation, f"Schedule {text} is not a cron expression")


def plan(key: str, text: str | None, start: Callable[[], Any]) -> None:
    """Do ``start`` by the schedule ``text``; None takes it off the timetable."""
    timetable = scheduler_engine().timetable
    if not text:
        timetable.drop(key)
        return
    expression, now = parse(text), timetable.clock.now()

    def fire(due: datetime) -> None:
        try:
            start()
        except Exception as error:  # what runs already, or is gone, is started no second time
            log.warning("%s was not started at %s: %s", key, due, error)

    timetable.set(key, lambda moment: expression.after(moment, now), fire, now)
