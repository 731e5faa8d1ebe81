"""Deleting the objects of a path or table, as GlueContext's purge methods do."""

from datetime import UTC, datetime, timedelta
from typing import Any

from . import catalog
from .objects import split_uri
from .run import current_run
from .storage import list_objects, refuse_unknown

_DEFAULT_HOURS = 168  # seven days


def purge_path(path: str, options: dict[str, Any]) -> int:
    """Delete what is under ``path`` and older than ``retentionPeriod`` hours; returns the number of objects."""
    refuse_unknown("options", options, {"retentionPeriod", "excludeStorageClasses", "partitionPredicate"})
    if options.get("partitionPredicate"):
        raise NotImplementedError("purge_s3_path(partitionPredicate) is not implemented by the local cloud")
    hours = float(options.get("retentionPeriod", _DEFAULT_HOURS))
    kept = set(options.get("excludeStorageClasses", []))
    latest = datetime.now(UTC) - timedelta(hours=hours)
    keys = [
        split_uri(item.uri)[1]
        for item in list_objects(path)
        if item.storage_class not in kept and (hours <= 0 or item.modified <= latest)
    ]
    bucket, _ = split_uri(path)
    for at in range(0, len(keys), 1000):  # DeleteObjects' limit
        batch = [{"Key": key} for key in keys[at : at + 1000]]
        answer = current_run().client("s3").delete_objects(Bucket=bucket, Delete={"Objects": batch, "Quiet": True})
        if answer.get("Errors"):
            raise RuntimeError(f"purge of {path}: {answer['Errors'][0]}")
    return len(keys)


def purge_table(spark: Any, database: str, name: str, options: dict[str, Any]) -> int:
    """Delete the objects of the partitions that satisfy ``partitionPredicate``, or of all."""
    table = catalog.load_table(database, name)
    rest = dict(options)
    predicate = rest.pop("partitionPredicate", "")
    chosen = catalog.partitions(spark, database, table, predicate=predicate)
    return sum(purge_path(partition.location, rest) for partition in chosen)
