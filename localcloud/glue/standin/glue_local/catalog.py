"""Tables of the Glue Data Catalog as Spark DataFrames, partition by partition."""

import re
from dataclasses import dataclass
from typing import Any

from .copies import PARTITION
from .objects import Layout, S3Object
from .run import current_run
from .sink import Sink
from .storage import list_objects, read_objects, refuse_unknown, union

HIVE_NULL = "__HIVE_DEFAULT_PARTITION__"
_LIST_TABLE_FROM = 8  # partitions; for fewer, a listing of each is less than one of a big table


@dataclass(frozen=True)
class Column:
    """Name and Hive type, which Spark reads as it is."""

    name: str
    type: str


@dataclass(frozen=True)
class Table:
    """What a read needs to know of a catalog table."""

    name: str
    location: str
    columns: tuple[Column, ...]
    keys: tuple[Column, ...]
    layout: Layout
    classification: str


@dataclass(frozen=True)
class Partition:
    """Values in the order of the table's keys, as the catalog has them (text)."""

    values: tuple[str, ...]
    location: str


Unread = list[tuple[Partition, list[S3Object]]]


def load_table(database: str, name: str) -> Table:
    """The table ``database.name`` of the catalog; EntityNotFoundException when there is none."""
    table = current_run().client("glue").get_table(DatabaseName=database, Name=name)["Table"]
    storage = table["StorageDescriptor"]
    parameters = {**table.get("Parameters", {}), **storage.get("Parameters", {})}
    serde = storage.get("SerdeInfo", {})
    classification = parameters.get("classification") or _classification(serde.get("SerializationLibrary", ""))
    return Table(
        name=name,
        location=storage.get("Location", ""),
        columns=tuple(Column(item["Name"], item.get("Type", "string")) for item in storage.get("Columns", [])),
        keys=tuple(Column(item["Name"], item.get("Type", "string")) for item in table.get("PartitionKeys", [])),
        layout=_layout(classification, parameters, serde.get("Parameters", {})),
        classification=classification,
    )


def read_table(spark: Any, database: str, name: str, *, predicate: str, context: str, options: dict[str, Any]) -> Any:
    """Rows of a table, with the catalog's columns and types; no object means no rows, not no columns.

    Args:
        predicate: Spark SQL over the partition keys; only matching partitions are read
            (https://docs.aws.amazon.com/glue/latest/dg/aws-glue-programming-etl-partitions.html).
        context: transformation context of the job bookmark; "" takes no part.
        options: ``catalogPartitionPredicate`` filters in the catalog, by GetPartitions' Expression.
    """
    refuse_unknown("additional_options", options, {"catalogPartitionPredicate"})
    table = load_table(database, name)
    server_side = options.get("catalogPartitionPredicate", "")
    chosen = partitions(spark, database, table, predicate=predicate, expression=server_side)
    bookmark = current_run().bookmark
    unread = []
    for partition, objects in zip(chosen, _objects(table, chosen), strict=True):
        uris = set(bookmark.unread(context, [(item.uri, item.tag) for item in objects]))
        unread.append((partition, [item for item in objects if item.uri in uris]))
    unread = [(partition, objects) for partition, objects in unread if objects]
    if not unread:
        return spark.createDataFrame([], ddl((*table.columns, *table.keys)))
    read = _read_copies if current_run().engine == "sail" else _read_partitions
    return union(read(spark, table, unread))


def partitions(
    spark: Any, database: str, table: Table, *, predicate: str = "", expression: str = ""
) -> list[Partition]:
    """Partitions that satisfy ``predicate``; a table without partition keys is one partition."""
    if not table.keys:
        return [Partition((), table.location)]
    query = {"DatabaseName": database, "TableName": table.name, "ExcludeColumnSchema": True}
    if expression:
        query["Expression"] = expression
    pages = current_run().client("glue").get_paginator("get_partitions").paginate(**query)
    found = [
        Partition(tuple(item["Values"]), item["StorageDescriptor"]["Location"])
        for page in pages
        for item in page["Partitions"]
    ]
    if not predicate or not found:
        return found
    rows = [(*partition.values, at) for at, partition in enumerate(found)]
    schema = ddl((*(Column(key.name, "string") for key in table.keys), Column("_at", "int")))
    frame = spark.createDataFrame(rows, schema)
    typed = frame.selectExpr(*(f"{_typed(key)} as `{key.name}`" for key in table.keys), "_at")
    return [found[row["_at"]] for row in sorted(typed.filter(predicate).select("_at").collect())]


def table_sink(database: str, name: str, options: dict[str, Any]) -> Sink:
    """A sink that appends to a catalog table, partitioned by the table's keys."""
    table = load_table(database, name)
    options.setdefault("partitionKeys", [key.name for key in table.keys])
    sink = Sink("s3", table.location, options)
    sink.setFormat(table.classification)
    sink.setCatalogInfo(database, name)
    return sink


def ddl(columns: tuple[Column, ...]) -> str:
    """Spark DDL of ``columns``."""
    return ", ".join(f"`{column.name}` {column.type}" for column in columns)


def _objects(table: Table, chosen: list[Partition]) -> list[list[S3Object]]:
    """The objects of each partition: one listing of the table for those inside it, when there are many."""
    root = table.location.rstrip("/") + "/"
    inside = [
        partition.location
        for partition in chosen
        # what is hidden in the table's folder is not when a partition's location names it
        if partition.location.startswith(root) and not re.search(r"/[_.]", partition.location[len(root) - 1 :])
    ]
    if len(inside) < _LIST_TABLE_FROM:
        return [list_objects(partition.location) for partition in chosen]
    folders: dict[str, list[S3Object]] = {location.rstrip("/") + "/": [] for location in inside}
    for item in list_objects(root):
        # every folder above the object, because a partition may have folders of its own
        for end in (at for at in range(len(root) - 1, len(item.uri)) if item.uri[at] == "/"):
            folders.get(item.uri[: end + 1], []).append(item)
    return [
        folders[folder] if (folder := partition.location.rstrip("/") + "/") in folders else list_objects(folder)
        for partition in chosen
    ]


def _read_copies(spark: Any, table: Table, unread: Unread) -> list[Any]:
    """On Sail: a few scans, see ``copies``."""
    columns, casts = _columns(table)
    numbers = [objects for _, objects in unread]
    frames = current_run().copies().read(spark, table.layout, numbers, columns)
    keys = []
    for at, key in enumerate(table.keys):
        values = ", ".join(_literal(partition.values[at]) for partition, _ in unread)
        keys.append(f"cast(element_at(array({values}), {PARTITION} + 1) as {key.type}) as `{key.name}`")
    return [frame.selectExpr(*casts, *keys) for frame in frames]


def _read_partitions(spark: Any, table: Table, unread: Unread) -> list[Any]:
    """On Spark: a scan for each partition."""
    columns, casts = _columns(table)
    frames = []
    for partition, objects in unread:
        keys = [
            f"cast({_literal(value)} as {key.type}) as `{key.name}`"
            for key, value in zip(table.keys, partition.values, strict=True)
        ]
        found = read_objects(spark, table.layout, [item.uri for item in objects], columns)
        frames += [frame.selectExpr(*casts, *keys) for frame in found]
    return frames


def _columns(table: Table) -> tuple[str, list[str]]:
    """Schema to read with, and the expressions that make the table's columns of it."""
    names = [f"`{column.name}`" for column in table.columns]
    if table.layout.format != "csv":
        return ddl(table.columns), names
    # A CSV value that is not of its column's type is NULL and no reason to fail; the engines differ in this when
    # they parse, so the text is read and cast.
    text = ddl(tuple(Column(column.name, "string") for column in table.columns))
    casts = [f"try_cast({name} as {c.type}) as {name}" for name, c in zip(names, table.columns, strict=True)]
    return text, casts


def _literal(value: str) -> str:
    """A partition value as Spark SQL."""
    if value == HIVE_NULL:
        return "cast(null as string)"
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _typed(key: Column) -> str:
    return f"cast(nullif(`{key.name}`, '{HIVE_NULL}') as {key.type})"


def _classification(serde: str) -> str:
    for part, format_name in (("Parquet", "parquet"), ("Json", "json"), ("CSV", "csv"), ("LazySimple", "csv")):
        if part in serde:
            return format_name
    raise NotImplementedError(f"the serde {serde!r} is not implemented by the local cloud")


def _layout(classification: str, parameters: dict[str, str], serde: dict[str, str]) -> Layout:
    if classification not in ("parquet", "json", "csv"):
        raise NotImplementedError(f"classification {classification!r} is not implemented by the local cloud")
    if classification != "csv":
        return Layout(classification)
    lines = parameters.get("skip.header.line.count", "0")
    if lines not in ("0", "1"):
        raise NotImplementedError(f"skip.header.line.count={lines} is not implemented by the local cloud")
    return Layout(
        "csv",
        {
            "header": str(lines == "1").lower(),
            "sep": serde.get("separatorChar") or serde.get("field.delim") or ",",
            "quote": serde.get("quoteChar", '"'),
        },
    )
