"""Glue: jobs run on Spark, crawlers infer, triggers start, quality rules are evaluated."""

from localcloud.glue import (  # noqa: F401 - importing registers their patches
    classifiers,
    crawler_runs,
    crawlers,
    job_api,
    job_runs,
    quality,
    quality_runs,
    triggers,
    workflows,
)
from localcloud.glue.engine import GlueEngine
from localcloud.server import LocalCloud


def engine(cloud: LocalCloud) -> GlueEngine:
    """The engine of ``cloud``."""
    return GlueEngine(cloud)
