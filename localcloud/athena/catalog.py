"""Tables of the Glue catalog as a query sees them."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from localcloud.athena.errors import QueryError, not_supported
from localcloud.athena.types import from_hive

CATALOG = "awsdatacatalog"
DEFAULT_PARTITION = "__HIVE_DEFAULT_PARTITION__"  # the directory of a NULL key in Hive


@dataclass(frozen=True)
class Table:
    """One Glue table. Names are lower case; types are Hive's."""

    database: str
    name: str
    columns: tuple[tuple[str, str], ...]
    partition_keys: tuple[tuple[str, str], ...]
    location: str
    parameters: dict[str, str]
    serde: str = ""
    serde_parameters: dict[str, str] = field(default_factory=dict)
    view_text: str | None = None
    raw: dict[str, Any] = field(default_factory=dict)

    @property
    def key_names(self) -> list[str]:
        """Partition keys in order."""
        return [name for name, _ in self.partition_keys]

    @property
    def all_columns(self) -> dict[str, str]:
        """Columns and partition keys, in the order of ``SELECT *``."""
        return dict([*self.columns, *self.partition_keys])

    @property
    def format(self) -> str:
        """parquet, json, csv (OpenCSVSerde) or text (LazySimpleSerDe), by the SerDe, which is what Athena goes by.

        Raises:
            QueryError: NOT_SUPPORTED for another SerDe or table type.
        """
        if self.parameters.get("table_type", "").upper() == "ICEBERG":
            raise not_supported("an Iceberg table")
        for part, found in (
            ("parquet.serde.ParquetHiveSerDe", "parquet"), ("JsonSerDe", "json"), ("JsonSerde", "json"),
            ("OpenCSVSerde", "csv"), ("LazySimpleSerDe", "text"),
        ):  # fmt: skip
            if part in self.serde:
                return found
        if not self.serde:
            raise QueryError("HIVE_UNSUPPORTED_FORMAT", f"Table {self.database}.{self.name} has no SerDe")
        raise not_supported(f"the SerDe {self.serde}")


@dataclass(frozen=True)
class Partition:
    """Values in the order of the keys, as text, and where its files are."""

    values: tuple[str, ...]
    location: str


class Catalog:
    """The Glue catalog of a region, read through its API."""

    def __init__(self, glue: Any) -> None:
        self.glue = glue

    def find(self, database: str, name: str) -> Table | None:
        """The table, or None."""
        try:
            return _table(self.glue.get_table(DatabaseName=database, Name=name)["Table"], database)
        except self.glue.exceptions.EntityNotFoundException:
            return None

    def table(self, database: str, name: str, where: str = "") -> Table:
        """The table.

        Raises:
            QueryError: SCHEMA_NOT_FOUND or TABLE_NOT_FOUND, with ``where`` (``line 1:15: ``) before the message.
        """
        found = self.find(database, name)
        if found is None:
            if not self.has_database(database):
                raise QueryError("SCHEMA_NOT_FOUND", f"{where}Schema '{database}' does not exist")
            raise QueryError("TABLE_NOT_FOUND", f"{where}Table '{CATALOG}.{database}.{name}' does not exist")
        return found

    def has_database(self, name: str) -> bool:
        """Whether the database exists; `default` always does."""
        try:
            self.glue.get_database(Name=name)
        except self.glue.exceptions.EntityNotFoundException:
            return name == "default"
        return True

    def partitions(self, table: Table) -> Iterator[Partition]:
        """What `GetPartitions` has, in its order."""
        pages = self.glue.get_paginator("get_partitions").paginate(
            DatabaseName=table.database, TableName=table.name, ExcludeColumnSchema=True
        )
        for page in pages:
            for partition in page["Partitions"]:
                yield Partition(tuple(partition["Values"]), partition["StorageDescriptor"]["Location"])

    def schema_of(self, table: Table) -> dict[str, Any]:
        """Types of the columns for the query's analysis."""
        return {name: from_hive(hive_type) for name, hive_type in table.all_columns.items()}


def _table(raw: dict[str, Any], database: str) -> Table:
    descriptor = raw.get("StorageDescriptor") or {}
    serde = descriptor.get("SerdeInfo") or {}

    def columns(found: list[dict[str, str]] | None) -> tuple[tuple[str, str], ...]:
        return tuple((column["Name"].lower(), column.get("Type", "string")) for column in found or [])

    view = raw.get("ViewOriginalText") if raw.get("TableType") == "VIRTUAL_VIEW" else None
    return Table(
        database=database,
        name=raw["Name"],
        columns=columns(descriptor.get("Columns")),
        partition_keys=columns(raw.get("PartitionKeys")),
        location=descriptor.get("Location") or "",
        parameters=raw.get("Parameters") or {},
        serde=serde.get("SerializationLibrary") or "",
        serde_parameters=serde.get("Parameters") or {},
        view_text=view,
        raw=raw,
    )
