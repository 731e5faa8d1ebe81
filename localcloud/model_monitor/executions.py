"""What makes a schedule run: a thread for each that waits for the next begin and does the work."""

import threading
from datetime import datetime, timedelta

from moto.core.exceptions import ServiceException
from moto.core.utils import utcnow

from localcloud.iam.sessions import client_as
from localcloud.model_monitor import analyzer
from localcloud.model_monitor.definitions import Work, capture
from localcloud.model_monitor.schedule import Execution, Schedule, state
from localcloud.model_monitor.timetable import Clock, Timetable, folders, timetable
from localcloud.sagemaker.engine import sagemaker_engine
from localcloud.sagemaker.job import PROCESSING
from localcloud.sagemaker.job_run import PRINCIPAL, SESSION, announce
from localcloud.sagemaker.jobs_api import begin
from localcloud.sagemaker.s3_data import join, objects

NO_DATA = "Job inputs had no data"
# "There could be a delay of 0-20 minutes from the actual requested time": requests of the hour's last minute are in S3
DELAY = timedelta(minutes=10)
Window = tuple[datetime, datetime]


def follow(schedule: Schedule) -> None:
    """Run ``schedule`` from now on, until it changes or the cloud is gone."""
    turn = schedule.turn
    sagemaker_engine().background(f"schedule-{schedule.name}", lambda ended: _follow(schedule, turn, ended))


def _follow(schedule: Schedule, turn: int, ended: threading.Event) -> None:
    table = timetable(schedule.config)
    now = utcnow()
    if not table.hours:
        assert table.window is not None  # noqa: S101 - the timetable has seen to it
        # times of requests and periods are whole seconds: to the end of this one
        over = now.replace(microsecond=0) + timedelta(seconds=1)
        _execute(schedule, now, now, (over + table.window[0], over + table.window[1]), ended)
        return
    clock = Clock(now, sagemaker_engine().cloud.speed)
    due = table.after(now)
    since = table.before(due)
    while _reached(clock.wall(due + DELAY), ended) and schedule.turn == turn:
        _execute(schedule, clock.wall(due), due, _window(table, clock, since, due), ended)
        since, due = due, _next(table, clock, due)


def _next(table: Timetable, clock: Clock, due: datetime) -> datetime:
    """The begin after ``due`` that has not passed while the last execution ran."""
    now = utcnow()
    due = table.after(due)
    while clock.wall(table.after(due) + DELAY) <= now:
        due = table.after(due)
    return due


def _window(table: Timetable, clock: Clock, since: datetime, due: datetime) -> Window:
    start, end = (since, due) if table.window is None else (due + table.window[0], due + table.window[1])
    return clock.wall(start), clock.wall(end)


def _reached(moment: datetime, ended: threading.Event) -> bool:
    """Wait for ``moment``; False when the cloud ends before."""
    return not ended.wait(max((moment - utcnow()) / timedelta(seconds=1), 0))


def _execute(schedule: Schedule, scheduled: datetime, hour: datetime, window: Window, ended: threading.Event) -> None:
    """One execution. ``hour`` names the folder of its files: on the schedule's clock no two have the same."""
    try:
        work = schedule.work
    except ServiceException:  # its definition has been deleted
        return
    execution = Execution(schedule.name, work.endpoint_name, work.name, scheduled)
    state(schedule.backend).executions.append(execution)
    try:
        sources = captured(work, schedule.backend.region_name, window)
        if not sources:
            raise _NoJobError(NO_DATA)
    except (ServiceException, _NoJobError) as error:
        execution.failure, execution.modified = getattr(error, "message", str(error)), utcnow()
        return
    request = analyzer.request(work, schedule.name, hour, window, sources)
    job = begin(schedule.backend, PROCESSING, request)
    job.more["MonitoringScheduleArn"] = schedule.arn
    execution.job = job
    announce(job)
    analyzer.AnalyzerRun(sagemaker_engine(), job, ended).run()


class _NoJobError(Exception):
    """The execution ends before there is a job."""


def captured(work: Work, region: str, window: Window) -> dict[str, str]:
    """The hourly folders of a window that hold captured data: S3 URIs by their path, as in the container."""
    destination, variants = capture(work.endpoint_name)
    cloud = sagemaker_engine().cloud
    s3 = client_as(cloud, work.role, "s3", region, session=SESSION, by=PRINCIPAL)
    found = {}
    for variant in variants:
        for hour in folders(*window):
            below = join(work.endpoint_name, variant, hour)
            if any(True for _ in objects(s3, join(destination, below) + "/")):
                found[below] = join(destination, below)
    return found
