"""PREPARE, EXECUTE and DEALLOCATE; https://docs.aws.amazon.com/athena/latest/ug/querying-with-prepared-statements.html."""

import re

from localcloud.athena.context import Context
from localcloud.athena.errors import QueryError
from localcloud.athena.results import Result
from localcloud.athena.text import PART, split_list


def prepare(context: Context, sql: str) -> Result:
    """``PREPARE name FROM statement``: kept in the workgroup, replacing one of the same name."""
    found = re.fullmatch(rf"prepare\s+({PART})\s+from\s+(.+)", sql, re.IGNORECASE | re.DOTALL)
    if found is None:
        raise QueryError("SYNTAX_ERROR", "line 1:1: mismatched input. Expecting: PREPARE name FROM statement")
    athena = context.cloud.engine_client("athena")
    given = {
        "StatementName": found[1].strip('"'),
        "WorkGroup": context.execution.workgroup,
        "QueryStatement": found[2],
    }
    try:
        athena.update_prepared_statement(**given)
    except athena.exceptions.ResourceNotFoundException:
        athena.create_prepared_statement(**given)
    return Result()


def deallocate(context: Context, sql: str) -> Result:
    """``DEALLOCATE PREPARE name``."""
    found = re.fullmatch(rf"deallocate\s+prepare\s+({PART})", sql, re.IGNORECASE)
    if found is None:
        raise QueryError("SYNTAX_ERROR", "line 1:1: mismatched input. Expecting: DEALLOCATE PREPARE name")
    athena = context.cloud.engine_client("athena")
    name = found[1].strip('"')
    try:
        athena.delete_prepared_statement(StatementName=name, WorkGroup=context.execution.workgroup)
    except athena.exceptions.ResourceNotFoundException as error:
        raise QueryError("NOT_FOUND", f"Prepared statement not found: {name}") from error
    return Result()


def resolve(context: Context, sql: str, given: list[str] | None) -> tuple[str, list[str]]:
    """The statement that ``EXECUTE name [USING a, b]`` means and its values."""
    found = re.fullmatch(rf"execute\s+({PART})(?:\s+using\s+(.+))?", sql, re.IGNORECASE | re.DOTALL)
    if found is None:
        raise QueryError("SYNTAX_ERROR", "line 1:1: mismatched input. Expecting: EXECUTE name USING values")
    athena = context.cloud.engine_client("athena")
    name = found[1].strip('"')
    try:
        statement = athena.get_prepared_statement(StatementName=name, WorkGroup=context.execution.workgroup)
    except athena.exceptions.ResourceNotFoundException as error:
        raise QueryError("NOT_FOUND", f"Prepared statement not found: {name}") from error
    values = split_list(found[2]) if found[2] else list(given or [])
    return str(statement["PreparedStatement"]["QueryStatement"]).strip().rstrip(";"), values
