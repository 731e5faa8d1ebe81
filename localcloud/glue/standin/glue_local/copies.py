"""What Sail reads of a catalog table: copies of the objects on disk, all partitions in one scan.

Sail knows the partition of a row only when it lists a folder itself, and a folder of S3 is not exactly the objects that
a bookmark and a predicate leave. A scan for each partition is exact, but then planning takes longer than reading. So
the objects are copied, each once a run however often it is read, and linked into a folder that has just these.
"""

import os
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import engine_calls

from .objects import COMPRESSED, Layout, S3Object, split_uri

PARTITION = "glue_partition"  # column with the number of the partition a row is of
_DOWNLOADS = 4


class Copies:
    """Copies of objects under ``folder``, by URI and ETag; ``s3`` is the client that reads them."""

    def __init__(self, folder: Path, s3: Any) -> None:
        self._folder, self._s3 = folder, s3
        self._copies: dict[tuple[str, str], Path] = {}
        self._views = 0

    def read(self, spark: Any, how: Layout, partitions: Sequence[Sequence[S3Object]], schema: str) -> list[Any]:
        """Frames with the columns of ``schema`` and PARTITION, the place in ``partitions`` of the object's list.

        One frame for each compression or Parquet schema there is: Sail reads one at a time, and merges no schemas
        whose timestamps differ in having a zone.
        """
        self._fetch({(item.uri, item.tag) for objects in partitions for item in objects})
        kind: Callable[[Path], object] = _parquet_schema if how.format == "parquet" else _compression
        groups: dict[object, list[tuple[int, Path]]] = {}
        for number, objects in enumerate(partitions):
            for item in objects:
                path = self._copies[item.uri, item.tag]
                groups.setdefault(kind(path), []).append((number, path))
        reader = spark.read.options(**how.options).schema(f"{schema}, {PARTITION} int")
        return [getattr(reader, how.format)(f"file://{self._view(group)}") for group in groups.values()]

    def _fetch(self, wanted: Iterable[tuple[str, str]]) -> None:
        missing = [key for key in sorted(wanted) if key not in self._copies]
        folder = self._folder / "objects"
        folder.mkdir(parents=True, exist_ok=True)

        def fetch(number: int, uri: str) -> Path:
            bucket, key = split_uri(uri)
            path = folder / f"{number}-{key.rsplit('/', 1)[-1]}"
            path.write_bytes(engine_calls.read(self._s3, bucket, key))
            return path

        numbers = range(len(self._copies), len(self._copies) + len(missing))
        with ThreadPoolExecutor(_DOWNLOADS) as pool:
            paths = pool.map(fetch, numbers, (uri for uri, _ in missing))
            self._copies.update(zip(missing, paths, strict=True))

    def _view(self, group: list[tuple[int, Path]]) -> Path:
        self._views += 1
        view = self._folder / f"view-{self._views}"
        for number, path in group:
            folder = view / f"{PARTITION}={number}"
            folder.mkdir(parents=True, exist_ok=True)
            os.link(path, folder / path.name)
        return view


def _compression(path: Path) -> str:
    return next((suffix for suffix in COMPRESSED if path.name.endswith(suffix)), "")


def _parquet_schema(path: Path) -> object:
    import pyarrow.parquet  # noqa: PLC0415 - not in the environment of the spark engine

    return str(pyarrow.parquet.read_schema(path).remove_metadata())
