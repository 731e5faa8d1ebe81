"""Glue: jobs run on Spark, crawlers infer, triggers start, quality rules are evaluated."""

from localcloud.glue import classifiers, crawler_runs, crawlers, job_api, job_runs, quality, quality_runs  # noqa: F401 - importing registers their patches
from localcloud.glue.engine import GlueEngine
from localcloud.server import LocalCloud


def engine(cloud: LocalCloud) -> GlueEngine:
    """The engine of ``cloud``."""
    return GlueEngine(cloud)
