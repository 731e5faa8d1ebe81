"""A cloud with a lake bucket, a results bucket and a database, and short ways to fill and to ask it."""

import io
import time
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from localcloud import LocalCloud

SERDES = {
    "parquet": "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe",
    "json": "org.openx.data.jsonserde.JsonSerDe",
    "text": "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe",
    "csv": "org.apache.hadoop.hive.serde2.OpenCSVSerde",
}


class Athena:
    """Athena of a fresh cloud; database ``d``, buckets ``lake`` and ``results``."""

    def __init__(self, cloud: LocalCloud) -> None:
        self.cloud = cloud
        self.s3, self.glue, self.client = (cloud.client(name) for name in ("s3", "glue", "athena"))
        for bucket in ("lake", "results"):
            self.s3.create_bucket(Bucket=bucket)
        self.glue.create_database(DatabaseInput={"Name": "d"})

    def start(self, sql: str, **given: Any) -> str:
        if "WorkGroup" not in given:
            given.setdefault("ResultConfiguration", {"OutputLocation": "s3://results/out/"})
        given.setdefault("QueryExecutionContext", {"Database": "d"})
        return str(self.client.start_query_execution(QueryString=sql, **given)["QueryExecutionId"])

    def wait(self, execution: str) -> dict[str, Any]:
        end = time.monotonic() + 60
        while time.monotonic() < end:
            found = self.client.get_query_execution(QueryExecutionId=execution)["QueryExecution"]
            if found["Status"]["State"] in ("SUCCEEDED", "FAILED", "CANCELLED"):
                return dict(found)
        raise AssertionError("the query did not end within a minute")

    def execution(self, sql: str, **given: Any) -> dict[str, Any]:
        return self.wait(self.start(sql, **given))

    def rows(self, sql: str, **given: Any) -> list[list[str | None]]:
        """Rows of a statement that must succeed, without the header of a SELECT."""
        found = self.execution(sql, **given)
        assert found["Status"]["State"] == "SUCCEEDED", found["Status"].get("StateChangeReason")
        pages = self.client.get_paginator("get_query_results").paginate(QueryExecutionId=found["QueryExecutionId"])
        rows = [
            [cell.get("VarCharValue") for cell in row["Data"]] for page in pages for row in page["ResultSet"]["Rows"]
        ]
        return rows[1:] if found["StatementType"] == "DML" else rows

    def reason(self, sql: str, **given: Any) -> str:
        """Why a statement that must fail fails."""
        found = self.execution(sql, **given)
        assert found["Status"]["State"] == "FAILED", found["Status"]
        return str(found["Status"]["StateChangeReason"])

    def put(self, key: str, body: bytes | dict[str, Any] | pa.Table) -> None:
        """An object in the lake; a dict of columns or a table is written as Parquet."""
        if not isinstance(body, bytes):
            out = io.BytesIO()
            pq.write_table(pa.table(body), out)
            body = out.getvalue()
        self.s3.put_object(Bucket="lake", Key=key, Body=body)

    def table(
        self, name: str, columns: dict[str, str], kind: str = "parquet", *, keys: dict[str, str] | None = None,
        parameters: dict[str, str] | None = None, serde: dict[str, str] | None = None,
    ) -> None:  # fmt: skip
        self.glue.create_table(DatabaseName="d", TableInput={
            "Name": name,
            "TableType": "EXTERNAL_TABLE",
            "Parameters": parameters or {},
            "PartitionKeys": [{"Name": key, "Type": value} for key, value in (keys or {}).items()],
            "StorageDescriptor": {
                "Columns": [{"Name": key, "Type": value} for key, value in columns.items()],
                "Location": f"s3://lake/{name}/",
                "SerdeInfo": {"SerializationLibrary": SERDES[kind], "Parameters": serde or {}},
            },
        })  # fmt: skip

    def partition(self, table: str, *values: str, location: str) -> None:
        self.glue.create_partition(DatabaseName="d", TableName=table, PartitionInput={
            "Values": list(values), "StorageDescriptor": {"Location": location},
        })  # fmt: skip

    def days(self) -> None:
        """Table ``days``: three days of Parquet, ids 0 to 9 on each."""
        self.table("days", {"id": "bigint", "v": "double"}, keys={"day": "string"})
        for day in ("01", "02", "03"):
            self.put(f"days/day={day}/part.parquet", {"id": list(range(10)), "v": [int(day) * 1.0] * 10})
            self.partition("days", day, location=f"s3://lake/days/day={day}/")


@pytest.fixture
def athena(cloud: LocalCloud) -> Athena:
    return Athena(cloud)
