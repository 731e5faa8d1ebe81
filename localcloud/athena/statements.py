"""What kind of statement a query string is, and what runs it."""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from localcloud.athena import ddl, dml, prepared, show
from localcloud.athena.catalog import Catalog
from localcloud.athena.errors import QueryError, not_supported
from localcloud.athena.executions import Execution
from localcloud.athena.parameters import substitute
from localcloud.athena.query import Plan, Planner, run
from localcloud.athena.results import Result, from_arrow
from localcloud.athena.scan import Scanner
from localcloud.athena.sessions import Session
from localcloud.athena.text import strip_comments
from localcloud.server import LocalCloud

BOUND_STATEMENTS = ("SELECT", "INSERT", "UNLOAD", "CREATE_TABLE_AS_SELECT")


@dataclass
class Context:
    """What a statement works with."""

    execution: Execution
    cloud: LocalCloud
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


def select(context: Context, sql: str) -> Result:
    """SELECT, WITH, VALUES, TABLE."""
    table, types, names = context.select(sql)
    return from_arrow(table, types, names)


Handler = Callable[[Context, str], Result]
# pattern, StatementType, SubstatementType, handler
_KINDS: tuple[tuple[str, str, str, Handler], ...] = (
    (r"select\b|with\b|values\b|\(", "DML", "SELECT", select),
    (r"insert\s+into\b", "DML", "INSERT", dml.insert),
    (r"unload\b", "DML", "UNLOAD", dml.unload),
    (r"create\s+(or\s+replace\s+)?view\b", "DDL", "CREATE_VIEW", ddl.create_view),
    (r"create\s+(database|schema)\b", "DDL", "CREATE_DATABASE", ddl.create_database),
    (r"create\s+external\s+table\b", "DDL", "CREATE_TABLE", ddl.create_table),
    (r"create\s+table\b(?=.*\bas\s*\(?\s*(select|with|values|table)\b)", "DDL", "CREATE_TABLE_AS_SELECT",
     dml.create_table_as),
    (r"create\s+table\b", "DDL", "CREATE_TABLE", ddl.create_table),
    (r"drop\s+(database|schema|table|view)\b", "DDL", "DROP", ddl.drop),
    (r"alter\s+table\b", "DDL", "ALTER_TABLE", ddl.alter_table),
    (r"msck\s+repair\s+table\b", "DDL", "MSCK_REPAIR", ddl.repair),
    (r"show\b", "UTILITY", "SHOW", show.show),
    (r"desc(ribe)?\b(?!\s+(input|output)\b)", "UTILITY", "DESCRIBE", show.describe),
    (r"prepare\b", "DDL", "PREPARE", prepared.prepare),
    (r"deallocate\b", "DDL", "DEALLOCATE", prepared.deallocate),
)  # fmt: skip


def execute(context: Context) -> Result:
    """Run the statement of an execution; sets its types first, so that a failure has them.

    Raises:
        QueryError: as the statement fails; NOT_SUPPORTED for a kind of statement that is not done here.
    """
    execution = context.execution
    sql = strip_comments(execution.query)
    values = execution.parameters
    if re.match(r"execute\b", sql, re.IGNORECASE):
        sql, values = prepared.resolve(context, sql, values)
    for pattern, statement, substatement, handler in _KINDS:
        if re.match(pattern, sql, re.IGNORECASE | re.DOTALL):
            execution.statement_type, execution.substatement_type = statement, substatement
            if substatement in BOUND_STATEMENTS and (values is not None or "?" in sql):
                sql = substitute(sql, values or [])
            return handler(context, sql)
    words = " ".join(sql.split()[:2]).upper()
    if re.match(r"(merge|delete|update|explain|analyze|vacuum|optimize|truncate|call|set|grant|revoke|use|table|copy|"
                r"pragma|attach|install|load|refresh|comment|create|drop|alter|describe|start|commit|rollback)\b",
                sql, re.IGNORECASE):  # fmt: skip
        raise not_supported(f"the statement '{words}'")
    first = sql.split()[0] if sql.split() else ""
    raise QueryError("SYNTAX_ERROR", f"line 1:1: mismatched input '{first}'. Expecting: a statement")
