"""Lakehouse: raw events and reference files become one quality-checked table that analysts query.

Crawlers put reference files and new partitions of events into the catalog; the Glue job curate makes the curated table
of them, gated by a rule set; an Athena work group and named queries answer questions. The workflow runs
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
from stacks.batch.crawler import Crawlers
from stacks.batch.spark_job import spark_job
from stacks.batch.work_group import named_queries, work_group
from stacks.batch.workflow import crawl_then_run
from stacks.parts.glue_security import catalog_arns, security_configuration
from stacks.parts.job_network import JobNetwork
from stacks.parts.role import Allow, arn_as_seen_from
from stacks.parts.stack import ProjectStack
from stacks.parts.table import parquet_table, quarantine_table

DATASETS = Path(__file__).parents[2] / "datasets"


class Lakehouse(ProjectStack):
    """From the raw zone to SQL."""

    curate_job: str

    def __init__(
        self,
        scope: Construct,
        *,
        settings: Settings,
        contract: Contract,
        events_table: glue.CfnTable,
        key: kms.IKey,
        lake: s3.IBucket,
        database: str,
        network: JobNetwork | None,
    ) -> None:
        super().__init__(
            scope, outputs.LAKEHOUSE, settings=settings, description="Crawlers, curation job, Athena work group"
        )
        events, curated = contract.events, contract.curated
        # The name and no reference: an export that a setting of another stack uses could not be taken back with it.
        self.curate_job = f"{settings.prefix}-curate-{curated.name}"
        security = security_configuration(self, "GlueSecurity", key=key)

        # --- inputs: what lies in the lake comes into the catalog
        crawlers = Crawlers(self, security, key, settings.log_retention_days, lake, database, network)
        if contract.reference:
            reference_crawler = crawlers.of_csv_folders(
                "ReferenceCrawler", tuple(table.location for table in contract.reference)
            )
            cdk.CfnOutput(self, outputs.REFERENCE_CRAWLER, value=reference_crawler.ref)
        events_crawler = crawlers.of_partitions("EventsCrawler", events, events_table)

        # --- storage: the table the job writes, the rules it must hold, and what Firehose refused
        name = curated.name.title()
        table = parquet_table(
            self, f"{name}Table", table=curated, database=database, catalog_id=self.account, bucket=lake.bucket_name
        )
        quarantine_table(
            self,
            "QuarantineTable",
            location=f"s3://{lake.bucket_name}/errors/{events.name}/",
            database=database,
            catalog_id=self.account,
        )
        ruleset = (
            f"{settings.prefix}-{curated.name}"  # a name, for the Ref of a rule set is its Id, which no API takes
        )
        rules = glue.CfnDataQualityRuleset(
            self,
            "Rules",
            name=ruleset,
            description=f"What curated {curated.name} must hold to be published",
            ruleset=dqdl(curated) if settings.quality_gate else "Rules = [\n    RowCount > 0\n]",
            target_table=glue.CfnDataQualityRuleset.DataQualityTargetTableProperty(
                database_name=database, table_name=table.ref
            ),
        )

        # --- compute
        job = spark_job(
            self,
            f"Curate{name}",
            job_name=self.curate_job,
            script="processing/glue/curate.py",
            dataset=settings.dataset,
            description=f"Makes curated {curated.name} of new events",
            arguments={
                "--database": database,
                "--events_table": events_table.ref,
                "--target_table": table.ref,
                "--lake_bucket": lake.bucket_name,
                "--ruleset": ruleset,
            },
            allow=self._job_permissions(
                bucket=arn_as_seen_from(self, lake),
                database=database,
                ruleset=ruleset,
                reads=(events, *contract.reference),
                writes=curated,
            ),
            security=security,
            key=key,
            log_days=settings.log_retention_days,
            workers=settings.glue_workers,
            timeout_minutes=settings.glue_timeout_minutes,
            network=network,
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
        named_queries(self, group, folder=DATASETS / settings.dataset / "queries", database=database)

        # --- wiring
        job.add_resource_dependency(rules)
        workflow = crawl_then_run(
            self,
            "Curation",
            crawler=events_crawler,
            job=job,
            nightly_hour_utc=settings.nightly_hour_utc,
        )

        # --- outputs
        cdk.CfnOutput(self, outputs.EVENTS_CRAWLER, value=events_crawler.ref)
        cdk.CfnOutput(self, outputs.CURATE_JOB, value=job.ref)
        cdk.CfnOutput(self, outputs.CURATE_WORKFLOW, value=workflow.ref)
        cdk.CfnOutput(self, outputs.QUALITY_RULESET, value=ruleset)
        cdk.CfnOutput(self, outputs.WORK_GROUP, value=group.ref)

    def _job_permissions(
        self, *, bucket: str, database: str, ruleset: str, reads: tuple[Table, ...], writes: Table
    ) -> tuple[Allow, ...]:
        return (
            # Since Glue 5.1 Spark writes by S3A (https://docs.aws.amazon.com/glue/latest/dg/migrating-version-51.html),
            # whose committers look for uploads that were never completed, and abort them
            # (https://hadoop.apache.org/docs/stable/hadoop-aws/tools/hadoop-aws/assumed_roles.html, write access).
            Allow(("s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads"), (bucket,)),
            Allow(
                ("s3:GetObject",),
                tuple(f"{bucket}/{table.location}/*" for table in reads),
                because="It reads all files of its input tables.",
            ),
            Allow(
                ("s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"),
                (f"{bucket}/{writes.location}/*",),
                because="Spark names the files it writes; it replaces those of the days it curates again.",
            ),
            Allow(
                ("glue:GetDatabase", "glue:GetTable", "glue:GetPartition", "glue:GetPartitions"),
                catalog_arns(self, database, writes.name, *(table.name for table in reads)),
            ),
            Allow(
                ("glue:GetTables",),
                catalog_arns(self, database, "*"),
                because="GetTables names no table; Glue checks it against all tables of the database.",
            ),
            Allow(
                (
                    "glue:CreatePartition",
                    "glue:BatchCreatePartition",
                    "glue:UpdatePartition",
                    "glue:BatchGetPartition",
                    "glue:BatchDeletePartition",
                    # for enableUpdateCatalog, whose updateBehavior the service may know only after it has asked
                    # (https://docs.aws.amazon.com/glue/latest/dg/update-from-job.html)
                    "glue:UpdateTable",
                ),
                catalog_arns(self, database, writes.name),
            ),
            Allow(
                ("glue:GetDataQualityRuleset",),
                (self.format_arn(service="glue", resource="dataQualityRuleset", resource_name=ruleset),),
            ),
            Allow(
                ("glue:PublishDataQuality",),
                (self.format_arn(service="glue", resource="dataQualityRuleset", resource_name="*"),),
                because="The job evaluates the text of the rules, so its results belong to no rule set by name.",
            ),
            Allow(
                ("cloudwatch:PutMetricData",),
                ("*",),
                because="Metrics have no ARN; the condition leaves the namespace of data quality.",
                conditions={"StringEquals": {"cloudwatch:namespace": "Glue Data Quality"}},
            ),
        )
