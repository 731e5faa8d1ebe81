"""What kind of statement a query string is, and what runs it."""

import re
from collections.abc import Callable

from localcloud.athena import ddl, dml, prepared, show
from localcloud.athena.context import Context
from localcloud.athena.errors import QueryError, not_supported
from localcloud.athena.parameters import substitute
from localcloud.athena.results import Result, from_arrow
from localcloud.athena.text import strip_comments

BOUND_STATEMENTS = ("SELECT", "INSERT", "UNLOAD", "CREATE_TABLE_AS_SELECT")


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
