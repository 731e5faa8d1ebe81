"""The order of executions when jobs last longer than hours of the scaled clock."""

import threading
from datetime import datetime, timedelta
from types import SimpleNamespace

import pytest

from localcloud.model_monitor import executions
from localcloud.model_monitor.executions import DELAY, Window


def test_no_hour_is_lost_and_none_is_taken_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    """Jobs of 90 minutes on an hourly schedule: each begins when its hour is over and the job before has ended."""
    now = datetime(2026, 11, 1, 10, 30)
    windows: list[tuple[datetime, Window]] = []

    def reached(moment: datetime, _: threading.Event) -> bool:
        nonlocal now
        now = max(now, moment)
        return len(windows) < 4

    def execute(_: object, scheduled: datetime, hour: datetime, window: Window, __: threading.Event) -> None:
        nonlocal now
        assert scheduled == hour
        assert now >= scheduled + DELAY
        windows.append((scheduled, window))
        now += timedelta(minutes=90)

    monkeypatch.setattr(executions, "utcnow", lambda: now)
    monkeypatch.setattr(executions, "_reached", reached)
    monkeypatch.setattr(executions, "_execute", execute)
    monkeypatch.setattr(executions, "sagemaker_engine", lambda: SimpleNamespace(cloud=SimpleNamespace(speed=1.0)))
    schedule = SimpleNamespace(config={"ScheduleConfig": {"ScheduleExpression": "cron(0 * ? * * *)"}}, turn=0)
    executions._follow(schedule, 0, threading.Event())  # type: ignore[arg-type]

    hours = [11, 12, 14, 15]  # at 11:10 the first, over at 12:40; the second over at 14:10, when 14:00 is due as well
    assert [scheduled.hour for scheduled, _ in windows] == hours
    assert [(start.hour, end.hour) for _, (start, end) in windows] == [(10, 11), (11, 12), (12, 14), (14, 15)]
