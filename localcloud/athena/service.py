"""The work of Athena: runs executions on the engine and writes their results to S3."""

import threading
import time
from functools import partial
from typing import Any

from localcloud.athena.catalog import Catalog
from localcloud.athena.context import Context
from localcloud.athena.engine import Engine, default_memory
from localcloud.athena.errors import TOO_LARGE, QueryError, throttled
from localcloud.athena.executions import Execution, Pool
from localcloud.athena.objects import ObjectStore, split_uri
from localcloud.athena.query import Planner
from localcloud.athena.results import Result, csv_bytes, text_bytes
from localcloud.athena.scan import Scanner
from localcloud.athena.sessions import InterruptedQueryError, Limits, Session
from localcloud.athena.statements import execute
from localcloud.cloud import Cloud


class AthenaService:
    """The engine that the local cloud starts, resets and stops."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        self.pool = Pool(self._execute)
        self._engine: Engine | None = None
        self._store: ObjectStore | None = None
        self._lock = threading.Lock()

    def start(self) -> None:
        """Warm the engine in the background: the first query finds it ready."""
        threading.Thread(target=self._warm, args=(self.engine,), name="athena-warm-up", daemon=True).start()

    def _warm(self, engine: Engine) -> None:
        import sqlglot.optimizer.qualify  # noqa: F401, PLC0415

        engine.warm()  # which starts no worker for a cloud that was stopped meanwhile

    @property
    def engine(self) -> Engine:
        """The warm workers."""
        with self._lock:
            if self._engine is None:
                self._engine = Engine(
                    self.cloud.engines_endpoint,
                    self.cloud.region,
                    self.cloud.workdir / "athena",
                    Limits(self.cloud.query_memory or default_memory(), self.cloud.query_seconds),
                )
            return self._engine

    def reset(self) -> None:
        """Cancel what runs; what moto's backend holds is moto's to forget."""
        self.pool.stop()
        self._store = None
        self.engine.loaded.clear()

    def stop(self) -> None:
        """End the threads and close the database."""
        self.pool.stop()
        with self._lock:
            if self._engine is not None:
                self._engine.close()
                self._engine = None

    def store(self) -> ObjectStore:
        """Objects and their footers, kept until reset."""
        if self._store is None:
            self._store = ObjectStore(self.cloud.engine_client("s3"), self.engine.filesystem, self.engine.loaded)
        return self._store

    def _execute(self, execution: Execution) -> None:
        try:
            with self.engine.session() as session:
                execution.session = session
                try:
                    self._run(execution, session)
                finally:
                    execution.release()
        except QueryError as error:
            execution.finish(error.state, error)
        except InterruptedQueryError:
            execution.finish("CANCELLED")
        except RecursionError:  # Trino says the same of its own stack
            execution.finish("FAILED", QueryError("SYNTAX_ERROR", TOO_LARGE))
        except Exception as error:
            told = QueryError("GENERIC_INTERNAL_ERROR", f"{type(error).__name__}: {error}")
            execution.finish("FAILED", throttled(error) or told)

    def _run(self, execution: Execution, session: Session) -> None:
        catalog = Catalog(self.cloud.engine_client("glue"))
        scanner = Scanner(catalog, self.store(), session)
        planner = Planner(catalog, scanner, execution.database)
        context = Context(execution, self.cloud, catalog, scanner, planner, session, partial(self.put, execution))
        result = execute(context)
        execution.planned = execution.planned or time.time()
        self._write(execution, result)
        execution.result = result
        execution.finish("SUCCEEDED")

    def _write(self, execution: Execution, result: Result) -> None:
        """The result object, its metadata, the manifest of written objects."""
        location = execution.output_location
        if result.manifest is not None:
            execution.manifest = f"{location}-manifest.csv"
            self.put(execution, execution.manifest, "".join(f"{uri}\n" for uri in result.manifest).encode())
            self.put(execution, f"{location}.metadata", b"")
            return
        body = csv_bytes(result) if execution.statement_type == "DML" else text_bytes(result)
        self.put(execution, location, body)
        self.put(execution, f"{location}.metadata", b"")

    def put(self, execution: Execution, uri: str, body: bytes) -> None:
        """Write an object as the result configuration wants it encrypted.

        Raises:
            QueryError: where the bucket does not take it.
        """
        put_object(self.cloud.engine_client("s3"), uri, body, execution.configuration)


def put_object(s3: Any, uri: str, body: bytes, configuration: dict[str, Any]) -> None:
    """``PutObject`` with the encryption of a ResultConfiguration.

    Raises:
        QueryError: where the bucket does not take it.
    """
    from botocore.exceptions import ClientError  # noqa: PLC0415

    bucket, key = split_uri(uri)
    encryption = configuration.get("EncryptionConfiguration") or {}
    extra: dict[str, str] = {}
    if encryption.get("EncryptionOption") == "SSE_S3":
        extra["ServerSideEncryption"] = "AES256"
    elif encryption.get("EncryptionOption") == "SSE_KMS":
        extra["ServerSideEncryption"] = "aws:kms"
        extra["SSEKMSKeyId"] = encryption.get("KmsKey", "")
    try:
        s3.put_object(Bucket=bucket, Key=key, Body=body, **extra)
    except ClientError as error:
        message = error.response["Error"].get("Message", "")
        if (found := throttled(error)) is not None:
            raise found from error
        raise QueryError("", f"Unable to verify/create output bucket {bucket}. {message}") from error
