"""Query executions: their life, and the pool that runs them."""

import threading
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from localcloud.athena.errors import QueryError
from localcloud.athena.results import Result
from localcloud.athena.sessions import Session

FINAL = ("SUCCEEDED", "FAILED", "CANCELLED")
_WORKERS = 4


@dataclass
class Execution:
    """One execution. Times are seconds since 1970; `configuration` is the ResultConfiguration that holds."""

    query: str
    database: str
    catalog: str
    workgroup: str
    configuration: dict[str, Any]
    parameters: list[str] | None = None
    cutoff: int | None = None
    enforced: bool = False  # the workgroup's configuration is, not the client's
    statement_type: str = "DML"
    substatement_type: str = ""
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    state: str = "QUEUED"
    error: QueryError | None = None
    submitted: float = field(default_factory=time.time)
    started: float | None = None
    completed: float | None = None
    planned: float | None = None
    scanned: int = 0
    manifest: str | None = None
    result: Result = field(default_factory=Result)
    session: Session | None = None
    done: threading.Event = field(default_factory=threading.Event)  # its state is final
    over: threading.Event = field(default_factory=threading.Event)  # nothing works on it any more
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def base(self) -> str:
        """``s3://bucket/prefix/`` of the results."""
        return f"{self.configuration['OutputLocation'].rstrip('/')}/"

    @property
    def output_location(self) -> str:
        """Where this execution's result is; https://docs.aws.amazon.com/athena/latest/ug/querying-finding-output-files.html."""
        if self.substatement_type == "CREATE_TABLE_AS_SELECT":
            return f"{self.base}tables/{self.id}"
        if self.substatement_type in ("INSERT", "UNLOAD"):
            return f"{self.base}{self.id}"
        return f"{self.base}{self.id}.{'csv' if self.statement_type == 'DML' else 'txt'}"

    def finish(self, state: str, error: QueryError | None = None) -> None:
        """Enter a final state, once."""
        with self.lock:
            if self.state in FINAL:
                return
            self.state, self.error, self.completed = state, error, time.time()
        self.done.set()

    def cancel(self) -> None:
        """StopQueryExecution: nothing happens to what is over."""
        with self.lock:
            if self.state in FINAL:
                return
            running = self.state == "RUNNING"
            self.state, self.completed = "CANCELLED", time.time()
        self.done.set()
        if running:
            threading.Thread(target=self._interrupt, name="athena-cancel", daemon=True).start()

    def _interrupt(self) -> None:
        """Interrupt until the work is over: DuckDB forgets an interrupt that comes between two of its calls."""
        while not self.over.wait(0.05):
            with self.lock:  # the session is still this query's
                if self.session is not None:
                    self.session.interrupt()

    def release(self) -> None:
        """The session is another query's from now on."""
        with self.lock:
            self.session = None

    def describe(self) -> dict[str, Any]:
        """`QueryExecution` of the API."""
        end = self.completed or time.time()
        started = self.started or end
        planned = self.planned or started
        status: dict[str, Any] = {"State": self.state, "SubmissionDateTime": self.submitted}
        if self.state in FINAL:
            status["CompletionDateTime"] = self.completed
        if self.error is not None:
            status["StateChangeReason"] = self.error.reason
            if self.state == "FAILED":
                status["AthenaError"] = self.error.athena_error
        context = {"Database": self.database, "Catalog": self.catalog}
        configuration = {**self.configuration, "OutputLocation": self.output_location}
        statistics: dict[str, Any] = {
            "EngineExecutionTimeInMillis": _millis(end - started),
            "DataScannedInBytes": self.scanned,
            "TotalExecutionTimeInMillis": _millis(end - self.submitted),
            "QueryQueueTimeInMillis": _millis(started - self.submitted),
            "QueryPlanningTimeInMillis": _millis(planned - started),
            "ServicePreProcessingTimeInMillis": 0,
            "ServiceProcessingTimeInMillis": 0,
            "ResultReuseInformation": {"ReusedPreviousResult": False},
        }
        if self.manifest:
            statistics["DataManifestLocation"] = self.manifest
        found: dict[str, Any] = {
            "QueryExecutionId": self.id,
            "Query": self.query,
            "StatementType": self.statement_type,
            "SubstatementType": self.substatement_type,
            "ResultConfiguration": configuration,
            "ResultReuseConfiguration": {"ResultReuseByAgeConfiguration": {"Enabled": False}},
            "QueryExecutionContext": context,
            "Status": status,
            "Statistics": statistics,
            "WorkGroup": self.workgroup,
            "EngineVersion": {
                "SelectedEngineVersion": "AUTO",
                "EffectiveEngineVersion": "Athena engine version 3",
            },
        }
        if self.parameters is not None:
            found["ExecutionParameters"] = self.parameters
        return found


class Pool:
    """Runs executions, a few at a time."""

    def __init__(self, work: Callable[[Execution], None]) -> None:
        self._work = work
        self._pool: ThreadPoolExecutor | None = None
        self._live: dict[str, Execution] = {}
        self._lock = threading.Lock()

    @property
    def active(self) -> int:
        """Executions that are queued or run."""
        with self._lock:
            return len(self._live)

    def submit(self, execution: Execution) -> None:
        """Queue an execution."""
        with self._lock:
            if self._pool is None:
                self._pool = ThreadPoolExecutor(max_workers=_WORKERS, thread_name_prefix="athena")
            self._live[execution.id] = execution
            self._pool.submit(self._run, execution)

    def _run(self, execution: Execution) -> None:
        try:
            with execution.lock:
                if execution.state != "QUEUED":
                    return
                execution.state, execution.started = "RUNNING", time.time()
            self._work(execution)
        finally:
            execution.over.set()
            with self._lock:
                self._live.pop(execution.id, None)

    def stop(self) -> None:
        """Cancel what runs and wait for the threads."""
        with self._lock:
            pool, self._pool = self._pool, None
            live = list(self._live.values())
        for execution in live:
            execution.cancel()
        if pool is not None:
            pool.shutdown(wait=True, cancel_futures=True)


def _millis(seconds: float) -> int:
    return max(0, round(seconds * 1000))
