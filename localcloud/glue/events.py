"""Events that Glue sends to EventBridge.

https://docs.aws.amazon.com/eventbridge/latest/ref/events-ref-glue.html and, with their members,
https://docs.aws.amazon.com/glue/latest/dg/automating-awsglue-with-cloudwatch-events.html
"""

from typing import Any

from localcloud.events.emit import emit
from localcloud.glue import crawler_runs, job_runs
from localcloud.glue.crawler_runs import CrawlRecord
from localcloud.glue.job_run import JobRun

_SEVERITIES = {"SUCCEEDED": "INFO", "STOPPED": "INFO", "TIMEOUT": "WARN", "FAILED": "ERROR", "ERROR": "ERROR"}
_MESSAGES = {"SUCCEEDED": "Job run succeeded", "STOPPED": "Job run stopped", "TIMEOUT": "Job run timed out"}


def job_ended(run: JobRun) -> None:
    """Glue Job State Change."""
    detail = {
        "jobName": run.job.name,
        "severity": _SEVERITIES[run.status],
        "state": run.status,
        "jobRunId": run.job_run_id,
        "message": _MESSAGES.get(run.status) or run.error or "Job run failed",
    }
    emit("aws.glue", "Glue Job State Change", [], detail, run.job.backend.region_name)


def crawl_started(crawl: CrawlRecord) -> None:
    """Glue Crawler State Change, of the beginning."""
    _crawler(crawl, {"startTime": crawl.start_time, "state": "Started", "message": "Crawler Started"})


def crawl_ended(crawl: CrawlRecord) -> None:
    """Glue Crawler State Change; there is none of a crawl that was stopped."""
    region, (group, stream) = crawl.crawler.backend.region_name, crawl.log
    console = (
        f"https://console.aws.amazon.com/cloudwatch/home?region={region}#logEventViewer:group={group};stream={stream}"
    )
    if crawl.status == "FAILED":
        failed = {"errorMessage": crawl.error, "cloudWatchLogLink": console, "state": "Failed"}
        _crawler(crawl, {**failed, "message": "Crawler Failed"})
    elif crawl.status == "COMPLETED":
        changes = crawl.changes
        told = {
            "tablesCreated": str(changes.tables_created),
            "tablesUpdated": str(changes.tables_updated),
            "tablesDeleted": str(changes.tables_deleted),
            "partitionsCreated": str(changes.partitions_created),
            "partitionsUpdated": "0",
            "partitionsDeleted": "0",
            "warningMessage": "N/A",
            "runningTime (sec)": str(round(crawl.seconds())),
            "completionDate": crawl.end_time,
            "cloudWatchLogLink": console,
            "state": "Succeeded",
        }
        _crawler(crawl, {**told, "message": "Crawler Succeeded"})


def _crawler(crawl: CrawlRecord, detail: dict[str, Any]) -> None:
    backend = crawl.crawler.backend
    told = {"accountId": backend.account_id, "crawlerName": crawl.crawler.name, **detail}
    emit("aws.glue", "Glue Crawler State Change", [], told, backend.region_name)


job_runs.LISTENERS.append(job_ended)
crawler_runs.STARTED.append(crawl_started)
crawler_runs.LISTENERS.append(crawl_ended)
