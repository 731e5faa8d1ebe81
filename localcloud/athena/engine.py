"""The DuckDB instance behind Athena: one database in memory, one cursor a query, files only from the cloud's S3."""

import threading
import warnings
from functools import cache
from pathlib import Path
from typing import Any


class Engine:
    """Warm DuckDB. ``cursor()`` is a connection of its own: queries of several threads do not disturb each other."""

    def __init__(self, endpoint: str, region: str) -> None:
        self._endpoint = endpoint
        self._region = region
        self._lock = threading.Lock()
        self._connection: Any = None
        self._filesystem: Any = None

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
        from pyarrow.fs import S3FileSystem  # noqa: PLC0415

        class S3(ArrowFSWrapper):  # type: ignore[misc]
            protocol = "s3"

        # a relation would give Arrow without a copy, but binds twice: twice the requests for every file
        warnings.filterwarnings("ignore", message="Arrow output on a DB-API result", category=UserWarning)
        scheme, _, host = self._endpoint.partition("://")
        self._filesystem = S3FileSystem(
            endpoint_override=host, scheme=scheme, access_key="testing", secret_key="testing",  # noqa: S106
            region=self._region, allow_bucket_creation=False, background_writes=False,
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


@cache
def macros() -> str:
    """The text of macros.sql."""
    return (Path(__file__).parent / "macros.sql").read_text()
