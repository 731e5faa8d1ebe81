"""Crawlers over real objects: what they make of files, what a second crawl changes, what they refuse."""

import gzip
from typing import Any

import pyarrow as pa
import pytest
from botocore.exceptions import ClientError

from tests.integration.glue.lake import BUCKET, DATABASE, Lake, wait_for

ROLE = "arn:aws:iam::123456789012:role/crawl"
PLANES = "tailnum,year,type,seats,speed\nN1,2004,Fixed wing,55,NA\nN2,NA,Fixed wing,182,100\nN3,1999,Rotor,2,NA\n"
AIRLINES = "carrier,name\n9E,Endeavor Air Inc.\nAA,American Airlines Inc.\n"


def crawl(lake: Lake, name: str = "crawler") -> dict[str, Any]:
    """Start the crawler and wait for READY; the crawler's last crawl."""
    lake.glue.start_crawler(Name=name)
    crawler = wait_for(lambda: lake.glue.get_crawler(Name=name)["Crawler"], "State", {"READY"})
    last: dict[str, Any] = crawler["LastCrawl"]
    return last


def create(lake: Lake, *paths: str, name: str = "crawler", **definition: Any) -> None:
    targets = {"S3Targets": [{"Path": f"s3://{BUCKET}/{path}"} for path in paths]}
    lake.glue.create_crawler(Name=name, **{"Role": ROLE, "DatabaseName": DATABASE, "Targets": targets, **definition})


def table(lake: Lake, name: str) -> dict[str, Any]:
    found: dict[str, Any] = lake.glue.get_table(DatabaseName=DATABASE, Name=name)["Table"]
    return found


def columns(lake: Lake, name: str) -> dict[str, str]:
    return {column["Name"]: column["Type"] for column in table(lake, name)["StorageDescriptor"]["Columns"]}


def metrics(lake: Lake) -> tuple[int, int, int]:
    (found,) = lake.glue.get_crawler_metrics(CrawlerNameList=["crawler"])["CrawlerMetricsList"]
    return found["TablesCreated"], found["TablesUpdated"], found["TablesDeleted"]


def test_a_csv_folder_becomes_a_table_with_glues_types(lake: Lake) -> None:
    lake.put("reference/planes/planes.csv", PLANES)
    create(lake, "reference/planes/", TablePrefix="ref_")
    assert crawl(lake)["Status"] == "SUCCEEDED"
    # a column with NA in it is text
    assert columns(lake, "ref_planes") == {
        "tailnum": "string",
        "year": "string",
        "type": "string",
        "seats": "bigint",
        "speed": "string",
    }
    found = table(lake, "ref_planes")
    assert found["Parameters"]["classification"] == "csv"
    assert found["Parameters"]["skip.header.line.count"] == "1"
    assert found["StorageDescriptor"]["Location"] == f"s3://{BUCKET}/reference/planes/"
    assert found["PartitionKeys"] == []
    assert metrics(lake) == (1, 0, 0)


def test_a_header_over_text_is_data_unless_a_classifier_says_otherwise(lake: Lake) -> None:
    lake.put("reference/airlines/airlines.csv", AIRLINES)
    create(lake, "reference/airlines/")
    crawl(lake)
    assert columns(lake, "airlines") == {"col0": "string", "col1": "string"}
    assert "skip.header.line.count" not in table(lake, "airlines")["Parameters"]
    lake.glue.create_classifier(
        CsvClassifier={"Name": "csv", "ContainsHeader": "PRESENT", "Delimiter": ",", "QuoteSymbol": '"'}
    )
    lake.glue.update_crawler(Name="crawler", Classifiers=["csv"])
    crawl(lake)
    assert columns(lake, "airlines") == {"carrier": "string", "name": "string"}
    assert table(lake, "airlines")["Parameters"]["skip.header.line.count"] == "1"


def test_quoted_csv_gets_a_serde_that_takes_quotes(lake: Lake) -> None:
    lake.put("reference/places/places.csv", 'faa,name,lat\nA1,"Field, North",1.5\nB2,Plain,2\n')
    create(lake, "reference/places/")
    crawl(lake)
    assert columns(lake, "places") == {"faa": "string", "name": "string", "lat": "double"}
    serde = table(lake, "places")["StorageDescriptor"]["SerdeInfo"]
    assert serde["SerializationLibrary"] == "org.apache.hadoop.hive.serde2.OpenCSVSerde"
    assert serde["Parameters"] == {"separatorChar": ",", "quoteChar": '"'}


def test_each_folder_is_a_table_and_exclusions_are_left_out(lake: Lake) -> None:
    lake.put("ref/planes/planes.csv", PLANES)
    lake.put("ref/planes/broken.tmp", b"\0\0")
    lake.put("ref/airlines/airlines.csv", AIRLINES)
    lake.put("ref/skipped/deep/x.csv", PLANES)
    lake.put("ref/_hidden/x.csv", PLANES)
    targets = {"S3Targets": [{"Path": f"s3://{BUCKET}/ref/", "Exclusions": ["**.tmp", "skipped/**"]}]}
    create(lake, Targets=targets)
    assert crawl(lake)["Status"] == "SUCCEEDED"
    names = {found["Name"] for found in lake.glue.get_tables(DatabaseName=DATABASE)["TableList"]}
    assert names == {"planes", "airlines"}


def test_json_and_parquet_with_nested_types_and_partitions(lake: Lake) -> None:
    line = b'{"id": 1, "at": "2013-01-01T00:00:00Z", "tags": ["a"], "geo": {"lat": 1.5, "n": 2}}\n'
    lake.put("raw/clicks/2013/01/part.gz", gzip.compress(line))
    lake.put_parquet(
        "raw/flights/year=2013/month=01/a.parquet",
        {"id": pa.array([1], pa.int32()), "at": pa.array([0], pa.timestamp("ms")), "ok": [True]},
    )
    lake.put_parquet("raw/flights/year=2013/month=02/a.parquet", {"id": pa.array([1], pa.int32()), "more": [1.5]})
    create(lake, "raw/")
    assert crawl(lake)["Status"] == "SUCCEEDED"
    assert columns(lake, "clicks") == {
        "id": "bigint",
        "at": "string",
        "tags": "array<string>",
        "geo": "struct<lat:double,n:bigint>",
    }
    assert table(lake, "clicks")["PartitionKeys"] == [
        {"Name": "partition_0", "Type": "string"},
        {"Name": "partition_1", "Type": "string"},
    ]
    assert lake.partitions("clicks") == [["2013", "01"]]
    assert columns(lake, "flights") == {"id": "int", "at": "timestamp", "ok": "boolean", "more": "double"}
    assert lake.partitions("flights") == [["2013", "01"], ["2013", "02"]]
    stored = lake.glue.get_partition(DatabaseName=DATABASE, TableName="flights", PartitionValues=["2013", "02"])
    location = stored["Partition"]["StorageDescriptor"]["Location"]
    assert location == f"s3://{BUCKET}/raw/flights/year=2013/month=02/"


def test_a_second_crawl_adds_only_what_is_new(lake: Lake) -> None:
    lake.put_parquet("raw/flights/day=01/a.parquet", {"id": [1]})
    create(lake, "raw/flights/")
    crawl(lake)
    version = table(lake, "flights")["VersionId"]
    crawl(lake)
    assert lake.partitions("flights") == [["01"]]
    assert table(lake, "flights")["VersionId"] == version
    assert metrics(lake) == (0, 0, 0)
    lake.put_parquet("raw/flights/day=02/a.parquet", {"id": [1], "extra": ["x"]})
    crawl(lake)
    assert lake.partitions("flights") == [["01"], ["02"]]
    assert columns(lake, "flights") == {"id": "bigint", "extra": "string"}
    assert metrics(lake) == (0, 1, 0)


@pytest.mark.parametrize(
    ("behavior", "partitions", "deprecated"),
    [
        ("LOG", [["01"], ["02"]], False),
        ("DEPRECATE_IN_DATABASE", [["01"], ["02"]], True),
        ("DELETE_FROM_DATABASE", [["01"]], False),
    ],
)
def test_what_is_gone_follows_the_delete_behavior(
    lake: Lake, behavior: str, partitions: list[list[str]], deprecated: bool
) -> None:
    for day in ("01", "02"):
        lake.put_parquet(f"raw/flights/day={day}/a.parquet", {"id": [1]})
    lake.put("raw/planes/planes.csv", PLANES)
    policy = {"UpdateBehavior": "UPDATE_IN_DATABASE", "DeleteBehavior": behavior}
    create(lake, "raw/", SchemaChangePolicy=policy)
    crawl(lake)
    for key in ("raw/flights/day=02/a.parquet", "raw/planes/planes.csv"):
        lake.s3.delete_object(Bucket=BUCKET, Key=key)
    crawl(lake)
    assert lake.partitions("flights") == partitions
    tables = {found["Name"]: found for found in lake.glue.get_tables(DatabaseName=DATABASE)["TableList"]}
    assert ("planes" in tables) == (behavior != "DELETE_FROM_DATABASE")
    if "planes" in tables:
        assert ("DEPRECATED_BY_CRAWLER" in tables["planes"]["Parameters"]) == deprecated


def test_log_leaves_the_columns_alone(lake: Lake) -> None:
    lake.put_parquet("raw/flights/day=01/a.parquet", {"id": [1]})
    create(lake, "raw/flights/", SchemaChangePolicy={"UpdateBehavior": "LOG", "DeleteBehavior": "LOG"})
    crawl(lake)
    lake.put_parquet("raw/flights/day=02/a.parquet", {"id": [1], "extra": ["x"]})
    crawl(lake)
    assert columns(lake, "flights") == {"id": "bigint"}
    assert lake.partitions("flights") == [["01"], ["02"]]


def test_only_new_folders(lake: Lake) -> None:
    lake.put_parquet("raw/flights/day=01/a.parquet", {"id": [1]})
    create(
        lake,
        "raw/flights/",
        RecrawlPolicy={"RecrawlBehavior": "CRAWL_NEW_FOLDERS_ONLY"},
        SchemaChangePolicy={"UpdateBehavior": "LOG", "DeleteBehavior": "LOG"},
    )
    crawl(lake)
    lake.put("raw/flights/day=01/broken", b"not parquet, and not looked at")
    lake.put_parquet("raw/flights/day=02/a.parquet", {"id": [1]})
    assert crawl(lake)["Status"] == "SUCCEEDED"
    assert lake.partitions("flights") == [["01"], ["02"]]


def catalog_crawler(lake: Lake, **changed: Any) -> None:
    definition = {
        "Role": ROLE,
        "Targets": {"CatalogTargets": [{"DatabaseName": DATABASE, "Tables": ["events"]}]},
        "SchemaChangePolicy": {"UpdateBehavior": "LOG", "DeleteBehavior": "LOG"},
        **changed,
    }
    lake.glue.create_crawler(Name="crawler", **definition)


def test_a_catalog_target_gets_partitions_and_keeps_its_columns(lake: Lake) -> None:
    lake.table("events", {"id": "bigint", "later": "string"}, {"event_type": "string", "event_date": "date"})
    for day in range(1, 4):
        lake.put_parquet(f"events/event_type=arrival/event_date=2013-01-0{day}/a.parquet", {"id": [1]})
    catalog_crawler(lake)
    assert crawl(lake)["Status"] == "SUCCEEDED"
    assert lake.partitions("events") == [["arrival", f"2013-01-0{day}"] for day in range(1, 4)]
    assert columns(lake, "events") == {"id": "bigint", "later": "string"}
    partition = lake.glue.get_partitions(DatabaseName=DATABASE, TableName="events")["Partitions"][0]
    assert [column["Name"] for column in partition["StorageDescriptor"]["Columns"]] == ["id", "later"]
    crawl(lake)
    assert len(lake.partitions("events")) == 3


def test_aws_refuses_mixed_targets_and_deletions_by_a_catalog_target(lake: Lake) -> None:
    lake.table("events", {"id": "bigint"})
    both = {
        "CatalogTargets": [{"DatabaseName": DATABASE, "Tables": ["events"]}],
        "S3Targets": [{"Path": f"s3://{BUCKET}/raw/"}],
    }
    with pytest.raises(lake.glue.exceptions.InvalidInputException, match="mixed"):
        catalog_crawler(lake, Targets=both)
    with pytest.raises(lake.glue.exceptions.InvalidInputException, match="LOG"):
        catalog_crawler(lake, SchemaChangePolicy={"DeleteBehavior": "DEPRECATE_IN_DATABASE"})
    with pytest.raises(ClientError, match="JdbcTargets"):
        catalog_crawler(lake, Targets={"JdbcTargets": [{"ConnectionName": "c", "Path": "p"}]}, DatabaseName=DATABASE)
    assert lake.glue.get_crawlers()["Crawlers"] == []


def test_a_crawler_runs_once_at_a_time_and_can_be_stopped(lake: Lake) -> None:
    for at in range(30):
        lake.put(f"many/t{at}/planes.csv", PLANES)
    create(lake, "many/")
    lake.glue.start_crawler(Name="crawler")
    assert lake.glue.get_crawler(Name="crawler")["Crawler"]["State"] == "RUNNING"
    with pytest.raises(lake.glue.exceptions.CrawlerRunningException):
        lake.glue.start_crawler(Name="crawler")
    with pytest.raises(lake.glue.exceptions.CrawlerRunningException):
        lake.glue.update_crawler(Name="crawler", Description="x")
    with pytest.raises(lake.glue.exceptions.CrawlerRunningException):
        lake.glue.delete_crawler(Name="crawler")
    lake.glue.stop_crawler(Name="crawler")
    crawler = wait_for(lambda: lake.glue.get_crawler(Name="crawler")["Crawler"], "State", {"READY"})
    assert crawler["LastCrawl"]["Status"] == "CANCELLED"
    assert len(lake.glue.get_tables(DatabaseName=DATABASE)["TableList"]) < 30
    with pytest.raises(lake.glue.exceptions.CrawlerNotRunningException):
        lake.glue.stop_crawler(Name="crawler")


def test_a_failed_crawl_says_why_in_the_crawler_its_history_and_its_log(lake: Lake) -> None:
    lake.put("mixed/a.csv", PLANES)
    lake.put_parquet("mixed/b.parquet", {"id": [1]})
    create(lake, "mixed/")
    last = crawl(lake)
    assert last["Status"] == "FAILED"
    assert "several formats: csv, parquet" in last["ErrorMessage"]
    (history,) = lake.glue.list_crawls(CrawlerName="crawler")["Crawls"]
    assert history["State"] == "FAILED"
    assert any("several formats" in line for line in lake.output("crawler", "/aws-glue/crawlers"))


def test_definition_is_read_back_and_changed(lake: Lake) -> None:
    create(lake, "raw/", Description="first", Schedule="cron(0 1 * * ? *)", Tags={"a": "b"})
    lake.glue.update_crawler(Name="crawler", TablePrefix="x_")
    lake.glue.update_crawler_schedule(CrawlerName="crawler", Schedule="cron(0 2 * * ? *)")
    lake.glue.stop_crawler_schedule(CrawlerName="crawler")
    found = lake.glue.get_crawler(Name="crawler")["Crawler"]
    assert (found["Description"], found["TablePrefix"], found["Version"]) == ("first", "x_", 2)
    assert found["Schedule"] == {"ScheduleExpression": "cron(0 2 * * ? *)", "State": "NOT_SCHEDULED"}
    lake.glue.delete_crawler(Name="crawler")
    assert lake.glue.get_crawlers()["Crawlers"] == []
