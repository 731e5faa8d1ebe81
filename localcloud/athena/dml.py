"""Statements that run a query and write its rows: CREATE TABLE AS, INSERT INTO, UNLOAD."""

import re
from collections.abc import Callable
from typing import Any

from localcloud.athena import projection
from localcloud.athena.catalog import Table
from localcloud.athena.context import Context
from localcloud.athena.errors import QueryError, not_supported
from localcloud.athena.readers import quoted
from localcloud.athena.results import Result
from localcloud.athena.tables import create, partition_input
from localcloud.athena.text import NAME, parenthesized, properties, qualified, s3_location, split_list
from localcloud.athena.types import column_info, duckdb_type, to_hive
from localcloud.athena.write import Target, Written, encode, storable

_CTAS_PROPERTIES = {
    "format", "external_location", "partitioned_by", "write_compression", "parquet_compression", "field_delimiter",
    "table_type", "is_external",
}  # fmt: skip


def create_table_as(context: Context, sql: str) -> Result:
    """``CREATE TABLE name [WITH (…)] AS query``; https://docs.aws.amazon.com/athena/latest/ug/create-table-as.html."""
    head = re.match(rf"create\s+table\s+(if\s+not\s+exists\s+)?({NAME})\s*", sql, re.IGNORECASE)
    if head is None:
        raise QueryError("SYNTAX_ERROR", "line 1:1: mismatched input. Expecting: CREATE TABLE name AS query")
    rest, given = sql[head.end() :], {}
    if re.match(r"with\s*\(", rest, re.IGNORECASE):
        inside, rest = parenthesized(rest)
        given = properties(inside)
    body = re.match(r"\s*as\s+(.*?)(\s+with\s+(no\s+)?data)?$", rest, re.IGNORECASE | re.DOTALL)
    if body is None:
        raise QueryError("SYNTAX_ERROR", "line 1:1: mismatched input. Expecting: AS query")
    database, name = qualified(head[2], context.execution.database)
    if context.catalog.find(database, name) is not None:
        if head[1]:
            return Result()
        raise QueryError("TABLE_ALREADY_EXISTS", f"Table 'awsdatacatalog.{database}.{name}' already exists")
    if not context.catalog.has_database(database):
        raise QueryError("SCHEMA_NOT_FOUND", f"Schema '{database}' does not exist")
    target = _ctas_target(context, given)
    rows, types, names = context.select(body[1])
    names = _column_names(names)
    keys = target.partitioned_by
    if keys and tuple(names[-len(keys) :]) != keys:
        raise QueryError("HIVE_COLUMN_ORDER_MISMATCH", "Partition keys must be the last columns in the table and in "
                         f"the same order as the table properties: [{', '.join(keys)}]")  # fmt: skip
    if keys and len(keys) == len(names):
        raise QueryError("INVALID_TABLE_PROPERTY", "Table contains only partition columns")
    columns = [(column, to_hive(kind)) for column, kind in zip(names, types, strict=True)]
    rows = storable(rows, types)
    if body[3]:
        rows = rows.slice(0, 0)
    written = encode(rows, names, target)
    _put(context, written)
    create(context.catalog.glue, database, name, columns, target)
    _register(context, context.catalog.table(database, name), written)
    return Result([column_info("rows", "BIGINT")], update_count=written.rows, manifest=sorted(written.objects))


def _ctas_target(context: Context, given: dict[str, Any]) -> Target:
    for name in given:
        if name not in _CTAS_PROPERTIES:
            raise not_supported(f"the table property '{name}'")
    if str(given.get("table_type", "HIVE")).upper() != "HIVE":
        raise not_supported(f"the table type {given['table_type']}")
    location = given.get("external_location")
    if location and context.execution.enforced:
        raise QueryError(
            "",
            "The Create Table As Select query failed because it was submitted with an 'external_location' property "
            "to an Athena Workgroup that enforces a centralized output location for all queries. Please remove the "
            "'external_location' property and resubmit the query.",
        )
    location = s3_location(location or f"{context.execution.base}tables/{context.execution.id}")
    _must_be_empty(context, location)
    return _target(location, given)


def _target(location: str, given: dict[str, Any]) -> Target:
    file_format = str(given.get("format", "PARQUET")).upper()
    named = (
        given.get("write_compression") or given.get(f"{file_format.lower()}_compression") or given.get("compression")
    )
    return Target(
        location=location,
        format=file_format,
        compression=str(named or "GZIP").upper(),
        delimiter=str(given.get("field_delimiter", "\x01")).replace("\\t", "\t"),
        partitioned_by=tuple(key.lower() for key in given.get("partitioned_by", [])),
    )


def insert(context: Context, sql: str) -> Result:
    """``INSERT INTO name [(columns)] query``; https://docs.aws.amazon.com/athena/latest/ug/insert-into.html."""
    head = re.match(rf"insert\s+into\s+({NAME})\s*", sql, re.IGNORECASE)
    if head is None:
        raise QueryError("SYNTAX_ERROR", "line 1:1: mismatched input. Expecting: INSERT INTO name query")
    rest = sql[head.end() :]
    table = context.catalog.table(*qualified(head[1], context.execution.database))
    if table.view_text is not None:
        raise QueryError("NOT_SUPPORTED", "Inserting into views is not supported")
    named = list(table.all_columns)
    if rest.startswith("(") and not re.match(r"\(\s*(select|with|values|table|\()", rest, re.IGNORECASE):
        inside, rest = parenthesized(rest)
        named = [item.strip('"').lower() for item in split_list(inside)]
    for column in named:
        if column not in table.all_columns:
            raise QueryError("COLUMN_NOT_FOUND", f"Insert column name does not exist in target table: {column}")
    formats = {"parquet": "PARQUET", "json": "JSON", "text": "TEXTFILE"}
    if table.format not in formats:
        raise not_supported(f"INSERT INTO a table with the SerDe {table.serde}")
    rows, types, _ = context.select(rest)
    rows = _typed(context, table, named, rows, types)
    target = Target(
        location=table.location,
        format=formats[table.format],
        compression="SNAPPY" if table.format == "parquet" else "GZIP",
        delimiter=table.serde_parameters.get("field.delim", "\x01"),
        partitioned_by=tuple(table.key_names),
    )
    written = encode(rows, list(table.all_columns), target)
    _put(context, written)
    _register(context, table, written)
    return Result([column_info("rows", "BIGINT")], update_count=written.rows, manifest=sorted(written.objects))


def _typed(context: Context, table: Table, named: list[str], rows: Any, types: list[str]) -> Any:
    """The rows in the table's columns and types; a column that is not named is NULL."""
    wanted = table.all_columns
    expected = [wanted[name] for name in named]
    fits = len(types) == len(expected) and all(
        _assignable(to_hive(kind) if kind not in ("NULL", '"NULL"') else "null", hive)
        for kind, hive in zip(types, expected, strict=True)
    )
    if not fits:
        query = ", ".join(column_info("", kind)["Type"] for kind in types)
        raise QueryError("TYPE_MISMATCH", "Insert query has mismatched column types: "
                         f"Table: [{', '.join(expected)}], Query: [{query}]")  # fmt: skip
    items = [
        f"cast({f'c{named.index(name)}' if name in named else 'null'} as {duckdb_type(hive)}) as {quoted(name)}"
        for name, hive in wanted.items()
    ]
    return context.session.convert(rows, f"select {', '.join(items)} from given_")  # noqa: S608 - names are quoted


_INTEGERS = ("tinyint", "smallint", "int", "bigint")


def _assignable(source: str, target: str) -> bool:  # noqa: PLR0911 - one rule a line
    """What Trino converts without being asked."""
    if source in ("null", target):
        return True
    if source in _INTEGERS:
        # a literal 1 is an integer in DuckDB and in Trino: narrower columns take it, checked for range by the cast
        return target in _INTEGERS or target in ("float", "double") or target.startswith("decimal")
    if source.startswith("decimal"):
        return target.startswith("decimal") or target in ("double", "float")
    if source in ("float", "double"):
        return target in ("float", "double")
    if source == "string":
        return target.startswith(("varchar", "char", "string"))
    if source == "date":
        return target == "timestamp"
    return source.partition("<")[0] == target.partition("<")[0] and "<" in source


def unload(context: Context, sql: str) -> Result:
    """``UNLOAD (query) TO 's3://…' WITH (…)``; https://docs.aws.amazon.com/athena/latest/ug/unload.html."""
    inside, rest = parenthesized(sql)
    found = re.fullmatch(r"\s*to\s+'([^']+)'\s*(?:with\s*\((.*)\))?\s*", rest, re.IGNORECASE | re.DOTALL)
    if found is None:
        raise QueryError("SYNTAX_ERROR", "line 1:1: mismatched input. Expecting: UNLOAD (query) TO 's3://…' WITH (…)")
    given = properties(found[2] or "")
    for name in given:
        if name not in ("format", "compression", "partitioned_by", "field_delimiter"):
            raise not_supported(f"the UNLOAD property '{name}'")
    if "format" not in given:
        raise QueryError("INVALID_PROCEDURE_ARGUMENT", "UNLOAD needs the property 'format'")
    _must_be_empty(context, s3_location(found[1]))
    target = _target(found[1], given)
    rows, types, names = context.select(inside)
    names = _column_names(names)
    written = encode(storable(rows, types), names, target)
    _put(context, written)
    return Result([column_info("rows", "BIGINT")], update_count=written.rows, manifest=sorted(written.objects))


def _must_be_empty(context: Context, location: str) -> None:
    if context.scanner.store.under(location):
        raise QueryError("HIVE_PATH_ALREADY_EXISTS", f"Target directory for table already exists: {location}")


def _column_names(names: list[str]) -> list[str]:
    found = [name.lower() for name in names]
    for at, name in enumerate(found):
        if re.fullmatch(r"_col\d+", name):
            raise QueryError("MISSING_COLUMN_NAME", f"Column name not specified at position {at + 1}")
        if name in found[:at]:
            raise QueryError("DUPLICATE_COLUMN_NAME", f"Column name '{name}' specified more than once")
    return found


def _put(context: Context, written: Written) -> None:
    put: Callable[[str, bytes], None] = context.put
    for uri, body in written.objects.items():
        put(uri, body)


def _register(context: Context, table: Table, written: Written) -> None:
    """Add the partitions that the catalog does not have."""
    if not table.partition_keys or projection.projected(table):
        return
    known = {partition.values for partition in context.catalog.partitions(table)}
    new = [
        partition_input(table, values, location)
        for values, location in written.partitions.items()
        if values not in known
    ]
    if new:
        context.catalog.glue.batch_create_partition(
            DatabaseName=table.database, TableName=table.name, PartitionInputList=new
        )
