"""A day of flights from its replay to the curated table, through stacks that were deployed in a storm as well."""

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cli.lake.athena import run_query
from cli.lake.lakehouse import crawl
from cli.lake.producer.accounting import account
from cli.lake.producer.lanes import Sender
from cli.lake.replay import kinesis_client, upload_reference
from contracts import load
from datasets.flights import producer as events
from localcloud.assembly import deploy
from tests.integration.cli.lake.test_replay import shards_of
from tests.integration.faults.storm import FAULTS, HALF, LOST, Storm
from tests.integration.glue.lake import wait_for
from tests.integration.inbox import until
from tests.integration.serving.conftest import part

pytestmark = pytest.mark.xdist_group("faults")
DAY = "2013-02-10"
STACKS = {"Foundation", "StreamIngest", "Lakehouse"}
CUT = [{"operation": "PutRecords", "sequence": {"fail": 1, "pass": 3}, **fault} for fault in (LOST, HALF)]
KEY = ("flight_date", "carrier", "flight", "origin")


def test_a_replayed_day_is_curated_once(
    cloud: Any,
    storm: Storm,
    synthesized: Callable[..., Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in cloud.environment.items():
        monkeypatch.setenv(name, value)
    with storm.blows() as deployed:
        outputs = deploy(part(synthesized(), tmp_path / "assembly", STACKS), cloud)
    bucket = outputs["mlref-Foundation"]["LakeBucketName"]
    database, lakehouse = outputs["mlref-Foundation"]["DatabaseName"], outputs["mlref-Lakehouse"]
    upload_reference(bucket, "flights")
    records = [record for record in events.month_events(2) if f'"event_time":"{DAY}T'.encode() in record.data]

    with storm.blows([*CUT, *FAULTS]) as sent:
        monkeypatch.setenv("AWS_ENDPOINT_URL", storm.endpoint)  # the replay's own calls
        stream = outputs["mlref-StreamIngest"]["EventStreamName"]
        told = Sender(kinesis_client(), stream).send(records)
        monkeypatch.setenv("AWS_ENDPOINT_URL", cloud.endpoint)
        held = Counter(item["Data"] for shard in shards_of(cloud, stream) for item in shard)
        until(
            lambda: account(bucket, load("flights").events),
            lambda found: found.delivered >= held.total(),
            seconds=120,
        )
    assert told.accepted == len(records) > 1_000
    assert set(held) == {record.data for record in records}, "nothing is lost"
    assert held.total() > len(records), "a call whose answer was lost is made again"

    with storm.blows() as curated:
        crawl([lakehouse["ReferenceCrawlerName"], lakehouse["EventsCrawlerName"]])
        glue, job = cloud.client("glue"), lakehouse["CurateJobName"]
        run = glue.start_job_run(JobName=job)["JobRunId"]
        ends = {"SUCCEEDED", "FAILED", "ERROR", "TIMEOUT", "STOPPED"}
        ended = wait_for(lambda: glue.get_job_run(JobName=job, RunId=run)["JobRun"], "JobRunState", ends)
        assert ended["JobRunState"] == "SUCCEEDED", ended
        delivered = run_query("SELECT event_id FROM flight_events", lakehouse["WorkGroupName"], database)
        flights = run_query(
            "SELECT flight_date, carrier, flight, origin FROM flights", lakehouse["WorkGroupName"], database
        )
    identities = {data: json.loads(data)["event_id"] for data in held}
    assert Counter(row[0] for row in delivered.rows) == Counter(
        {identities[data]: number for data, number in held.items()}
    ), "Firehose delivers what the stream has, each once"
    known = [json.loads(data) for data in held]
    left = {tuple(str(event[name]) for name in KEY) for event in known if event["event_type"] != "arrival"}
    assert Counter(tuple(row) for row in flights.rows) == Counter(left), "curation keeps one of each"
    assert {*deployed, *sent, *curated} == {"error", "reset", "response"}
