"""The batch path against the stream: the same rows, columns, types and partitions, however they came."""

import io
import os
import signal
import threading
import time
from typing import Any

import pyarrow.parquet as pq
import pytest
from botocore.exceptions import ClientError
from typer.testing import CliRunner

from cli.errors import UserError
from cli.lake.athena import run_query
from cli.lake.lakehouse import crawl
from cli.lake.producer import history
from cli.lake.producer.accounting import Account, account
from cli.lake.producer.history import load_month
from cli.lake.producer.lanes import Sender
from cli.lake.replay import kinesis_client
from cli.main import app
from contracts import load
from datasets.flights import producer as events
from datasets.record import Record
from localcloud import LocalCloud
from localcloud.assembly import deploy

EVENTS = load("flights").events
DAY = "2013-02-10"
FEBRUARY = events.count([2])


@pytest.fixture
def environment(cloud: LocalCloud, monkeypatch: pytest.MonkeyPatch) -> LocalCloud:
    for name, value in cloud.environment.items():
        monkeypatch.setenv(name, value)
    return cloud


@pytest.fixture
def s3(environment: LocalCloud) -> Any:
    client = environment.client("s3")
    client.create_bucket(Bucket="lake")
    return client


def few(month: int) -> list[Record]:
    """The flights of the month's first day."""
    return [record for record in real_events(month) if record.key.startswith(f"2013-{month:02d}-01")]


real_events = events.month_events


@pytest.fixture
def first_day(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "month_events", few)


def keys(s3: Any, prefix: str = "", bucket: str = "lake") -> list[str]:
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    return [item["Key"] for page in pages for item in page.get("Contents", ())]


def folder_of(key: str) -> str:
    return key.rpartition("/")[0]


class Shape:
    """What readers see of the day's partitions: rows by SQL, and schemas, folders and catalog entries."""

    def __init__(self, cloud: LocalCloud, names: dict[str, dict[str, str]]) -> None:
        bucket = names["mlref-Foundation"]["LakeBucketName"]
        database = names["mlref-Foundation"]["DatabaseName"]
        lakehouse = names["mlref-Lakehouse"]
        crawl([lakehouse["EventsCrawlerName"]])
        sql = f"SELECT * FROM flight_events WHERE event_date = '{DAY}' ORDER BY event_id"
        result = run_query(sql, lakehouse["WorkGroupName"], database)
        self.columns, self.rows = result.columns, result.rows
        s3, glue = cloud.client("s3"), cloud.client("glue")
        self.keys = [key for key in keys(s3, "raw/", bucket) if f"event_date={DAY}/" in key]
        files = [
            pq.ParquetFile(io.BytesIO(s3.get_object(Bucket=bucket, Key=key)["Body"].read())) for key in self.keys
        ]
        self.schemas = {str(file.schema).partition("\n")[2] for file in files}
        self.codecs = {file.metadata.row_group(0).column(0).compression for file in files}
        partitions = glue.get_partitions(DatabaseName=database, TableName=EVENTS.name)["Partitions"]
        self.catalog = {
            tuple(item["Values"]): {
                name: item["StorageDescriptor"][name] for name in ("Location", "Columns", "SerdeInfo", "InputFormat")
            }
            for item in partitions
            if item["Values"][1] == DAY
        }


def test_a_loaded_day_is_a_streamed_day(environment: LocalCloud, synthesized: Any) -> None:
    names = deploy(synthesized(), environment)
    bucket = names["mlref-Foundation"]["LakeBucketName"]
    of_the_day = [record for record in events.month_events(2) if f'"event_time":"{DAY}T'.encode() in record.data]
    Sender(kinesis_client(), names["mlref-StreamIngest"]["EventStreamName"]).send(of_the_day)
    deadline = time.monotonic() + 120
    while (found := account(bucket, EVENTS)).delivered < len(of_the_day):
        assert time.monotonic() < deadline, found
        time.sleep(0.2)
    streamed = Shape(environment, names)
    assert len(streamed.rows) == len(of_the_day) > 1_000

    s3 = environment.client("s3")
    for key in streamed.keys:
        s3.delete_object(Bucket=bucket, Key=key)
    done = CliRunner().invoke(app, ["load-history", "--months", "2"])
    assert done.exit_code == 0, f"{done.output} {done.exception}"
    assert f"{FEBRUARY:,} events in" in done.stderr
    loaded = Shape(environment, names)
    assert loaded.columns == streamed.columns
    assert loaded.rows == streamed.rows
    assert loaded.schemas == streamed.schemas
    assert loaded.codecs == streamed.codecs == {"SNAPPY"}
    assert {folder_of(key) for key in loaded.keys} == {folder_of(key) for key in streamed.keys}
    assert not set(loaded.keys) & set(streamed.keys)
    assert loaded.catalog == streamed.catalog
    assert len(loaded.catalog) == 3, "departures, cancellations and arrivals"


def test_the_months_events_are_there_once_in_one_file_a_partition(s3: Any) -> None:
    told: list[int] = []
    loaded = load_month(s3, "lake", "flights", 2, told.append)
    assert (loaded.read, loaded.rows, loaded.refused.total()) == (FEBRUARY, FEBRUARY, 0)
    assert sum(told) == FEBRUARY
    assert account("lake", EVENTS) == Account(0, 0, 0, 0, loaded=FEBRUARY)
    assert loaded.files == len(keys(s3)) == len({folder_of(key) for key in keys(s3)})
    bodies = [s3.get_object(Bucket="lake", Key=key)["Body"].read() for key in keys(s3)]
    ids = [item for body in bodies for item in pq.read_table(io.BytesIO(body))["event_id"].to_pylist()]
    assert len(set(ids)) == FEBRUARY


@pytest.mark.usefixtures("first_day")
def test_loading_again_replaces_its_own_files_only(s3: Any) -> None:
    load_month(s3, "lake", "flights", 2, lambda _: None)
    own = keys(s3)
    partition = folder_of(own[0])
    stale = f"{EVENTS.location}/event_type=arrival/event_date=2013-02-27/history-2013-02.parquet"
    others = [
        f"{partition}/history-2013-01.parquet",
        f"{partition}/mlref-StreamIngest-1-2026-01-01-abc.parquet",
        f"backup/{EVENTS.name}/history-2013-02.parquet",
    ]
    for key in (*others, stale):
        s3.put_object(Bucket="lake", Key=key, Body=b"theirs")
    s3.put_object(Bucket="lake", Key=own[0], Body=b"broken")
    load_month(s3, "lake", "flights", 2, lambda _: None)
    assert sorted(keys(s3)) == sorted([*own, *others]), "the file of a partition that the month no longer has is gone"
    for key in others:
        assert s3.get_object(Bucket="lake", Key=key)["Body"].read() == b"theirs"
    assert s3.get_object(Bucket="lake", Key=own[0])["Body"].read().startswith(b"PAR1")


def test_what_the_contract_refuses_is_counted_by_cause_and_not_loaded(
    s3: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = few(2)
    bad = [record._replace(data=record.data.replace(b'"flight":', b'"flight":"x","was":')) for record in good[:2]] + [
        good[2]._replace(data=b"not json\n")
    ]
    monkeypatch.setattr(events, "month_events", lambda _: [*good, *bad])
    monkeypatch.setattr(events, "count", lambda _: len(good) + len(bad))
    done = CliRunner().invoke(app, ["load-history", "--months", "2", "--bucket", "lake", "--dataset", "flights"])
    assert done.exit_code == 0, done.output
    assert f"{len(good):,} events in" in done.stderr
    assert "3 records are refused by the contract and not loaded" in done.stderr
    assert "  2  flight: expected int\n" in done.stderr
    assert "  1  not JSON" in done.stderr
    assert account("lake", EVENTS) == Account(0, 0, 0, 0, loaded=len(good))


@pytest.mark.usefixtures("first_day")
def test_ctrl_c_ends_it_and_the_repetition_completes_it(s3: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    whole: list[int] = []
    original = history.load_month

    def interrupted(*arguments: Any) -> Any:
        if whole:
            threading.Timer(0.05, os.kill, (os.getpid(), signal.SIGINT)).start()
            time.sleep(30)
        whole.append(1)
        return original(*arguments)

    monkeypatch.setattr("cli.lake.history.load_month", interrupted)
    command = ["load-history", "--months", "2,3", "--bucket", "lake", "--dataset", "flights"]
    stopped = CliRunner().invoke(app, command)
    assert stopped.exit_code == 130, stopped.output
    assert "loaded months: 2; repeat the command" in stopped.stderr
    monkeypatch.setattr("cli.lake.history.load_month", original)
    assert CliRunner().invoke(app, command).exit_code == 0
    assert account("lake", EVENTS).loaded == len(few(2)) + len(few(3))


@pytest.mark.usefixtures("first_day")
def test_a_bucket_that_is_not_there_or_takes_nothing_is_named(s3: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UserError, match=r"s3://nowhere/raw/flight_events/ does not take the events: .*NoSuchBucket"):
        load_month(s3, "nowhere", "flights", 2, lambda _: None)

    def denied(**_: Any) -> None:
        raise ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "PutObject")

    monkeypatch.setattr(s3, "put_object", denied)
    with pytest.raises(UserError, match="AccessDenied"):
        load_month(s3, "lake", "flights", 2, lambda _: None)
