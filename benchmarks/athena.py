"""Named queries through Athena's API against bare DuckDB on the same objects."""

import os

import duckdb
import sqlglot
from fsspec.implementations.arrow import ArrowFSWrapper
from pyarrow.fs import S3FileSystem

from benchmarks.measure import Ratio, seconds
from cli.deployment import Outputs
from cli.lake.athena import named_queries, run_query

REPEAT = 3
ON_FLIGHTS = ("delay_by_carrier", "delay_by_hour", "delay_by_origin", "worst_routes", "weather_against_delay")


def measure(names: Outputs) -> Ratio:
    """Seconds for all queries on the curated table, one after the other, results fetched."""
    queries = {name: sql for name, sql in named_queries(names.work_group).items() if name in ON_FLIGHTS}
    bare = _duckdb(names.lake_bucket)
    translated = [sqlglot.transpile(sql, read="athena", write="duckdb")[0] for sql in queries.values()]
    peer = seconds(lambda: [bare.execute(sql).fetchall() for sql in translated], REPEAT) / len(queries)
    ours = seconds(
        lambda: [run_query(sql, names.work_group, names.database) for sql in queries.values()], REPEAT
    ) / len(queries)
    how = (
        f"mean of {len(queries)} named queries on 31 objects, best of {REPEAT}; ours with result file and polling, its "
        "small objects in memory after the first read"
    )
    return Ratio("Athena query", ours, "bare DuckDB", peer, "s", "≤ 1.5 and 0.3 s more", how)


class S3(ArrowFSWrapper):  # type: ignore[misc]
    """Arrow's S3 client under the name that DuckDB looks for."""

    protocol = "s3"


def _duckdb(bucket: str) -> duckdb.DuckDBPyConnection:
    filesystem = S3FileSystem(
        endpoint_override=os.environ["AWS_ENDPOINT_URL"].removeprefix("http://"),
        scheme="http",
        access_key="testing",
        secret_key="testing",  # noqa: S106 - moto takes any
        region="us-east-1",
    )
    connection = duckdb.connect()
    connection.register_filesystem(S3(filesystem))
    connection.execute(
        f"CREATE VIEW flights AS SELECT * FROM "
        f"read_parquet('s3://{bucket}/curated/flights/month=*/day=*/*.parquet', hive_partitioning = true)"
    )
    return connection
