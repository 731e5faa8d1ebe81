"""JSON to Parquet by Hive types: the fast way and the careful way mean the same, and nothing is lost or invented."""

import io
import json
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from localcloud.firehose.coerce import RowError, documents, row
from localcloud.firehose.configuration import Conversion
from localcloud.firehose.conversion import Converted, Converter
from localcloud.firehose.hive import HiveTypeError, parse
from localcloud.firehose.records import Output, Record

PLAIN = Conversion(None, "db", "t", None, "LATEST", "role", {}, True, False, "snappy", True)
TYPES = {
    "i": "int", "b": "bigint", "d": "double", "s": "string", "f": "boolean", "t": "timestamp", "day": "date",
    "m": "decimal(10,2)",
}  # fmt: skip


def convert(lines: list[Any], types: dict[str, str], conversion: Conversion = PLAIN) -> Converted:
    outputs = [
        Output(Record(str(n), "", n), line if isinstance(line, bytes) else json.dumps(line).encode())
        for n, line in enumerate(lines)
    ]
    return Converter({name: parse(kind) for name, kind in types.items()}, conversion).convert(outputs)


def rows(converted: Converted) -> list[dict[str, Any]]:
    assert converted.body is not None
    found: list[dict[str, Any]] = pq.read_table(io.BytesIO(converted.body)).to_pylist()
    return found


def test_hive_types_become_parquet_types_with_int96_timestamps() -> None:
    converted = convert([{"i": 1}], TYPES | {"n": "array<struct<a:int,b:map<string,double>>>", "v": "varchar(10)"})
    assert converted.body is not None
    schema = pq.ParquetFile(io.BytesIO(converted.body)).schema
    physical = {schema.column(n).path.split(".")[0]: schema.column(n).physical_type for n in range(8)}
    assert physical["i"] == "INT32"
    assert physical["b"] == "INT64"
    assert physical["t"] == "INT96"
    assert physical["m"] == "FIXED_LEN_BYTE_ARRAY"
    assert str(schema.column(6).logical_type) == "Date"
    assert pq.ParquetFile(io.BytesIO(converted.body)).metadata.row_group(0).column(0).compression == "SNAPPY"


def test_values_of_all_types_come_through() -> None:
    line = {
        "i": -5, "b": 2**40, "d": 1.5, "s": "ä€", "f": True, "t": "2013-01-01T05:06:07.123Z", "day": "2013-01-02",
        "m": "12.30",
    }  # fmt: skip
    assert rows(convert([line, {}], TYPES)) == [
        line | {"t": datetime(2013, 1, 1, 5, 6, 7, 123000), "day": date(2013, 1, 2), "m": Decimal("12.30")},
        dict.fromkeys(TYPES),
    ]


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        ("timestamp", "2013-01-01 05:06:07", datetime(2013, 1, 1, 5, 6, 7)),
        ("timestamp", "2013-1-2 5:6:7.5", datetime(2013, 1, 2, 5, 6, 7, 500000)),
        ("timestamp", 1518033528, datetime(2018, 2, 7, 19, 58, 48)),
        ("timestamp", "1518033528123", datetime(2018, 2, 7, 19, 58, 48, 123000)),
        ("timestamp", 1518033528.5, datetime(2018, 2, 7, 19, 58, 48, 500000)),
        ("date", "2013-1-2", date(2013, 1, 2)),
        ("string", 5, "5"),
        ("string", True, "true"),
        ("string", {"a": [1, 2.5]}, '{"a":[1,2.5]}'),
        ("int", "12", 12),
        ("double", "1.5", 1.5),
        ("double", 3, 3.0),
        ("boolean", "TRUE", True),
        ("decimal(5,2)", 1.005, Decimal("1.01")),
        ("decimal(5,2)", 999, Decimal("999.00")),
        ("array<int>", [1, "2", None], [1, 2, None]),
        ("map<string,int>", {"a": 1}, [("a", 1)]),
        ("struct<a:int,B:string>", {"A": 1, "b": 2}, {"a": 1, "B": "2"}),
        ("binary", "ab", b"ab"),
        ("char(3)", "\ud800", "?"),
    ],
)
def test_values_are_read_as_the_serde_reads_them(kind: str, value: Any, expected: Any) -> None:
    converted = convert([{"x": value}], {"x": kind})
    assert converted.failures == []
    assert rows(converted) == [{"x": expected}]


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("int", "1.5"), ("int", 1.5), ("int", True), ("int", 2**31), ("int", [1]), ("tinyint", 128),
        ("bigint", 2**63), ("double", "NaN"), ("double", "x"), ("double", "1e999"), ("float", 1e39),
        ("float", "1e39"),
        ("boolean", "yes"), ("boolean", 1), ("date", "2013-02-30"), ("date", "01/02/2013"),
        ("timestamp", "2013-01-01T05:06:07+00:00"), ("timestamp", "2013-01-01"), ("timestamp", "2013-1-1T05:06:07"),
        ("timestamp", "2013-13-01 00:00:00"), ("timestamp", True), ("timestamp", "soon"), ("timestamp", 1e300),
        ("decimal(5,2)", 1000), ("decimal(5,2)", "999.999"), ("decimal(5,2)", "x"), ("array<int>", 1),
        ("array<int>", ["x"]), ("map<string,int>", []), ("struct<a:int>", []),
    ],
)  # fmt: skip
def test_values_that_do_not_fit_are_malformed_data(kind: str, value: Any) -> None:
    converted = convert([{"x": value}, {"x": None}], {"x": kind})
    [failure] = converted.failures
    assert failure.code == "DataFormatConversion.MalformedData"
    assert failure.message.startswith("Data does not match the schema. For input string: ")
    assert failure.data == json.dumps({"x": value}).encode()
    assert rows(converted) == [{"x": None}]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "ParseError"), (b"  \n", "ParseError"), (b"{oops", "ParseError"), (b'{"x": NaN}', "ParseError"),
        (b'{"x": "\xff"}', "ParseError"), (b'{"x": 1} trailing', "ParseError"), (b"[" * 100_000, "ParseError"),
        (b'{"x": ' + b"9" * 5000 + b"}", "ParseError"), (b"[1]", "MalformedData"), (b"7", "MalformedData"),
        (b'[{"x": "a"}]', "MalformedData"),
    ],
)  # fmt: skip
def test_records_that_are_no_json_object_fail_alone(data: bytes, code: str) -> None:
    converted = convert([{"x": "before"}, data, {"x": "after"}], {"x": "string"})
    assert [f.code for f in converted.failures] == [f"DataFormatConversion.{code}"]
    assert converted.failures[0].data == data
    assert rows(converted) == [{"x": "before"}, {"x": "after"}]


def test_halves_of_an_object_in_neighbouring_records_do_not_become_one() -> None:
    for first, second in ((b'{"x": "a"', b"}"), (b'{"y": {"b": 1}', b', "x": "a"}'), (b'{"x": "a"', b', "y": {}}')):
        converted = convert([first, second, b'{"x": "b"}{"x": "c"}'], {"x": "string"})
        assert [failure.data for failure in converted.failures] == [first, second]
        assert rows(converted) == [{"x": "b"}, {"x": "c"}]


def test_a_record_may_hold_several_objects() -> None:
    assert rows(convert([b'{"x":1}{"x":2}\n{"x":3}'], {"x": "int"})) == [{"x": 1}, {"x": 2}, {"x": 3}]


def test_keys_are_matched_as_the_serde_is_told() -> None:
    types = {"name": "string", "a_b": "int"}
    assert rows(convert([{"NAME": "x"}, {"name": "y"}], types))[0]["name"] == "x"
    exact = replace(PLAIN, case_insensitive=False)
    assert rows(convert([{"NAME": "x"}], types, exact))[0]["name"] is None
    dots = replace(PLAIN, dots_to_underscores=True)
    assert rows(convert([{"a.b": 5}], types, dots))[0]["a_b"] == 5
    mapped = replace(PLAIN, mappings={"name": "timestamp"})
    assert rows(convert([{"timestamp": "t", "name": "n"}], types, mapped))[0]["name"] == "t"


def test_unknown_keys_are_ignored_even_when_their_types_vary() -> None:
    assert rows(convert([{"x": 1, "u": 1}, {"x": 2, "u": "a"}, {"x": 3, "u": [{}]}], {"x": "int"})) == [
        {"x": 1}, {"x": 2}, {"x": 3},
    ]  # fmt: skip


def test_numbers_that_no_double_holds_are_malformed() -> None:
    converted = convert([b'{"x": 1e999}', b'{"x": 1}'], {"x": "double"})
    assert [f.code for f in converted.failures] == ["DataFormatConversion.MalformedData"]
    assert rows(converted) == [{"x": 1.0}]


def test_no_good_record_makes_no_file() -> None:
    assert convert([b"x"], {"x": "int"}).body is None


@pytest.mark.parametrize(
    "text", ["", "in", "array<int", "array<>", "map<int>", "decimal(39,0)", "decimal(3,4)", "int>", "struct<a>"]
)
def test_types_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(HiveTypeError):
        parse(text)


SPELLINGS = [
    "12", "1.5", "-12", "+3", "1e2", "true", "2013-01-01", " 2013-01-01", "20130101", "2013-01-01T00:00:00Z",
    "2013-01-01T00:00:00ZZ", "2013-01-01 00:00:00.123456789", "2013-01-01T050607.123456", "2013-01-01T05:06",
    "2013-01-01T00:00:00.5+00:00", "2013-01-01T24:00:00", "2013-01-01T00:00:00.", "2013-1-1 0:0:0",
]  # fmt: skip
SMALL = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**70), 2**70), st.floats(allow_nan=False), st.text(max_size=8),
    st.sampled_from(SPELLINGS), st.lists(st.integers(), max_size=2),
)  # fmt: skip


@settings(max_examples=4 * settings().max_examples)
@given(st.lists(st.dictionaries(st.sampled_from([*TYPES, "I", "S", "other"]), SMALL), min_size=1, max_size=5))
def test_the_fast_way_and_the_careful_way_agree(lines: list[dict[str, Any]]) -> None:
    columns = {name: parse(kind) for name, kind in TYPES.items()}
    expected, failed = [], 0
    for line in lines:
        try:
            [document] = documents(json.dumps(line).encode())
            expected.append(row(document, columns, PLAIN))
        except RowError:
            failed += 1
    converted = convert(lines, TYPES)
    assert len(converted.failures) == failed
    assert (rows(converted) if converted.body else []) == expected


@given(st.lists(st.binary(max_size=30) | st.text(alphabet='{}[]":,x1 \n\\', max_size=12).map(str.encode), max_size=8))
def test_bytes_of_any_kind_are_rows_or_failures(data: list[bytes]) -> None:
    converted = convert([b'{"x": "first"}', *data], {"x": "string"})
    good = 0
    for item in [b'{"x": "first"}', *data]:
        try:
            good += len(documents(item))
        except RowError:
            continue
    assert len(rows(converted)) == good
    assert all(failure.data in data for failure in converted.failures)
