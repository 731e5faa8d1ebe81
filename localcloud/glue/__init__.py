"""Glue: jobs run on Spark, crawlers infer, triggers start, quality rules are evaluated."""

from localcloud.cloud import Cloud
from localcloud.glue import (  # noqa: F401 - importing registers their patches
    classifiers,
    connections,
    crawler_runs,
    crawlers,
    databases,
    events,
    job_api,
    job_runs,
    partitions,
    quality,
    quality_runs,
    triggers,
    workflows,
)
from localcloud.glue.engine import GlueEngine

TITLE = "Glue"
REAL = (
    "Spark jobs (glueetl): the script from S3 in a process of its own, on Sail or, with GLUE_ENGINE=spark, on PySpark "
    "4.1.1; arguments, bundles, bookmarks, Timeout, retries, MaxConcurrentRuns, stop, states, ErrorMessage, logs",
    "awsglue and awsgluedq for those scripts, written from AWS's documentation: catalog reads and writes, predicates, "
    "sinks that update the catalog, the usual transforms, EvaluateDataQuality; anything else raises "
    "NotImplementedError by name",
    "data quality: DQDL is evaluated on Spark, in jobs and in evaluation runs of rule sets, with results to read",
    "crawlers of S3 and catalog targets: schema inference, partitions, CSV classifiers, schema change policies, "
    "exclusions; a second crawl adds nothing",
    "workflows, on-demand, conditional and scheduled triggers, and crawlers' own schedules start real crawlers and "
    "jobs; a workflow has one starting trigger; state changes of jobs and crawlers on EventBridge",
    "with --enable-glue-datacatalog a job asks for the database default and makes it where there is none, and a "
    "crawler with a security configuration looks that up, both as their role",
)
DIFFERENT = (
    "schedules of triggers and crawlers follow EventBridge Scheduler's clock, which passes at the cloud's speed",
    "the database default is asked for when the job starts, on AWS with Spark's first statement",
    "only glueetl jobs: pythonshell, streaming and ray fail by name; --additional-python-modules is checked, never "
    "installed; the interpreter is this environment's Python, Glue 6.0's is 3.13; worker counts have no effect",
    "refused by name: event triggers, targets other than S3 and the catalog, classifiers other than CSV, GetWorkflow "
    "graphs, DQDL's dynamic rules, analyzers, labels, DataFreshness, ReferentialIntegrity, row-level results",
    "connections of the type NETWORK only name a subnet: what runs with one sends its requests from this machine, for "
    "bucket policies through the gateway endpoint of S3 that the subnet has; --disable-proxy-v2 is kept",
    "no choice types: a CSV value that is not of its column's type is NULL; an empty frame keeps the table's columns",
    "bookmarks compare objects and ETags, AWS paths and times",
    "on Sail, a catalog table's objects are copied to disk when the frame is made, and read from there",
    "on Sail, dynamic partition overwrite is refused, because it would delete the other partitions silently",
    "a crawler reads whole files; a folder of mixed formats fails the crawl, where AWS makes several tables",
)


def engine(cloud: Cloud) -> GlueEngine:
    """The engine of ``cloud``."""
    return GlueEngine(cloud)
