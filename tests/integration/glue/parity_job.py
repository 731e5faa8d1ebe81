"""What the stand-in does, in one job, for both engines: each line it prints must be the same on both."""

import json
import sys
from typing import Any

import boto3
import shipped
from awsglue.context import GlueContext
from awsglue.dynamicframe import DynamicFrame
from awsglue.job import Job
from awsglue.transforms import ApplyMapping, ResolveChoice
from awsglue.utils import getResolvedOptions
from awsgluedq.transforms import EvaluateDataQuality
from pyspark.context import SparkContext
from pyspark.sql import Window
from pyspark.sql import functions as F  # noqa: N812 - as in every Glue script

args = getResolvedOptions(sys.argv, ["JOB_NAME", "ruleset"])
glue = GlueContext(SparkContext.getOrCreate())
spark = glue.spark_session
job = Job(glue)
job.init(args["JOB_NAME"], args)


def show(name: str, value: Any) -> None:
    print(json.dumps([name, value], default=str))


def read(table: str, **names: str) -> Any:
    return glue.create_dynamic_frame.from_catalog(database="lake", table_name=table, **names)


def rows(frame: Any) -> list[Any]:
    return sorted(map(list, frame.collect()), key=str)


new = read("events", transformation_ctx="events")
show("bookmark", new.count())
events = read("events").toDF()
show("schema", events.dtypes)
show("events", rows(events))
show("pruned", rows(read("events", push_down_predicate="day >= '2013-01-02' and kind = 'a'").toDF()))
show("empty", [read("events", push_down_predicate="day > '2020-01-01'").toDF().dtypes])
show("csv", rows(read("places").toDF()))
lines = glue.create_dynamic_frame.from_options("s3", {"paths": ["s3://lake-bucket/lines/"]}, "json")
show("json", rows(lines.toDF().select("a", "b.c")))

window = Window.partitionBy("id").orderBy(F.col("at").desc())
latest = events.withColumn("n", F.row_number().over(window)).filter("n = 1").drop("n")
show("latest", rows(latest))

# a function of a shipped module, in Spark's own Python workers
twice = F.udf(shipped.twice, "int")
show("udf", rows(events.select("id", twice("id").alias("twice"))))
mapped = ApplyMapping.apply(
    frame=DynamicFrame.fromDF(latest, glue, "latest"),
    mappings=[
        ("id", "int", "id", "long"),
        ("at", "timestamp", "at", "timestamp"),
        ("extra", "string", "extra", "string"),
        ("day", "date", "day", "string"),
    ],
)
mapped = ResolveChoice.apply(frame=mapped, specs=[("extra", "cast:double")])
show("mapped", rows(mapped.toDF()))


def write(frame: Any) -> None:
    sink = glue.getSink("s3", path="s3://lake-bucket/out/", enableUpdateCatalog=True, partitionKeys=["day"])
    sink.setFormat("glueparquet", compression="snappy")
    sink.setCatalogInfo(catalogDatabase="lake", catalogTableName="out")
    sink.writeFrame(frame)


if new.count():
    write(mapped)
    # replaced a partition at a time: purge, then append
    options = {"retentionPeriod": 0, "partitionPredicate": "day = '2013-01-02'"}
    glue.purge_table(database="lake", table_name="out", options=options)
    show("purged", rows(read("out").toDF().select("id", "day")))
    write(mapped.toDF().filter("day = '2013-01-02'"))
show("out", rows(read("out").toDF()))

# S3 as boto3 sees it and as Spark sees it are the same, at any time
s3 = boto3.client("s3")
spark.createDataFrame([(1, "x")], "a int, b string").coalesce(1).write.mode("overwrite").parquet(
    "s3://lake-bucket/direct/"
)
keys = [item["Key"] for item in s3.list_objects_v2(Bucket="lake-bucket", Prefix="direct/")["Contents"]]
show("written", [sum(key.endswith(".parquet") for key in keys), [key for key in keys if "crc" in key]])
for key in keys:
    s3.delete_object(Bucket="lake-bucket", Key=key)
s3.put_object(Bucket="lake-bucket", Key="direct/a.json", Body=b'{"v": 1}\n{"v": 2}\n')
show("replaced", rows(spark.read.schema("v int").json("s3://lake-bucket/direct/")))

if new.count():
    outcomes = EvaluateDataQuality.apply(frame=read("rules"), ruleset=args["ruleset"]).toDF()
    show("quality", [[row["Rule"], row["Outcome"], row["FailureReason"]] for row in outcomes.collect()])
    metrics = {row["Rule"]: row["EvaluatedMetrics"] for row in outcomes.collect()}
    show(
        "metrics", {rule: {name: round(value, 9) for name, value in found.items()} for rule, found in metrics.items()}
    )
job.commit()
