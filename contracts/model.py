"""The part of the Open Data Contract Standard (ODCS v3) that this project reads, as immutable objects.

Standard: https://bitol-io.github.io/open-data-contract-standard/v3.0.2/. Standard library only, because it also
runs inside Lambda functions and Glue jobs.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from contracts.document import ContractError, Entry

__all__ = ["TYPES", "Column", "Contract", "ContractError", "Table", "parse"]

# Glue catalog types that contracts may use, all of which Firehose, Spark, DuckDB and Parquet agree on.
TYPES = frozenset({"string", "int", "bigint", "double", "boolean", "timestamp", "date"})
FORMATS = ("parquet", "csv")
ROLES = ("events", "curated", "reference")


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
        role: what the table is in its dataset: ``events``, ``curated``, ``reference``; None for another.
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
    role: str | None = None

    def column(self, name: str) -> Column:
        """The column or partition key called ``name``; KeyError names the table when there is none."""
        for column in (*self.columns, *self.partition_keys):
            if column.name == name:
                return column
        raise KeyError(f"{self.name} has no column {name!r}")


@dataclass(frozen=True)
class Contract:
    """A dataset: its tables by name, in the order of the document.

    Attributes:
        models: what models of it tell, in a line.
    """

    name: str
    version: str
    models: str
    tables: dict[str, Table]

    @property
    def events(self) -> Table:
        """What happened, one row an event. ContractError for a dataset that has none, or no table made of them."""
        return self._only("events")

    @property
    def curated(self) -> Table:
        """The table that events are made into, which analysts query and models learn from."""
        return self._only("curated")

    @property
    def reference(self) -> tuple[Table, ...]:
        """Tables that the curated one is joined with."""
        return tuple(table for table in self.tables.values() if table.role == "reference")

    def _only(self, role: str) -> Table:
        found = [table for table in self.tables.values() if table.role == role]
        if len(found) != 1:
            raise ContractError(f"contract {self.name}: {len(found)} tables have the role {role!r}, expected one")
        return found[0]

    def table(self, name: str) -> Table:
        """The table called ``name``; KeyError lists what there is."""
        if name not in self.tables:
            raise KeyError(f"contract {self.name} has no table {name!r}, only {', '.join(self.tables)}")
        return self.tables[name]


def parse(document: Any) -> Contract:
    """Read an ODCS v3 document; raises ContractError naming what is wrong, and where."""
    whole = Entry(document, "the contract")
    name = whole.text("id")
    tables = [_table(entry) for entry in whole.entries("schema", needed=True)]
    if not tables:
        raise ContractError("the contract: schema has no tables")
    _once(tables, "the contract")
    models = whole.custom().text("models", f"Models of the dataset {name}")
    return Contract(name, whole.text("version"), models, {table.name: table for table in tables})


def _table(entry: Entry) -> Table:
    name = entry.text("name")
    entry.place = name
    custom = entry.custom()
    columns: list[Column] = []
    partitioned: set[str] = set()
    positions: dict[str, int] = {}
    for item in entry.entries("properties", needed=True):
        column = _column(name, item)
        columns.append(column)
        if item.flag("partitioned"):
            partitioned.add(column.name)
        if item.flag("primaryKey"):
            positions[column.name] = item.integer("primaryKeyPosition")
    _once(columns, name)
    if len(partitioned) == len(columns):
        raise ContractError(f"{name}: properties has no column but partition keys")
    role = custom.text("role", None)
    if role is not None and role not in ROLES:
        raise ContractError(f"{name}: role {role!r} is not one of {', '.join(ROLES)}")
    file_format, event_time = custom.text("format"), custom.text("eventTime", None)
    if file_format not in FORMATS:
        raise ContractError(f"{name}: format {file_format!r} is not one of {', '.join(FORMATS)}")
    if event_time is not None and event_time not in {column.name for column in columns}:
        raise ContractError(f"{name}: eventTime names {event_time!r}, which is no column")
    return Table(
        name=name,
        description=_line(entry.text("description")),
        location=custom.text("location"),
        format=file_format,
        columns=tuple(column for column in columns if column.name not in partitioned),
        partition_keys=tuple(column for column in columns if column.name in partitioned),
        primary_key=tuple(sorted(positions, key=lambda key: positions[key])),
        event_time=event_time,
        rules=tuple(_line(rule.text("implementation")) for rule in entry.entries("quality")),
        role=role,
    )


def _column(table: str, item: Entry) -> Column:
    name = item.text("name")
    item.place = f"{table}.{name}"
    kind = item.text("physicalType")
    if kind not in TYPES:
        raise ContractError(f"{item.place}: type {kind!r} is not one of {sorted(TYPES)}")
    options, custom = item.entry("logicalTypeOptions"), item.custom()
    pattern = options.text("pattern", None)
    try:
        re.compile(pattern or "")
    except re.error as error:
        raise ContractError(f"{item.place}: pattern {pattern!r} is no regular expression: {error}") from None
    return Column(
        name=name,
        type=kind,
        description=_line(item.text("description")),
        unit=custom.text("unit", None),
        required=item.flag("required"),
        event_types=custom.texts("eventTypes"),
        minimum=options.number("minimum"),
        maximum=options.number("maximum"),
        pattern=pattern,
        format=options.text("format", None),
        enum=custom.texts("enum"),
        leaks=custom.flag("leaks"),
        label=custom.flag("label"),
    )


def _once(named: Iterable[Table | Column], place: str) -> None:
    seen: set[str] = set()
    for item in named:
        if item.name in seen:
            raise ContractError(f"{place}: {item.name} is there twice")
        seen.add(item.name)


def _line(text: str) -> str:
    return " ".join(text.split())
