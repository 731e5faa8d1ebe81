"""Queries that would take all memory or all time end with Athena's reason, and the cloud goes on."""

import contextlib
import time
from collections.abc import Iterator
from typing import Any

import psutil
import pytest
from botocore.exceptions import ClientError

from localcloud import LocalCloud
from localcloud.athena.engine import KEPT_WARM
from tests.integration.athena.conftest import Athena

EXHAUSTED = "Query exhausted resources at this scale factor"
MANY = "unnest(sequence(1, 10000))"
# no side of the equation is of one table: nothing to hash, which would take memory instead of time
ENDLESS = f"select count(*) from {MANY} a(x), {MANY} b(y), {MANY} c(z), {MANY} d(w) where x + y * z * w = -1"

SMALL = 256 * 2**20


@pytest.fixture(scope="module")
def bounded(session_cloud: LocalCloud) -> Iterator[Athena]:
    service = session_cloud.engines["athena"]
    usual = session_cloud.query_memory, session_cloud.query_seconds
    service.stop()
    session_cloud.query_memory, session_cloud.query_seconds = SMALL, 120
    session_cloud.reset()
    yield Athena(session_cloud)
    service.stop()
    session_cloud.query_memory, session_cloud.query_seconds = usual


@pytest.mark.parametrize(
    "query",
    [
        f"select array_agg(x) from {MANY} a(x), {MANY} b(y)",  # in DuckDB's own account of memory
        "select cardinality(transform(sequence(1, 10000), x -> sequence(1, 10000)))",  # and these are not
        "select array_join(transform(sequence(1, 10000), x -> rpad('', 100000, 'b')), '')",
        "select length(replace(rpad('', 100000, 'a'), 'a', rpad('', 100000, 'b')))",
        f"select x, y, rpad('', 100, 'z') from {MANY} a(x), {MANY} b(y)",  # a result larger than may be read
        f"select x, y from {MANY} a(x), {MANY} b(y) order by y, x",
    ],
)
def test_memory_is_bounded(bounded: Athena, query: str) -> None:
    status = bounded.execution(query)["Status"]
    assert (status["State"], status["StateChangeReason"]) == ("FAILED", EXHAUSTED)
    assert status["AthenaError"]["ErrorCategory"] == 1
    assert bounded.rows("select 1") == [["1"]]
    assert psutil.Process().memory_info().rss < 3 * 2**30


def _workers() -> list[psutil.Process]:
    return [child for child in psutil.Process().children(recursive=True) if _works(child)]


def _works(child: psutil.Process) -> bool:
    with contextlib.suppress(psutil.NoSuchProcess):  # it has ended, whatever it was
        return any(part.endswith("athena/worker.py") for part in child.cmdline()[:4])  # its keeper names it later
    return False


def test_time_is_bounded(bounded: Athena, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounded.cloud, "query_seconds", 1.0)
    bounded.cloud.engines["athena"].stop()  # workers keep the bounds they began with
    for query in (ENDLESS, "with recursive t(n) as (select 1 union all select n + 1 from t) select count(*) from t"):
        assert bounded.reason(query) == "Query timeout"
    bounded.cloud.engines["athena"].stop()


@pytest.mark.parametrize("query", [ENDLESS, "select length(lpad('x', 2147483647, 'y'))"])
def test_stopping_ends_the_work(bounded: Athena, query: str) -> None:
    """The second does not hear of interrupts: its process ends."""
    execution = bounded.start(query)
    running = bounded.cloud.engines["athena"].pool._live[execution]
    while running.session is None:
        time.sleep(0.01)
    bounded.client.stop_query_execution(QueryExecutionId=execution)
    assert bounded.wait(execution)["Status"]["State"] == "CANCELLED"
    assert running.over.wait(30)
    assert bounded.rows("select 2") == [["2"]]


def test_a_killed_worker_is_one_failed_query(bounded: Athena) -> None:
    execution = bounded.start(ENDLESS)
    running = bounded.cloud.engines["athena"].pool._live[execution]
    while running.session is None:
        time.sleep(0.01)
    for worker in _workers():
        worker.kill()
    status = bounded.wait(execution)["Status"]
    assert (status["State"], status["StateChangeReason"]) == ("FAILED", EXHAUSTED), "as the kernel ends it"
    assert bounded.rows("select 3") == [["3"]]


def test_queries_wait_and_too_many_are_refused(bounded: Athena, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("localcloud.athena.api.MAX_ACTIVE", 6)
    waiting = [bounded.start(ENDLESS) for _ in range(6)]
    with pytest.raises(ClientError) as refusal:
        bounded.start("select 1")
    assert refusal.value.response["Error"]["Code"] == "TooManyRequestsException"
    assert refusal.value.response["Reason"] == "CONCURRENT_QUERY_LIMIT_EXCEEDED"
    assert len(_workers()) <= 4 + KEPT_WARM
    for execution in waiting:
        bounded.client.stop_query_execution(QueryExecutionId=execution)
    assert {bounded.wait(execution)["Status"]["State"] for execution in waiting} == {"CANCELLED"}
    pool = bounded.cloud.engines["athena"].pool
    while pool.active:
        time.sleep(0.05)
    assert bounded.rows("select 4") == [["4"]]


def test_patterns_that_backtrack_take_no_time(bounded: Athena) -> None:
    text = "rpad('', 20000, 'a') || 'b'"
    for pattern in ("(a+)+$", "(a|aa)+$", "(.*a){25}c", "^(([a-z])+.)+[A-Z]$"):
        assert bounded.rows(f"select regexp_like({text}, '{pattern}')") == [["false"]]
    assert "the pattern '(': " in bounded.reason("show tables '('")
    assert bounded.rows("show tables '(a|aa)+$'") == []


@pytest.mark.parametrize(
    "statement",
    [
        *(f"create external table t{n} (a string) location '{place}'"
          for n, place in enumerate(("file:///etc/", "/etc/", "hdfs://x/y/", "https://b/k/", "s3://"))),
        "create database elsewhere location 'file:///tmp/'",
        "create table ctas with (external_location = 'file:///tmp/x/') as select 1 as a",
        "unload (select 1 as a) to '/tmp/unloaded/' with (format = 'JSON')",
    ],
)  # fmt: skip
def test_locations_are_in_s3(bounded: Athena, statement: str) -> None:
    assert "a LOCATION is in Amazon S3" in bounded.reason(statement)


def test_tables_of_the_catalog_that_lie_elsewhere_are_not_read(bounded: Athena) -> None:
    def table(name: str, location: str) -> dict[str, Any]:
        serde = {"SerializationLibrary": "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"}
        columns = [{"Name": "line", "Type": "string"}]
        return {"Name": name, "StorageDescriptor": {"Columns": columns, "Location": location, "SerdeInfo": serde}}

    places = ("file:///etc/", "/etc/passwd", "ftp://x/y", "s3:///etc/", "http://169.254.169.254/latest/")
    for number, place in enumerate(places):
        bounded.glue.create_table(DatabaseName="d", TableInput=table(f"elsewhere{number}", place))
        assert bounded.reason(f"select * from elsewhere{number}") == (
            f"GENERIC_INTERNAL_ERROR: No factory for location: {place}"
        )
