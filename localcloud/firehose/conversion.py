"""JSON records to one Parquet object, by a Glue table: whole batches in Arrow, doubtful ones record by record."""

import io
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import repeat
from typing import Any

from localcloud.firehose.coerce import RowError, documents, row
from localcloud.firehose.configuration import Conversion
from localcloud.firehose.hive import HiveType, HiveTypeError, parse
from localcloud.firehose.records import FORMAT_CONVERSION_FAILED, Failure, Output

CHUNK = 2_000  # records that are read again one by one when one of them is doubtful
BLOCK = 4 * 1024 * 1024  # bytes that one thread of Arrow reads
SHORTEST_TIMESTAMP = len("2013-01-01T00:00:00")  # Arrow also reads shorter ones, Hive does not
_TEXT_READ = ("timestamp", "date", "decimal")  # read as text, then cast with our own rules
_NOT_FAST = ("map", "binary", "struct")  # Arrow matches the members of a struct by case, Hive does not


class SchemaError(Exception):
    """The Glue table cannot be used; ``code`` is Firehose's, for its error log."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class Converted:
    """A Parquet file of ``rows`` rows, None when no record could be converted, and the others."""

    body: bytes | None
    failures: list[Failure]


class Converter:
    """Converts by one version of the table's columns."""

    def __init__(self, columns: Mapping[str, HiveType], conversion: Conversion) -> None:
        import pyarrow as pa  # noqa: PLC0415 - heavy, and not needed to start the cloud

        self._columns = columns
        self._conversion = conversion
        self.schema = pa.schema([(name, kind.arrow()) for name, kind in columns.items()])
        keys = {name: conversion.mappings.get(name, name) for name in columns}
        self._fast = all(_fast(kind) for kind in columns.values()) and len(set(keys.values())) == len(keys)
        self._read = pa.schema(
            [(keys[name], pa.string() if kind.name in _TEXT_READ else kind.arrow()) for name, kind in columns.items()]
        )
        self._known = {key.lower() for key in keys.values()}

    def convert(self, outputs: Sequence[Output]) -> Converted:
        """All records that fit the table as Parquet, in their order; a failure for each of the others."""
        import pyarrow as pa  # noqa: PLC0415

        table = self._batch([output.data for output in outputs])
        if table is not None:
            return Converted(self._write(table), [])
        tables, failures = [], []
        for start in range(0, len(outputs), CHUNK):
            chunk = outputs[start : start + CHUNK]
            part = self._batch([output.data for output in chunk])
            if part is None:
                part, failed = self._one_by_one(chunk)
                failures += failed
            tables.append(part)
        table = pa.concat_tables(tables)
        return Converted(self._write(table) if table.num_rows else None, failures)

    def _batch(self, data: Sequence[bytes]) -> Any:
        """A table of all records, or None when one of them might not mean to Firehose what it means to Arrow."""
        import pyarrow as pa  # noqa: PLC0415
        from pyarrow import json as arrow_json  # noqa: PLC0415

        if not self._fast:
            return None
        # A record that is no object on its own must not become one together with its neighbours.
        starts = all(map(bytes.startswith, data, repeat(b"{")))
        if not starts or not all(map(bytes.endswith, data, repeat((b"}\n", b"}")))):
            return None
        body = b"\n".join(data)
        try:
            if not body.isascii():
                body.decode()  # Arrow does not look whether text is UTF-8
            table = arrow_json.read_json(
                pa.BufferReader(body),
                arrow_json.ReadOptions(block_size=BLOCK),
                arrow_json.ParseOptions(explicit_schema=self._read, unexpected_field_behavior="infer"),
            )
            return self._cast(table)
        except (pa.ArrowException, UnicodeDecodeError):
            return None

    def _cast(self, table: Any) -> Any:
        import pyarrow as pa  # noqa: PLC0415
        import pyarrow.compute as pc  # noqa: PLC0415

        names = set(self._read.names)
        extra = [name for name in table.column_names if name not in names]
        if self._conversion.case_insensitive and any(name.lower() in self._known for name in extra):
            return None
        if self._conversion.dots_to_underscores and any("." in name for name in extra):
            return None
        arrays = []
        for key, field, kind in zip(self._read.names, self.schema, self._columns.values(), strict=True):
            array = table.column(key)
            if kind.name == "timestamp" and (array := _without_zone(array)) is None:
                return None
            if kind.name == "floating" and pc.any(pc.is_inf(array)).as_py():
                return None  # Arrow's answer to a number that is too large
            arrays.append(array.cast(field.type))
        return pa.table(arrays, schema=self.schema)

    def _one_by_one(self, outputs: Sequence[Output]) -> tuple[Any, list[Failure]]:
        import pyarrow as pa  # noqa: PLC0415

        rows: list[dict[str, Any]] = []
        failures = []
        for output in outputs:
            try:
                rows += [row(document, self._columns, self._conversion) for document in documents(output.data)]
            except RowError as error:
                failures.append(_failure(output, error))
        return pa.Table.from_pylist(rows, schema=self.schema), failures

    def _write(self, table: Any) -> bytes:
        from pyarrow import parquet  # noqa: PLC0415

        sink = io.BytesIO()
        parquet.write_table(
            table,
            sink,
            compression="none" if self._conversion.codec == "uncompressed" else self._conversion.codec,
            use_dictionary=self._conversion.dictionary,
            use_deprecated_int96_timestamps=True,  # what Hive's writer, and so Firehose, makes of a timestamp
        )
        return sink.getvalue()


def _without_zone(array: Any) -> Any:
    """Texts of timestamps without their "Z"; None when one is spelled as Arrow would take it and Hive would not."""
    import pyarrow.compute as pc  # noqa: PLC0415

    bare = pc.utf8_rtrim(array, "Z")
    lengths = pc.binary_length(bare)
    if (pc.min(lengths).as_py() or SHORTEST_TIMESTAMP) < SHORTEST_TIMESTAMP:
        return None
    removed = pc.subtract(pc.binary_length(array), lengths)
    return bare if (pc.max(removed).as_py() or 0) <= 1 else None


def _fast(kind: HiveType, nested: bool = False) -> bool:
    if kind.name in _NOT_FAST or (nested and kind.name in (*_TEXT_READ, "floating")):
        return False
    return all(_fast(item, True) for item in kind.items)


def _failure(output: Output, error: RowError) -> Failure:
    ended = int(time.time() * 1000)
    return Failure(output.record, FORMAT_CONVERSION_FAILED, error.code, error.message, 1, ended, output.data)


def load_columns(glue: Any, conversion: Conversion) -> dict[str, HiveType]:
    """The table's columns as they are now, without partition keys. Raises SchemaError.

    Codes: https://docs.aws.amazon.com/firehose/latest/dev/monitoring-with-cloudwatch-logs.html
    """
    names = {"DatabaseName": conversion.database}
    if conversion.catalog_id:
        names["CatalogId"] = conversion.catalog_id
    try:
        if conversion.version == "LATEST":
            table = glue.get_table(**names, Name=conversion.table)["Table"]
        else:
            answer = glue.get_table_version(**names, TableName=conversion.table, VersionId=conversion.version)
            table = answer["TableVersion"]["Table"]
    except glue.exceptions.EntityNotFoundException:
        raise SchemaError(
            "DataFormatConversion.EntityNotFoundException",
            "The specified table/database could not be found. Please ensure that the table/database exists and that "
            "the values provided in the schema configuration are correct, especially with regards to casing.",
        ) from None
    try:
        columns = {c["Name"]: parse(c["Type"]) for c in table.get("StorageDescriptor", {}).get("Columns", [])}
    except HiveTypeError as error:
        raise SchemaError("DataFormatConversion.InvalidTypeException", str(error)) from None
    if not columns:
        raise SchemaError("DataFormatConversion.InvalidSchema", "The schema is invalid: the table has no columns.")
    return columns
