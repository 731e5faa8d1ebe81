"""DuckDB's types as a crawler names them."""

import pytest

from localcloud.glue.hive import hive_type


@pytest.mark.parametrize(
    ("duckdb", "binary", "text"),
    [
        ("BIGINT", "bigint", "bigint"),
        ("INTEGER", "int", "bigint"),
        ("UINTEGER", "bigint", "bigint"),
        ("DOUBLE", "double", "double"),
        ("FLOAT", "float", "float"),
        ("BOOLEAN", "boolean", "boolean"),
        ("VARCHAR", "string", "string"),
        ("BLOB", "binary", "binary"),
        ("DATE", "date", "string"),
        ("TIMESTAMP", "timestamp", "string"),
        ("TIMESTAMP_NS", "timestamp", "string"),
        ("TIMESTAMP WITH TIME ZONE", "timestamp", "string"),
        ("UUID", "string", "string"),
        ("DECIMAL(10, 2)", "decimal(10,2)", "decimal(10,2)"),
        ("VARCHAR[]", "array<string>", "array<string>"),
        ("INTEGER[][]", "array<array<int>>", "array<array<bigint>>"),
        ("MAP(VARCHAR, DOUBLE)", "map<string,double>", "map<string,double>"),
        (
            'STRUCT(a INTEGER, "b c" STRUCT(d DATE[], e MAP(VARCHAR, BIGINT)))',
            "struct<a:int,b c:struct<d:array<date>,e:map<string,bigint>>>",
            "struct<a:bigint,b c:struct<d:array<string>,e:map<string,bigint>>>",
        ),
    ],
)
def test_hive_types(duckdb: str, binary: str, text: str) -> None:
    assert hive_type(duckdb) == binary
    assert hive_type(duckdb, text=True) == text
