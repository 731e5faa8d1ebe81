"""Run the deployed crawlers and the curation job, and read what the quality rules said."""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import boto3

from cli.errors import UserError
from localcloud.processes.supervisor import remaining

POLL_SECONDS = 0.2
TIMEOUT_SECONDS = 1800  # a crawler or job of the demo's size takes minutes on AWS


@dataclass(frozen=True)
class RuleOutcome:
    """One data quality rule and what came of it."""

    rule: str
    passed: bool
    reason: str


def crawl(names: Iterable[str]) -> None:
    """Start the crawlers and wait for all. Raises UserError with the crawler's own message when one fails."""
    client = boto3.client("glue")
    names = list(names)
    for name in names:
        client.start_crawler(Name=name)
    for name in names:
        with remaining(f"the crawlers go on: look with `aws glue get-crawler --name {name}`"):
            crawler = _until(
                lambda name=name: client.get_crawler(Name=name)["Crawler"], lambda it: it["State"] == "READY"
            )
        last = crawler.get("LastCrawl", {})
        if last.get("Status") != "SUCCEEDED":
            raise UserError(f"crawler {name} {last.get('Status', 'did not run')}: {last.get('ErrorMessage', '')}")


def run_job(name: str) -> dict[str, Any]:
    """Run the Glue job to its end and return its run. Raises UserError with the job's own error when it fails."""
    client = boto3.client("glue")
    run_id = client.start_job_run(JobName=name)["JobRunId"]
    try:
        with remaining(f"the job run is asked to stop: look with `aws glue get-job-runs --job-name {name}`"):
            run = _until(
                lambda: client.get_job_run(JobName=name, RunId=run_id)["JobRun"],
                lambda it: it["JobRunState"] not in ("STARTING", "RUNNING", "STOPPING", "WAITING"),
            )
    except KeyboardInterrupt:
        client.batch_stop_job_run(JobName=name, JobRunIds=[run_id])
        raise
    if run["JobRunState"] != "SUCCEEDED":
        raise UserError(f"job {name} {run['JobRunState']}: {run.get('ErrorMessage', 'no reason given')}")
    return run


def quality(job: str) -> list[RuleOutcome]:
    """What the newest data quality evaluation inside ``job`` found, rule by rule."""
    client = boto3.client("glue")
    results = client.list_data_quality_results(Filter={"JobName": job})["Results"]
    if not results:
        raise UserError(f"job {job} has published no data quality result")
    newest = max(results, key=lambda result: result["StartedOn"])
    result = client.get_data_quality_result(ResultId=newest["ResultId"])
    return [
        RuleOutcome(
            rule["Description"] if "Description" in rule else rule["Name"],
            rule["Result"] == "PASS",
            rule.get("EvaluationMessage", ""),
        )
        for rule in result["RuleResults"]
    ]


def _until(read: Any, done: Any) -> dict[str, Any]:
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while time.monotonic() < deadline:
        value: dict[str, Any] = read()
        if done(value):
            return value
        time.sleep(POLL_SECONDS)
    raise UserError(f"still not done after {TIMEOUT_SECONDS // 60} minutes; see the service's console")
