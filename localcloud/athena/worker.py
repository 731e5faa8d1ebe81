"""The process in which queries run: what fills the memory or cannot be interrupted ends this process, not the cloud.

``python worker.py FD ENDPOINT REGION FOLDER MEMORY``: requests come through the connection FD, and so do the answers;
its end is the end of the process. Imports nothing of the local cloud, so that it starts fast and stays small.
"""

import hashlib
import io
import os
import resource
import sys
import threading
import time
import warnings
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

EXHAUSTED = 86  # exit status of a worker that held more memory than a query may
POLL_SECONDS = 0.02
BATCH_ROWS = 100_000
_UNIT = 1 if sys.platform == "darwin" else 1024  # of ru_maxrss
_ATTEMPTS = 8  # its pauses do not pass at the cloud's speed: some 35 s in the end
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def body_file(folder: Path, uri: str) -> Path:
    """Where the body of an object is, with or without ``s3://``, if it is loaded."""
    return folder / hashlib.sha256(uri.removeprefix("s3://").encode()).hexdigest()


def filesystem(endpoint: str, region: str) -> Any:
    """pyarrow's S3 client of the cloud."""
    from pyarrow.fs import AwsStandardS3RetryStrategy, S3FileSystem  # noqa: PLC0415

    scheme, _, host = endpoint.partition("://")
    return S3FileSystem(
        endpoint_override=host, scheme=scheme, access_key="testing", secret_key="testing",  # noqa: S106
        region=region, allow_bucket_creation=False, background_writes=False,
        retry_strategy=AwsStandardS3RetryStrategy(max_attempts=_ATTEMPTS),
    )  # fmt: skip


def connect(endpoint: str, region: str, folder: Path, memory: int) -> Any:
    """A connection.

    Args:
        folder: where `Loaded` keeps bodies.
        memory: bytes that DuckDB's own operators may use; they fail above it, and spill nothing to disk.
    """
    import duckdb  # noqa: PLC0415
    from fsspec.implementations.arrow import ArrowFSWrapper  # noqa: PLC0415

    class S3(ArrowFSWrapper):  # type: ignore[misc]
        """Objects that a plan has loaded come from the folder, the others from S3 in ranges."""

        protocol = "s3"

        def open(self, path: str, mode: str = "rb", **options: Any) -> Any:
            try:
                return _Body(body_file(folder, path))
            except FileNotFoundError:  # never loaded, or forgotten just now
                return super().open(path, mode, **options)

        def info(self, path: str, **options: Any) -> Any:
            body = body_file(folder, path)
            if not body.exists():
                return super().info(path, **options)
            return {"name": path, "size": body.stat().st_size, "type": "file", "mtime": _EPOCH}

        def modified(self, path: str) -> Any:
            return self.info(path)["mtime"]

        def isfile(self, path: str) -> bool:
            return body_file(folder, path).exists() or super().isfile(path)

        def exists(self, path: str, **options: Any) -> bool:
            return body_file(folder, path).exists() or super().exists(path, **options)

    # a relation would give Arrow without a copy, but binds twice: twice the requests for every file
    warnings.filterwarnings("ignore", message="Arrow output on a DB-API result", category=UserWarning)
    connection = duckdb.connect()
    connection.register_filesystem(S3(filesystem(endpoint, region), skip_instance_cache=True))
    connection.execute("set TimeZone = 'UTC'; set python_enable_replacements = false")
    connection.execute(f"set memory_limit = '{memory // 2**20}MiB'; set temp_directory = ''")
    connection.execute(macros())
    # a query is only ever given tables of the catalog; these make the rest impossible, not just unwritten
    connection.execute("set disabled_filesystems = 'LocalFileSystem'; set autoinstall_known_extensions = false;"
                       "set autoload_known_extensions = false; set lock_configuration = true")  # fmt: skip
    return connection


def macros() -> str:
    """Trino's functions that DuckDB lacks, or does otherwise."""
    return Path(__file__).with_name("macros.sql").read_text("utf-8")


class _Body(io.BytesIO):
    """An object in memory; DuckDB asks a file for its size.

    Not the file itself: DuckDB's threads share it, and another may seek while the one that reads waits for the disk.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(path.read_bytes())
        self.size = path.stat().st_size


class ExhaustedError(Exception):
    """A result is larger than a query may make."""


class Worker:
    """One connection to DuckDB and one to the cloud."""

    def __init__(self, connection: Any, cloud: Connection, memory: int) -> None:
        self._duck = connection
        self._cloud = cloud
        self._memory = memory

    def serve(self) -> None:
        """Until the cloud hangs up. One reader of the connection: a request is never taken for an interrupt."""
        while True:
            request: tuple[str, str, str] | str = self._cloud.recv()
            if isinstance(request, str):
                self._duck.interrupt()  # what has just ended does not mind, and DuckDB forgets it
            else:
                threading.Thread(target=self._answer, args=(request,), daemon=True).start()

    def _answer(self, request: tuple[str, str, str]) -> None:
        try:
            work, sql, file = request
            answer: Any = getattr(self, work)(sql, Path(file))
        except ExhaustedError:
            self._cloud.send(("OutOfMemoryException", "the result is too large"))
        except BaseException as error:
            self._cloud.send((type(error).__name__, str(error)))
        else:
            self._cloud.send((None, answer))

    def rows(self, sql: str, _: Path) -> list[tuple[Any, ...]]:
        """All rows, of a query that has few."""
        return list(self._duck.execute(sql).fetchall())

    def table(self, sql: str, file: Path) -> list[str]:
        """The rows as an Arrow file; answers DuckDB's types of the columns."""
        result = self._duck.execute(sql)
        types = [str(column[1]) for column in result.description]
        self._write(result.to_arrow_reader(BATCH_ROWS), file)
        return types

    def convert(self, sql: str, file: Path) -> None:
        """``sql`` over the Arrow file as the table ``given_``, into the file."""
        import pyarrow as pa  # noqa: PLC0415

        with pa.memory_map(str(file)) as source:
            self._duck.register("given_", pa.ipc.open_file(source).read_all())
            try:
                self._write(self._duck.execute(sql).to_arrow_reader(BATCH_ROWS), file)
            finally:
                self._duck.unregister("given_")

    def _write(self, reader: Any, file: Path) -> None:
        """A result may take half of what a query may: the cloud has to read it."""
        import pyarrow as pa  # noqa: PLC0415

        part = file.with_suffix(".part")
        size = 0
        with pa.OSFile(str(part), "wb") as sink, pa.ipc.new_file(sink, reader.schema) as writer:
            for batch in reader:
                size += batch.nbytes
                if size > self._memory // 2:
                    raise ExhaustedError
                writer.write_batch(batch)
        part.replace(file)


def watch(limit: int) -> None:
    """End this process when it has ever held more than the limit: not all of DuckDB keeps to its memory_limit."""
    while True:
        if resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _UNIT > limit:
            os._exit(EXHAUSTED)
        time.sleep(POLL_SECONDS)


def main() -> None:
    descriptor, endpoint, region, folder, memory = sys.argv[1:]
    cloud, bound = Connection(int(descriptor)), int(memory)
    connection = connect(endpoint, region, Path(folder), bound)
    base = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _UNIT
    threading.Thread(target=watch, args=(base + bound + bound // 4,), daemon=True).start()
    try:
        cloud.send("ready")
        Worker(connection, cloud, bound).serve()
    except (EOFError, OSError):
        os._exit(0)


if __name__ == "__main__":
    main()
