"""Crawler definitions: what was given is what is read back and what runs."""

import json
from typing import Any

from moto.core.responses import ActionResult, EmptyResult
from moto.core.utils import utcnow
from moto.glue.exceptions import CrawlerRunningException, InvalidInputException
from moto.glue.models import FakeCrawler
from moto.glue.responses import GlueResponse

from localcloud.glue import schedules
from localcloud.glue.state import given
from localcloud.patching import add, replace
from localcloud.unsupported import NotImplementedLocallyError

_TARGETS = ("S3Targets", "CatalogTargets")


def definition(crawler: FakeCrawler) -> dict[str, Any]:
    """Members of API_Crawler, as given and with Glue's defaults."""
    found: dict[str, Any] = {
        "Classifiers": [],
        "RecrawlPolicy": {"RecrawlBehavior": "CRAWL_EVERYTHING"},
        "SchemaChangePolicy": {"UpdateBehavior": "UPDATE_IN_DATABASE", "DeleteBehavior": "DEPRECATE_IN_DATABASE"},
        "LineageConfiguration": {"CrawlerLineageSettings": "DISABLE"},
        **crawler.localcloud_given,
    }
    return found


@replace(GlueResponse, "create_crawler", "(self)")
def create_crawler(self: Any) -> ActionResult:
    """CreateCrawler; targets that no engine crawls are refused by name."""
    _check(self.parameters, "CreateCrawler")
    answer: ActionResult = create_crawler.original(self)  # type: ignore[attr-defined]
    crawler = self.glue_backend.crawlers[self.parameters["Name"]]
    crawler.localcloud_given = given(self.parameters, "Name", "Tags")
    crawler.localcloud_schedule = "SCHEDULED"
    _plan(crawler)
    return answer


@add(GlueResponse, "update_crawler")
def update_crawler(self: Any) -> ActionResult:
    """UpdateCrawler: what is not given stays."""
    crawler = self.glue_backend.get_crawler(self.parameters["Name"])
    if crawler.status != "READY":
        raise CrawlerRunningException(f"Crawler with name {crawler.name} is running")
    changed = {**crawler.localcloud_given, **given(self.parameters, "Name")}
    _check(changed, "UpdateCrawler")
    crawler.localcloud_given = changed
    _plan(crawler)
    crawler.last_updated = utcnow()
    crawler.version += 1
    return EmptyResult()


@replace(GlueResponse, "delete_crawler", "(self)")
def delete_crawler(self: Any) -> ActionResult:
    crawler = self.glue_backend.get_crawler(self.parameters["Name"])
    if crawler.status != "READY":
        raise CrawlerRunningException(f"Crawler with name {crawler.name} is running")
    schedules.plan(_key(crawler), None, lambda: None)
    return delete_crawler.original(self)  # type: ignore[attr-defined]


@replace(FakeCrawler, "as_dict", "(self)")
def as_dict(self: Any) -> dict[str, Any]:
    """API_Crawler."""
    settings = definition(self)
    schedule = settings.pop("Schedule", None)
    told: dict[str, Any] = {
        "Name": self.name,
        **settings,
        "State": self.status,
        "CrawlElapsedTime": 0 if self.status == "READY" else round(self.crawls[-1].seconds() * 1000),
        "CreationTime": self.creation_time,
        "LastUpdated": self.last_updated,
        "Version": self.version,
    }
    if schedule:
        told["Schedule"] = {"ScheduleExpression": schedule, "State": self.localcloud_schedule}
    ended = [crawl for crawl in self.crawls if crawl.end_time]
    if ended and self.status == "READY":
        told["LastCrawl"] = ended[-1].last_crawl()
    return told


@add(GlueResponse, "update_crawler_schedule")
def update_crawler_schedule(self: Any) -> ActionResult:
    crawler = self.glue_backend.get_crawler(self.parameters["CrawlerName"])
    if self.parameters.get("Schedule"):
        schedules.check(self.parameters["Schedule"], "UpdateCrawlerSchedule")
    crawler.localcloud_given = {**crawler.localcloud_given, "Schedule": self.parameters.get("Schedule", "")}
    _plan(crawler)
    return EmptyResult()


@add(GlueResponse, "start_crawler_schedule")
def start_crawler_schedule(self: Any) -> ActionResult:
    _switch(self, "SCHEDULED")
    return EmptyResult()


@add(GlueResponse, "stop_crawler_schedule")
def stop_crawler_schedule(self: Any) -> ActionResult:
    _switch(self, "NOT_SCHEDULED")
    return EmptyResult()


def _key(crawler: Any) -> str:
    return f"glue/{crawler.backend.region_name}/crawler/{crawler.name}"


def _plan(crawler: Any) -> None:
    """Put a crawler on the timetable while its schedule is switched on."""
    on = crawler.localcloud_schedule == "SCHEDULED"
    schedules.plan(_key(crawler), crawler.localcloud_given.get("Schedule") if on else None, crawler.start_crawler)


def _switch(self: Any, state: str) -> None:
    crawler = self.glue_backend.get_crawler(self.parameters["CrawlerName"])
    if not crawler.localcloud_given.get("Schedule"):
        raise InvalidInputException("CrawlerSchedule", f"Crawler {crawler.name} has no schedule")
    crawler.localcloud_schedule = state
    _plan(crawler)


def _check(request: dict[str, Any], operation: str) -> None:
    if request.get("Schedule"):
        schedules.check(request["Schedule"], operation)
    targets = {name: found for name, found in (request.get("Targets") or {}).items() if found}
    for name in targets.keys() - set(_TARGETS):
        raise NotImplementedLocallyError("glue", f"{operation} with {name}")
    if not targets:
        raise InvalidInputException(operation, "Targets of a crawler cannot be empty")
    policy = request.get("SchemaChangePolicy") or {}
    if "CatalogTargets" in targets:
        # https://docs.aws.amazon.com/glue/latest/webapi/API_CatalogTarget.html, crawler-configuration
        if len(targets) > 1:
            raise InvalidInputException(operation, "Catalog targets cannot be mixed with other targets")
        if policy.get("DeleteBehavior", "DEPRECATE_IN_DATABASE") != "LOG":
            told = 'The SchemaChangePolicy for "Catalog Targets" can have DeleteBehavior value only as "LOG"'
            raise InvalidInputException(operation, told)
    elif not request.get("DatabaseName"):
        raise InvalidInputException(operation, "DatabaseName is required for S3 targets")
    behavior = (request.get("RecrawlPolicy") or {}).get("RecrawlBehavior")
    if behavior == "CRAWL_EVENT_MODE":
        raise NotImplementedLocallyError("glue", f"{operation} with CRAWL_EVENT_MODE")
    try:
        configuration = json.loads(request.get("Configuration") or "{}")
    except json.JSONDecodeError as error:
        raise InvalidInputException(operation, f"Configuration is not JSON: {error}") from error
    for name in configuration.keys() - {"Version", "CrawlerOutput"}:
        raise NotImplementedLocallyError("glue", f"{operation} with the configuration {name}")
