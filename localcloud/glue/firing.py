"""Starting what a trigger's action names, and the conditional triggers that watch how it ends.

Only jobs and crawlers that a trigger has started make conditional triggers fire: "dependent jobs or crawlers are only
started if the job or crawler that completes was started by a trigger"
(https://docs.aws.amazon.com/glue/latest/dg/about-triggers.html).
"""

from dataclasses import dataclass, field
from typing import Any

from moto.core.exceptions import ServiceException
from moto.glue.models import FakeTrigger, GlueBackend

from localcloud.glue import crawler_runs, job_runs
from localcloud.glue.crawler_runs import CrawlRecord
from localcloud.glue.engine import glue_engine
from localcloud.glue.job_run import JobRun
from localcloud.glue.state import state

Subject = tuple[str, str]  # ("job" or "crawler", name)
WorkflowRunKey = tuple[str, str]  # name of the workflow, id of the run
_CRAWL_STATES = {"COMPLETED": "SUCCEEDED", "STOPPED": "CANCELLED", "FAILED": "FAILED"}


@dataclass
class Chain:
    """What triggers have started and how it ended: of one workflow run, or of all triggers outside workflows."""

    ended: dict[str, dict[Subject, str]] = field(default_factory=dict)  # trigger -> what it watches -> state
    actions: list[JobRun | CrawlRecord] = field(default_factory=list)
    errors: int = 0


def chain(backend: GlueBackend, key: WorkflowRunKey | None) -> Chain:
    """The chain of a workflow run, or of triggers without a workflow (``None``)."""
    found: Chain = state(backend).chains.setdefault(key, Chain())
    return found


def fire(backend: GlueBackend, action: dict[str, Any], trigger: str, key: WorkflowRunKey | None) -> None:
    """Start the job or crawler of one action."""
    started: JobRun | CrawlRecord
    if action.get("CrawlerName"):
        started = crawler_runs.start(backend.get_crawler(action["CrawlerName"]), trigger, key)
    else:
        arguments = dict(action.get("Arguments") or {})
        if key is not None:
            arguments.update({"--WORKFLOW_NAME": key[0], "--WORKFLOW_RUN_ID": key[1]})
        names = ("Timeout", "SecurityConfiguration", "NotificationProperty")
        overrides = {name: action[name] for name in names if action.get(name) is not None}
        job = backend.get_job(action["JobName"])
        started = job_runs.start_run(job, arguments, overrides, trigger=trigger, workflow_run=key)
    chain(backend, key).actions.append(started)


def _job_ended(run: JobRun) -> None:
    if run.trigger is not None:
        _ended(run.job.backend, ("job", run.job.name), run.status, run.workflow_run)


def _crawl_ended(crawl: CrawlRecord) -> None:
    if crawl.trigger is not None:
        _ended(
            crawl.crawler.backend, ("crawler", crawl.crawler.name), _CRAWL_STATES[crawl.status], crawl.workflow_run
        )


def _ended(backend: GlueBackend, subject: Subject, outcome: str, key: WorkflowRunKey | None) -> None:
    with glue_engine().lock:
        links = chain(backend, key)
        due = [trigger for trigger in backend.triggers.values() if _is_due(trigger, links, subject, outcome, key)]
        for trigger in due:
            links.ended.pop(trigger.name)
            for action in trigger.localcloud_given["Actions"]:
                try:
                    fire(backend, action, trigger.name, key)
                except ServiceException:  # the job is gone or runs already: Glue counts it as an errored action
                    links.errors += 1


def _is_due(trigger: FakeTrigger, links: Chain, subject: Subject, outcome: str, key: WorkflowRunKey | None) -> bool:
    """Note how ``subject`` ended; whether the trigger's conditions now hold."""
    if trigger.trigger_type != "CONDITIONAL" or trigger.state != "ACTIVATED":
        return False
    if (trigger.workflow_name or None) != (key[0] if key else None):
        return False
    predicate = trigger.localcloud_given["Predicate"]
    wanted = [_condition(condition) for condition in predicate["Conditions"]]
    if subject not in {watched for watched, _ in wanted}:
        return False
    seen = links.ended.setdefault(trigger.name, {})
    seen[subject] = outcome
    held = [seen.get(watched) == expected for watched, expected in wanted]
    return any(held) if predicate.get("Logical") == "ANY" else all(held)


def _condition(condition: dict[str, Any]) -> tuple[Subject, str]:
    if condition.get("CrawlerName"):
        return ("crawler", condition["CrawlerName"]), condition["CrawlState"]
    return ("job", condition["JobName"]), condition["State"]


job_runs.LISTENERS.append(_job_ended)
crawler_runs.LISTENERS.append(_crawl_ended)
