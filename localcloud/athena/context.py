"""What every statement works with: its execution, the catalog, and the ways to read and write."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from localcloud.athena.catalog import Catalog
from localcloud.athena.errors import QueryError
from localcloud.athena.executions import Execution
from localcloud.athena.query import Plan, Planner, run
from localcloud.athena.scan import Scanner
from localcloud.athena.sessions import Session
from localcloud.cloud import Cloud


@dataclass
class Context:
    """What a statement works with."""

    execution: Execution
    cloud: Cloud
    catalog: Catalog
    scanner: Scanner
    planner: Planner
    session: Session
    put: Callable[[str, bytes], None]

    def select(self, query: str) -> tuple[Any, list[str], list[str]]:
        """Run a query: its rows as Arrow, DuckDB's types, the names."""
        plan = self.planner.plan(query)
        self.account(plan)
        self.scanner.store.load(plan.files)
        table, types = run(self.session, plan)
        return table, types, plan.names

    def describe(self, query: str) -> list[tuple[str, str]]:
        """(name, DuckDB type) of a query's columns; nothing is read but what the types need."""
        plan = self.planner.plan(query)
        rows = self.session.rows(f"describe {plan.sql}")
        return [(name, row[1]) for name, row in zip(plan.names, rows, strict=True)]

    def account(self, plan: Plan) -> None:
        """Count what will be read; stop at the workgroup's limit before reading it.

        Raises:
            QueryError: in state CANCELLED, as Athena cancels.
        """
        self.execution.planned = time.time()
        self.execution.scanned += plan.bytes
        limit = self.execution.cutoff
        if limit is not None and self.execution.scanned > limit:
            raise QueryError("", "Bytes scanned limit was exceeded", state="CANCELLED")
