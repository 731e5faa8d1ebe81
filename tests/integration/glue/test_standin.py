"""The awsglue stand-in on Sail: bookmarks, catalog reads, sinks, purges, refusals."""

import datetime as dt
import io
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.integration.glue.lake import BUCKET, DATABASE, Lake

HEAD = """
import sys
from awsglue.context import GlueContext
from awsglue.dynamicframe import DynamicFrame
from awsglue.job import Job
from awsglue.transforms import *
from awsglue.utils import getResolvedOptions
from pyspark.context import SparkContext
from pyspark.sql import functions as F

args = getResolvedOptions(sys.argv, ["JOB_NAME"])
glue = GlueContext(SparkContext.getOrCreate())
spark = glue.spark_session
job = Job(glue)
job.init(args["JOB_NAME"], args)

def read(**names):
    return glue.create_dynamic_frame.from_catalog(database="lake", table_name="flights", **names).toDF()
"""
COUNT = HEAD + "print(read(transformation_ctx='flights').count())\n"
BOOKMARK = {"--job-bookmark-option": "job-bookmark-enable"}


def days(lake: Lake, *names: str) -> None:
    for day in names:
        lake.put_parquet(f"flights/day={day}/a.parquet", {"id": pa.array([1, 2], pa.int32())})
        lake.partition("flights", day)


@pytest.fixture
def flights(lake: Lake) -> Lake:
    lake.table("flights", {"id": "int", "extra": "string"}, {"day": "date"})
    days(lake, "2013-01-01", "2013-01-02")
    return lake


def again(lake: Lake, arguments: dict[str, str]) -> list[str]:
    run = lake.wait(lake.start(arguments=arguments))
    assert run["JobRunState"] == "SUCCEEDED", run.get("ErrorMessage")
    return lake.output(run["Id"])


def test_a_bookmark_reads_each_object_once_and_a_changed_one_again(flights: Lake) -> None:
    assert flights.run(COUNT + "job.commit()\n", arguments=BOOKMARK) == ["4"]
    assert again(flights, BOOKMARK) == ["0"]
    days(flights, "2013-01-03")
    assert again(flights, {"--job-bookmark-option": "job-bookmark-pause"}) == ["2"]
    assert again(flights, BOOKMARK) == ["2"]
    flights.put_parquet("flights/day=2013-01-01/a.parquet", {"id": pa.array([1, 2, 3], pa.int32())})
    assert again(flights, BOOKMARK) == ["3"]
    assert again(flights, {}) == ["7"]  # without a bookmark everything
    entry = flights.glue.get_job_bookmark(JobName="job")["JobBookmarkEntry"]
    assert (entry["JobName"], entry["Run"]) == ("job", 4)
    flights.glue.reset_job_bookmark(JobName="job")
    with pytest.raises(flights.glue.exceptions.EntityNotFoundException):
        flights.glue.get_job_bookmark(JobName="job")
    assert again(flights, BOOKMARK) == ["7"]


def test_a_failed_run_does_not_move_the_bookmark(flights: Lake) -> None:
    flights.job(COUNT + "raise ValueError('late')\njob.commit()\n")
    assert flights.wait(flights.start(arguments=BOOKMARK))["JobRunState"] == "FAILED"
    flights.put("scripts/job.py", COUNT + "job.commit()\n")
    assert again(flights, BOOKMARK) == ["4"]


def test_a_bookmark_does_not_outlive_a_reset(flights: Lake) -> None:
    flights.run(COUNT + "job.commit()\n", arguments=BOOKMARK)
    flights.cloud.reset()
    lake = Lake(flights.cloud)
    lake.table("flights", {"id": "int"}, {"day": "date"})
    days(lake, "2013-01-01")
    assert lake.run(COUNT + "job.commit()\n", arguments=BOOKMARK) == ["2"]


def test_a_table_has_the_catalogs_columns_and_partition_types(flights: Lake) -> None:
    script = (
        HEAD
        + """
print(read().dtypes)
print(sorted(map(tuple, read(push_down_predicate="day > '2013-01-01' and month(day) = 1").collect())))
print(read(push_down_predicate="day > '2020-01-01'").dtypes, read(push_down_predicate="day > '2020-01-01'").count())
options = {"catalogPartitionPredicate": "day = '2013-01-01'"}
print(read(additional_options=options).select("day").distinct().collect())
"""
    )
    lines = flights.run(script)
    types = "[('id', 'int'), ('extra', 'string'), ('day', 'date')]"
    assert lines == [
        types,
        "[(1, None, datetime.date(2013, 1, 2)), (2, None, datetime.date(2013, 1, 2))]",
        types + " 0",
        "[Row(day=datetime.date(2013, 1, 1))]",
    ]


def test_pruned_partitions_are_not_even_listed(flights: Lake) -> None:
    flights.put("flights/day=2013-01-02/broken.parquet", b"not parquet")
    script = HEAD + """print(read(push_down_predicate="day = '2013-01-01'").count())\n"""
    assert flights.run(script) == ["2"]


def test_a_table_without_partitions_is_empty_and_has_its_columns(lake: Lake) -> None:
    lake.table("flights", {"id": "int", "at": "timestamp"}, {"day": "date"})
    assert lake.run(HEAD + "print(read().dtypes, read().count())\n") == [
        "[('id', 'int'), ('at', 'timestamp'), ('day', 'date')] 0"
    ]


def test_csv_is_read_by_position_and_cast(lake: Lake) -> None:
    serde = {
        "SerializationLibrary": "org.apache.hadoop.hive.serde2.OpenCSVSerde",
        "Parameters": {"separatorChar": ",", "quoteChar": '"'},
    }
    lake.table(
        "flights",
        {"name": "string", "seats": "bigint", "lat": "double"},
        classification="csv",
        parameters={"skip.header.line.count": "1"},
        serde=serde,
    )
    lake.put("flights/a.csv", 'n,s,l\n"Field, North",5,1.5\nB,NA,\n')
    assert lake.run(HEAD + "print(read().dtypes, sorted(map(tuple, read().collect())))\n") == [
        "[('name', 'string'), ('seats', 'bigint'), ('lat', 'double')] [('B', None, None), ('Field, North', 5, 1.5)]"
    ]


def test_timestamps_of_every_parquet_encoding(lake: Lake) -> None:
    lake.table("flights", {"at": "timestamp"})
    at = [dt.datetime(2013, 1, 1, 5, 15)]
    lake.put_parquet("flights/ms.parquet", {"at": pa.array(at, pa.timestamp("ms"))})
    lake.put_parquet("flights/us.parquet", {"at": pa.array(at, pa.timestamp("us", tz="UTC"))})
    lake.put_parquet(
        "flights/int96.parquet", {"at": pa.array(at, pa.timestamp("ns"))}, use_deprecated_int96_timestamps=True
    )
    assert lake.run(HEAD + "print(read().dtypes, [str(row[0]) for row in read().collect()])\n") == [
        "[('at', 'timestamp')] ['2013-01-01 05:15:00', '2013-01-01 05:15:00', '2013-01-01 05:15:00']"
    ]


def test_transforms(flights: Lake) -> None:
    script = (
        HEAD
        + """
frame = glue.create_dynamic_frame.from_catalog(database="lake", table_name="flights")
mapped = ApplyMapping.apply(frame=frame, mappings=[("id", "int", "key", "long"), ("day", "date", "text", "string")])
renamed = RenameField.apply(frame=mapped, old_name="text", new_name="when")
print(renamed.toDF().dtypes, SelectFields.apply(frame=renamed, paths=["key"]).toDF().columns)
print(DropFields.apply(frame=renamed, paths=["key"]).toDF().columns)
print(ResolveChoice.apply(frame=renamed, specs=[("when", "cast:int")]).toDF().dtypes, renamed.count())
"""
    )
    assert flights.run(script) == [
        "[('key', 'bigint'), ('when', 'string')] ['key']",
        "['when']",
        "[('key', 'bigint'), ('when', 'int')] 4",
    ]


WRITE = (
    HEAD
    + """
rows = spark.createDataFrame([(1, "a b", "2013-01"), (2, "c", "2013-02")], "id int, name string, month string")
sink = glue.getSink("s3", path="s3://lake-bucket/out/", enableUpdateCatalog=True, partitionKeys=["month"],
    updateBehavior=UPDATE)
sink.setFormat("glueparquet", compression="snappy")
sink.setCatalogInfo(catalogDatabase="lake", catalogTableName="out")
sink.writeFrame(DynamicFrame.fromDF(rows.withColumn("more", F.lit(1.5)) if MORE else rows, glue, "out"))
"""
)


def write(lake: Lake, update: str, more: bool, name: str) -> None:
    lake.run(WRITE.replace("UPDATE", repr(update)).replace("MORE", repr(more)), name)


def columns(lake: Lake) -> dict[str, str]:
    table = lake.glue.get_table(DatabaseName=DATABASE, Name="out")["Table"]
    return {column["Name"]: column["Type"] for column in table["StorageDescriptor"]["Columns"]}


def test_a_sink_creates_the_table_its_partitions_and_new_columns(lake: Lake) -> None:
    write(lake, "UPDATE_IN_DATABASE", False, "one")
    assert lake.partitions("out") == [["2013-01"], ["2013-02"]]
    assert columns(lake) == {"id": "int", "name": "string"}
    assert all(key.endswith(".snappy.parquet") for key in lake.keys("out/"))
    write(lake, "LOG", True, "two")
    assert columns(lake) == {"id": "int", "name": "string"}
    write(lake, "UPDATE_IN_DATABASE", True, "three")
    assert columns(lake) == {"id": "int", "name": "string", "more": "double"}
    assert len(lake.keys("out/")) == 6  # a sink appends
    partition = lake.glue.get_partitions(DatabaseName=DATABASE, TableName="out")["Partitions"][0]
    assert partition["StorageDescriptor"]["Location"] == f"s3://{BUCKET}/out/month=2013-01/"


def test_from_catalog_writes_where_and_as_the_table_says(flights: Lake) -> None:
    script = (
        HEAD
        + """
rows = spark.createDataFrame([(9, "x", "2013-02-01")], "id int, extra string, day string")
frame = DynamicFrame.fromDF(rows.withColumn("day", F.to_date("day")), glue, "rows")
glue.write_dynamic_frame.from_catalog(frame=frame, database="lake", table_name="flights",
    additional_options={"enableUpdateCatalog": True, "partitionKeys": ["day"]})
rows.coalesce(1).write.parquet("s3://lake-bucket/plain/")
print(read().count())
"""
    )
    assert flights.run(script) == ["5"]
    assert flights.partitions("flights") == [["2013-01-01"], ["2013-01-02"], ["2013-02-01"]]
    for key in [*flights.keys("flights/day=2013-02-01/"), *flights.keys("plain/")]:
        body = flights.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()
        codec = pq.ParquetFile(io.BytesIO(body)).metadata.row_group(0).column(0).compression
        assert codec == "SNAPPY"  # Spark's and Glue's default, which Sail's is not


def test_purge_takes_the_partitions_it_is_told_and_spares_what_is_young(flights: Lake) -> None:
    script = (
        HEAD
        + """
glue.purge_table(database="lake", table_name="flights", options={})
glue.purge_s3_path("s3://lake-bucket/flights/", {"retentionPeriod": 1})
print(read().count())
glue.purge_table(database="lake", table_name="flights",
    options={"partitionPredicate": "day = '2013-01-01'", "retentionPeriod": 0})
print(read().count())
glue.purge_s3_path("s3://lake-bucket/flights/", {"retentionPeriod": 0})
print(read().count(), spark.sql("select 1").count())
"""
    )
    assert flights.run(script) == ["4", "2", "0 1"]
    assert flights.keys("flights/") == []


@pytest.mark.parametrize(
    "line",
    [
        "spark.conf.set('spark.sql.sources.partitionOverwriteMode', 'dynamic')",
        "spark.range(1).write.option('partitionOverwriteMode', 'dynamic')",
        "spark.range(1).write.options(partitionOverwriteMode='DYNAMIC')",
        "spark.range(1).write.save('s3://lake-bucket/x', 'parquet', partitionOverwriteMode='dynamic')",
        "spark.sql('SET spark.sql.sources.partitionOverwriteMode=dynamic')",
    ],
)
def test_dynamic_partition_overwrite_is_refused_on_sail(lake: Lake, line: str) -> None:
    lake.job(HEAD + line + "\n")
    run = lake.wait(lake.start())
    assert "would delete the other partitions" in run.get("ErrorMessage", run["JobRunState"])


def test_dynamic_partition_overwrite_is_refused_in_the_jobs_conf(lake: Lake) -> None:
    lake.job(HEAD)
    run = lake.wait(lake.start(arguments={"--conf": "spark.sql.sources.partitionOverwriteMode=dynamic"}))
    assert "would delete the other partitions" in run.get("ErrorMessage", run["JobRunState"])


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("from awsglue.transforms import Relationalize", "Relationalize"),
        ("glue.create_dynamic_frame.from_rdd", "from_rdd"),
        ("glue.forEachBatch()", "forEachBatch"),
        ("DynamicFrame(spark.range(1)).relationalize('a', 'b')", "relationalize"),
        ("glue.create_dynamic_frame.from_options('jdbc', {})", "jdbc"),
        ("glue.getSink('s3', path='s3://b/k', surprise=1)", "surprise"),
        ("SparkContext.getOrCreate().parallelize([1])", "parallelize"),
    ],
)
def test_what_is_not_there_is_named(lake: Lake, line: str, told: str) -> None:
    lake.job(HEAD + line + "\n")
    message = lake.wait(lake.start()).get("ErrorMessage", "")
    assert "Error: " in message
    assert told in message


def test_the_catalog_filters_partitions_by_expression(flights: Lake) -> None:
    def values(expression: str) -> list[Any]:
        answer = flights.glue.get_partitions(DatabaseName=DATABASE, TableName="flights", Expression=expression)
        return [partition["Values"] for partition in answer["Partitions"]]

    assert values("day >= '2013-01-02'") == [["2013-01-02"]]
    assert values("day between '2013-01-01' and '2013-01-02'") == [["2013-01-01"], ["2013-01-02"]]
    assert values("day in ('2013-01-01')") == [["2013-01-01"]]
    with pytest.raises(flights.glue.exceptions.InvalidInputException):
        values("nothing = 1")


def test_many_partitions_wherever_they_lie_give_their_own_rows(lake: Lake) -> None:
    lake.table("flights", {"id": "int"}, {"day": "string"})
    folders = {
        **{f"{day}": f"day={day}" for day in range(1, 11)},  # day=1 is also the beginning of day=10
        "O'Hare \\": "odd",
        "__HIVE_DEFAULT_PARTITION__": "null",
        "hidden": "_hidden",
        "outside": "../elsewhere",
    }
    for number, (day, folder) in enumerate(folders.items()):
        key = folder.removeprefix("../") if folder.startswith("../") else f"flights/{folder}"
        lake.put_parquet(f"{key}/a.parquet", {"id": pa.array([number], pa.int32())})
        lake.put_parquet(f"{key}/deep/a.parquet", {"more": ["x"], "id": pa.array([number + 100], pa.int32())})
        lake.partition("flights", day, folder=folder)
    lake.put_parquet("flights/_staging/a.parquet", {"id": pa.array([-1], pa.int32())})
    lake.put_parquet("flights/day=11/a.parquet", {"id": pa.array([-2], pa.int32())})  # no partition of the catalog
    moved = lake.glue.get_partition(DatabaseName=DATABASE, TableName="flights", PartitionValues=["outside"])
    storage = {**moved["Partition"]["StorageDescriptor"], "Location": f"s3://{BUCKET}/elsewhere/"}
    lake.glue.update_partition(
        DatabaseName=DATABASE,
        TableName="flights",
        PartitionValueList=["outside"],
        PartitionInput={"Values": ["outside"], "StorageDescriptor": storage},
    )
    told = lake.run(HEAD + "print(sorted((row.id, row.day) for row in read().collect()))\n")
    named = [None if day.startswith("__HIVE") else day for day in folders]
    assert told == [str([(at + more, day) for more in (0, 100) for at, day in enumerate(named)])]
