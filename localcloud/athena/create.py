"""``CREATE EXTERNAL TABLE``; https://docs.aws.amazon.com/athena/latest/ug/create-table.html."""

import re

from localcloud.athena.context import Context
from localcloud.athena.errors import QueryError, not_supported
from localcloud.athena.results import Result
from localcloud.athena.tables import FORMATS, table_input
from localcloud.athena.text import NAME, PART, parenthesized, properties, qualified, s3_location, split_list
from localcloud.athena.types import from_hive

_ESCAPES = {"\\t": "\t", "\\n": "\n", "\\\\": "\\", "\\001": "\x01", "\\u0001": "\x01"}


def create_table(context: Context, sql: str) -> Result:  # noqa: PLR0912, PLR0915 - one branch for each clause
    """Add an external table to the catalog.

    Raises:
        QueryError: ParseException for a clause that is not Hive's, NOT_SUPPORTED for one not done here.
    """
    head = re.match(rf"create\s+(external\s+)?table\s+(if\s+not\s+exists\s+)?({NAME})\s*", sql, re.IGNORECASE)
    if head is None:
        raise QueryError("", f"FAILED: ParseException line 1:0 cannot recognize input near '{sql[:60]}'")
    if not head[1]:
        raise not_supported("CREATE TABLE without EXTERNAL (an Iceberg table)")
    database, name = qualified(head[3], context.execution.database)
    inside, rest = parenthesized(sql[head.end() :])
    columns, keys = _columns(inside), []
    storage, serde = FORMATS["TEXTFILE"], {"serialization.format": "1"}
    parameters, location = {"EXTERNAL": "TRUE"}, ""
    while rest := rest.strip():
        if found := _clause(r"comment\s+'((?:[^']|'')*)'", rest):
            parameters["comment"] = found[1]
        elif found := _clause(r"partitioned\s+by\s*(?=\()", rest):
            inside, tail = parenthesized(rest)
            keys, rest = _columns(inside), tail
            continue
        elif found := _clause(r"row\s+format\s+serde\s+'([^']+)'", rest):
            storage = (storage[0], storage[1], found[1])
        elif found := _clause(r"with\s+serdeproperties\s*(?=\()", rest):
            inside, rest = parenthesized(rest)
            serde |= {key: _unescaped(str(value)) for key, value in _properties(inside).items()}
            continue
        elif found := _clause(r"row\s+format\s+delimited", rest):
            pass
        elif found := _clause(r"fields\s+terminated\s+by\s+'([^']*)'(?:\s+escaped\s+by\s+'([^']*)')?", rest):
            serde["field.delim"] = _unescaped(found[1])
            if found[2]:
                serde["escape.delim"] = _unescaped(found[2])
        elif found := _clause(r"lines\s+terminated\s+by\s+'(?:\\n)'", rest):
            pass
        elif found := _clause(r"null\s+defined\s+as\s+'([^']*)'", rest):
            serde["serialization.null.format"] = found[1]
        elif found := _clause(r"stored\s+as\s+inputformat\s+'([^']+)'\s+outputformat\s+'([^']+)'", rest):
            storage = (found[1], found[2], storage[2])
        elif found := _clause(r"stored\s+as\s+(\w+)", rest):
            storage = _stored_as(found[1], storage)
        elif found := _clause(r"location\s+'([^']+)'", rest):
            location = s3_location(found[1])
        elif found := _clause(r"tblproperties\s*(?=\()", rest):
            inside, rest = parenthesized(rest)
            parameters |= {key: str(value) for key, value in _properties(inside).items()}
            continue
        else:
            raise not_supported(f"the clause '{rest[:40]}' of CREATE EXTERNAL TABLE")
        rest = rest[found.end() :]
    if not location:
        raise QueryError("", "FAILED: SemanticException: External tables must have a LOCATION")
    for column, kind, _ in [*columns, *keys]:
        del column
        from_hive(kind)
    if context.catalog.find(database, name) is not None:
        if head[2]:
            return Result()
        raise QueryError(
            "", f"FAILED: Execution Error, return code 1. AlreadyExistsException: Table {name} already exists"
        )
    if not context.catalog.has_database(database):
        raise QueryError("", f"FAILED: SemanticException [Error 10072]: Database does not exist: {database}")
    given = table_input(name, columns, keys, location, storage=storage, serde_parameters=serde, parameters=parameters)
    context.catalog.glue.create_table(DatabaseName=database, TableInput=given)
    return Result()


def _clause(pattern: str, text: str) -> re.Match[str] | None:
    return re.match(pattern, text, re.IGNORECASE | re.DOTALL)


def _columns(text: str) -> list[tuple[str, str, str]]:
    found = []
    for item in split_list(text):
        column = _clause(rf"({PART})\s+(.+?)(?:\s+comment\s+'((?:[^']|'')*)')?$", item)
        if column is None:
            raise QueryError("", f"FAILED: ParseException line 1:0 cannot recognize input near '{item[:60]}'")
        found.append((column[1].strip('`"').lower(), re.sub(r"\s+", "", column[2].lower()), column[3] or ""))
    return found


def _stored_as(name: str, storage: tuple[str, str, str]) -> tuple[str, str, str]:
    if name.upper() not in FORMATS or name.upper() == "JSON":
        raise not_supported(f"STORED AS {name.upper()}")
    chosen = FORMATS[name.upper()]
    own_serde = storage[2] != FORMATS["TEXTFILE"][2]
    return (chosen[0], chosen[1], storage[2] if own_serde else chosen[2])


def _properties(text: str) -> dict[str, str]:
    """Hive's properties keep the case of their names."""
    found = {}
    for item in split_list(text):
        pair = re.fullmatch(r"""(['"])(.+?)\1\s*=\s*(['"])(.*)\3""", item, re.DOTALL)
        if pair is None:
            properties(item)  # the error of a wrong item
            raise QueryError("", f"FAILED: ParseException line 1:0 cannot recognize input near '{item[:60]}'")
        found[pair[2]] = pair[4]
    return found


def _unescaped(value: str) -> str:
    return _ESCAPES.get(value, value)
