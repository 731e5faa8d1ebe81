"""State changes of jobs and crawlers reach EventBridge."""

import json
from typing import Any

from localcloud import LocalCloud
from tests.integration.glue.lake import BUCKET, DATABASE, Lake
from tests.integration.inbox import Inbox


def listen(cloud: LocalCloud, detail_type: str) -> Inbox:
    inbox = Inbox(cloud)
    events = cloud.client("events")
    events.put_rule(Name="glue", EventPattern=json.dumps({"source": ["aws.glue"], "detail-type": [detail_type]}))
    events.put_targets(Rule="glue", Targets=[{"Id": "inbox", "Arn": inbox.arn}])
    return inbox


def test_jobs(cloud: LocalCloud, lake: Lake) -> None:
    inbox = listen(cloud, "Glue Job State Change")
    ids = {}
    for name, script in (("good", "print('ran')\n"), ("bad", "raise ValueError('no such month')\n")):
        lake.job(script, name)
        ids[name] = lake.glue.start_job_run(JobName=name)["JobRunId"]
    found: dict[str, Any] = {event["detail"]["jobName"]: event for event in inbox.wait(2)}
    assert found["good"]["detail"] == {
        "jobName": "good",
        "severity": "INFO",
        "state": "SUCCEEDED",
        "jobRunId": ids["good"],
        "message": "Job run succeeded",
    }
    assert found["good"]["resources"] == []
    bad = found["bad"]["detail"]
    assert (bad["severity"], bad["state"], bad["jobRunId"]) == ("ERROR", "FAILED", ids["bad"])
    assert "no such month" in bad["message"]


def test_crawlers(cloud: LocalCloud, lake: Lake) -> None:
    inbox = listen(cloud, "Glue Crawler State Change")
    lake.put_parquet("raw/flights/day=01/a.parquet", {"id": [1]})
    targets = {"S3Targets": [{"Path": f"s3://{BUCKET}/raw/flights/"}]}
    lake.glue.create_crawler(Name="crawl", Role="r", DatabaseName=DATABASE, Targets=targets)
    lake.glue.start_crawler(Name="crawl")
    started, ended = (event["detail"] for event in inbox.wait(2))
    assert (started["state"], started["crawlerName"], started["accountId"]) == ("Started", "crawl", "123456789012")
    assert (ended["state"], ended["tablesCreated"], ended["partitionsCreated"]) == ("Succeeded", "1", "1")
