"""Workflow runs: started by the workflow's start trigger, over when nothing of theirs runs any more."""

from typing import Any

from moto.core.responses import ActionResult, EmptyResult
from moto.core.utils import utcnow
from moto.glue.exceptions import (
    ConcurrentRunsExceededException,
    EntityNotFoundException,
    IllegalWorkflowStateException,
    InvalidInputException,
)
from moto.glue.models import FakeWorkflowRun, GlueBackend
from moto.glue.responses import GlueResponse

from localcloud.glue import crawler_runs, job_runs
from localcloud.glue.crawler_runs import CrawlRecord
from localcloud.glue.engine import glue_engine
from localcloud.glue.firing import WorkflowRunKey, chain, fire
from localcloud.glue.job_run import FINAL, JobRun
from localcloud.patching import replace
from localcloud.unsupported import NotImplementedLocallyError

_STATISTICS = {
    "SUCCEEDED": "SucceededActions",
    "COMPLETED": "SucceededActions",
    "FAILED": "FailedActions",
    "TIMEOUT": "TimeoutActions",
    "STOPPED": "StoppedActions",
}


def start_run(backend: GlueBackend, name: str, properties: dict[str, str] | None) -> str:
    """Begin a run of the workflow and return its id."""
    workflow = backend.workflows.get(name)
    if workflow is None:
        raise EntityNotFoundException(f"Workflow {name} not found")
    starts = [
        trigger
        for trigger in backend.triggers.values()
        if trigger.workflow_name == name and trigger.trigger_type in ("ON_DEMAND", "SCHEDULED")
    ]
    if not starts:
        raise InvalidInputException("StartWorkflowRun", f"Workflow {name} has no start trigger")
    with glue_engine().lock:
        active = sum(run.status == "RUNNING" for run in workflow.runs.values())
        if workflow.max_concurrent_runs and active >= workflow.max_concurrent_runs:
            raise ConcurrentRunsExceededException(f"Workflow {name} has {active} runs under way")
        run_id: str = workflow.start_run(properties)
        workflow.runs[run_id].localcloud_backend = backend
        key = (name, run_id)
        for action in starts[0].localcloud_given["Actions"]:
            fire(backend, action, starts[0].name, key)
    return run_id


@replace(GlueResponse, "start_workflow_run", "(self)")
def start_workflow_run(self: Any) -> ActionResult:
    """StartWorkflowRun."""
    run_id = start_run(self.glue_backend, self.parameters["Name"], self.parameters.get("RunProperties"))
    return ActionResult({"RunId": run_id})


@replace(GlueResponse, "stop_workflow_run", "(self)")
def stop_workflow_run(self: Any) -> EmptyResult:
    """StopWorkflowRun: STOPPING, and STOPPED when its jobs and crawlers are."""
    name, run_id = self.parameters["Name"], self.parameters["RunId"]
    workflow = self.glue_backend.workflows.get(name)
    if workflow is None:
        raise EntityNotFoundException(f"Workflow {name} not found")
    run = workflow.get_run(run_id)
    if run.status != "RUNNING":
        raise IllegalWorkflowStateException(f"Workflow run {run_id} is {run.status}")
    run.status = "STOPPING"
    for action in chain(self.glue_backend, (name, run_id)).actions:
        if isinstance(action, JobRun) and action.status not in FINAL:
            action.stop()
        elif isinstance(action, CrawlRecord) and action.status == "RUNNING":
            action.stop_asked = True
    return EmptyResult()


@replace(FakeWorkflowRun, "as_dict", "(self)")
def as_dict(self: Any) -> dict[str, Any]:
    """API_WorkflowRun."""
    links = chain(self.localcloud_backend, (self.workflow_name, self.run_id))
    counts = dict.fromkeys((*_STATISTICS.values(), "RunningActions"), 0)
    for action in links.actions:
        counts[_STATISTICS.get(action.status, "RunningActions")] += 1
    return {
        **as_dict.original(self),  # type: ignore[attr-defined]
        "Statistics": {"TotalActions": len(links.actions) + links.errors, "ErroredActions": links.errors, **counts},
    }


@replace(GlueResponse, "get_workflow", "(self)")
def get_workflow(self: Any) -> ActionResult:
    """GetWorkflow, without the graph."""
    if self.parameters.get("IncludeGraph"):
        raise NotImplementedLocallyError("glue", "GetWorkflow with IncludeGraph")
    return get_workflow.original(self)  # type: ignore[attr-defined]


def _job_ended(run: JobRun) -> None:
    _settle(run.job.backend, run.workflow_run)


def _crawl_ended(crawl: CrawlRecord) -> None:
    _settle(crawl.crawler.backend, crawl.workflow_run)


def _settle(backend: GlueBackend, key: WorkflowRunKey | None) -> None:
    """End the workflow run when this was the last of its actions (``firing`` has started what follows)."""
    workflow = backend.workflows.get(key[0]) if key else None
    if workflow is None or key is None:
        return
    with glue_engine().lock:
        run = workflow.runs[key[1]]
        ended = all(action.status in _STATISTICS for action in chain(backend, key).actions)
        if ended and run.status in ("RUNNING", "STOPPING"):
            run.completed_on = utcnow()
            run.status = "STOPPED" if run.status == "STOPPING" else "COMPLETED"


# after those of `firing`, which is imported above
job_runs.LISTENERS.append(_job_ended)
crawler_runs.LISTENERS.append(_crawl_ended)
