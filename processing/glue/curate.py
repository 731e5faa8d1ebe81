"""Glue job: events to the curated table of their dataset, one partition a day, gated by a quality rule set.

Job arguments (https://docs.aws.amazon.com/glue/latest/dg/aws-glue-programming-etl-glue-arguments.html):
    --dataset       whose events they are: its contract, and its module ``datasets/<dataset>/curation.py``
    --database      Glue database of all tables
    --events_table  table of the events; --target_table table of the curated rows
    --lake_bucket   bucket that holds them
    --ruleset       Glue Data Quality rule set that the new rows must pass
    --rebuild       optional, true: curate every day there is, not only the days with new events

What a run guarantees, one run at a time (MaxConcurrentRuns of the job is 1):
    * It touches only the days with new events, and rebuilds those from all their events: running it twice, or again
      after a failure, gives the same rows.
    * Nothing is published that fails a rule. The job then fails, its bookmark stays, and the next run tries again.
    * What a day says of the days before it is what was known then. A late event rebuilds its own day but not the
      days that follow: those were published, and a model may have been trained on them. ``--rebuild true``
      recalculates every day with all that is known now.
"""

import sys
from datetime import date

import boto3
from awsglue.context import GlueContext
from awsglue.dynamicframe import DynamicFrame
from awsglue.job import Job
from awsglue.utils import getResolvedOptions
from awsgluedq.transforms import EvaluateDataQuality
from pyspark.context import SparkContext
from pyspark.sql import DataFrame

from contracts import Contract, Table, load
from processing.glue import curation, days, lake


class QualityGateError(RuntimeError):
    """The candidate rows failed rules; nothing was published."""


def main() -> None:
    args = getResolvedOptions(
        sys.argv, ["JOB_NAME", "dataset", "database", "events_table", "target_table", "lake_bucket", "ruleset"]
    )
    # getResolvedOptions knows no optional arguments: ask for one only where it is given
    rebuild = "--rebuild" in sys.argv and getResolvedOptions(sys.argv, ["rebuild"])["rebuild"].lower() == "true"
    context = GlueContext(SparkContext.getOrCreate())
    context.spark_session.conf.set("spark.sql.session.timeZone", "UTC")  # every timestamp of the lake is UTC
    job = Job(context)
    job.init(args["JOB_NAME"], args)
    try:
        curate(context, args, rebuild)
    finally:
        s3 = boto3.client("s3")
        lake.delete_keys(s3, args["lake_bucket"], lake.keys_under(s3, args["lake_bucket"], [staging(args)]))
    job.commit()  # only now do the events that were read count as done


def curate(context: GlueContext, args: dict[str, str], rebuild: bool) -> None:
    """Rebuild the days with new events, or all days, and publish them if they pass the rules."""
    contract, of = load(args["dataset"]), curation.curation_of(args["dataset"])
    tables = {args["events_table"]: contract.events, args["target_table"]: contract.curated}
    lake.require_tables(
        boto3.client("glue"), args["database"], {**tables, **{table.name: table for table in contract.reference}}
    )

    # 1. Which days? A bookmark belongs to a transformation_ctx; a read without one sees everything.
    # https://docs.aws.amazon.com/glue/latest/dg/programming-etl-connect-bookmarks.html
    touched = read_touched_days(context, args, contract, of, bookmark="" if rebuild else "new_events")
    if not touched:
        print("curate: no new events, nothing to do")
        return

    # 2. Everything known of those days, and of the days before them that they look back on.
    wanted = days.predicate("event_date", days.event_ranges(touched, of.HISTORY_DAYS, of.EVENT_DAYS_AFTER))
    events = conform(read_table(context, args, args["events_table"], wanted).toDF(), contract)
    known = staged(context, args, "known", of.rows_of(events))
    counts = curation.count_days(known, of.DAY, touched).collect()
    published = {row[of.DAY]: row["rows"] for row in counts if row["rows"]}
    unopened = sum(row["unopened"] for row in counts)
    if unopened:
        print(f"curate: of {unopened} rows the outcome came before the first event; left out until it comes")
    if not published:
        return

    # 3. The candidate rows, and the gate before they are published.
    reference = {
        table.name: curation.conform_reference(read_reference(context, args, table), table)
        for table in contract.reference
    }
    candidates = staged(context, args, "candidates", of.curate(known, list(published), reference))
    rules = evaluate_quality(context, candidates, args)

    # 4. Publication.
    publish(context, candidates, list(published), args)
    print(
        f"curate: {len(published)} days from {min(published)} to {max(published)}, "
        f"{sum(published.values())} rows published; {rules} quality rules passed"
    )


def conform(frame: DataFrame, contract: Contract) -> DataFrame:
    """Events as the contract has them, each of a known row."""
    return curation.conform_events(frame, contract.events, contract.curated.primary_key)


def staging(args: dict[str, str]) -> str:
    """Where a run keeps what it has calculated."""
    return f"{load(args['dataset']).curated.location}/_staging/"


def read_table(
    context: GlueContext, args: dict[str, str], table: str, wanted: str = "", bookmark: str = ""
) -> DynamicFrame:
    """A catalog table; ``wanted`` prunes its partitions, ``bookmark`` leaves out objects of earlier runs."""
    return context.create_dynamic_frame.from_catalog(
        database=args["database"], table_name=table, push_down_predicate=wanted, transformation_ctx=bookmark
    )


def read_reference(context: GlueContext, args: dict[str, str], table: Table) -> DataFrame:
    """A reference table as text.

    A crawler takes the type of a CSV column from a sample of it. If ``NA`` comes only later, DynamicFrames carry a
    choice type (number or string) there, which toDF would turn into a struct; so everything is made text again.
    https://docs.aws.amazon.com/glue/latest/dg/aws-glue-api-crawler-pyspark-transforms-ResolveChoice.html
    """
    text = [(column.name, "cast:string") for column in table.columns]
    return read_table(context, args, table.name).resolveChoice(specs=text).toDF()


def read_touched_days(
    context: GlueContext, args: dict[str, str], contract: Contract, of: curation.Curation, bookmark: str
) -> list[date]:
    """The days of the events that no run has processed, or of all events without ``bookmark``."""
    new = read_table(context, args, args["events_table"], bookmark=bookmark).toDF()
    if of.DAY not in new.columns:  # Glue knows no schema of a frame when the bookmark leaves no file to read
        return []
    counts = curation.touched_days(conform(new, contract), of.DAY, of.EVENT_DAYS_AFTER).collect()
    strays = sum(row["strays"] for row in counts)
    if strays:
        print(f"curate: {strays} events do not belong to the time of their {of.DAY}; left out")
    print(f"curate: {sum(row['events'] for row in counts)} events to process, of {len(counts)} days")
    return [row[of.DAY] for row in counts if row["events"] > row["strays"]]


def staged(context: GlueContext, args: dict[str, str], name: str, frame: DataFrame) -> DataFrame:
    """``frame``, calculated once and kept in S3 until the run ends.

    What is checked is then what is published, whatever happens to the input meanwhile or to a worker's cache; and an
    engine without a cache does not calculate all over for each use. Readers of the table do not see it: its folder is
    in no partition, and names with an underscore are hidden.
    """
    path = f"s3://{args['lake_bucket']}/{staging(args)}{name}/"
    frame.write.mode("overwrite").parquet(path)
    return context.spark_session.read.parquet(path)


def evaluate_quality(context: GlueContext, candidates: DataFrame, args: dict[str, str]) -> int:
    """Evaluate the rule set on the candidate rows; returns how many rules it has, or raises QualityGateError.

    https://docs.aws.amazon.com/glue/latest/dg/aws-glue-api-crawler-pyspark-transforms-EvaluateDataQuality.html
    """
    ruleset = boto3.client("glue").get_data_quality_ruleset(Name=args["ruleset"])["Ruleset"]
    outcomes = EvaluateDataQuality.apply(
        frame=DynamicFrame.fromDF(candidates, context, "candidates"),
        ruleset=ruleset,
        publishing_options={
            "dataQualityEvaluationContext": args["target_table"],
            "enableDataQualityCloudWatchMetrics": True,
            "enableDataQualityResultsPublishing": True,
        },
    )
    rows = outcomes.toDF().select("Rule", "Outcome", "FailureReason").collect()
    failed = [row for row in rows if row["Outcome"] != "Passed"]
    if failed:
        reasons = "; ".join(f"{row['Rule']} ({row['FailureReason']})" for row in failed)
        raise QualityGateError(f"{len(failed)} of {len(rows)} quality rules failed, nothing is published: {reasons}")
    return len(rows)


def publish(context: GlueContext, candidates: DataFrame, published: list[date], args: dict[str, str]) -> None:
    """Replace the partitions of ``published`` by the rows of ``candidates``.

    The new files come first and the old ones go after: a reader in between sees a row twice, but never a day
    without rows, and so it is if the run dies in between. Then the bookmark has not moved, the next run rebuilds
    the same days, and takes away the files of both. The other order, or Spark's overwrite, could lose the day.
    """
    table = load(args["dataset"]).curated
    prefixes = [f"{table.location}/{days.partition_prefix(day)}" for day in published]
    s3 = boto3.client("s3")
    old = lake.keys_under(s3, args["lake_bucket"], prefixes)
    # LOG adds partitions and leaves the table's columns and comments as the stack made them
    # https://docs.aws.amazon.com/glue/latest/dg/update-from-job.html
    sink = context.getSink(
        connection_type="s3",
        path=f"s3://{args['lake_bucket']}/{table.location}/",
        enableUpdateCatalog=True,
        updateBehavior="LOG",
        partitionKeys=[key.name for key in table.partition_keys],
        compression="snappy",
    )
    sink.setCatalogInfo(catalogDatabase=args["database"], catalogTableName=args["target_table"])
    sink.setFormat("parquet", useGlueParquetWriter=True)
    # All rows of a day in one task: one file a day
    sink.writeFrame(DynamicFrame.fromDF(candidates.repartition("day"), context, "published"))
    lake.delete_keys(s3, args["lake_bucket"], old)


if __name__ == "__main__":
    main()
