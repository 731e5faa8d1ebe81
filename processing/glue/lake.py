"""What the job asks of the catalog and of S3 beside reading and writing rows."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from contracts import Table

DELETE_LIMIT = (
    1000  # keys a DeleteObjects call takes: https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html
)


class CatalogError(RuntimeError):
    """A table of the catalog is missing, or is not what the contract says."""


def require_tables(glue: Any, database: str, tables: Mapping[str, Table]) -> None:
    """Check that ``database`` has ``tables`` (catalog name -> contract) with every column of the contract.

    Said before anything is read, because the usual reason is a crawler that has not run yet, or one that took a
    header line for data (its columns are then col0, col1, …) which needs a classifier that says ContainsHeader.
    """
    pages = glue.get_paginator("get_tables").paginate(DatabaseName=database)
    found = {table["Name"]: _columns(table) for page in pages for table in page["TableList"]}
    missing = sorted(tables.keys() - found.keys())
    if missing:
        raise CatalogError(f"database {database} has no table {', '.join(missing)}: run the crawlers first")
    for name, table in tables.items():
        lacking = [c.name for c in (*table.columns, *table.partition_keys) if c.name not in found[name]]
        if lacking:
            raise CatalogError(
                f"table {database}.{name} lacks {', '.join(lacking)} of its contract; it has {', '.join(found[name])}"
            )


def _columns(table: dict[str, Any]) -> list[str]:
    described = (*table.get("StorageDescriptor", {}).get("Columns", ()), *table.get("PartitionKeys", ()))
    return [column["Name"] for column in described]


def keys_under(s3: Any, bucket: str, prefixes: Iterable[str]) -> list[str]:
    """Keys of all objects under ``prefixes``."""
    pages = s3.get_paginator("list_objects_v2")
    return [
        item["Key"]
        for prefix in prefixes
        for page in pages.paginate(Bucket=bucket, Prefix=prefix)
        for item in page.get("Contents", ())
    ]


def delete_keys(s3: Any, bucket: str, keys: Sequence[str]) -> None:
    """Delete ``keys``; RuntimeError names the first that S3 refused."""
    for start in range(0, len(keys), DELETE_LIMIT):
        objects = [{"Key": key} for key in keys[start : start + DELETE_LIMIT]]
        answer = s3.delete_objects(Bucket=bucket, Delete={"Objects": objects, "Quiet": True})
        for error in answer.get("Errors", ()):
            raise RuntimeError(f"s3://{bucket}/{error['Key']} was not deleted: {error['Code']} {error['Message']}")
