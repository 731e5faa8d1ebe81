"""Statements that change the catalog or write objects."""
# ruff: noqa: E501 - a statement is read best in one line

import gzip
import json
from typing import Any

import pytest


def keys(athena: Any, bucket: str, prefix: str) -> list[str]:
    return [entry["Key"] for entry in athena.s3.list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents", [])]


def test_create_table_as(athena: Any) -> None:
    athena.days()
    execution = athena.execution(
        "create table copy with (format = 'PARQUET', write_compression = 'SNAPPY', external_location = 's3://lake/copy/', "
        "partitioned_by = array['day']) as select id, sum(v) total, day from days where day < '03' group by id, day"
    )
    assert execution["Status"]["State"] == "SUCCEEDED", execution["Status"]
    assert (execution["StatementType"], execution["SubstatementType"]) == ("DDL", "CREATE_TABLE_AS_SELECT")
    manifest = execution["Statistics"]["DataManifestLocation"]
    assert manifest == f"s3://results/out/tables/{execution['QueryExecutionId']}-manifest.csv"
    body = athena.s3.get_object(Bucket="results", Key=manifest.removeprefix("s3://results/"))["Body"].read().decode()
    assert sorted(body.split()) == [f"s3://lake/{key}" for key in keys(athena, "lake", "copy/")]
    assert athena.rows("select day, count(*), sum(total) from copy group by day order by day") == [
        ["01", "10", "10.0"], ["02", "10", "20.0"]
    ]  # fmt: skip
    assert athena.rows("show partitions copy") == [["day=01"], ["day=02"]]
    assert athena.rows("select count(*) from copy where day = '01'") == [["10"]]
    assert "already exists" in athena.reason("create table copy as select 1 a")
    assert athena.reason("create table c2 with (external_location = 's3://lake/copy/') as select 1 a").startswith(
        "HIVE_PATH_ALREADY_EXISTS"
    )


@pytest.mark.parametrize(
    ("sql", "reason"),
    [
        ("create table t as select 1", "MISSING_COLUMN_NAME: Column name not specified at position 1"),
        ("create table t as select 1 a, 2 a", "DUPLICATE_COLUMN_NAME"),
        ("create table t with (format = 'ORC') as select 1 a", "NOT_SUPPORTED"),
        ("create table t with (bucketed_by = array['a'], bucket_count = 2) as select 1 a", "NOT_SUPPORTED: the table property 'bucketed_by'"),
        ("create table t with (table_type = 'ICEBERG') as select 1 a", "NOT_SUPPORTED: the table type ICEBERG"),
        ("create table t with (partitioned_by = array['a']) as select 1 a, 2 b", "HIVE_COLUMN_ORDER_MISMATCH"),
        ("create table t with (partitioned_by = array['a']) as select 1 b, x as a from unnest(sequence(1, 101)) as s(x)",
         "HIVE_TOO_MANY_OPEN_PARTITIONS: Exceeded limit of 100 open writers"),
        ("create table t as select nope from (values 1) v(x)", "COLUMN_NOT_FOUND"),
        ("create table nodb.t as select 1 a", "SCHEMA_NOT_FOUND"),
        ("create table t as select now() a", "NOT_SUPPORTED: a Hive column of type 'timestamp(3) with time zone'"),
        ("create table t (a int) with (table_type = 'ICEBERG')", "NOT_SUPPORTED"),
    ],
)  # fmt: skip
def test_create_table_as_that_fails(athena: Any, sql: str, reason: str) -> None:
    assert athena.reason(sql).startswith(reason)
    assert athena.glue.get_tables(DatabaseName="d")["TableList"] == []


def test_external_location_is_refused_where_the_workgroup_decides(athena: Any) -> None:
    athena.client.create_work_group(
        Name="strict", Configuration={"ResultConfiguration": {"OutputLocation": "s3://results/wg/"}}
    )
    sql = "create table t with (external_location = 's3://lake/t/') as select 1 a"
    assert "enforces a centralized output location" in athena.reason(sql, WorkGroup="strict")
    execution = athena.execution("create table t as select 1 a", WorkGroup="strict")
    assert keys(athena, "results", f"wg/tables/{execution['QueryExecutionId']}/") != []
    assert athena.rows("select * from t", WorkGroup="strict") == [["1"]]


def test_insert(athena: Any) -> None:
    athena.days()
    athena.rows("insert into days select 100, 5, '09'")
    athena.rows("insert into days (day, id) values ('09', 101)")
    assert athena.rows("select id, v, day from days where day = '09' order by id") == [
        ["100", "5.0", "09"],
        ["101", None, "09"],
    ]
    assert len(keys(athena, "lake", "days/day=09/")) == 2
    reason = athena.reason("insert into days select 'x', 1e0, '09'")
    assert reason.startswith(
        "TYPE_MISMATCH: Insert query has mismatched column types: Table: [bigint, double, string]"
    )
    assert athena.reason("insert into days select 1").startswith("TYPE_MISMATCH")
    assert athena.reason("insert into days (nope) select 1").startswith("COLUMN_NOT_FOUND")


def test_insert_into_text_and_json(athena: Any) -> None:
    athena.table("t", {"a": "int", "s": "string"}, "text", serde={"field.delim": ","})
    athena.table("j", {"a": "int", "s": "string"}, "json")
    for name in ("t", "j"):
        athena.rows(f"insert into {name} values (1, 'x'), (2, null)")
        assert athena.rows(f"select * from {name} order by a") == [["1", "x"], ["2", None]]


def test_unload(athena: Any) -> None:
    athena.days()
    execution = athena.execution(
        "unload (select id, day from days where day = '01' and id < 2 order by id) to 's3://lake/out/' with (format = 'JSON')"
    )
    assert execution["Status"]["State"] == "SUCCEEDED", execution["Status"]
    (key,) = keys(athena, "lake", "out/")
    body = gzip.decompress(athena.s3.get_object(Bucket="lake", Key=key)["Body"].read())
    assert [json.loads(line) for line in body.splitlines()] == [{"id": 0, "day": "01"}, {"id": 1, "day": "01"}]
    assert execution["Statistics"]["DataManifestLocation"].endswith("-manifest.csv")
    assert athena.reason("unload (select 1 a) to 's3://lake/out/' with (format = 'PARQUET')").startswith(
        "HIVE_PATH_ALREADY_EXISTS"
    )
    assert athena.reason("unload (select 1 a) to 's3://lake/out2/' with (format = 'AVRO')").startswith(
        "NOT_SUPPORTED"
    )


def test_views(athena: Any) -> None:
    athena.days()
    athena.rows("create view totals as select day, sum(v) total from days group by day")
    athena.rows("create or replace view doubled as select day, total * 2 as twice from totals")
    assert athena.rows("select twice from doubled where day = '02'") == [["40.0"]]
    assert athena.reason("create view totals as select 1 a").startswith("TABLE_ALREADY_EXISTS")
    assert athena.reason("create view v as select 1").startswith("MISSING_COLUMN_NAME")
    assert athena.reason("create view v as select nope from days").startswith("COLUMN_NOT_FOUND")
    raw = athena.glue.get_table(DatabaseName="d", Name="totals")["Table"]
    assert raw["TableType"] == "VIRTUAL_VIEW"
    assert raw["ViewOriginalText"].startswith("/* Presto View: ")
    assert athena.rows("show views") == [["doubled"], ["totals"]]
    athena.rows("drop view totals")
    assert athena.reason("select * from doubled").startswith("TABLE_NOT_FOUND")
    assert athena.reason("drop table doubled").startswith("FAILED: SemanticException")


def test_ddl_of_tables(athena: Any) -> None:
    athena.put("ext/d=2026-10-01/a.csv", b"a;b\n1;x\n")
    athena.rows(
        "CREATE EXTERNAL TABLE IF NOT EXISTS `d`.`ext` (`a` int COMMENT 'first', b string)\nPARTITIONED BY (d string)\n"
        "ROW FORMAT DELIMITED FIELDS TERMINATED BY ';'\nSTORED AS TEXTFILE\nLOCATION 's3://lake/ext/'\n"
        "TBLPROPERTIES ('skip.header.line.count' = '1')"
    )
    assert athena.rows("select * from ext") == []
    assert athena.rows("msck repair table ext") == [["Repair: Added partition to metastore ext:d=2026-10-01"]]
    assert athena.rows("select * from ext") == [["1", "x", "2026-10-01"]]
    athena.rows("alter table ext add partition (d = '2026-10-02') location 's3://lake/other/'")
    assert athena.rows("show partitions ext") == [["d=2026-10-01"], ["d=2026-10-02"]]
    assert "already exists" in athena.reason("alter table ext add partition (d = '2026-10-02')")
    athena.rows("alter table ext add if not exists partition (d = '2026-10-02')")
    athena.rows("alter table ext drop partition (d = '2026-10-02')")
    athena.rows("alter table ext add columns (c double)")
    assert athena.rows("select * from ext") == [["1", "x", None, "2026-10-01"]]
    assert [row[0].split("\t")[0].strip() for row in athena.rows("describe ext")][:4] == ["a", "b", "c", "d"]
    assert athena.rows("show columns in ext")[0] == [f"{'a':<20}"]
    statement = "\n".join(row[0] for row in athena.rows("show create table ext"))
    athena.rows("drop table ext")
    assert keys(athena, "lake", "ext/") == ["ext/d=2026-10-01/a.csv"]
    athena.rows(statement.replace("`d.ext`", "`d`.`ext`"))
    athena.rows("msck repair table ext")
    assert athena.rows("select a, b from ext") == [["1", "x"]]


def test_create_external_parquet_and_what_is_refused(athena: Any) -> None:
    athena.put("p/a.parquet", {"a": [1]})
    athena.rows("create external table p (a bigint) stored as parquet location 's3://lake/p/'")
    assert athena.rows("select * from p") == [["1"]]
    assert athena.reason("create external table p (a bigint) stored as parquet location 's3://lake/p/'").startswith(
        "FAILED:"
    )
    assert athena.reason("create external table q (a int) stored as orc location 's3://lake/p/'").startswith(
        "NOT_SUPPORTED: STORED AS ORC"
    )
    assert athena.reason("create external table q (a int)").startswith("FAILED: SemanticException")
    clustered = "create external table q (a int) clustered by (a) into 2 buckets location 's3://lake/p/'"
    assert athena.reason(clustered).startswith("NOT_SUPPORTED: the clause 'clustered by")


def test_databases(athena: Any) -> None:
    athena.rows("create database if not exists other comment 'x' location 's3://lake/other/'")
    assert athena.rows("show databases") == [["d"], ["other"]]
    assert "already exists" in athena.reason("create schema other")
    athena.rows("create table other.t as select 1 a")
    assert athena.rows("show tables in other") == [["t"]]
    assert athena.rows("select a from other.t") == [["1"]]
    assert athena.rows('select a from "AwsDataCatalog"."other"."t"') == [["1"]]
    assert "not empty" in athena.reason("drop database other")
    athena.rows("drop database other cascade")
    assert athena.rows("show databases like 'o*'") == []
    assert "does not exist" in athena.reason("drop database other")
    athena.rows("drop database if exists other")
