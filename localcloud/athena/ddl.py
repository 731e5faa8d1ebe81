"""Data definition: databases, tables, views, partitions. https://docs.aws.amazon.com/athena/latest/ug/ddl-reference.html."""

import re
import urllib.parse
from typing import Any

from localcloud.athena import projection
from localcloud.athena.catalog import Table
from localcloud.athena.context import Context
from localcloud.athena.create import create_table
from localcloud.athena.errors import QueryError, not_supported
from localcloud.athena.results import Result
from localcloud.athena.tables import partition_input, update_input
from localcloud.athena.text import NAME, PART, parenthesized, properties, qualified, s3_location, split_list
from localcloud.athena.types import column_info, to_hive
from localcloud.athena.views import table_input as view_input

__all__ = ["alter_table", "create_database", "create_table", "create_view", "drop", "repair"]


def create_database(context: Context, sql: str) -> Result:
    """``CREATE DATABASE | SCHEMA [IF NOT EXISTS] name [COMMENT '…'] [LOCATION '…'] [WITH DBPROPERTIES (…)]``."""
    found = _match(rf"create\s+(?:database|schema)\s+(if\s+not\s+exists\s+)?({PART})\s*(.*)", sql)
    name, rest = qualified(found[2], "")[1], found[3]
    if context.catalog.has_database(name):
        if found[1]:
            return Result()
        raise QueryError(
            "", f"FAILED: Execution Error, return code 1. AlreadyExistsException: Database {name} already exists"
        )
    given: dict[str, Any] = {"Name": name}
    if comment := re.search(r"comment\s+'([^']*)'", rest, re.IGNORECASE):
        given["Description"] = comment[1]
    if location := re.search(r"location\s+'([^']*)'", rest, re.IGNORECASE):
        given["LocationUri"] = s3_location(location[1])
    if extra := re.search(r"with\s+dbproperties\s*\((.*)\)", rest, re.IGNORECASE | re.DOTALL):
        given["Parameters"] = {key: str(value) for key, value in properties(extra[1]).items()}
    context.catalog.glue.create_database(DatabaseInput=given)
    return Result()


def drop(context: Context, sql: str) -> Result:
    """``DROP DATABASE | SCHEMA | TABLE | VIEW [IF EXISTS] name [CASCADE | RESTRICT]``. Data stays in S3."""
    found = _match(
        rf"drop\s+(database|schema|table|view)\s+(if\s+exists\s+)?({NAME})\s*(cascade|restrict|purge)?", sql
    )
    glue, kind = context.catalog.glue, found[1].lower()
    if kind in ("database", "schema"):
        return _drop_database(
            context, qualified(found[3], "")[1], bool(found[2]), (found[4] or "").lower() == "cascade"
        )
    database, name = qualified(found[3], context.execution.database)
    table = context.catalog.find(database, name)
    if table is None:
        if found[2]:
            return Result()
        if kind == "table":
            raise QueryError("", f"FAILED: SemanticException [Error 10001]: Table not found {database}.{name}")
        raise QueryError("TABLE_NOT_FOUND", f"line 1:1: View '{database}.{name}' does not exist")
    if (table.view_text is None) != (kind == "table"):
        raise QueryError(
            "", f"FAILED: SemanticException: {database}.{name} is {'a table' if kind == 'view' else 'a view'}"
        )
    glue.delete_table(DatabaseName=database, Name=name)
    return Result()


def _drop_database(context: Context, name: str, if_exists: bool, cascade: bool) -> Result:
    glue = context.catalog.glue
    try:
        pages = list(glue.get_paginator("get_tables").paginate(DatabaseName=name))
        tables = [table["Name"] for page in pages for table in page["TableList"]]
        if tables and not cascade:
            raise QueryError("", "FAILED: Execution Error, return code 1. InvalidOperationException(message:Database "
                             f"{name} is not empty. One or more tables exist.)")  # fmt: skip
        for table in tables:
            glue.delete_table(DatabaseName=name, Name=table)
        glue.delete_database(Name=name)
    except glue.exceptions.EntityNotFoundException as error:
        if not if_exists:
            raise QueryError(
                "", f"FAILED: SemanticException [Error 10072]: Database does not exist: {name}"
            ) from error
    return Result()


def create_view(context: Context, sql: str) -> Result:
    """``CREATE [OR REPLACE] VIEW name AS query``: checked now, kept as Athena keeps it."""
    found = _match(rf"create\s+(or\s+replace\s+)?view\s+({NAME})\s+as\s+(.*)", sql)
    database, name = qualified(found[2], context.execution.database)
    existing = context.catalog.find(database, name)
    if existing is not None and (existing.view_text is None or not found[1]):
        raise QueryError("TABLE_ALREADY_EXISTS", f"line 1:1: '{database}.{name}' already exists")
    described = context.describe(found[3])
    for column, _ in described:
        if re.fullmatch(r"_col\d+", column):
            raise QueryError("MISSING_COLUMN_NAME", "Column name not specified at position "
                             f"{[item for item, _ in described].index(column) + 1}")  # fmt: skip
    columns = [(column.lower(), column_info("", kind)["Type"], to_hive(kind)) for column, kind in described]
    given = view_input(database, name, found[3], columns)
    if existing is None:
        context.catalog.glue.create_table(DatabaseName=database, TableInput=given)
    else:
        context.catalog.glue.update_table(DatabaseName=database, TableInput=given)
    return Result()


def repair(context: Context, sql: str) -> Result:
    """``MSCK REPAIR TABLE name``: adds the partitions whose folders are ``key=value`` and that the catalog lacks."""
    found = _match(rf"msck\s+repair\s+table\s+({NAME})", sql)
    table = context.catalog.table(*qualified(found[1], context.execution.database))
    if not table.partition_keys or projection.projected(table):
        return Result([column_info("result", "VARCHAR")])
    root = f"{table.location.rstrip('/')}/"
    known = {partition.values for partition in context.catalog.partitions(table)}
    new: dict[tuple[str, ...], str] = {}
    for entry in context.scanner.store.under(table.location):
        folders = entry.uri[len(root) :].split("/")[: len(table.key_names)]
        pairs = [folder.partition("=") for folder in folders]
        if [name.lower() for name, _, _ in pairs] != table.key_names:
            continue
        values = tuple(urllib.parse.unquote(value) for _, _, value in pairs)
        if values not in known:
            new[values] = f"{root}{'/'.join(folders)}/"
    _add(context, table, new)
    texts = [[f"Repair: Added partition to metastore {table.name}:{_spec(table, values)}"] for values in new]
    return Result([column_info("result", "VARCHAR")], [list(row) for row in texts])


def _add(context: Context, table: Table, new: dict[tuple[str, ...], str]) -> None:
    items = [partition_input(table, values, location) for values, location in new.items()]
    for at in range(0, len(items), 100):
        context.catalog.glue.batch_create_partition(
            DatabaseName=table.database, TableName=table.name, PartitionInputList=items[at : at + 100]
        )


def _spec(table: Table, values: tuple[str, ...]) -> str:
    return "/".join(f"{key}={value}" for key, value in zip(table.key_names, values, strict=True))


def alter_table(context: Context, sql: str) -> Result:
    """ADD and DROP PARTITION, ADD and REPLACE COLUMNS, SET LOCATION, SET TBLPROPERTIES."""
    found = _match(rf"alter\s+table\s+({NAME})\s+(.*)", sql)
    table = context.catalog.table(*qualified(found[1], context.execution.database))
    rest = found[2]
    if action := re.match(r"add\s+(if\s+not\s+exists\s+)?partition\b", rest, re.IGNORECASE):
        return _add_partitions(context, table, rest[action.end() :], if_not_exists=bool(action[1]))
    if action := re.match(r"drop\s+(if\s+exists\s+)?partition\b", rest, re.IGNORECASE):
        return _drop_partitions(context, table, rest[action.end() :], if_exists=bool(action[1]))
    given = update_input(table)
    if action := re.match(r"(add|replace)\s+columns\s*", rest, re.IGNORECASE):
        inside, _ = parenthesized(rest)
        columns = [_column(item) for item in split_list(inside)]
        kept = given["StorageDescriptor"]["Columns"] if action[1].lower() == "add" else []
        names = {column["Name"] for column in kept} | set(table.key_names)
        for column in columns:
            if column["Name"] in names:
                raise QueryError("", f"FAILED: SemanticException: Duplicate column name: {column['Name']}")
        given["StorageDescriptor"] = {**given["StorageDescriptor"], "Columns": [*kept, *columns]}
    elif action := re.fullmatch(r"set\s+location\s+'([^']+)'", rest, re.IGNORECASE):
        given["StorageDescriptor"] = {**given["StorageDescriptor"], "Location": s3_location(action[1])}
    elif action := re.fullmatch(r"set\s+tblproperties\s*\((.*)\)", rest, re.IGNORECASE | re.DOTALL):
        new = {key: str(value) for key, value in properties(action[1]).items()}
        given["Parameters"] = {**given.get("Parameters", {}), **new}
    else:
        raise not_supported(f"ALTER TABLE … {rest[:40]}")
    context.catalog.glue.update_table(DatabaseName=table.database, TableInput=given)
    return Result()


def _column(text: str) -> dict[str, str]:
    found = _match(rf"({PART})\s+(.+?)(?:\s+comment\s+'([^']*)')?", text)
    column = {"Name": found[1].strip('`"').lower(), "Type": re.sub(r"\s+", "", found[2].lower())}
    return {**column, "Comment": found[3]} if found[3] else column


def _add_partitions(context: Context, table: Table, rest: str, *, if_not_exists: bool) -> Result:
    known = {partition.values for partition in context.catalog.partitions(table)}
    new: dict[tuple[str, ...], str] = {}
    while rest.strip():
        rest = re.sub(r"^\s*partition\b", "", rest, flags=re.IGNORECASE)
        inside, rest = parenthesized(rest)
        values = _values(table, inside)
        location = f"{table.location.rstrip('/')}/{_spec(table, values)}/"
        if place := re.match(r"\s*location\s+'([^']+)'", rest, re.IGNORECASE):
            location, rest = s3_location(place[1]), rest[place.end() :]
        if values in known and not if_not_exists:
            raise QueryError("", "FAILED: SemanticException: AlreadyExistsException: Partition already exists: "
                             f"{_spec(table, values)}")  # fmt: skip
        if values not in known:
            new[values] = location
    _add(context, table, new)
    return Result()


def _drop_partitions(context: Context, table: Table, rest: str, *, if_exists: bool) -> Result:
    known = {partition.values for partition in context.catalog.partitions(table)}
    for inside in re.findall(r"\(([^()]*)\)", rest):
        values = _values(table, inside)
        if values not in known:
            if if_exists:
                continue
            raise QueryError("", f"FAILED: SemanticException: Partition not found: {_spec(table, values)}")
        context.catalog.glue.delete_partition(
            DatabaseName=table.database, TableName=table.name, PartitionValues=list(values)
        )
    return Result()


def _values(table: Table, text: str) -> tuple[str, ...]:
    given = {key: str(value) for key, value in properties(text.replace("`", "")).items()}
    if set(given) != set(table.key_names):
        raise QueryError(
            "", f"FAILED: SemanticException: Partition spec {given} does not name the keys {table.key_names}"
        )
    return tuple(given[key] for key in table.key_names)


def _match(pattern: str, sql: str) -> re.Match[str]:
    found = re.fullmatch(pattern, sql.strip(), re.IGNORECASE | re.DOTALL)
    if found is None:
        raise QueryError("", f"FAILED: ParseException line 1:0 cannot recognize input near '{sql.strip()[:60]}'")
    return found
