"""Data contracts: what a dataset's columns are, said once, and what is derived from it.

Every piece that knows a column (Glue tables, the Firehose schema, event validation, Spark casts, quality rules)
derives it from the Open Data Contract Standard document of its dataset, ``datasets/<name>/contract.odcs.yaml``.
"""

from contracts.model import Column, Contract, Table
from contracts.store import compiled, load, names

__all__ = ["Column", "Contract", "Table", "compiled", "load", "names"]
