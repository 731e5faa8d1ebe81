"""The life of an execution, what a workgroup decides, and the results."""
# ruff: noqa: E501 - a statement is read best in one line

import csv
import io
import threading
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from moto.athena.models import athena_backends


def refused(call: Any, **given: Any) -> dict[str, Any]:
    with pytest.raises(ClientError) as failure:
        call(**given)
    return dict(failure.value.response["Error"])


def test_select_leaves_csv_and_pages_of_rows(athena: Any) -> None:
    execution = athena.execution(
        "select * from (values (1, 'a\"b', 1.5e0, true), (2, null, 2.5e10, false)) t(i, s, x, b)"
    )
    assert execution["StatementType"] == "DML"
    assert (
        execution["ResultConfiguration"]["OutputLocation"] == f"s3://results/out/{execution['QueryExecutionId']}.csv"
    )
    body = (
        athena.s3.get_object(Bucket="results", Key=f"out/{execution['QueryExecutionId']}.csv")["Body"].read().decode()
    )
    assert body == '"i","s","x","b"\n"1","a""b","1.5","true"\n"2",,"2.5E10","false"\n'
    assert list(csv.reader(io.StringIO(body)))[1] == ["1", 'a"b', "1.5", "true"]
    page = athena.client.get_query_results(QueryExecutionId=execution["QueryExecutionId"], MaxResults=2)
    assert [row["Data"][0]["VarCharValue"] for row in page["ResultSet"]["Rows"]] == ["i", "1"]
    assert [column["Type"] for column in page["ResultSet"]["ResultSetMetadata"]["ColumnInfo"]] == [
        "integer",
        "varchar",
        "double",
        "boolean",
    ]
    rest = athena.client.get_query_results(
        QueryExecutionId=execution["QueryExecutionId"], NextToken=page["NextToken"]
    )
    assert rest["ResultSet"]["Rows"] == [
        {"Data": [{"VarCharValue": "2"}, {}, {"VarCharValue": "2.5E10"}, {"VarCharValue": "false"}]}
    ]
    assert "NextToken" not in rest


def test_text_of_values(athena: Any) -> None:
    sql = ("select timestamp '2013-01-01 05:06:07.5', date '2013-01-02', 1.10, 1e-5, 12345678e0, 100e0, array['a', null], "
           "map(array['k'], array[1]), row(1, 'x'), array[cast(row(1.5e8, map(array['k'], array[date '2013-01-01'])) as row(\"a b\" double, c map(varchar, date)))], to_utf8('ab'), cast(null as bigint), "
           "timestamp '2013-01-01 00:00:00 UTC', sum(big) from (values cast(3 as bigint)) t(big)")  # fmt: skip
    assert athena.rows(sql) == [[
        "2013-01-01 05:06:07.500", "2013-01-02", "1.10", "1.0E-5", "1.2345678E7", "100.0", "[a, null]", "{k=1}",
        "{field0=1, field1=x}", "[{a b=1.5E8, c={k=2013-01-01}}]", "61 62", None, "2013-01-01 00:00:00.000 UTC", "3",
    ]]  # fmt: skip


def test_failure_says_why_and_has_no_results(athena: Any) -> None:
    execution = athena.execution("select nope from (values 1) t(x)")
    status = execution["Status"]
    assert status["State"] == "FAILED"
    assert status["StateChangeReason"].startswith("COLUMN_NOT_FOUND: line 1:8: Column 'nope' cannot be resolved")
    assert status["AthenaError"]["ErrorCategory"] == 2
    assert status["AthenaError"]["ErrorMessage"] == status["StateChangeReason"]
    error = refused(athena.client.get_query_results, QueryExecutionId=execution["QueryExecutionId"])
    assert error == {
        "Code": "InvalidRequestException",
        "Message": "Query did not finish successfully. Final query state: FAILED",
    }
    assert "Contents" not in athena.s3.list_objects_v2(Bucket="results")


@pytest.mark.parametrize(
    ("sql", "reason"),
    [
        ("select * from nowhere", "TABLE_NOT_FOUND: line 1:15: Table 'awsdatacatalog.d.nowhere' does not exist"),
        ("select * from nodb.t", "SCHEMA_NOT_FOUND: line 1:15: Schema 'nodb' does not exist"),
        ("select * from other.d.t", "CATALOG_NOT_FOUND"),
        ("selec 1", "SYNTAX_ERROR: line 1:1: mismatched input 'selec'"),
        ("merge into t using u on a = b when matched then delete", "NOT_SUPPORTED: the statement 'MERGE INTO'"),
        ("delete from t", "NOT_SUPPORTED: the statement 'DELETE FROM'"),
        ("pragma version", "NOT_SUPPORTED: the statement 'PRAGMA VERSION'"),
        ("copy t to 'x'", "NOT_SUPPORTED: the statement 'COPY T'"),
        ("select * from \"s3://lake/x.parquet\"", "TABLE_NOT_FOUND"),
        ("select * from '/etc/passwd'", "TABLE_NOT_FOUND"),
        ("-- only a comment", "SYNTAX_ERROR"),
    ],
)  # fmt: skip
def test_reason(athena: Any, sql: str, reason: str) -> None:
    assert athena.reason(sql).startswith(reason)


def test_input_is_checked_before_the_query_is_accepted(athena: Any) -> None:
    start, output = athena.client.start_query_execution, {"OutputLocation": "s3://results/"}
    assert refused(start, QueryString="select 1")["Message"].startswith("No output location provided.")
    assert refused(start, QueryString="select 1", WorkGroup="nope")["Message"] == "WorkGroup is not found."
    assert refused(start, QueryString="  ", ResultConfiguration=output)["Code"] == "InvalidRequestException"
    long = f"select '{'x' * 262_144}'"
    assert refused(start, QueryString=long, ResultConfiguration=output)["Code"] == "InvalidRequestException"
    assert (
        refused(athena.client.get_query_execution, QueryExecutionId="nope")["Message"]
        == "QueryExecution nope was not found"
    )


def test_parameters_are_literals(athena: Any) -> None:
    athena.days()
    sql = "select count(*) from days where day = ? and id > ?"
    assert athena.rows(sql, ExecutionParameters=["'02'", "6"]) == [["3"]]
    assert "Incorrect number of parameters: expected 2 but found 1" in athena.reason(
        sql, ExecutionParameters=["'02'"]
    )
    assert athena.reason("select 1 where 1 = ?").startswith("INVALID_PARAMETER_USAGE")


def test_the_same_token_is_the_same_execution(athena: Any) -> None:
    token = "t" * 40
    first = athena.start("select 1", ClientRequestToken=token)
    assert athena.start("select 1", ClientRequestToken=token) == first
    assert (
        refused(athena.start, sql="select 2", ClientRequestToken=token)["Message"]
        == "Idempotent parameters do not match"
    )


def test_stop_cancels_what_runs(athena: Any) -> None:
    many = "unnest(sequence(1, 10000))"  # as many as Trino makes
    running = athena.start(f"select count(*) from {many} a(x), {many} b(y), {many} c(z) where x * y * z % 7 = 1")
    athena.client.stop_query_execution(QueryExecutionId=running)
    assert athena.wait(running)["Status"]["State"] == "CANCELLED"
    backend = athena_backends[athena.cloud.account][athena.cloud.region]
    assert backend.executions[running].over.wait(60)  # 10^12 rows would take hours
    assert athena.rows("select 1") == [["1"]]
    done = athena.execution("select 1")["QueryExecutionId"]
    athena.client.stop_query_execution(QueryExecutionId=done)
    assert athena.wait(done)["Status"]["State"] == "SUCCEEDED"


def test_queries_of_several_threads(athena: Any) -> None:
    athena.days()
    found: dict[int, Any] = {}

    def ask(number: int) -> None:
        found[number] = athena.rows(f"select {number}, count(*) from days where day = '0{number % 3 + 1}'")

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {number: [[str(number), "10"]] for number in range(6)}


def workgroup(athena: Any, name: str, **configuration: Any) -> None:
    configuration.setdefault("ResultConfiguration", {"OutputLocation": "s3://results/wg/"})
    athena.client.create_work_group(Name=name, Configuration=configuration)


def test_enforced_workgroup_ignores_the_clients_location(athena: Any) -> None:
    workgroup(athena, "strict", EnforceWorkGroupConfiguration=True)
    workgroup(athena, "lax", EnforceWorkGroupConfiguration=False)
    given = {"ResultConfiguration": {"OutputLocation": "s3://results/mine"}}
    for name, prefix in (("strict", "wg"), ("lax", "mine")):
        execution = athena.execution("select 1", WorkGroup=name, **given)
        assert (
            execution["ResultConfiguration"]["OutputLocation"]
            == f"s3://results/{prefix}/{execution['QueryExecutionId']}.csv"
        )
        assert athena.s3.head_object(Bucket="results", Key=f"{prefix}/{execution['QueryExecutionId']}.csv")
        assert athena.client.list_query_executions(WorkGroup=name)["QueryExecutionIds"] == [
            execution["QueryExecutionId"]
        ]


def test_results_are_encrypted_as_the_workgroup_says(athena: Any) -> None:
    key = athena.cloud.client("kms").create_key()["KeyMetadata"]["Arn"]
    encryption = {"EncryptionOption": "SSE_KMS", "KmsKey": key}
    workgroup(
        athena,
        "secret",
        ResultConfiguration={"OutputLocation": "s3://results/wg/", "EncryptionConfiguration": encryption},
    )
    execution = athena.execution("create table t as select 1 a", WorkGroup="secret")
    assert execution["Status"]["State"] == "SUCCEEDED", execution["Status"]
    athena.execution("select 1", WorkGroup="secret")
    objects = athena.s3.list_objects_v2(Bucket="results", Prefix="wg/")["Contents"]
    assert len(objects) == 5
    for entry in objects:
        head = athena.s3.head_object(Bucket="results", Key=entry["Key"])
        assert (head["ServerSideEncryption"], head["SSEKMSKeyId"]) == ("aws:kms", key)


def test_cutoff_cancels_before_reading(athena: Any) -> None:
    workgroup(athena, "small", BytesScannedCutoffPerQuery=10_000_000)
    athena.table("big", {"line": "string"}, "text", keys={"day": "string"})
    for day, size in (("01", 11), ("02", 1)):
        athena.put(f"big/day={day}/a.txt", (b"x" * 99 + b"\n") * 10_000 * size)
        athena.partition("big", day, location=f"s3://lake/big/day={day}/")
    status = athena.execution("select count(*) from big", WorkGroup="small")["Status"]
    assert (status["State"], status["StateChangeReason"]) == ("CANCELLED", "Bytes scanned limit was exceeded")
    assert athena.rows("select count(*) from big where day = '02'", WorkGroup="small") == [["10000"]]
    assert athena.rows("select count(*) from big") == [["120000"]]
    unchecked = boto3.client(
        "athena",
        endpoint_url=athena.cloud.endpoint,
        region_name="us-east-1",
        config=Config(parameter_validation=False),
    )
    error = refused(unchecked.create_work_group, Name="tiny", Configuration={"BytesScannedCutoffPerQuery": 9_999_999})
    assert error["Code"] == "InvalidRequestException"


def test_update_workgroup(athena: Any) -> None:
    workgroup(athena, "w", BytesScannedCutoffPerQuery=20_000_000)
    athena.client.update_work_group(
        WorkGroup="w", Description="new", State="DISABLED",
        ConfigurationUpdates={
            "RemoveBytesScannedCutoffPerQuery": True,
            "PublishCloudWatchMetricsEnabled": True,
            "ResultConfigurationUpdates": {"OutputLocation": "s3://results/new/"},
        },
    )  # fmt: skip
    found = athena.client.get_work_group(WorkGroup="w")["WorkGroup"]
    assert (found["Description"], found["State"]) == ("new", "DISABLED")
    configuration = found["Configuration"]
    assert "BytesScannedCutoffPerQuery" not in configuration
    assert configuration["PublishCloudWatchMetricsEnabled"] is True
    assert configuration["ResultConfiguration"] == {"OutputLocation": "s3://results/new/"}
    assert (
        refused(athena.client.start_query_execution, QueryString="select 1", WorkGroup="w")["Message"]
        == "WorkGroup w is disabled."
    )


def test_delete_workgroup(athena: Any) -> None:
    workgroup(athena, "w")
    athena.client.create_named_query(Name="n", Database="d", QueryString="select 1", WorkGroup="w")
    assert refused(athena.client.delete_work_group, WorkGroup="w")["Message"] == "WorkGroup w is not empty"
    athena.client.delete_work_group(WorkGroup="w", RecursiveDeleteOption=True)
    assert [group["Name"] for group in athena.client.list_work_groups()["WorkGroups"]] == ["primary"]
    assert refused(athena.client.get_work_group, WorkGroup="w")["Message"] == "WorkGroup is not found."
    assert refused(athena.client.delete_work_group, WorkGroup="primary")["Code"] == "InvalidRequestException"


def test_named_queries(athena: Any) -> None:
    client = athena.client
    created = client.create_named_query(Name="n", Database="d", QueryString="select 1", Description="one")[
        "NamedQueryId"
    ]
    client.update_named_query(NamedQueryId=created, Name="m", QueryString="select 2")
    found = client.batch_get_named_query(NamedQueryIds=[created, "nope"])
    assert [(query["Name"], query["QueryString"], query["Description"]) for query in found["NamedQueries"]] == [
        ("m", "select 2", "one")
    ]
    assert [query["NamedQueryId"] for query in found["UnprocessedNamedQueryIds"]] == ["nope"]
    assert athena.rows(found["NamedQueries"][0]["QueryString"]) == [["2"]]
    client.delete_named_query(NamedQueryId=created)
    assert client.list_named_queries()["NamedQueryIds"] == []
    assert refused(client.get_named_query, NamedQueryId=created)["Message"] == f"NamedQuery {created} was not found"


def test_prepared_statements(athena: Any) -> None:
    athena.days()
    client = athena.client
    athena.rows("prepare by_day from select count(*) from days where day = ? and id > ?")
    assert athena.rows("execute by_day using '01', 7") == [["2"]]
    assert athena.rows("execute by_day", ExecutionParameters=["'01'", "8"]) == [["1"]]
    assert (
        client.get_prepared_statement(StatementName="by_day", WorkGroup="primary")["PreparedStatement"][
            "WorkGroupName"
        ]
        == "primary"
    )
    client.update_prepared_statement(StatementName="by_day", WorkGroup="primary", QueryStatement="select 5")
    assert athena.rows("execute by_day") == [["5"]]
    assert [
        item["StatementName"] for item in client.list_prepared_statements(WorkGroup="primary")["PreparedStatements"]
    ] == ["by_day"]
    athena.rows("deallocate prepare by_day")
    assert athena.reason("execute by_day") == "NOT_FOUND: Prepared statement not found: by_day"
    error = refused(client.get_prepared_statement, StatementName="by_day", WorkGroup="primary")
    assert error["Code"] == "ResourceNotFoundException"


def test_batch_get_and_statistics(athena: Any) -> None:
    execution = athena.execution("select 1")
    found = athena.client.batch_get_query_execution(QueryExecutionIds=[execution["QueryExecutionId"], "nope"])
    assert found["QueryExecutions"][0]["Status"]["State"] == "SUCCEEDED"
    assert found["UnprocessedQueryExecutionIds"][0]["QueryExecutionId"] == "nope"
    statistics = execution["Statistics"]
    assert statistics["TotalExecutionTimeInMillis"] >= statistics["EngineExecutionTimeInMillis"] >= 0
    assert execution["Status"]["CompletionDateTime"] >= execution["Status"]["SubmissionDateTime"]


def test_metadata_is_glues(athena: Any) -> None:
    athena.days()
    client = athena.client
    found = client.get_table_metadata(CatalogName="AwsDataCatalog", DatabaseName="d", TableName="days")[
        "TableMetadata"
    ]
    assert found["Columns"] == [{"Name": "id", "Type": "bigint"}, {"Name": "v", "Type": "double"}]
    assert found["PartitionKeys"] == [{"Name": "day", "Type": "string"}]
    assert [item["Name"] for item in client.list_databases(CatalogName="AwsDataCatalog")["DatabaseList"]] == ["d"]
    tables = client.list_table_metadata(CatalogName="AwsDataCatalog", DatabaseName="d")["TableMetadataList"]
    assert [item["Name"] for item in tables] == ["days"]
    error = refused(client.get_table_metadata, CatalogName="AwsDataCatalog", DatabaseName="d", TableName="nope")
    assert error["Code"] == "MetadataException"


def test_reset_forgets(athena: Any) -> None:
    execution = athena.start("select 1")
    athena.cloud.reset()
    assert refused(athena.client.get_query_execution, QueryExecutionId=execution)["Code"] == "InvalidRequestException"
