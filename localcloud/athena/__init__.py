"""Athena: SQL really runs, on DuckDB, over the tables of the Glue catalog and the objects in S3.

What Athena would refuse fails, with its error name; what DuckDB would do otherwise than Trino is translated or
refused; what is not done says so (``… is not supported by the local Athena``).
"""

from localcloud.athena import api, control, metadata  # noqa: F401 - importing registers the patches
from localcloud.athena.service import AthenaService
from localcloud.server import LocalCloud


def engine(cloud: LocalCloud) -> AthenaService:
    """The part with a life of its own."""
    return AthenaService(cloud)
