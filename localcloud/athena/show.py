"""SHOW and DESCRIBE."""

import re
from collections.abc import Iterable

from localcloud.athena.catalog import Table
from localcloud.athena.context import Context
from localcloud.athena.errors import QueryError, not_supported
from localcloud.athena.results import Result
from localcloud.athena.text import NAME, PART, qualified
from localcloud.athena.views import view_text
from localcloud.patterns import Pattern, PatternError, PatternTimeoutError


def _column(name: str) -> dict[str, object]:
    return {
        "CatalogName": "hive", "SchemaName": "", "TableName": "", "Name": name, "Label": name, "Type": "string",
        "Precision": 0, "Scale": 0, "Nullable": "UNKNOWN", "CaseSensitive": False,
    }  # fmt: skip


def _listed(name: str, values: list[str]) -> Result:
    return Result([_column(name)], [[value] for value in values])


def show(context: Context, sql: str) -> Result:  # noqa: PLR0911 - one statement a branch
    """DATABASES, SCHEMAS, TABLES, VIEWS, PARTITIONS, COLUMNS, CREATE TABLE, CREATE VIEW, TBLPROPERTIES."""
    flags = re.IGNORECASE | re.DOTALL
    glue, default = context.catalog.glue, context.execution.database
    if found := re.fullmatch(r"show\s+(?:databases|schemas)(?:\s+like\s+'([^']*)')?", sql, flags):
        names = [
            item["Name"] for page in glue.get_paginator("get_databases").paginate() for item in page["DatabaseList"]
        ]
        return _listed("database_name", _like(names, found[1]))
    if found := re.fullmatch(
        rf"show\s+(tables|views)(?:\s+(?:in|from)\s+({PART}))?(?:\s+(?:like\s+)?'([^']*)')?", sql, flags
    ):
        database = found[2].strip('`"').lower() if found[2] else default
        return _tables(context, database, found[3], views=found[1].lower() == "views")
    if found := re.fullmatch(rf"show\s+partitions\s+({NAME})", sql, flags):
        table = context.catalog.table(*qualified(found[1], default))
        if not table.partition_keys:
            raise QueryError("", f"FAILED: SemanticException: Table {table.name} is not a partitioned table")
        return _listed("partition", sorted(
            "/".join(f"{key}={value}" for key, value in zip(table.key_names, partition.values, strict=True))
            for partition in context.scanner.partitions(table)
        ))  # fmt: skip
    if found := re.fullmatch(rf"show\s+columns\s+(?:in|from)\s+({NAME})(?:\s+(?:in|from)\s+({PART}))?", sql, flags):
        table = context.catalog.table(*qualified(found[1], found[2].strip('`"').lower() if found[2] else default))
        return _listed("field", [f"{name:<20}" for name in table.all_columns])
    if found := re.fullmatch(rf"show\s+create\s+(table|view)\s+({NAME})", sql, flags):
        table = context.catalog.table(*qualified(found[2], default))
        if found[1].lower() == "view":
            return _listed(
                "Create View", [f"CREATE VIEW {table.database}.{table.name} AS", *view_text(table).splitlines()]
            )
        return _listed("createtab_stmt", _create_statement(table))
    if found := re.fullmatch(rf"show\s+tblproperties\s+({NAME})(?:\s*\('([^']+)'\))?", sql, flags):
        table = context.catalog.table(*qualified(found[1], default))
        pairs = [f"{key}\t{value}" for key, value in sorted(table.parameters.items()) if found[2] in (None, key)]
        return _listed("prpt_name", pairs)
    raise not_supported(f"the statement '{sql[:60]}'")


def _tables(context: Context, database: str, pattern: str | None, *, views: bool) -> Result:
    glue = context.catalog.glue
    try:
        found = [
            table["Name"]
            for page in glue.get_paginator("get_tables").paginate(DatabaseName=database)
            for table in page["TableList"]
            if not views or table.get("TableType") == "VIRTUAL_VIEW"
        ]
    except glue.exceptions.EntityNotFoundException as error:
        raise QueryError(
            "", f"FAILED: SemanticException [Error 10072]: Database does not exist: {database}"
        ) from error
    return _listed("views" if views else "tab_name", _like(found, pattern))


def _like(names: Iterable[str], pattern: str | None) -> list[str]:
    """Those that Hive's pattern names, in order: ``*`` any characters, ``|`` or."""
    if pattern is None:
        return sorted(names)
    try:
        wanted = Pattern(f"(?i){pattern.replace('*', '.*')}")
        return sorted(name for name in names if wanted.fullmatch(name))
    except (PatternError, PatternTimeoutError) as error:
        raise QueryError("", f"FAILED: SemanticException: the pattern '{pattern[:60]}': {error}") from None


def describe(context: Context, sql: str) -> Result:
    """One cell a line, its fields padded to 20 and joined by tabs, as Hive prints and Athena passes on."""
    found = re.fullmatch(rf"desc(?:ribe)?\s+(extended\s+|formatted\s+)?({NAME})", sql, re.IGNORECASE)
    if found is None or found[1]:
        raise not_supported(f"the statement '{sql[:60]}'")
    table = context.catalog.table(*qualified(found[2], context.execution.database))
    comments = {
        column["Name"]: column.get("Comment", "")
        for column in table.raw.get("StorageDescriptor", {}).get("Columns", []) + table.raw.get("PartitionKeys", [])
    }

    def line(name: str, kind: str) -> str:
        return f"{name:<20}\t{kind:<20}\t{comments.get(name, ''):<20}"

    lines = [line(name, kind) for name, kind in table.all_columns.items()]
    if table.partition_keys:
        titles = (
            ("", "", ""),
            ("# Partition Information", "", ""),
            ("# col_name", "data_type", "comment"),
            ("", "", ""),
        )
        lines += ["\t".join(f"{title:<20}" for title in row) for row in titles]
        lines += [line(name, kind) for name, kind in table.partition_keys]
    return Result([_column(name) for name in ("col_name", "data_type", "comment")], [[text] for text in lines])


def _create_statement(table: Table) -> list[str]:
    def fields(columns: tuple[tuple[str, str], ...]) -> list[str]:
        return [
            f"  `{name}` {kind}{',' if at < len(columns) - 1 else ')'}" for at, (name, kind) in enumerate(columns)
        ]

    descriptor = table.raw.get("StorageDescriptor", {})
    lines = [f"CREATE EXTERNAL TABLE `{table.database}.{table.name}`(", *fields(table.columns)]
    if table.partition_keys:
        lines += ["PARTITIONED BY ( ", *fields(table.partition_keys)]
    lines += ["ROW FORMAT SERDE ", f"  '{table.serde}' "]
    if table.serde_parameters:
        pairs = sorted(table.serde_parameters.items())
        lines += [
            "WITH SERDEPROPERTIES ( ",
            *(f"  '{key}'='{value}'{',' if at < len(pairs) - 1 else ')'}" for at, (key, value) in enumerate(pairs)),
        ]
    lines += ["STORED AS INPUTFORMAT ", f"  '{descriptor.get('InputFormat', '')}' ", "OUTPUTFORMAT ",
              f"  '{descriptor.get('OutputFormat', '')}'", "LOCATION", f"  '{table.location}'"]  # fmt: skip
    pairs = sorted(table.parameters.items())
    if pairs:
        lines += [
            "TBLPROPERTIES (",
            *(f"  '{key}'='{value}'{',' if at < len(pairs) - 1 else ')'}" for at, (key, value) in enumerate(pairs)),
        ]
    return lines
