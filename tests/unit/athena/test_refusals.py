"""What Trino refuses, or what DuckDB would do otherwise and is not done, fails by name and never gives an answer."""

from typing import Any

import pytest

from localcloud.athena.errors import QueryError
from localcloud.athena.parameters import substitute
from localcloud.athena.statements import _KINDS

NOT_TRINO = [
    "strftime(ts, '%Y')", "list_transform(tags, e -> e)", "median(big)", "mode(big)", "quantile_cont(big, 0.5)",
    "list(big)", "len(g)", "printf('%d', big)", "md5(g, g)", "read_text('x')", "getenv('HOME')", "isodow(d)",
    "string_split(g, ',')", "epoch(ts)", "regexp_matches(g, 'a')", "struct_pack(a := 1)", "tr_div(1, 2)",
    "make_date(2026, 1, 1)", "current_setting('threads')", "json_extract_string(js, '$.a')", "date_sub('day', d, d)",
]  # fmt: skip


@pytest.mark.parametrize("call", NOT_TRINO)
def test_function_that_trino_does_not_have(trino: Any, call: str) -> None:
    reason = trino.reason(f"select {call} from o")
    assert reason.startswith(("FUNCTION_NOT_FOUND: line 1:8: Function", "SYNTAX_ERROR", "TYPE_MISMATCH")), reason


@pytest.mark.parametrize(
    "call", ["approx_most_frequent(3, g, 10)", "reduce_agg(big, 0, (a, b) -> a, (a, b) -> a)", "typeof(g)"]
)
def test_function_that_only_athena_has(trino: Any, call: str) -> None:
    assert trino.reason(f"select {call} from o").startswith("NOT_SUPPORTED: line 1:8: function")


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("g = 1", "Cannot apply operator: varchar = integer"),
        ("1 = '1'", "Cannot apply operator: integer = varchar(1)"),
        ("d = '2026-10-01'", "Cannot apply operator: date = varchar(10)"),
        ("ts > '2026-10-01'", "Cannot apply operator: timestamp(3) > varchar(10)"),
        ("big in ('1')", "Cannot compare"),
        ("big between '1' and '2'", "Cannot compare"),
        ("ok = 1", "Cannot apply operator: boolean = integer"),
        ("g + 1", "Cannot apply operator: varchar + integer"),
        ("d + 1", "Cannot apply operator: date + integer"),
        ("g / 2", "Cannot apply operator: varchar / integer"),
        ("length(g) = '1'", "Cannot apply operator: bigint = varchar(1)"),
        ("big || g", "does not support"),
        ("concat(g, big)", "does not support"),
        ("length(big)", "does not support"),
        ("substr(big, 1)", "does not support"),
        ("year(g)", "No function matches"),
        ("date_trunc('day', g)", "does not support"),
        ("date_diff('day', g, d)", "does not support"),
        ("md5(g)", "does not support"),
        ("cardinality(g)", "No function matches"),
        ("cast(tags as varchar)", "Cannot cast array"),
        ("big like '1'", "Cannot compare"),
        ("sum(g)", "No function matches"),
        ("case when ok then 1 else 'x' end", "must be the same type: integer, varchar(1)"),
        ("case big when '1' then 2 end", "must be the same type: bigint, varchar(1)"),
        ("if(ok, big, g)", "must be the same type: bigint, varchar"),
        ("coalesce(big, 'x')", "must be the same type"),
        ("nullif(big, '1')", "must be the same type"),
        ("greatest(d, g)", "must be the same type: date, varchar"),
        ("array[1, 'x']", "must be the same type"),
        ("1 union all select 'x'", "must be the same type"),
        ("id from o union select g", "must be the same type"),
        ("(select max(y) from (values (1), ('x')) t(y))", "must be the same type"),
    ],
)  # fmt: skip
def test_types_that_trino_does_not_convert(trino: Any, expression: str, message: str) -> None:
    reason = trino.reason(f"select {expression} from o")
    assert reason.startswith("TYPE_MISMATCH: ")
    assert message in reason


@pytest.mark.parametrize(
    ("sql", "name"),
    [
        ("select 1/0", "DIVISION_BY_ZERO"),
        ("select 5 % 0", "DIVISION_BY_ZERO"),
        ("select 1.0/0", "DIVISION_BY_ZERO"),
        ("select big/(big-big) from o", "DIVISION_BY_ZERO"),
        ("select cast('2.5' as integer)", "INVALID_CAST_ARGUMENT"),
        ("select cast('0x1F' as bigint)", "INVALID_CAST_ARGUMENT"),
        ("select cast('1_000' as bigint)", "INVALID_CAST_ARGUMENT"),
        ("select cast(' 5' as bigint)", "INVALID_CAST_ARGUMENT"),
        ("select cast('yes' as boolean)", "INVALID_CAST_ARGUMENT"),
        ("select cast('2026-13-01' as date)", "INVALID_CAST_ARGUMENT"),
        ("select cast('2026-10-01T00:00:00' as timestamp)", "INVALID_CAST_ARGUMENT"),
        ("select cast(300 as tinyint)", "NUMERIC_VALUE_OUT_OF_RANGE"),
        ("select 2147483647 + 1", "NUMERIC_VALUE_OUT_OF_RANGE"),
        ("select array[1, 2][3]", "INVALID_FUNCTION_ARGUMENT"),
        ("select array[1, 2][0]", "INVALID_FUNCTION_ARGUMENT"),
        ("select m['zz'] from o where g = 'b'", "INVALID_FUNCTION_ARGUMENT"),
        ("select date_trunc('hour', d) from o", "INVALID_FUNCTION_ARGUMENT"),
        ("select date_add('hour', 1, d) from o", "INVALID_FUNCTION_ARGUMENT"),
        ("select split_part('a', ',', 0)", "INVALID_FUNCTION_ARGUMENT"),
        ("select json_parse('{bad')", "INVALID_FUNCTION_ARGUMENT"),
        ("select (select big from o)", "SUBQUERY_MULTIPLE_ROWS"),
        ("select g, count(*) from o", "EXPRESSION_NOT_AGGREGATE"),
        ("select nope from o", "COLUMN_NOT_FOUND"),
        ("select o.nope from o", "COLUMN_NOT_FOUND"),
        ("select big as b2 from o where b2 > 1", "COLUMN_NOT_FOUND"),
        ("select big as b2 from o group by b2", "COLUMN_NOT_FOUND"),
        ("select max(big) as b2 from o having b2 > 1", "COLUMN_NOT_FOUND"),
        ("select rowid from o", "COLUMN_NOT_FOUND"),
        ("select g from o a join o b on a.id = b.id", "AMBIGUOUS_NAME"),
        ("select big::varchar from o", "SYNTAX_ERROR"),
        ("select big from o where g ilike 'a'", "SYNTAX_ERROR"),
        ("select from where", "SYNTAX_ERROR"),
        ("select 1; select 2", "SYNTAX_ERROR"),
        ("select 'open", "SYNTAX_ERROR"),
        ("select big from o qualify row_number() over () = 1", "SYNTAX_ERROR"),
        ("select * exclude (g) from o", "NOT_SUPPORTED"),
        ("select distinct on (g) g from o", "NOT_SUPPORTED"),
        ("select js -> '$.u' from o", "NOT_SUPPORTED"),
        ("select d - d from o", "NOT_SUPPORTED"),
        ("select ts at time zone 'Europe/Paris' from o", "NOT_SUPPORTED"),
        ("select cast(g as char(3)) from o", "NOT_SUPPORTED"),
        ("select json_extract(js, '$.arr[*]') from o", "NOT_SUPPORTED"),
        ("select regexp_replace(g, '(?<n>a)', '${n}') from o", "NOT_SUPPORTED"),
        ("select format_datetime(ts, 'GG') from o", "NOT_SUPPORTED"),
        ("select date_format(ts, g) from o", "NOT_SUPPORTED"),
        ("select * from read_csv('/etc/passwd')", "FUNCTION_NOT_FOUND"),
        ("select * from read_parquet('s3://b/k')", "FUNCTION_NOT_FOUND"),
        ("select * from glob('*')", "SYNTAX_ERROR"),
        ("select * from duckdb_settings()", "FUNCTION_NOT_FOUND"),
        ("select * from o pivot (sum(big) for g in ('a'))", "NOT_SUPPORTED"),
        ("select * from o for timestamp as of timestamp '2026-01-01 00:00:00'", "NOT_SUPPORTED"),
        ("select * from o a asof join o b on a.ts > b.ts", "NOT_SUPPORTED"),
    ],
)  # fmt: skip
def test_failure(trino: Any, sql: str, name: str) -> None:
    assert trino.reason(sql).startswith(f"{name}: ")


def test_place_of_an_unknown_column(trino: Any) -> None:
    assert trino.reason("select g,\n  nope from o") == (
        "COLUMN_NOT_FOUND: line 2:3: Column 'nope' cannot be resolved or requester is not authorized to access "
        "requested resources"
    )


@pytest.mark.parametrize(
    "statement", ["copy o to 'x'", "attach 'x'", "pragma version", "install httpfs", "export database 'x'"]
)
def test_duckdb_statement_is_no_statement_of_athena(statement: str) -> None:
    import re  # noqa: PLC0415

    assert not any(re.match(pattern, statement, re.IGNORECASE | re.DOTALL) for pattern, *_ in _KINDS)


def test_names_of_output_columns(trino: Any) -> None:
    assert trino.bound("select big, 1, o.g, geo.cc, count(*) over () as N, *, lower(g) from o").names == [
        "big", "_col1", "g", "cc", "N", "id", "g", "v", "ts", "tags", "m", "geo", "js", "url", "iso", "big", "x", "d",
        "ok", "_col19",
    ]  # fmt: skip
    assert trino.bound("select 1 union all select 2 as a").names == ["_col0"]
    assert trino.bound("values (1, 'a')").names == ["_col0", "_col1"]


def test_parameters() -> None:
    sql = "select '?' , ? -- ?\n from t where a = ?"
    assert substitute(sql, ["'x?'", "-5"]) == "select '?' , 'x?' -- ?\n from t where a = -5"
    for values in ([], ["1"], ["1", "2", "3"]):
        with pytest.raises(QueryError, match="Incorrect number of parameters: expected 2"):
            substitute(sql, values)
    for value in ("1 or 1=1", "(select 1)", "now()", "g", "1; drop table t", "1) --", "2026-10-01 00:00"):
        with pytest.raises(QueryError, match="INVALID_PARAMETER_USAGE"):
            substitute("select ?", [value])
