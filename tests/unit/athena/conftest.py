"""A DuckDB with the macros and a small table, and a function that runs Athena SQL on it."""

from collections.abc import Callable
from typing import Any

import duckdb
import pytest

from localcloud.athena import grammar
from localcloud.athena.bind import Query, bind
from localcloud.athena.dialect import parse
from localcloud.athena.errors import QueryError, from_duckdb
from localcloud.athena.translate import render
from localcloud.athena.types import from_hive
from localcloud.athena.worker import macros

COLUMNS = {
    "id": "int", "g": "string", "v": "decimal(3,1)", "ts": "timestamp", "tags": "array<string>",
    "m": "map<string,int>", "geo": "struct<cc:string,n:int>", "js": "string", "url": "string", "iso": "string",
    "big": "bigint", "x": "double", "d": "date", "ok": "boolean",
}  # fmt: skip
ROWS = """
(1,'a',10.0,timestamp '2026-10-01 01:02:03',['x','y'],map{'k':1},{'cc':'US','n':5},'{"u":{"id":7},"arr":[1,2]}',
 'https://ex.com:8080/p/a?q=1&r=2#f','2026-10-01T01:02:03Z',10,0.5,date '2026-10-01',true),
(1,'b',20.0,timestamp '2026-10-01 02:00:00',['y'],map{'k':2},{'cc':'DE','n':6},'{"u":{"id":8}}','http://h.org/z',
 '2026-10-02T01:02:03.500Z',3,2.0,date '2026-10-02',false),
(2,'a',30.0,timestamp '2026-10-03 00:00:00',[],map{},{'cc':'US','n':7},null,null,'2026-10-03T00:00:00+02:00',7,null,
 date '2026-10-03',null)
"""


class Trino:
    """Runs a query as the local Athena would, on the table ``o``."""

    def __init__(self) -> None:
        self.connection = duckdb.connect()
        self.connection.execute("set TimeZone = 'UTC'")
        self.connection.execute(macros())
        types = ", ".join(f"cast({name} as {translate_type(kind)}) as {name}" for name, kind in COLUMNS.items())
        self.connection.execute(
            f"create schema d; use d; create table o as select {types} from (values {ROWS}) t({', '.join(COLUMNS)})"
        )
        self.schema = {"d": {"o": {name: from_hive(kind) for name, kind in COLUMNS.items()}}}

    def bound(self, sql: str) -> Query:
        tree = parse(sql)
        grammar.check(tree)
        return bind(tree, self.schema, "d")

    def run(self, sql: str) -> list[tuple[Any, ...]]:
        text = render(self.bound(sql))
        try:
            return self.connection.execute(text).fetchall()
        except duckdb.Error as error:
            raise from_duckdb(type(error).__name__, str(error)) from error

    def reason(self, sql: str) -> str:
        with pytest.raises(QueryError) as failure:
            self.run(sql)
        return failure.value.reason


def translate_type(kind: str) -> str:
    return str(from_hive(kind).sql("duckdb"))


@pytest.fixture(scope="session")
def trino() -> Trino:
    return Trino()


Run = Callable[[str], list[tuple[Any, ...]]]
