"""Objects of S3 as Spark DataFrames.

Reads name every object instead of a folder: that is what makes bookmarks and partition pruning exact, and it is the
one way on which both engines agree (Sail reads partition columns as strings, or as NULL when files are listed).
"""

from collections.abc import Iterable
from typing import Any

from .objects import COMPRESSED, Layout, S3Object, split_uri
from .run import current_run

_SPARK_FORMAT = {"glueparquet": "parquet", "parquet": "parquet", "json": "json", "csv": "csv"}
# Options that change only how fast Glue reads or writes.
_TUNING = frozenset(
    {"recurse", "groupFiles", "groupSize", "maxFilesInBand", "maxBand", "isFailFast", "useS3ListImplementation",
     "attachFilename", "compressionType", "useGlueParquetWriter", "blockSize", "pageSize", "optimizePerformance",
     "version", "inferSchema"}
)  # fmt: skip


def list_objects(uri: str) -> list[S3Object]:
    """Objects with data under a folder (or the object itself); names starting with _ or . are not data."""
    bucket, key = split_uri(uri)
    prefix = key if not key or key.endswith("/") else key + "/"
    pages = current_run().client("s3").get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=key)
    return [
        S3Object(
            f"s3://{bucket}/{item['Key']}", item["ETag"], item["LastModified"], item.get("StorageClass", "STANDARD")
        )
        for page in pages
        for item in page.get("Contents", [])
        if item["Size"]
        and (item["Key"].startswith(prefix) or item["Key"] == key)
        and not any(part.startswith(("_", ".")) for part in item["Key"][len(prefix) :].split("/"))
    ]


def read_paths(
    spark: Any,
    connection_type: str,
    connection_options: dict[str, Any],
    format_name: str,
    format_options: dict[str, Any],
    *,
    context: str,
) -> Any:
    """Rows of the objects under ``connection_options["paths"]``, with the schema that Spark infers."""
    if connection_type != "s3":
        raise NotImplementedError(f"connection type {connection_type!r} is not implemented by the local cloud")
    refuse_unknown("connection_options", connection_options, {"paths", "exclusions"})
    if connection_options.get("exclusions"):
        raise NotImplementedError("connection_options['exclusions'] is not implemented by the local cloud")
    objects = [item for path in connection_options["paths"] for item in list_objects(path)]
    uris = current_run().bookmark.unread(context, [(item.uri, item.tag) for item in objects])
    frames = read_objects(spark, layout(format_name, format_options), uris, None)
    if not frames:
        return spark.createDataFrame([], "`_empty` string").drop("_empty")
    return union(frames, missing=True)


def layout(format_name: str, options: dict[str, Any]) -> Layout:
    """Spark's reader options for Glue's ``format`` and ``format_options``
    (https://docs.aws.amazon.com/glue/latest/dg/aws-glue-programming-etl-format.html)."""
    if format_name not in _SPARK_FORMAT:
        raise NotImplementedError(f"format {format_name!r} is not implemented by the local cloud")
    spark_format = _SPARK_FORMAT[format_name]
    names = {"separator": "sep", "quoteChar": "quote", "escaper": "escape", "multiLine": "multiLine"}
    known = {"withHeader", *names} if spark_format == "csv" else {"multiline"} if spark_format == "json" else set()
    refuse_unknown("format_options", options, known)
    reader = {names[name]: str(options[name]) for name in names if name in options}
    if "multiline" in options:
        reader["multiLine"] = str(options["multiline"]).lower()
    if spark_format == "csv":
        reader["header"] = str(bool(options.get("withHeader"))).lower()
    return Layout(spark_format, reader)


def read_objects(spark: Any, how: Layout, uris: Iterable[str], schema: str | None) -> list[Any]:
    """One frame for each compression among ``uris``: Sail reads one compression at a time."""
    groups: dict[str, list[str]] = {}
    for uri in uris:
        name = uri.rsplit("/", 1)[-1]
        suffix = next((end for end in COMPRESSED if name.endswith(end)), "")
        groups.setdefault(suffix if how.format != "parquet" else "", []).append(uri)
    frames = []
    for group in groups.values():
        reader = spark.read.options(**how.options)
        if schema is not None:
            reader = reader.schema(schema)
        if how.format == "parquet":
            frames += _read_parquet(reader, group)
        else:
            frames.append(getattr(reader, how.format)(group))
    return frames


def _read_parquet(reader: Any, uris: list[str]) -> list[Any]:
    """One frame; on Sail one for each object when they differ in whether their timestamps have a zone."""
    frame = reader.parquet(*uris)
    if current_run().engine == "sail" and len(uris) > 1:
        try:
            frame.schema  # noqa: B018 - makes Sail look at the objects' schemas, which it insists on merging
        except Exception as error:
            if "merge schema" not in str(error):
                raise
            return [reader.parquet(uri) for uri in uris]
    return [frame]


def union(frames: list[Any], *, missing: bool = False) -> Any:
    """All rows of ``frames``, as a balanced tree: a chain of hundreds would overflow the engines' stacks."""
    while len(frames) > 1:
        frames = [
            left[0] if len(left) == 1 else left[0].unionByName(left[1], allowMissingColumns=missing)
            for left in (frames[at : at + 2] for at in range(0, len(frames), 2))
        ]
    return frames[0]


def refuse_unknown(what: str, options: dict[str, Any], known: Iterable[str]) -> None:
    """An option that would be ignored is an error here, unless it is only about speed."""
    for name in options:
        if name not in known and name not in _TUNING:
            raise NotImplementedError(f"{what}[{name!r}] is not implemented by the local cloud")
