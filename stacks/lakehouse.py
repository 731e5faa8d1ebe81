"""Lakehouse: raw events and reference files become one quality-checked table that analysts query.

Crawlers put reference files and new partitions of events into the catalog; the Glue job curate_flights makes the
curated table of them, gated by a rule set; an Athena work group and named queries answer questions. The workflow runs
the events crawler, then the job.
"""

from pathlib import Path

import aws_cdk as cdk
from aws_cdk import aws_glue as glue
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from contracts import Contract, Table
from contracts.derive import dqdl
from settings import Settings
from stacks import outputs
from stacks.parts.crawler import csv_crawler, partition_crawler
from stacks.parts.glue_security import catalog_arns, security_configuration
from stacks.parts.role import Allow, arn_as_seen_from
from stacks.parts.spark_job import spark_job
from stacks.parts.table import json_table, parquet_table
from stacks.parts.work_group import named_queries, work_group

QUERIES = Path(__file__).parent / "queries"

# What Firehose writes for a record that failed in the transform function, and (last…) in the conversion to Parquet
# (https://docs.aws.amazon.com/firehose/latest/dev/data-transformation-failure-handling.html,
# https://docs.aws.amazon.com/firehose/latest/dev/handle-error-format-conversion.html). The SerDe reads names in any case.
QUARANTINE_COLUMNS = [
    {"Name": "attemptsmade", "Type": "int", "Comment": "Invocations tried"},
    {"Name": "arrivaltimestamp", "Type": "bigint", "Comment": "When Firehose got the record [ms since 1970]"},
    {"Name": "errorcode", "Type": "string", "Comment": "Kind of failure"},
    {"Name": "errormessage", "Type": "string", "Comment": "Why the function refused it"},
    {"Name": "lasterrorcode", "Type": "string", "Comment": "Kind of failure of the conversion"},
    {"Name": "lasterrormessage", "Type": "string", "Comment": "Why it could not be converted"},
    {"Name": "attemptendingtimestamp", "Type": "bigint", "Comment": "When Firehose gave up [ms since 1970]"},
    {"Name": "rawdata", "Type": "string", "Comment": "The original record, base64"},
    {"Name": "lambdaarn", "Type": "string", "Comment": "The transform function"},
]


class Lakehouse(cdk.Stack):
    """From the raw zone to SQL."""

    def __init__(
        self,
        scope: Construct,
        name: str,
        *,
        settings: Settings,
        contract: Contract,
        events_table: glue.CfnTable,
        key: kms.IKey,
        lake: s3.IBucket,
        database: str,
        env: cdk.Environment,
        stack_name: str,
    ) -> None:
        super().__init__(
            scope, name, description="Crawlers, curation job, Athena work group", env=env, stack_name=stack_name
        )
        events, flights = contract.table("flight_events"), contract.table("flights")
        reference = tuple(table for table in contract.tables.values() if table.format == "csv")
        security = security_configuration(self, "GlueSecurity", key=key)

        # --- inputs: what lies in the lake comes into the catalog
        reference_crawler = csv_crawler(
            self,
            "ReferenceCrawler",
            security=security,
            key=key,
            log_days=settings.log_retention_days,
            bucket=lake,
            folders=tuple(table.location for table in reference),
            database=database,
        )
        events_crawler = partition_crawler(
            self,
            "EventsCrawler",
            security=security,
            key=key,
            log_days=settings.log_retention_days,
            bucket=lake,
            location=events.location,
            database=database,
            table=events_table.ref,
        )

        # --- storage: the table the job writes, the rules it must hold, and what Firehose refused
        curated = parquet_table(
            self, "FlightsTable", table=flights, database=database, catalog_id=self.account, bucket=lake.bucket_name
        )
        json_table(
            self,
            "QuarantineTable",
            table_name="quarantine",
            description="Records that Firehose could not transform, convert or partition",
            columns=QUARANTINE_COLUMNS,
            location=f"s3://{lake.bucket_name}/errors/{events.name}/",
            database=database,
            catalog_id=self.account,
        )
        ruleset = glue.CfnDataQualityRuleset(
            self,
            "Rules",
            name=f"{settings.prefix}-flights",  # the job's role names it
            description="What curated flights must hold to be published",
            ruleset=dqdl(flights) if settings.quality_gate else "Rules = [\n    RowCount > 0\n]",
            target_table=glue.CfnDataQualityRuleset.DataQualityTargetTableProperty(
                database_name=database, table_name=curated.ref
            ),
        )

        # --- compute
        job = spark_job(
            self,
            "CurateFlights",
            job_name=f"{settings.prefix}-curate-flights",
            script="processing/glue/curate_flights.py",
            description="Curates new flight events: one row a flight, with weather, plane and past delay rates",
            arguments={
                "--database": database,
                "--events_table": events_table.ref,
                "--target_table": curated.ref,
                "--lake_bucket": lake.bucket_name,
                "--ruleset": ruleset.ref,
            },
            allow=self._job_permissions(lake, database, f"{settings.prefix}-flights", events, flights, reference),
            security=security,
            key=key,
            log_days=settings.log_retention_days,
            workers=settings.glue_workers,
            timeout_minutes=settings.glue_timeout_minutes,
        )
        group = work_group(
            self,
            "WorkGroup",
            work_group_name=f"{settings.prefix}-analysts",
            description="Queries of the lake",
            results=f"s3://{lake.bucket_name}/athena-results/",
            key=key,
            cutoff=settings.athena_cutoff_bytes,
        )
        named_queries(self, group, folder=QUERIES, database=database)

        # --- wiring
        workflow = self._workflow(settings, events_crawler, job)

        # --- outputs
        cdk.CfnOutput(self, outputs.REFERENCE_CRAWLER, value=reference_crawler.ref)
        cdk.CfnOutput(self, outputs.EVENTS_CRAWLER, value=events_crawler.ref)
        cdk.CfnOutput(self, outputs.CURATE_JOB, value=job.ref)
        cdk.CfnOutput(self, outputs.CURATE_WORKFLOW, value=workflow.ref)
        cdk.CfnOutput(self, outputs.QUALITY_RULESET, value=ruleset.ref)
        cdk.CfnOutput(self, outputs.WORK_GROUP, value=group.ref)

    def _job_permissions(
        self,
        lake: s3.IBucket,
        database: str,
        ruleset: str,
        events: Table,
        flights: Table,
        reference: tuple[Table, ...],
    ) -> tuple[Allow, ...]:
        bucket = arn_as_seen_from(self, lake)
        tables = (events.name, flights.name, *(table.name for table in reference))
        return (
            Allow(("s3:GetBucketLocation", "s3:ListBucket"), (bucket,)),
            Allow(
                ("s3:GetObject",),
                tuple(f"{bucket}/{table.location}/*" for table in (events, *reference)),
                because="It reads all files of its input tables.",
            ),
            Allow(
                ("s3:GetObject", "s3:PutObject", "s3:DeleteObject"),
                (f"{bucket}/{flights.location}/*",),
                because="Spark names the files it writes; it replaces those of the days it curates again.",
            ),
            Allow(
                ("glue:GetDatabase", "glue:GetTable", "glue:GetTables", "glue:GetPartition", "glue:GetPartitions"),
                (
                    *catalog_arns(self, database, *tables),
                    # Spark's catalog client asks for the default database when it starts.
                    self.format_arn(service="glue", resource="database/default"),
                ),
            ),
            Allow(
                (
                    "glue:CreatePartition",
                    "glue:BatchCreatePartition",
                    "glue:UpdatePartition",
                    "glue:BatchGetPartition",
                    "glue:BatchDeletePartition",
                ),
                catalog_arns(self, database, flights.name),
            ),
            Allow(
                ("glue:GetDataQualityRuleset", "glue:PublishDataQuality"),
                (self.format_arn(service="glue", resource="dataQualityRuleset", resource_name=ruleset),),
            ),
        )

    def _workflow(self, settings: Settings, events_crawler: glue.CfnCrawler, job: glue.CfnJob) -> glue.CfnWorkflow:
        """Start (on demand, or nightly) → events crawler → job."""
        workflow = glue.CfnWorkflow(
            self, "Curation", description="Events crawler, then curate_flights", max_concurrent_runs=1
        )
        crawl = [glue.CfnTrigger.ActionProperty(crawler_name=events_crawler.ref)]
        if settings.nightly_curation:
            hour = 7 if settings.nightly_hour_utc is None else settings.nightly_hour_utc
            glue.CfnTrigger(
                self,
                "Start",
                type="SCHEDULED",
                schedule=f"cron(0 {hour} * * ? *)",
                start_on_creation=True,
                workflow_name=workflow.ref,
                actions=crawl,
            )
        else:
            glue.CfnTrigger(self, "Start", type="ON_DEMAND", workflow_name=workflow.ref, actions=crawl)
        glue.CfnTrigger(
            self,
            "Curate",
            type="CONDITIONAL",
            start_on_creation=True,
            workflow_name=workflow.ref,
            predicate=glue.CfnTrigger.PredicateProperty(
                conditions=[
                    glue.CfnTrigger.ConditionProperty(
                        crawler_name=events_crawler.ref, crawl_state="SUCCEEDED", logical_operator="EQUALS"
                    )
                ]
            ),
            actions=[glue.CfnTrigger.ActionProperty(job_name=job.ref)],
        )
        return workflow
