"""What Trino refuses to make longer, in its words (functions of trinodb/trino: Sequence, Repeat, String)."""

import time

import pytest

from localcloud.athena.dialect import parse
from localcloud.athena.errors import QueryError
from localcloud.athena.text import s3_location, strip_comments
from tests.unit.athena.conftest import Trino

ENTRIES = "INVALID_FUNCTION_ARGUMENT: result of sequence function must not have more than 10000 entries"
DIRECTION = "INVALID_FUNCTION_ARGUMENT: sequence stop value should be greater than or equal to start value if step is"
STEP = "INVALID_FUNCTION_ARGUMENT: step must not be zero"
COUNT = "INVALID_FUNCTION_ARGUMENT: count argument of repeat function must be less than or equal to 10000"
NEGATIVE = "INVALID_FUNCTION_ARGUMENT: count argument of repeat function must be greater than or equal to 0"
BYTES = "INVALID_FUNCTION_ARGUMENT: result of repeat function must not take more than 1000000 bytes"
PAD = "INVALID_FUNCTION_ARGUMENT: Target length must be in the range [0..2147483647]"
PADDING = "INVALID_FUNCTION_ARGUMENT: Padding string must not be empty"


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("cardinality(sequence(1, 10000))", 10_000),
        ("cardinality(sequence(10000, 1))", 10_000),
        ("cardinality(sequence(0, 9999))", 10_000),
        ("cardinality(sequence(1, 20000, 2))", 10_000),
        ("cardinality(sequence(-5, 5))", 11),
        ("sequence(1, 5, 3)[2]", 4),
        ("sequence(9223372036854775806, 9223372036854775807)[2]", 9223372036854775807),
        ("cardinality(sequence(date '2000-01-01', date '2027-05-18'))", 10_000),
        ("cardinality(sequence(date '2020-01-01', date '2020-12-31', interval '1' month))", 12),
        ("cardinality(sequence(date '2020-01-31', date '2020-01-01', interval '-10' day))", 4),
        ("cardinality(sequence(timestamp '2020-01-01 00:00', timestamp '2020-01-02 00:00', interval '1' hour))", 25),
        ("cardinality(repeat('x', 10000))", 10_000),
        ("cardinality(repeat(1, 10000))", 10_000),
        ("cardinality(repeat('x', 0))", 0),
        ("cardinality(repeat(null, 3))", 3),
        ("cardinality(repeat('x', null))", None),
        ("sequence(null, 5)", None),
        ("lpad('text', 7, 'xy')", "xyxtext"),
        ("rpad('text', 2, 'x')", "te"),
        ("lpad(null, 2, 'x')", None),
    ],
)
def test_what_trino_makes(trino: Trino, expression: str, value: object) -> None:
    assert trino.run(f"select {expression}") == [(value,)]


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("select cardinality(sequence(1, 10001))", ENTRIES),
        ("select sequence(1, 2000000000)", ENTRIES),
        ("select sequence(2000000000, 1)", ENTRIES),
        ("select sequence(1, 20001, 2)", ENTRIES),
        ("select sequence(-9223372036854775807, 9223372036854775807)", ENTRIES),
        ("select count(*) from unnest(sequence(1, 1000000)) t(x)", ENTRIES),
        ("select sequence(1, id * 1000000000) from o", ENTRIES),
        ("select sequence(1, n) from (select 5000 * 5000 as n)", ENTRIES),
        ("select max(cardinality(sequence(id, id + 100000))) from o", ENTRIES),
        ("select transform(array[1], x -> sequence(x, 1000000000))", ENTRIES),
        ("select case when id = 1 then sequence(1, 1000000000) end from o", ENTRIES),
        ("with t as (select sequence(1, 100000) s) select s[1] from t", ENTRIES),
        ("select sequence(date '1900-01-01', date '2027-05-18')", ENTRIES),
        ("select sequence(date '0001-01-01', date '9999-01-01', interval '1' month)", ENTRIES),
        (
            "select sequence(timestamp '2020-01-01 00:00', timestamp '2021-01-01 00:00', interval '1' second)",
            ENTRIES,
        ),
        ("select sequence(5, 1, 1)", DIRECTION),
        ("select sequence(1, 5, -1)", DIRECTION),
        ("select sequence(date '2020-02-01', date '2020-01-01', interval '1' day)", DIRECTION),
        ("select sequence(1, 5, 0)", STEP),
        ("select sequence(date '2020-01-01', date '2020-02-01', interval '0' day)", STEP),
        ("select repeat('x', 10001)", COUNT),
        ("select repeat(id, 2000000000) from o", COUNT),
        ("select repeat('x', -1)", NEGATIVE),
        ("select repeat(rpad('', 1000, 'x'), 1000)", BYTES),
        ("select repeat(repeat(1, 10000), 10000)", BYTES),
        ("select repeat(repeat(repeat(1, 100), 100), 10000)", BYTES),
        ("select lpad('x', -1, 'y')", PAD),
        ("select rpad('x', 2147483648, 'y')", PAD),
        ("select lpad('x', 5, '')", PADDING),
    ],
)
def test_what_trino_refuses(trino: Trino, query: str, reason: str) -> None:
    assert trino.reason(query).startswith(reason)


@pytest.mark.parametrize(
    "sql",
    [
        *(f"select {'array[' * n}1{']' * n}" for n in (5, 40)),
        *(f"select {'row(' * n}1{', 2)' * n}" for n in (5, 40)),
        f"select {'map(array[' * 20}1{'], array[2])' * 20}",
        f"select cast(null as {'array(' * 30}bigint{')' * 30})",
        f"select {'(' * 30}1{')' * 30}",
        f"select {'date(' * 8}x{')' * 8}",
    ],
)
def test_nested_values_are_read_at_once(sql: str) -> None:
    began = time.process_time()
    assert parse(sql) is not None
    assert time.process_time() - began < 5, "milliseconds; hours when every level is tried twice"


@pytest.mark.parametrize("name", ["date", "varchar", "timestamp", "json", "bigint"])
def test_what_would_take_hours_to_read_is_refused(name: str) -> None:
    with pytest.raises(QueryError, match="NOT_SUPPORTED: a nesting of names of types deeper than 8"):
        parse(f"select {f'{name}(' * 30}1{')' * 30}")


@pytest.mark.parametrize(
    "sql", ["select " + "(" * 20_000, "select 1" + " + 1" * 20_000 + "(" * 5000], ids=["parentheses", "sums"]
)
def test_statements_deeper_than_the_stack(sql: str) -> None:
    with pytest.raises((QueryError, RecursionError)):
        parse(sql)


def test_stretches_of_nothing_are_cut_but_not_in_strings() -> None:
    gap = " " * 100_000
    assert len(strip_comments(f"create table t{gap}as{gap}select 1")) < 300
    assert strip_comments(f"select '{gap}', \"{gap}\", 'it''s{gap}'").count(gap) == 3
    began = time.process_time()
    for text in ("-- \n" * 60_000, "/**/" * 60_000, "/*" * 120_000, " " * 260_000, "'" * 260_000):
        strip_comments(text)
    assert time.process_time() - began < 5


@pytest.mark.parametrize("text", ["s3://b/k/", "s3a://b", "s3n://bucket/a b/"])
def test_locations_in_s3(text: str) -> None:
    assert s3_location(text) == text


@pytest.mark.parametrize(
    "text", ["file:///etc/", "/etc/", "hdfs://x/y", "https://b/k", "s3:///k", "s3://", "S3//b", "", "s3:/b/k", "../x"]
)
def test_locations_elsewhere(text: str) -> None:
    with pytest.raises(QueryError, match=r"a LOCATION is in Amazon S3, s3://bucket/folder/, not '"):
        s3_location(text)
