"""Crawls, jobs, queries and deliveries in a storm: every record once, in the end."""

import io
import json
from collections import Counter
from typing import Any

import pyarrow.parquet as pq
import pytest

from tests.integration.faults.storm import FAULTS, Storm, lost_once
from tests.integration.firehose.conftest import ROLE, STREAM
from tests.integration.glue.lake import BUCKET, DATABASE, Lake, wait_for
from tests.integration.inbox import until
from tests.integration.lambda_.conftest import zipped

pytestmark = pytest.mark.xdist_group("faults")
KINDS = {"error", "reset", "response"}

JOB = f"""
from awsglue.context import GlueContext
from pyspark.context import SparkContext
context = GlueContext(SparkContext.getOrCreate())
rows = context.create_dynamic_frame.from_catalog(database="{DATABASE}", table_name="days")
sink = context.getSink("s3", path="s3://{BUCKET}/copy/", enableUpdateCatalog=True, partitionKeys=["day"])
sink.setFormat("glueparquet")
sink.setCatalogInfo("{DATABASE}", "copy")
sink.writeFrame(rows)
# and by Sail's own client, without Glue's library
frame = context.spark_session.read.parquet("s3://{BUCKET}/plain/")
print("read", frame.count(), frame.selectExpr("sum(n)").collect()[0][0])
frame.write.mode("append").parquet("s3://{BUCKET}/again/")
"""

ROUTE = """
import base64, json
def handler(event, context):
    return {"records": [route(r) for r in event["records"]]}
def route(record):
    value = json.loads(base64.b64decode(record["data"]))
    keys = {"day": f"2013-01-{1 + value['n'] % 3:02d}"}
    return {"recordId": record["recordId"], "data": record["data"], "result": "Ok", "metadata": {"partitionKeys": keys}}
"""


@pytest.fixture
def lake(cloud: Any) -> Lake:
    """Six days of a hundred numbers each, all different, and the same without days."""
    made = Lake(cloud)
    for day in range(6):
        made.put_parquet(f"days/day=2013-01-0{day + 1}/a.parquet", {"n": list(range(day * 100, day * 100 + 100))})
        made.put_parquet(f"plain/{day}.parquet", {"n": list(range(day * 100, day * 100 + 100))})
    return made


def numbers(lake: Lake, prefix: str) -> Counter[int]:
    """How often each number is in the Parquet objects under a prefix."""
    bodies = (lake.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read() for key in lake.keys(prefix))
    return Counter(n for body in bodies for n in pq.read_table(io.BytesIO(body))["n"].to_pylist())


def crawl(lake: Lake) -> dict[str, Any]:
    """The last crawl of the days."""
    lake.glue.create_crawler(
        Name="days", Role="arn:aws:iam::123456789012:role/glue", DatabaseName=DATABASE,
        Targets={"S3Targets": [{"Path": f"s3://{BUCKET}/days/"}]},
    )  # fmt: skip
    lake.glue.start_crawler(Name="days")
    found: dict[str, Any] = wait_for(lambda: lake.glue.get_crawler(Name="days")["Crawler"], "State", {"READY"})
    return dict(found["LastCrawl"])


ONCE = Counter(range(600))
DAYS = [[f"2013-01-0{day}"] for day in range(1, 7)]


def test_a_crawl_and_a_job_on_sail(lake: Lake, storm: Storm) -> None:
    with storm.blows([*lost_once("CreateTable", "BatchCreatePartition"), *FAULTS]) as crawled:
        last = crawl(lake)
    assert last["Status"] == "SUCCEEDED", last
    assert lake.partitions("days") == DAYS
    with storm.blows([*lost_once("CreateTable"), *FAULTS]) as ran:
        output = lake.run(JOB)
    assert "read 600 179700" in output
    assert output.count("read 600 179700") == 1, "what a job prints is in its log once"
    assert numbers(lake, "copy/") == numbers(lake, "again/") == ONCE
    assert lake.partitions("copy") == DAYS
    assert crawled.keys() == ran.keys() == KINDS


def query(lake: Lake, sql: str) -> tuple[dict[str, Any], list[list[str | None]]]:
    """Status and rows of a query."""
    athena = lake.cloud.client("athena")
    started = athena.start_query_execution(
        QueryString=sql,
        QueryExecutionContext={"Database": DATABASE},
        ResultConfiguration={"OutputLocation": f"s3://{BUCKET}/results/"},
    )["QueryExecutionId"]
    ends = {"SUCCEEDED", "FAILED", "CANCELLED"}
    status = wait_for(
        lambda: athena.get_query_execution(QueryExecutionId=started)["QueryExecution"]["Status"], "State", ends
    )
    if status["State"] != "SUCCEEDED":
        return status, []
    pages = athena.get_paginator("get_query_results").paginate(QueryExecutionId=started)
    rows = [row["Data"] for page in pages for row in page["ResultSet"]["Rows"]]
    return status, [[item.get("VarCharValue") for item in row] for row in rows]


def test_queries_tables_made_by_queries_and_inserts(lake: Lake, storm: Storm) -> None:
    lake.table("days", {"n": "bigint"}, {"day": "string"})
    for (day,) in DAYS:
        lake.partition("days", day)
    statements = [
        "select n, day from days",
        "create table copy with (partitioned_by = array['day']) as select n, day from days",
        "insert into copy select n + 600, day from days",
        "create database another",
        "create view v as select n from copy",
        "drop table days",
    ]
    made = ("CreateTable", "BatchCreatePartition", "CreateDatabase", "DeleteTable")
    with storm.blows([*lost_once(*made), *FAULTS]) as done:
        told = [query(lake, sql) for sql in statements]
    assert [status["State"] for status, _ in told] == ["SUCCEEDED"] * len(statements), told
    assert Counter(int(row[0] or 0) for row in told[0][1][1:]) == ONCE
    copied = lake.glue.get_table(DatabaseName=DATABASE, Name="copy")["Table"]["StorageDescriptor"]["Location"]
    copied = copied.removeprefix(f"s3://{BUCKET}/").rstrip("/")
    assert numbers(lake, f"{copied}/day=") == Counter(range(1_200))
    assert lake.partitions("copy") == DAYS
    assert sorted(item["Name"] for item in lake.glue.get_tables(DatabaseName=DATABASE)["TableList"]) == ["copy", "v"]
    assert done.keys() == KINDS


def test_a_query_that_s3_throttles_to_the_end_says_so(lake: Lake, storm: Storm) -> None:
    lake.table("plain", {"n": "bigint"})
    always = {"code": "SlowDown", "status": 503, "message": "Please reduce your request rate."}
    with storm.blows([{"service": "s3", "operation": "GetObject", "error": always}]) as done:
        status, _ = query(lake, "select max(n) from plain")
    assert status["State"] == "FAILED"
    assert status["StateChangeReason"] == (
        "HIVE_CANNOT_OPEN_SPLIT: AmazonS3Exception: Please reduce your request rate. "
        "(Service: Amazon S3; Status Code: 503; Error Code: SlowDown)"
    )
    assert (status["AthenaError"]["ErrorType"], status["AthenaError"]["Retryable"]) == (1403, True)
    assert done["error"] >= 16


def test_a_delivery_through_lambda_to_parquet(cloud: Any, lake: Lake, storm: Storm) -> None:
    cloud.client("iam").create_role(RoleName="delivery", AssumeRolePolicyDocument="{}")
    cloud.client("kinesis").create_stream(StreamName="events", ShardCount=2)
    function = cloud.client("lambda").create_function(
        FunctionName="route", Runtime="python3.13", Role=ROLE, Handler="index.handler", Timeout=30,
        Code={"ZipFile": zipped({"index.py": ROUTE})},
    )["FunctionArn"]  # fmt: skip
    lake.table("events", {"n": "bigint"})
    parameters = {"LambdaArn": function, "BufferIntervalInSeconds": "3"}
    values = [{"ParameterName": name, "ParameterValue": value} for name, value in parameters.items()]
    schema = {"RoleARN": ROLE, "DatabaseName": DATABASE, "TableName": "events"}
    cloud.client("firehose").create_delivery_stream(
        DeliveryStreamName="delivery",
        DeliveryStreamType="KinesisStreamAsSource",
        KinesisStreamSourceConfiguration={"KinesisStreamARN": STREAM, "RoleARN": ROLE},
        ExtendedS3DestinationConfiguration={
            "RoleARN": ROLE,
            "BucketARN": f"arn:aws:s3:::{BUCKET}",
            "Prefix": "events/day=!{partitionKeyFromLambda:day}/",
            "ErrorOutputPrefix": "errors/!{firehose:error-output-type}/",
            "DynamicPartitioningConfiguration": {"Enabled": True},
            "BufferingHints": {"SizeInMBs": 64, "IntervalInSeconds": 60},
            "ProcessingConfiguration": {"Enabled": True, "Processors": [{"Type": "Lambda", "Parameters": values}]},
            "DataFormatConversionConfiguration": {
                "Enabled": True,
                "SchemaConfiguration": schema,
                "InputFormatConfiguration": {"Deserializer": {"OpenXJsonSerDe": {}}},
                "OutputFormatConfiguration": {"Serializer": {"ParquetSerDe": {}}},
            },
        },
    )
    with storm.blows() as done:
        for start in range(0, 600, 300):
            records = [
                {"Data": json.dumps({"n": n}).encode(), "PartitionKey": str(n)} for n in range(start, start + 300)
            ]
            cloud.client("kinesis").put_records(StreamName="events", Records=records)
        until(lambda: numbers(lake, "events/").total(), lambda total: total >= 600)
    assert numbers(lake, "events/") == ONCE
    assert lake.keys("errors/") == []
    assert done.keys() == KINDS
