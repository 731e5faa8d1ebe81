"""Accounts, from objects as Firehose writes them."""

import gzip
import io
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import parquet

from cli.errors import UserError
from cli.lake.producer.accounting import Account, Accountant, parquet_rows
from contracts import load
from localcloud import LocalCloud

EVENTS = load("flights").events
BEAT = b'{"event_type":"heartbeat","event_id":"heartbeat-1","event_time":"2013-01-01T10:00:00Z"}\n'
BROKEN_BEAT = b'{"event_type":"heartbeat","event_id":"heartbeat-2"}\n'


def parquet_file(rows: int, columns: int = 1) -> bytes:
    sink = io.BytesIO()
    parquet.write_table(pa.table({f"column_{n}": list(range(rows)) for n in range(columns)}), sink)
    return sink.getvalue()


@pytest.fixture
def lake(cloud: LocalCloud) -> Any:
    cloud.client("s3").create_bucket(Bucket="lake")

    def put(key: str, body: bytes) -> None:
        cloud.client("s3").put_object(Bucket="lake", Key=key, Body=body)

    return put


def test_each_number_comes_from_its_prefix(cloud: LocalCloud, lake: Any) -> None:
    lake("backup/flight_events/2026/01/01/00/a.gz", gzip.compress(b"x\n" * 7) + gzip.compress(BEAT * 2 + BROKEN_BEAT))
    lake("backup/flight_events/2026/01/01/00/b", b"\xff\n" + BEAT)
    lake("backup/other/c", b"x\n" * 100)
    lake("raw/flight_events/event_type=arrival/event_date=2013-01-01/a.parquet", parquet_file(3))
    lake("raw/flight_events/event_type=departure/event_date=2013-01-01/b.parquet", parquet_file(2))
    lake("raw/other/c.parquet", parquet_file(100))
    lake("errors/flight_events/processing-failed/2026/01/01/a", b"{}\n" * 2)
    lake("errors-replayed/flight_events/processing-failed/2026/01/01/b.0", b"{}\n")
    account = Accountant("lake", EVENTS, cloud.client("s3")).count()
    assert account == Account(sent=12, delivered=5, quarantined=3, dropped=3)
    assert account.lost == 1


def test_an_empty_lake_is_an_account_of_zeros(cloud: LocalCloud, lake: Any) -> None:
    assert Accountant("lake", EVENTS, cloud.client("s3")).count() == Account(0, 0, 0, 0)


def test_a_lake_that_is_not_there_is_named(cloud: LocalCloud) -> None:
    with pytest.raises(UserError, match="cannot list s3://nowhere/backup/flight_events/"):
        Accountant("nowhere", EVENTS, cloud.client("s3")).count()


def test_counting_again_reads_only_what_is_new(cloud: LocalCloud, lake: Any) -> None:
    class Counting:
        """An S3 client that counts the objects it reads."""

        reads = 0

        def __getattr__(self, name: str) -> Any:
            self.reads += name == "get_object"
            return getattr(cloud.client("s3"), name)

    s3 = Counting()
    accountant = Accountant("lake", EVENTS, s3)
    for number in range(20):
        lake(f"backup/flight_events/{number:02d}", b"x\n")
    assert accountant.count().sent == 20
    assert s3.reads == 20
    lake("backup/flight_events/20", b"x\n")
    lake("backup/flight_events/00", b"x\nx\n")
    assert accountant.count().sent == 22
    assert s3.reads == 22


@pytest.mark.parametrize("columns", [1, 2_000])
def test_rows_are_read_from_the_footer_also_a_long_one(columns: int) -> None:
    data = parquet_file(5, columns)
    asked: list[int] = []

    def tail(size: int) -> bytes:
        asked.append(size)
        return data[-size:]

    assert parquet_rows(tail) == 5
    assert len(asked) == (1 if columns == 1 else 2)
