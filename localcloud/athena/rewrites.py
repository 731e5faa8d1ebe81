"""Trino functions whose DuckDB form depends on the arguments: name -> function from the call to its replacement."""

from localcloud.athena import (  # noqa: F401 - importing registers them
    rewrites_collections,
    rewrites_time,
    rewrites_values,
)
from localcloud.athena.rewriting import REWRITES

__all__ = ["REWRITES"]
