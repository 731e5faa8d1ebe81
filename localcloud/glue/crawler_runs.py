"""Crawls: their states, StartCrawler and StopCrawler, history and metrics; the work itself is in ``crawl``."""

import logging
import statistics
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError
from moto.core.responses import ActionResult
from moto.core.utils import utcnow
from moto.glue.exceptions import CrawlerNotRunningException, CrawlerRunningException
from moto.glue.models import FakeCrawler
from moto.glue.responses import GlueResponse
from moto.moto_api._internal import mock_random

from localcloud.glue.classifiers import find_classifier
from localcloud.glue.connections import way_of
from localcloud.glue.crawl import Changes, Crawl, CrawlStoppedError
from localcloud.glue.crawlers import definition
from localcloud.glue.engine import glue_engine
from localcloud.glue.job_logs import put_lines
from localcloud.iam.sessions import AccessDeniedError, check, client_as, role_caller
from localcloud.network import Keys
from localcloud.patching import add, replace

STARTED: list[Any] = []  # called with each crawl that begins
PRINCIPAL, SESSION = "glue.amazonaws.com", "AWS-Crawler"
LISTENERS: list[Any] = []  # called with each crawl that has come to its end

log = logging.getLogger(__name__)


class CrawlRecord:
    """One crawl as ListCrawls shows it; moto calls ``advance`` and ``as_dict``."""

    def __init__(self, crawler: FakeCrawler, trigger: str | None, workflow_run: tuple[str, str] | None) -> None:
        self.crawler = crawler
        self.trigger = trigger
        self.workflow_run = workflow_run
        self.crawl_id = str(mock_random.uuid4())
        self.status = "RUNNING"  # RUNNING, STOPPING, COMPLETED, FAILED, STOPPED
        self.start_time = utcnow()
        self.end_time: datetime | None = None
        self.error: str | None = None
        self.stop_asked = False
        self.changes = Changes()

    def advance(self) -> None:
        """moto's clock; the state is ours."""

    @property
    def log(self) -> tuple[str, str]:
        """Log group and stream. With a security configuration the group is named after role and configuration
        (https://docs.aws.amazon.com/glue/latest/dg/console-security-configurations.html)."""
        settings = definition(self.crawler)
        security = settings.get("CrawlerSecurityConfiguration")
        role = settings["Role"].rpartition("/")[2]
        return f"/aws-glue/crawlers-role/{role}-{security}" if security else "/aws-glue/crawlers", self.crawler.name

    def seconds(self) -> float:
        return float(((self.end_time or utcnow()) - self.start_time).total_seconds())

    def as_dict(self) -> dict[str, Any]:
        """API_CrawlerHistory."""
        group, stream = self.log
        told = {
            "CrawlId": self.crawl_id,
            "State": "RUNNING" if self.status == "STOPPING" else self.status,
            "StartTime": self.start_time,
            "EndTime": self.end_time,
            "ErrorMessage": self.error,
            "LogGroup": group,
            "LogStream": stream,
            "MessagePrefix": self.crawl_id,
            "DPUHour": 0.0,
        }
        return {name: value for name, value in told.items() if value is not None}

    def last_crawl(self) -> dict[str, Any]:
        """API_LastCrawlInfo."""
        group, stream = self.log
        names = {"COMPLETED": "SUCCEEDED", "STOPPED": "CANCELLED", "FAILED": "FAILED"}
        told = {
            "Status": names[self.status],
            "ErrorMessage": self.error,
            "LogGroup": group,
            "LogStream": stream,
            "MessagePrefix": self.crawl_id,
            "StartTime": self.start_time,
        }
        return {name: value for name, value in told.items() if value is not None}


def start(
    crawler: FakeCrawler, trigger: str | None = None, workflow_run: tuple[str, str] | None = None
) -> CrawlRecord:
    """Begin a crawl; CrawlerRunningException when one is under way."""
    engine = glue_engine()
    with engine.lock:
        if crawler.status != "READY":
            raise CrawlerRunningException(f"Crawler with name {crawler.name} has already started")
        record = CrawlRecord(crawler, trigger, workflow_run)
        crawler.crawls.append(record)
        generation = engine.generation()
    for listener in STARTED:
        listener(record)
    engine.background(f"crawl-{crawler.name}", lambda: _crawl(record, generation))
    return record


def _crawl(record: CrawlRecord, generation: int) -> None:
    engine = glue_engine()
    crawler = record.crawler
    region = crawler.backend.region_name
    settings = definition(crawler)

    def client(service: str) -> Any:
        role = settings["Role"]
        return client_as(engine.cloud, role, service, region, session=SESSION, by=PRINCIPAL, storage=way)

    outcome, changes = "COMPLETED", Changes()
    way: Keys = ()
    try:
        targets = [target for kind in settings["Targets"].values() for target in kind]
        connections = [target["ConnectionName"] for target in targets if target.get("ConnectionName")]
        way = way_of(crawler.backend, connections, role_caller(settings["Role"], SESSION))
        if settings.get("CrawlerSecurityConfiguration"):
            # held to be needed: roles made for such crawlers have it
            check(role_caller(settings["Role"], SESSION), "glue:GetSecurityConfiguration", "*")
        if settings["Classifiers"]:
            check(role_caller(settings["Role"], SESSION), "glue:GetClassifier", "*")
        crawl = Crawl(
            crawler.name,
            settings,
            glue=client("glue"),
            s3=client("s3"),
            classifier=find_classifier(crawler.backend, settings["Classifiers"]),
            stopped=lambda: record.stop_asked or generation != engine.generation(),
        )
        changes = crawl.changes
        crawl.run()
    except CrawlStoppedError:
        outcome = "STOPPED"
    except Exception as error:
        outcome, record.error = "FAILED", f"{type(error).__name__}: {error}"
    if generation != engine.generation():
        return
    record.changes = changes
    record.status = "STOPPING"
    lines = [*changes.log, f"Crawl ended: {outcome}", *([record.error] if record.error else [])]
    try:
        put_lines(client("logs"), *record.log, [f"[{record.crawl_id}] {line}" for line in lines])
    except (AccessDeniedError, ClientError) as error:
        log.warning("crawler %s could not write its log: %s", crawler.name, error)
    record.end_time = utcnow()
    record.status = outcome
    for listener in LISTENERS:
        listener(record)


@replace(FakeCrawler, "start_crawler", "(self)")
def start_crawler(self: Any) -> None:
    start(self)


@replace(FakeCrawler, "stop_crawler", "(self)")
def stop_crawler(self: Any) -> None:
    if self.status != "RUNNING":
        raise CrawlerNotRunningException(f"Crawler with name {self.name} isn't running")
    self.crawls[-1].stop_asked = True


@add(GlueResponse, "get_crawler_metrics")
def get_crawler_metrics(self: Any) -> ActionResult:
    """GetCrawlerMetrics; the table counts are those of the last crawl."""
    wanted = self.parameters.get("CrawlerNameList")
    metrics = []
    for crawler in self.glue_backend.get_crawlers():
        if wanted and crawler.name not in wanted:
            continue
        ended = [crawl for crawl in crawler.crawls if crawl.end_time]
        last = ended[-1].changes if ended else Changes()
        seconds = [crawl.seconds() for crawl in ended]
        metrics.append(
            {
                "CrawlerName": crawler.name,
                "TimeLeftSeconds": 0.0,
                "StillEstimating": crawler.status == "RUNNING" and not ended,
                "LastRuntimeSeconds": seconds[-1] if seconds else 0.0,
                "MedianRuntimeSeconds": statistics.median(seconds) if seconds else 0.0,
                "TablesCreated": last.tables_created,
                "TablesUpdated": last.tables_updated,
                "TablesDeleted": last.tables_deleted,
            }
        )
    return ActionResult({"CrawlerMetricsList": metrics})
