"""Job runs that really run: StartJobRun, its states, retries, time-outs and stops."""

from typing import Any

from moto.core.responses import ActionResult
from moto.glue.exceptions import ConcurrentRunsExceededException, JobRunNotFoundException
from moto.glue.models import FakeJob
from moto.glue.responses import GlueResponse

from localcloud.glue.engine import glue_engine
from localcloud.glue.job_api import definition
from localcloud.glue.job_execution import Execution
from localcloud.glue.job_run import FINAL, JobRun
from localcloud.glue.job_spec import merge_arguments
from localcloud.patching import add, replace

_OVERRIDES = (
    *("AllocatedCapacity", "MaxCapacity", "Timeout", "WorkerType", "NumberOfWorkers", "SecurityConfiguration"),
    *("NotificationProperty", "ExecutionClass"),
)


def start_run(
    job: FakeJob,
    arguments: dict[str, str] | None = None,
    overrides: dict[str, Any] | None = None,
    *,
    trigger: str | None = None,
    workflow_run: tuple[str, str] | None = None,
    previous: JobRun | None = None,
) -> JobRun:
    """Begin a run of ``job`` and return it, STARTING.

    Args:
        trigger: name of the trigger that starts it.
        workflow_run: name of the workflow and id of its run.
        previous: the failed run that this one retries.

    Raises:
        ConcurrentRunsExceededException: MaxConcurrentRuns are under way.
    """
    settings = definition(job)
    engine = glue_engine()
    with engine.lock:
        active = sum(run.status not in FINAL for run in job.job_runs)
        if active >= settings["ExecutionProperty"].get("MaxConcurrentRuns", 1):
            raise ConcurrentRunsExceededException(f"Concurrent runs exceeded for {job.name}")
        run = JobRun(
            job=job,
            settings={**settings, **(overrides or {})},
            arguments=merge_arguments(
                settings.get("DefaultArguments") or {},
                arguments or {},
                settings.get("NonOverridableArguments") or {},
            ),
            trigger=trigger,
            workflow_run=workflow_run,
            previous_run_id=previous.job_run_id if previous else None,
            attempt=previous.attempt + 1 if previous else 0,
            family=previous.family if previous else None,
        )
        job.job_runs.append(run)
    execution = Execution(engine, run)
    engine.background(f"glue-{run.job_run_id[:12]}", lambda: _execute(execution, arguments, overrides))
    return run


def _execute(execution: Execution, arguments: dict[str, str] | None, overrides: dict[str, Any] | None) -> None:
    execution.run()
    run = execution.run_state
    if execution.generation != execution.engine.generation():
        return
    if run.status == "FAILED" and run.attempt < run.settings["MaxRetries"]:
        start_run(run.job, arguments, overrides, trigger=run.trigger, workflow_run=run.workflow_run, previous=run)
        return
    run.done.set()
    for listener in LISTENERS:
        listener(run)


LISTENERS: list[Any] = []  # called with each run that has come to its end, after its last retry


@replace(GlueResponse, "start_job_run", "(self)")
def start_job_run(self: Any) -> ActionResult:
    """StartJobRun."""
    job = self.glue_backend.get_job(self.parameters["JobName"])
    overrides = {name: self.parameters[name] for name in _OVERRIDES if self.parameters.get(name) is not None}
    retried = self.parameters.get("JobRunId")
    previous = job.get_job_run(retried) if retried else None
    return ActionResult(
        {"JobRunId": start_run(job, self.parameters.get("Arguments"), overrides, previous=previous).job_run_id}
    )


@replace(FakeJob, "get_job_run", "(self, run_id)")
def get_job_run(self: Any, run_id: str) -> JobRun:
    for run in self.job_runs:
        if run.job_run_id == run_id:
            return run  # type: ignore[no-any-return]
    raise JobRunNotFoundException(run_id)


@replace(FakeJob, "get_job_runs", "(self)")
def get_job_runs(self: Any) -> list[JobRun]:
    """Newest first, as Glue lists them."""
    return list(reversed(self.job_runs))


@add(GlueResponse, "batch_stop_job_run")
def batch_stop_job_run(self: Any) -> ActionResult:
    """BatchStopJobRun: STOPPING now, STOPPED when the process is gone."""
    name = self.parameters["JobName"]
    job = self.glue_backend.get_job(name)
    stopped, errors = [], []
    for run_id in self.parameters["JobRunIds"]:
        try:
            run = job.get_job_run(run_id)
        except JobRunNotFoundException:
            errors.append(_stop_error(name, run_id, "EntityNotFoundException", f"Job run {run_id} not found."))
            continue
        if run.status in FINAL:
            told = f"Job run {run_id} is in state {run.status}, it cannot be stopped."
            errors.append(_stop_error(name, run_id, "InvalidInputException", told))
            continue
        run.stop()
        stopped.append({"JobName": name, "JobRunId": run_id})
    return ActionResult({"SuccessfulSubmissions": stopped, "Errors": errors})


def _stop_error(name: str, run_id: str, code: str, message: str) -> dict[str, Any]:
    return {"JobName": name, "JobRunId": run_id, "ErrorDetail": {"ErrorCode": code, "ErrorMessage": message}}
