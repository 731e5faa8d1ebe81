"""How tables are read: by SerDe, by partition, by name, never silently otherwise."""
# ruff: noqa: E501 - a statement is read best in one line

import gzip
from importlib import import_module
from typing import Any

import pyarrow as pa
import pytest


def test_only_matching_partitions_are_read(athena: Any) -> None:
    athena.days()
    athena.put("days/day=02/broken.parquet", b"this is not Parquet")
    assert athena.rows("select count(*), max(v) from days where day in ('01', '03')") == [["20", "3.0"]]
    assert athena.rows("select count(*) from days where day < '02'") == [["10"]]
    assert athena.rows(
        "select count(*) from days a join days b on a.id = b.id and b.day = '03' where a.day = '01'"
    ) == [["10"]]
    assert athena.reason("select count(*) from days").startswith(
        "HIVE_BAD_DATA: Not valid Parquet file: s3://lake/days/day=02/"
    )
    assert athena.execution("select v from days where day = '01'")["Statistics"]["DataScannedInBytes"] > 0


def test_an_or_with_a_column_does_not_prune(athena: Any) -> None:
    athena.days()
    assert athena.rows("select count(*) from days where day = '01' or id = 5") == [["12"]]


def test_pruning_the_nullable_side_of_a_join_keeps_its_nulls(athena: Any) -> None:
    athena.days()
    sql = "select count(*) from (values 1, 99) t(x) left join days on days.id = t.x and days.day = '01' where {}"
    assert athena.rows(sql.format("days.day is null")) == [["1"]]
    wrong = "select count(*) from (values 1) t(x) left join days on days.id = t.x where coalesce(days.day, 'none') = 'none'"
    assert athena.rows(wrong) == [["0"]]


def test_typed_partition_keys_and_locations_that_are_not_hive(athena: Any) -> None:
    athena.table("odd", {"id": "bigint"}, keys={"d": "date", "n": "int"})
    athena.put("elsewhere/2026/10/01/a.parquet", {"id": [1]})
    athena.put("elsewhere/2026/10/02/a.parquet", b"not to be read")
    athena.put("odd/d=2026-10-03/n=7/a.parquet", {"id": [3]})
    athena.partition("odd", "2026-10-01", "5", location="s3://lake/elsewhere/2026/10/01")
    athena.partition("odd", "2026-10-02", "6", location="s3://lake/elsewhere/2026/10/02/")
    athena.partition("odd", "2026-10-03", "7", location="s3://lake/odd/d=2026-10-03/n=7/")
    sql = "select id, d, n + 1 from odd where d <> date '2026-10-02' order by 1"
    assert athena.rows(sql) == [["1", "2026-10-01", "6"], ["3", "2026-10-03", "8"]]
    assert athena.reason("select * from odd where d = '2026-10-01'").startswith("TYPE_MISMATCH")


def test_default_partition_is_null_and_unregistered_folders_are_not_there(athena: Any) -> None:
    athena.days()
    athena.put("days/day=__HIVE_DEFAULT_PARTITION__/a.parquet", {"id": [7], "v": [0.5]})
    athena.put("days/day=04/a.parquet", {"id": [8], "v": [0.5]})
    athena.partition("days", "__HIVE_DEFAULT_PARTITION__", location="s3://lake/days/day=__HIVE_DEFAULT_PARTITION__/")
    assert athena.rows("select day, id from days where day is null or id = 8") == [
        [day, "8"] for day in ("01", "02", "03")
    ] + [[None, "7"]] or athena.rows("select count(*), count(day) from days") == [["31", "30"]]
    assert athena.rows("select count(*), count(day) from days") == [["31", "30"]]


def test_hidden_and_empty_objects_are_skipped(athena: Any) -> None:
    athena.table("plain", {"id": "bigint"})
    athena.put("plain/sub/a.parquet", {"id": [1]})
    for key in ("plain/_SUCCESS", "plain/.hidden", "plain/_temporary/x.parquet"):
        athena.put(key, b"rubbish")
    athena.put("plain/empty/", b"")
    assert athena.rows("select * from plain") == [["1"]]


def test_schema_evolution_in_parquet_is_by_name(athena: Any) -> None:
    athena.table("evolved", {"id": "bigint", "new": "string", "n": "bigint"})
    athena.put("evolved/a.parquet", {"id": [1], "gone": [5.5]})
    athena.put("evolved/b.parquet", {"n": pa.array([7], pa.int32()), "new": ["x"], "id": [2]})
    assert athena.rows("select * from evolved order by id") == [["1", None, None], ["2", "x", "7"]]
    assert athena.rows("select count(new) from evolved") == [["1"]]


@pytest.mark.parametrize(
    ("declared", "values", "physical"),
    [("int", pa.array([1], pa.int64()), "INT64"), ("double", pa.array([1], pa.int64()), "INT64"),
     ("string", pa.array([1], pa.int32()), "INT32"), ("bigint", pa.array(["1"]), "BINARY"),
     ("bigint", pa.array([1.5]), "DOUBLE"), ("float", pa.array([1.5]), "DOUBLE"), ("timestamp", pa.array(["x"]), "BINARY")],
)  # fmt: skip
def test_a_file_of_another_type_is_bad_data(athena: Any, declared: str, values: Any, physical: str) -> None:
    athena.table("bad", {"id": "bigint", "x": declared})
    athena.put("bad/a.parquet", {"id": [1], "x": values})
    assert athena.reason("select x from bad") == (
        f"HIVE_BAD_DATA: Field x's type {physical} in parquet file s3://lake/bad/a.parquet is incompatible with type "
        f"{declared} defined in table schema"
    )
    assert athena.rows("select id from bad") == [["1"]]


def test_nested_types(athena: Any) -> None:
    athena.table("nested", {"tags": "array<string>", "geo": "struct<cc:string,n:int>", "m": "map<string,int>"})
    rows = {
        "tags": [["a", "b"]],
        "geo": [{"cc": "US", "n": 5}],
        "m": pa.array([[("k", 1)]], pa.map_(pa.string(), pa.int32())),
    }
    athena.put("nested/a.parquet", rows)
    assert athena.rows("select *, geo.cc, m['k'], cardinality(tags) from nested") == [
        ["[a, b]", "{cc=US, n=5}", "{k=1}", "US", "1", "2"]
    ]


def test_json_matches_keys_in_any_case_and_ignores_unknown_ones(athena: Any) -> None:
    athena.table(
        "j", {"id": "int", "eventtype": "string", "tags": "array<string>", "geo": "struct<cc:string>"}, "json"
    )
    lines = (
        b'{"ID": 1, "eventType": "x", "tags": ["a"], "geo": {"cc": "US"}}\n{"id": 2, "eventtype": 5, "extra": {}}\n'
    )
    athena.put("j/a.json", lines)
    athena.put("j/b.json.gz", gzip.compress(b'{"id": 3}\n'))
    assert athena.rows("select * from j order by id") == [
        ["1", "x", "[a]", "{cc=US}"], ["2", "5", None, None], ["3", None, None, None]
    ]  # fmt: skip


def test_malformed_json_fails_unless_it_is_ignored(athena: Any) -> None:
    body = b'{"id": 1}\n{"id": oops\n{"id": 2}\n'
    for name, serde in (("strict", {}), ("lenient", {"ignore.malformed.json": "true"})):
        athena.table(name, {"id": "int"}, "json", serde=serde)
        athena.put(f"{name}/a.json", body)
    assert athena.reason("select * from strict").startswith("HIVE_CURSOR_ERROR: ")
    assert list(athena.rows("select * from lenient where id is not null order by id")) == [["1"], ["2"]]


@pytest.mark.parametrize(("kind", "value"), [("int", "1.5"), ("int", '"x"'), ("double", '"x"'), ("boolean", '"x"')])
def test_json_value_of_another_type_is_bad_data(athena: Any, kind: str, value: str) -> None:
    athena.table("j", {"id": kind}, "json")
    athena.put("j/a.json", f'{{"id": {value}}}\n'.encode())
    assert athena.reason("select * from j").startswith("HIVE_BAD_DATA: ")


def test_lazy_simple_serde_knows_no_quotes_and_gives_null_for_what_does_not_parse(athena: Any) -> None:
    header = {"skip.header.line.count": "1"}
    athena.table(
        "t", {"id": "int", "name": "string", "v": "double"}, "text", parameters=header, serde={"field.delim": ","}
    )
    athena.put("t/a.csv", b'id,name,v\n1,"q",1.5\nNA,,NA\n3\n4,\\N,2,too,many\n2.5,x,1\n')
    assert athena.rows("select * from t") == [
        ["1", '"q"', "1.5"], [None, "", None], ["3", None, None], ["4", None, "2.0"], [None, "x", "1.0"]
    ]  # fmt: skip


def test_open_csv_serde_unquotes_and_fails_on_what_does_not_parse(athena: Any) -> None:
    header = {"skip.header.line.count": "1"}
    athena.table("c", {"id": "int", "name": "string"}, "csv", parameters=header, serde={"separatorChar": ","})
    athena.put("c/a.csv", b'id,name\n"1","a, ""b"""\n2,\n')
    assert athena.rows("select * from c") == [["1", 'a, "b"'], ["2", ""]]
    athena.put("c/b.csv", b"id,name\nNA,x\n")
    assert athena.reason("select * from c").startswith("HIVE_BAD_DATA: Error parsing field value 'NA'")
    assert athena.rows("select count(*) from c") == [["3"]]


def projection(**properties: str) -> dict[str, str]:
    return {"projection.enabled": "true", **{key.replace("__", "."): value for key, value in properties.items()}}


def test_projection_of_dates_numbers_and_enumerations(athena: Any) -> None:
    athena.table("projected", {"id": "bigint"}, keys={"day": "string", "hour": "int", "kind": "string"}, parameters=projection(
        projection__day__type="date", projection__day__format="yyyy/MM/dd", projection__day__range="2026/10/01,2026/10/03",
        projection__hour__type="integer", projection__hour__range="0,23", projection__hour__digits="2",
        projection__kind__type="enum", projection__kind__values="a,b",
        storage__location__template="s3://lake/projected/${day}/${hour}/${kind}/",
    ))  # fmt: skip
    athena.put("projected/2026/10/02/05/b/x.parquet", {"id": [1]})
    athena.put("projected/2026/10/09/05/b/x.parquet", {"id": [2]})
    assert athena.rows("select * from projected") == [["1", "2026/10/02", "5", "b"]]
    assert athena.rows("select count(*) from projected where day = '2026/10/02' and hour = 5 and kind = 'a'") == [
        ["0"]
    ]


def test_injected_projection_needs_its_value(athena: Any) -> None:
    athena.table(
        "injected",
        {"id": "bigint"},
        keys={"device": "string"},
        parameters=projection(projection__device__type="injected"),
    )
    athena.put("injected/device=x1/a.parquet", {"id": [1]})
    assert athena.rows("select id, device from injected where device = 'x1'") == [["1", "x1"]]
    assert athena.reason("select id from injected").startswith(
        "CONSTRAINT_VIOLATION: For the injected projected partition column device"
    )


def test_scanned_bytes_are_of_the_columns_that_are_read(athena: Any) -> None:
    athena.table("wide", {"a": "bigint", "b": "string"})
    athena.put("wide/x.parquet", {"a": [1] * 1000, "b": [f"text {at}" for at in range(1000)]})
    scanned = {
        sql: athena.execution(sql)["Statistics"]["DataScannedInBytes"]
        for sql in (
            "select count(*) from wide",
            "select max(a) from wide",
            "select max(b) from wide",
            "select * from wide",
        )
    }
    none, small, large, both = scanned.values()
    assert none == 0 < small < large < both
    assert both == small + large


def test_an_object_that_was_replaced_is_read_anew(athena: Any) -> None:
    athena.table("plain", {"id": "bigint"})
    athena.table("lines", {"id": "bigint"}, "text")
    for values in ([1], [2, 3], [4]):
        athena.put("plain/a.parquet", {"id": values})
        athena.put("lines/a.txt", "".join(f"{value}\n" for value in values).encode())
        for name in ("plain", "lines"):
            assert athena.rows(f"select id from {name} order by id") == [[str(value)] for value in values]
    athena.s3.delete_object(Bucket="lake", Key="plain/a.parquet")
    assert athena.rows("select id from plain") == []


def test_objects_beyond_the_memory_limit_are_read_from_s3(athena: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    kept, objects = (import_module(f"localcloud.athena.{name}") for name in ("loaded", "objects"))
    athena.days()
    loaded = athena.cloud.engines["athena"].engine.loaded
    monkeypatch.setattr(kept, "MAX_LOADED", 2000)
    assert athena.rows("select count(*), sum(id) from days") == [["30", "135"]]
    assert 0 < sum(loaded.get(f"lake/days/day=0{day}/part.parquet") is not None for day in (1, 2, 3)) < 3
    monkeypatch.setattr(objects, "MAX_SMALL", 10)
    assert athena.rows("select count(*), sum(id) from days") == [["30", "135"]]
    assert all(loaded.get(f"lake/days/day=0{day}/part.parquet") is None for day in (1, 2, 3))
