"""What kind of statement a query string is, and what runs it."""

import time
from dataclasses import dataclass
from typing import Any

from localcloud.athena.catalog import Catalog
from localcloud.athena.errors import QueryError
from localcloud.athena.executions import Execution
from localcloud.athena.query import Plan, Planner, run
from localcloud.athena.results import Result, from_arrow
from localcloud.athena.scan import Scanner
from localcloud.server import LocalCloud


@dataclass
class Context:
    """What a statement works with."""

    execution: Execution
    cloud: LocalCloud
    catalog: Catalog
    scanner: Scanner
    planner: Planner
    cursor: Any

    def select(self, query: str | Any) -> tuple[Any, list[str], list[str]]:
        """Run a query: its rows as Arrow, DuckDB's types, the names."""
        plan = self.planner.plan(query)
        self.account(plan)
        table, types = run(self.cursor, plan)
        return table, types, plan.names

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


def execute(context: Context) -> Result:
    """Run the statement of an execution."""
    sql = context.execution.query.strip().rstrip(";").strip()
    table, types, names = context.select(sql)
    return from_arrow(table, types, names)
