"""Objects that statements write: CTAS, INSERT INTO, UNLOAD."""

import gzip
import io
import json
import urllib.parse
import uuid
from dataclasses import dataclass, field
from typing import Any

from localcloud.athena.catalog import DEFAULT_PARTITION
from localcloud.athena.errors import QueryError, not_supported
from localcloud.athena.results import value_text

MAX_PARTITIONS = 100  # https://docs.aws.amazon.com/athena/latest/ug/ctas-insert-into.html
FORMATS = ("PARQUET", "JSON", "TEXTFILE")
_CODECS = {
    "PARQUET": {"SNAPPY": "snappy", "GZIP": "gzip", "NONE": "none", "UNCOMPRESSED": "none", "ZSTD": "zstd"},
    "JSON": {"GZIP": "gzip", "NONE": "none"},
    "TEXTFILE": {"GZIP": "gzip", "NONE": "none"},
}


@dataclass(frozen=True)
class Target:
    """Where and how rows are written. `partitioned_by` are the last columns."""

    location: str
    format: str = "PARQUET"
    compression: str = "GZIP"  # Athena's default for CTAS and UNLOAD, https://docs.aws.amazon.com/athena/latest/ug/compression-formats.html
    delimiter: str = "\x01"
    partitioned_by: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.format not in FORMATS:
            raise not_supported(f"writing the format {self.format}")
        if self.compression not in _CODECS[self.format]:
            raise not_supported(f"the compression {self.compression} of {self.format}")


@dataclass
class Written:
    """What was written: objects to put, rows, partition values with their locations."""

    objects: dict[str, bytes] = field(default_factory=dict)
    rows: int = 0
    partitions: dict[tuple[str, ...], str] = field(default_factory=dict)


def encode(table: Any, names: list[str], target: Target) -> Written:
    """The objects of a result.

    Args:
        table: pyarrow.Table; its columns are those of ``names``, partition keys last.

    Raises:
        QueryError: HIVE_TOO_MANY_OPEN_PARTITIONS above 100 partitions.
    """
    table = table.rename_columns(names)
    if target.format == "TEXTFILE" and any(field.type.num_fields for field in table.schema):
        raise not_supported("writing a nested column as text")
    written = Written(rows=table.num_rows)
    base = f"{target.location.rstrip('/')}/"
    for values, part in _partitioned(table, target.partitioned_by):
        folder = "".join(
            f"{key}={_escaped(value)}/" for key, value in zip(target.partitioned_by, values, strict=True)
        )
        if target.partitioned_by:
            written.partitions[tuple(values)] = f"{base}{folder}"
        if part.num_rows:
            written.objects[f"{base}{folder}{uuid.uuid4()}{_suffix(target)}"] = _body(part, target)
    return written


def _partitioned(table: Any, keys: tuple[str, ...]) -> list[tuple[list[str], Any]]:
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.compute as pc  # noqa: PLC0415

    if not keys:
        return [([], table)]
    data = table.select([name for name in table.column_names if name not in keys])
    texts = [
        pa.array(
            [DEFAULT_PARTITION if value is None else value_text(value) for value in table[key].to_pylist()], "string"
        )
        for key in keys
    ]
    groups: dict[tuple[str, ...], list[int]] = {}
    for at, values in enumerate(zip(*(text.to_pylist() for text in texts), strict=True)):
        groups.setdefault(values, []).append(at)
    if len(groups) > MAX_PARTITIONS:
        raise QueryError("HIVE_TOO_MANY_OPEN_PARTITIONS",
                         f"Exceeded limit of {MAX_PARTITIONS} open writers for partitions/buckets")  # fmt: skip
    return [(list(values), data.take(pc.cast(pa.array(rows), "int64"))) for values, rows in sorted(groups.items())]


def _escaped(value: str) -> str:
    return urllib.parse.quote(value, safe=" -_.~@$&()+,;!^`{}|<>")


def _suffix(target: Target) -> str:
    return ".gz" if target.format != "PARQUET" and target.compression == "GZIP" else ""


def _body(table: Any, target: Target) -> bytes:
    if target.format == "PARQUET":
        import pyarrow.parquet as pq  # noqa: PLC0415

        out = io.BytesIO()
        codec = _CODECS["PARQUET"][target.compression]
        pq.write_table(table, out, compression=codec, coerce_timestamps="ms", allow_truncated_timestamps=True)
        return out.getvalue()
    if target.format == "JSON":
        text = "".join(
            json.dumps(row, default=value_text, ensure_ascii=False) + "\n"
            for row in table.to_pylist(maps_as_pydicts="strict")
        )
    else:
        columns = [column.to_pylist() for column in table.columns]
        text = "".join(
            target.delimiter.join("\\N" if value is None else value_text(value) for value in row) + "\n"
            for row in zip(*columns, strict=True)
        )
    return gzip.compress(text.encode(), mtime=0) if target.compression == "GZIP" else text.encode()


def storable(table: Any, types: list[str]) -> Any:
    """The table with the Arrow types of a Hive table: a sum that DuckDB has as HUGEINT is a bigint."""
    import pyarrow as pa  # noqa: PLC0415

    for at, kind in enumerate(types):
        if kind == "HUGEINT":
            table = table.set_column(at, table.column_names[at], table.column(at).cast(pa.int64()))
    return table
