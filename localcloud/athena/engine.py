"""The DuckDB instance behind Athena: one database in memory, one cursor a query, files only from the cloud's S3."""

import io
import threading
import warnings
from collections import OrderedDict
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

MAX_LOADED = 256 * 2**20  # bytes of objects kept in memory
_ATTEMPTS = 8  # its pauses do not pass at the cloud's speed: some 35 s in the end
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Engine:
    """Warm DuckDB. ``cursor()`` is a connection of its own: queries of several threads do not disturb each other."""

    def __init__(self, endpoint: str, region: str) -> None:
        self._endpoint = endpoint
        self._region = region
        self._lock = threading.Lock()
        self._connection: Any = None
        self._filesystem: Any = None
        self.loaded = Loaded()

    @property
    def filesystem(self) -> Any:
        """pyarrow's S3 client of the cloud."""
        self._warm()
        return self._filesystem

    def cursor(self) -> Any:
        """A new DuckDB connection to the warm database."""
        self._warm()
        return self._connection.cursor()

    def _warm(self) -> None:
        with self._lock:
            if self._connection is None:
                self._connection = self._connect()

    def _connect(self) -> Any:
        import duckdb  # noqa: PLC0415
        from fsspec.implementations.arrow import ArrowFSWrapper  # noqa: PLC0415
        from pyarrow.fs import AwsStandardS3RetryStrategy, S3FileSystem  # noqa: PLC0415

        class S3(ArrowFSWrapper):  # type: ignore[misc]
            """Objects that a plan has loaded come from memory, the others from S3 in ranges."""

            protocol = "s3"

            def open(self, path: str, mode: str = "rb", **options: Any) -> Any:
                body = loaded.get(path) if mode == "rb" else None
                return super().open(path, mode, **options) if body is None else _Loaded(body)

            def info(self, path: str, **options: Any) -> Any:
                body = loaded.get(path)
                if body is None:
                    return super().info(path, **options)
                return {"name": path, "size": len(body), "type": "file", "mtime": _EPOCH}

            def modified(self, path: str) -> Any:
                return self.info(path)["mtime"]

            def isfile(self, path: str) -> bool:
                return loaded.get(path) is not None or super().isfile(path)

            def exists(self, path: str, **options: Any) -> bool:
                return loaded.get(path) is not None or super().exists(path, **options)

        loaded = self.loaded
        # a relation would give Arrow without a copy, but binds twice: twice the requests for every file
        warnings.filterwarnings("ignore", message="Arrow output on a DB-API result", category=UserWarning)
        scheme, _, host = self._endpoint.partition("://")
        self._filesystem = S3FileSystem(
            endpoint_override=host, scheme=scheme, access_key="testing", secret_key="testing",  # noqa: S106
            region=self._region, allow_bucket_creation=False, background_writes=False,
            retry_strategy=AwsStandardS3RetryStrategy(max_attempts=_ATTEMPTS),
        )  # fmt: skip
        connection = duckdb.connect()
        connection.register_filesystem(S3(self._filesystem, skip_instance_cache=True))
        connection.execute("set TimeZone = 'UTC'; set python_enable_replacements = false")
        connection.execute(macros())
        # a query is only ever given tables of the catalog; these make the rest impossible, not just unwritten
        connection.execute("set disabled_filesystems = 'LocalFileSystem'; set autoinstall_known_extensions = false;"
                           "set autoload_known_extensions = false; set lock_configuration = true")  # fmt: skip
        return connection

    def close(self) -> None:
        """Drop the database."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None


class _Loaded(io.BytesIO):
    """An object in memory; DuckDB asks a file for its size."""

    def __init__(self, body: bytes) -> None:
        super().__init__(body)
        self.size = len(body)


class Loaded:
    """Bodies of objects by URI, the least recently loaded forgotten first."""

    def __init__(self) -> None:
        self._bodies: OrderedDict[str, tuple[str, bytes]] = OrderedDict()
        self._size = 0
        self._lock = threading.Lock()

    def get(self, uri: str) -> bytes | None:
        """The body, with or without ``s3://``."""
        found = self._bodies.get(uri.removeprefix("s3://"))
        return found[1] if found else None

    def has(self, uri: str, etag: str) -> bool:
        """Whether this very version is loaded."""
        with self._lock:
            found = self._bodies.get(uri.removeprefix("s3://"))
            if found is None or found[0] != etag:
                return False
            self._bodies.move_to_end(uri.removeprefix("s3://"))
            return True

    def put(self, uri: str, etag: str, body: bytes) -> None:
        """Keep a body, forget the oldest above the limit."""
        with self._lock:
            old = self._bodies.pop(uri.removeprefix("s3://"), None)
            self._size += len(body) - (len(old[1]) if old else 0)
            self._bodies[uri.removeprefix("s3://")] = (etag, body)
            while self._size > MAX_LOADED:
                _, (_, forgotten) = self._bodies.popitem(last=False)
                self._size -= len(forgotten)

    def drop(self, uri: str) -> None:
        """Forget one object."""
        with self._lock:
            old = self._bodies.pop(uri.removeprefix("s3://"), None)
            self._size -= len(old[1]) if old else 0

    def clear(self) -> None:
        """Forget all."""
        with self._lock:
            self._bodies.clear()
            self._size = 0


@cache
def macros() -> str:
    """The text of macros.sql."""
    return (Path(__file__).parent / "macros.sql").read_text()
