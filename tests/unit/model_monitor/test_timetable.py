"""Begins, windows, hourly folders and the scaled clock."""

from datetime import datetime, timedelta

import pytest

from localcloud.model_monitor.timetable import Clock, Timetable, folders, timetable


def _table(expression: str, **more: str) -> Timetable:
    return timetable({"ScheduleConfig": {"ScheduleExpression": expression, **more}})


def _at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute)


@pytest.mark.parametrize(
    ("expression", "begins"),
    [
        ("cron(0 * ? * * *)", [_at(1, 11), _at(1, 12), _at(1, 13)]),
        ("cron(0 12 ? * * *)", [_at(1, 12), _at(2, 12), _at(3, 12)]),
        ("cron(0 0 ? * * *)", [_at(2, 0), _at(3, 0), _at(4, 0)]),
        # https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ScheduleConfig.html:
        # "every 12 hours, starting at 5pm", "every two hours starting at midnight"
        ("cron(0 17/12 ? * * *)", [_at(1, 17), _at(2, 5), _at(2, 17)]),
        ("cron(0 0/2 ? * * *)", [_at(1, 12), _at(1, 14), _at(1, 16)]),
    ],
)
def test_begins(expression: str, begins: list[datetime]) -> None:
    table = _table(expression)
    found = [_at(1, 10, 30)]
    for _ in begins:
        found.append(table.after(found[-1]))
    assert found[1:] == begins
    assert [table.before(begin) for begin in begins[1:]] == begins[:-1]


def test_without_an_expression_once_a_day() -> None:
    assert len(timetable({}).hours) == 1


@pytest.mark.parametrize(
    ("start", "end", "window"),
    [
        ("-PT1H", "-PT0H", (timedelta(hours=-1), timedelta())),
        ("-P1D", "PT0S", (timedelta(days=-1), timedelta())),
        ("-PT5H30M", "-PT1H", (timedelta(hours=-5, minutes=-30), timedelta(hours=-1))),
    ],
)
def test_windows_are_offsets_to_the_begin(start: str, end: str, window: tuple[timedelta, timedelta]) -> None:
    assert _table("NOW", DataAnalysisStartTime=start, DataAnalysisEndTime=end).window == window
    assert _table("cron(0 * ? * * *)").window is None


def test_folders_of_every_hour_that_the_window_touches() -> None:
    assert list(folders(_at(1, 22), _at(1, 23))) == ["2026/11/01/22"]
    assert list(folders(_at(1, 22, 59), _at(2, 0, 1))) == ["2026/11/01/22", "2026/11/01/23", "2026/11/02/00"]


def test_the_clock_passes_faster_from_its_start_on() -> None:
    clock = Clock(_at(1, 10), 60)
    assert clock.wall(_at(1, 10)) == _at(1, 10)
    assert clock.wall(_at(1, 11)) == _at(1, 10, 1)
    assert clock.wall(_at(1, 9)) == _at(1, 9, 59)
