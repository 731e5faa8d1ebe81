"""Scheduled triggers and crawlers start by the cloud's clock."""

from typing import Any

import pytest

from tests.integration.glue.lake import BUCKET, DATABASE, Lake
from tests.integration.inbox import until

EVERY_MINUTE = "cron(* * * * ? *)"
NEVER = "cron(0 0 1 1 ? 2199)"


def runs(lake: Lake) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = lake.glue.get_job_runs(JobName="job")["JobRuns"]
    return found


def crawls(lake: Lake) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = lake.glue.list_crawls(CrawlerName="crawl")["Crawls"]
    return found


def test_a_trigger_starts_its_job_while_it_is_switched_on(lake: Lake) -> None:
    lake.job("print('ran')\n", "job", ExecutionProperty={"MaxConcurrentRuns": 100})
    actions = [{"JobName": "job"}]
    lake.glue.create_trigger(Name="tick", Type="SCHEDULED", Schedule=EVERY_MINUTE, Actions=actions)
    lake.glue.create_trigger(
        Name="mark", Type="SCHEDULED", Schedule=EVERY_MINUTE, Actions=actions, StartOnCreation=True
    )
    until(lambda: runs(lake), bool)
    assert {run["TriggerName"] for run in runs(lake)} == {"mark"}  # the other is not started
    lake.glue.stop_trigger(Name="mark")
    lake.glue.start_trigger(Name="tick")
    until(lambda: runs(lake), lambda found: any(run["TriggerName"] == "tick" for run in found))
    lake.glue.update_trigger(Name="tick", TriggerUpdate={"Schedule": NEVER, "Actions": actions})
    count = len(runs(lake))
    until(lambda: [run["JobRunState"] for run in runs(lake)], lambda states: set(states) == {"SUCCEEDED"}, 60)
    assert len(runs(lake)) <= count + 1  # one may have been on its way


def test_a_trigger_starts_its_workflow(lake: Lake) -> None:
    lake.job("print('ran')\n", "job")
    lake.glue.create_workflow(Name="flow", MaxConcurrentRuns=1)
    trigger = {"Name": "nightly", "Type": "SCHEDULED", "Schedule": EVERY_MINUTE, "WorkflowName": "flow"}
    lake.glue.create_trigger(**trigger, Actions=[{"JobName": "job"}], StartOnCreation=True)
    find = lambda: lake.glue.get_workflow_runs(Name="flow")["Runs"]  # noqa: E731
    until(find, bool)
    lake.glue.delete_trigger(Name="nightly")
    until(find, lambda found: found[0]["Status"] == "COMPLETED", 60)
    assert "WORKFLOW_RUN_ID" in str(runs(lake)[0]["Arguments"])


def test_a_crawler_crawls_while_its_schedule_is_switched_on(lake: Lake) -> None:
    lake.put_parquet("raw/flights/day=01/a.parquet", {"id": [1]})
    targets = {"S3Targets": [{"Path": f"s3://{BUCKET}/raw/flights/"}]}
    lake.glue.create_crawler(Name="crawl", Role="r", DatabaseName=DATABASE, Targets=targets, Schedule=EVERY_MINUTE)
    until(lambda: crawls(lake), bool)
    lake.glue.stop_crawler_schedule(CrawlerName="crawl")
    until(lambda: lake.glue.get_crawler(Name="crawl")["Crawler"], lambda found: found["State"] == "READY")
    before = len(crawls(lake))
    lake.glue.update_crawler_schedule(CrawlerName="crawl", Schedule="cron(0/1 * * * ? *)")
    assert len(crawls(lake)) <= before + 1
    lake.glue.start_crawler_schedule(CrawlerName="crawl")
    until(lambda: crawls(lake), lambda found: len(found) > before + 1)


@pytest.mark.parametrize("schedule", ["rate(1 day)", "cron(0 0 * * * *)", "nightly"])
def test_what_is_no_schedule(lake: Lake, schedule: str) -> None:
    with pytest.raises(lake.glue.exceptions.InvalidInputException, match="Schedule"):
        lake.glue.create_trigger(Name="x", Type="SCHEDULED", Schedule=schedule, Actions=[{"JobName": "job"}])
    targets = {"S3Targets": [{"Path": f"s3://{BUCKET}/raw/"}]}
    with pytest.raises(lake.glue.exceptions.InvalidInputException, match="Schedule"):
        lake.glue.create_crawler(Name="x", Role="r", DatabaseName=DATABASE, Targets=targets, Schedule=schedule)
