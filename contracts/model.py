"""The part of the Open Data Contract Standard (ODCS v3) that this project reads, as immutable objects.

Standard: https://bitol-io.github.io/open-data-contract-standard/v3.0.2/. Standard library only, because it also
runs inside Lambda functions and Glue jobs.
"""

from dataclasses import dataclass
from typing import Any

# Glue catalog types that contracts may use, all of which Firehose, Spark, DuckDB and Parquet agree on.
TYPES = frozenset({"string", "int", "bigint", "double", "boolean", "timestamp", "date"})


class ContractError(ValueError):
    """A contract document that cannot be used; the message names the table and column."""


@dataclass(frozen=True)
class Column:
    """One column of a table.

    Attributes:
        type: Hive type of the Glue catalog (see ``TYPES``).
        unit: unit of the values ("minutes", "miles"); None for what has none.
        required: the value may not be missing.
        event_types: the event types that carry the column; empty means all of them.
        format: of a date kept as text, always ``yyyy-MM-dd``; None for everything else.
        leaks: known only after the prediction is made, so never a feature.
        label: the value to predict.
    """

    name: str
    type: str
    description: str
    unit: str | None = None
    required: bool = False
    event_types: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    pattern: str | None = None
    format: str | None = None
    enum: tuple[str, ...] = ()
    leaks: bool = False
    label: bool = False


@dataclass(frozen=True)
class Table:
    """One table of the lake.

    Attributes:
        location: prefix in the lake bucket, without slashes at its ends.
        format: file format, ``parquet`` or ``csv``.
        columns: columns inside the files; partition keys are apart, in ``partition_keys``.
        primary_key: names of the columns that identify a row.
        event_time: the column that says when it happened, None for tables without one.
        rules: data quality rules of the table, in Glue's DQDL.
    """

    name: str
    description: str
    location: str
    format: str
    columns: tuple[Column, ...]
    partition_keys: tuple[Column, ...]
    primary_key: tuple[str, ...]
    event_time: str | None
    rules: tuple[str, ...]

    def column(self, name: str) -> Column:
        """The column or partition key called ``name``; KeyError names the table when there is none."""
        for column in (*self.columns, *self.partition_keys):
            if column.name == name:
                return column
        raise KeyError(f"{self.name} has no column {name!r}")


@dataclass(frozen=True)
class Contract:
    """A dataset: its tables by name, in the order of the document."""

    name: str
    version: str
    tables: dict[str, Table]

    def table(self, name: str) -> Table:
        """The table called ``name``; KeyError lists what there is."""
        if name not in self.tables:
            raise KeyError(f"contract {self.name} has no table {name!r}, only {', '.join(self.tables)}")
        return self.tables[name]


def parse(document: dict[str, Any]) -> Contract:
    """Read an ODCS v3 document; raises ContractError naming what is wrong."""
    tables = [_table(entry) for entry in document["schema"]]
    return Contract(document["id"], document["version"], {table.name: table for table in tables})


def _table(entry: dict[str, Any]) -> Table:
    custom = _custom(entry)
    properties = entry["properties"]
    columns = [_column(entry["name"], item) for item in properties]
    partitioned = {item["name"] for item in properties if item.get("partitioned")}
    keys = sorted(
        (item for item in properties if item.get("primaryKey")), key=lambda item: item["primaryKeyPosition"]
    )
    return Table(
        name=entry["name"],
        description=_line(entry["description"]),
        location=custom["location"],
        format=custom["format"],
        columns=tuple(column for column in columns if column.name not in partitioned),
        partition_keys=tuple(column for column in columns if column.name in partitioned),
        primary_key=tuple(item["name"] for item in keys),
        event_time=custom.get("eventTime"),
        rules=tuple(_line(rule["implementation"]) for rule in entry.get("quality", ())),
    )


def _column(table: str, item: dict[str, Any]) -> Column:
    if item["physicalType"] not in TYPES:
        raise ContractError(f"{table}.{item['name']}: type {item['physicalType']!r} is not one of {sorted(TYPES)}")
    options = item.get("logicalTypeOptions", {})
    custom = _custom(item)
    return Column(
        name=item["name"],
        type=item["physicalType"],
        description=_line(item["description"]),
        unit=custom.get("unit"),
        required=item.get("required", False),
        event_types=tuple(custom.get("eventTypes", ())),
        minimum=options.get("minimum"),
        maximum=options.get("maximum"),
        pattern=options.get("pattern"),
        format=options.get("format"),
        enum=tuple(custom.get("enum", ())),
        leaks=custom.get("leaks", False),
        label=custom.get("label", False),
    )


def _custom(entry: dict[str, Any]) -> dict[str, Any]:
    return {item["property"]: item["value"] for item in entry.get("customProperties", ())}


def _line(text: str) -> str:
    return " ".join(text.split())
