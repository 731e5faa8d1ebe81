"""Objects of a table: which there are, and what the footers of its Parquet files say."""

import io
import threading
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from localcloud.athena.errors import QueryError
from localcloud.athena.loaded import Loaded
from localcloud.standalone.engine_calls import fetch

MAX_SMALL = 16 * 2**20  # bytes of an object that is loaded whole


@dataclass(frozen=True)
class S3Object:
    """One object; ``uri`` is ``s3://bucket/key``, size in bytes."""

    uri: str
    size: int
    etag: str


@dataclass(frozen=True)
class Leaf:
    """A top-level Parquet column: its Arrow type, its physical type by Parquet's name, compressed bytes."""

    name: str
    arrow_type: Any
    physical: str
    size: int


@dataclass(frozen=True)
class Footer:
    """The columns of a file by lower-case name."""

    leaves: dict[str, Leaf]

    @property
    def signature(self) -> tuple[tuple[str, str], ...]:
        """Equal for files that one reader can take together."""
        return tuple((leaf.name, str(leaf.arrow_type)) for leaf in self.leaves.values())


@dataclass
class ObjectStore:
    """Listing through S3's API, footers through Arrow, kept by ETag."""

    s3: Any
    filesystem: Any
    loaded: Loaded
    _footers: dict[tuple[str, str], Footer] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def under(self, location: str) -> list[S3Object]:
        """The data files under a location: not empty, not hidden (a name or folder that starts with _ or .).

        Raises:
            QueryError: HIVE_INVALID_BUCKET… when the bucket does not exist.
        """
        bucket, prefix = split_uri(location)
        prefix = f"{prefix.rstrip('/')}/" if prefix else ""
        found = []
        try:
            for page in self.s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
                for entry in page.get("Contents", []):
                    parts = entry["Key"][len(prefix) :].split("/")
                    if entry["Size"] and not any(part.startswith(("_", ".")) for part in parts):
                        found.append(S3Object(f"s3://{bucket}/{entry['Key']}", entry["Size"], entry["ETag"]))
        except self.s3.exceptions.NoSuchBucket as error:
            raise QueryError("HIVE_METASTORE_ERROR", f"The specified bucket does not exist: {bucket}") from error
        return found

    def list_many(self, locations: list[str], root: str) -> list[list[S3Object]]:
        """Files of several locations; one listing of the root when that is cheaper than one of each."""
        base = f"{root.rstrip('/')}/"
        folders = [f"{location.rstrip('/')}/" for location in locations]
        if len(folders) > 2 and all(folder.startswith(base) for folder in folders):
            by_folder: dict[str, list[S3Object]] = {folder: [] for folder in folders}
            for entry in self.under(root):
                folder = f"{entry.uri.rpartition('/')[0]}/"
                while folder not in by_folder and len(folder) > len(base):
                    folder = f"{folder[:-1].rpartition('/')[0]}/"
                if folder in by_folder:
                    by_folder[folder].append(entry)
            return [by_folder[folder] for folder in folders]
        with ThreadPoolExecutor(max_workers=4) as pool:
            return list(pool.map(self.under, locations))

    def load(self, entries: Iterable[S3Object]) -> None:
        """Bring small objects into memory, each version once: moto copies a whole object for each range of it."""

        def bring(entry: S3Object) -> None:
            bucket, key = split_uri(entry.uri)
            body = io.BytesIO()
            etag = fetch(self.s3, bucket, key, body)
            self.loaded.put(entry.uri, etag, body.getvalue())

        missing = []
        for entry in entries:
            if entry.size > MAX_SMALL:
                self.loaded.drop(entry.uri)
            elif not self.loaded.has(entry.uri, entry.etag):
                missing.append(entry)
        with ThreadPoolExecutor(max_workers=4) as pool:
            list(pool.map(bring, missing))

    def footers(self, entries: Iterable[S3Object]) -> list[Footer]:
        """The footers of Parquet files.

        Raises:
            QueryError: HIVE_BAD_DATA for a file that is not Parquet.
        """
        wanted = list(entries)
        missing = [entry for entry in wanted if (entry.uri, entry.etag) not in self._footers]
        if missing:
            with ThreadPoolExecutor(max_workers=4) as pool:
                for entry, footer in zip(missing, pool.map(self._read, missing), strict=True):
                    with self._lock:
                        self._footers[entry.uri, entry.etag] = footer
        return [self._footers[entry.uri, entry.etag] for entry in wanted]

    def _read(self, entry: S3Object) -> Footer:
        import pyarrow as pa  # noqa: PLC0415
        import pyarrow.parquet as pq  # noqa: PLC0415

        try:
            body = self.loaded.get(entry.uri)
            if body is not None:
                metadata = pq.read_metadata(body)
            else:
                with self.filesystem.open_input_file(entry.uri.removeprefix("s3://")) as stream:
                    metadata = pq.read_metadata(stream)
        except pa.ArrowInvalid as error:
            raise QueryError("HIVE_BAD_DATA", f"Not valid Parquet file: {entry.uri}") from error
        schema, parquet = metadata.schema.to_arrow_schema(), metadata.schema
        sizes: dict[str, int] = {}
        physical: dict[str, str] = {}
        for at in range(metadata.num_columns):
            top = parquet.column(at).path.split(".")[0]
            physical.setdefault(top, str(parquet.column(at).physical_type))
            for group in range(metadata.num_row_groups):
                sizes[top] = sizes.get(top, 0) + metadata.row_group(group).column(at).total_compressed_size
        return Footer({
            name.lower(): Leaf(name, schema.field(name).type, physical.get(name, ""), sizes.get(name, 0))
            for name in schema.names
        })  # fmt: skip


def split_uri(uri: str) -> tuple[str, str]:
    """``s3://bucket/a/b`` -> ``("bucket", "a/b")``.

    Raises:
        QueryError: it is elsewhere, in the words of Trino's FileSystemModule.
    """
    scheme, _, path = uri.partition("://")
    bucket, _, key = path.partition("/")
    if scheme not in ("s3", "s3a", "s3n") or not bucket:
        raise QueryError("GENERIC_INTERNAL_ERROR", f"No factory for location: {uri}")
    return bucket, key
