"""Run SQL in the deployed Athena workgroup."""

import time
from dataclasses import dataclass
from typing import Any

from cli.errors import UserError

POLL_SECONDS = 0.05
MAX_POLL_SECONDS = 1.0


@dataclass(frozen=True)
class QueryResult:
    """Rows as Athena returns them: text, or None for NULL. ``scanned`` is in bytes, ``seconds`` is wall-clock."""

    columns: list[str]
    rows: list[list[str | None]]
    seconds: float
    scanned: int


def run_query(sql: str, workgroup: str, database: str) -> QueryResult:
    """Run one statement to its end. Raises UserError with Athena's reason when it does not succeed."""
    import boto3  # noqa: PLC0415 - keeps `--help` fast

    client = boto3.client("athena")
    began = time.monotonic()
    query_id = client.start_query_execution(
        QueryString=sql, WorkGroup=workgroup, QueryExecutionContext={"Database": database}
    )["QueryExecutionId"]
    try:
        execution = _wait(client, query_id)
    except KeyboardInterrupt:
        client.stop_query_execution(QueryExecutionId=query_id)
        raise
    seconds = time.monotonic() - began
    status = execution["Status"]
    if status["State"] != "SUCCEEDED":
        raise UserError(f"the query {status['State'].lower()}: {status.get('StateChangeReason', 'no reason given')}")
    columns: list[str] = []
    rows: list[list[str | None]] = []
    for page in client.get_paginator("get_query_results").paginate(QueryExecutionId=query_id):
        columns = [column["Name"] for column in page["ResultSet"]["ResultSetMetadata"]["ColumnInfo"]]
        rows += [[cell.get("VarCharValue") for cell in row["Data"]] for row in page["ResultSet"]["Rows"]]
    if rows and rows[0] == columns:  # Athena's first row of a SELECT is its header
        rows = rows[1:]
    return QueryResult(columns, rows, seconds, execution.get("Statistics", {}).get("DataScannedInBytes", 0))


def named_queries(workgroup: str) -> dict[str, str]:
    """The workgroup's named queries, ``{name: SQL}``, in the order of their names."""
    import boto3  # noqa: PLC0415 - keeps `--help` fast

    client = boto3.client("athena")
    ids = [
        query_id
        for page in client.get_paginator("list_named_queries").paginate(WorkGroup=workgroup)
        for query_id in page["NamedQueryIds"]
    ]
    queries = [client.get_named_query(NamedQueryId=query_id)["NamedQuery"] for query_id in ids]
    return {query["Name"]: query["QueryString"] for query in sorted(queries, key=lambda query: query["Name"])}


def _wait(client: Any, query_id: str) -> dict[str, Any]:
    pause = POLL_SECONDS
    while True:
        execution: dict[str, Any] = client.get_query_execution(QueryExecutionId=query_id)["QueryExecution"]
        if execution["Status"]["State"] not in ("QUEUED", "RUNNING"):
            return execution
        time.sleep(pause)
        pause = min(pause * 1.5, MAX_POLL_SECONDS)
