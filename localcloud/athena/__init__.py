"""Athena: SQL really runs, on DuckDB, over the tables of the Glue catalog and the objects in S3.

What Athena would refuse fails, with its error name; what DuckDB would do otherwise than Trino is translated or
refused; what is not done says so (``… is not supported by the local Athena``).
"""

from localcloud.athena import api, control, metadata  # noqa: F401 - importing registers the patches
from localcloud.athena.service import AthenaService
from localcloud.cloud import Cloud

TITLE = "Athena"
REAL = (
    "SELECT, WITH, VALUES with `?` parameters over Parquet, JSON (OpenX and Hive SerDe), CSV "
    "(LazySimpleSerDe, OpenCSVSerde), gzip; views; partitions of the catalog and projected ones (enum, "
    "integer, date, injected), of which only those the query needs are listed and read",
    "CREATE TABLE AS, INSERT INTO, UNLOAD, CREATE EXTERNAL TABLE, CREATE and DROP of databases, tables "
    "and views, ALTER TABLE (partitions, columns, location, properties), MSCK REPAIR, SHOW, DESCRIBE, "
    "PREPARE, EXECUTE, DEALLOCATE",
    "Trino's semantics where DuckDB's differ (integer and decimal division, strict casts, no implicit "
    "conversion of strings, NULL order, array subscripts, date functions); a function or syntax that "
    "Trino lacks fails",
    "a query that S3 or the catalog throttled to the last attempt fails as Athena's does, and is Retryable",
    "workgroups: enforced settings, result location and encryption, bytes cutoff, state; result objects, "
    "data manifest, paging; StateChangeReason and AthenaError; StopQueryExecution; named queries and "
    "prepared statements",
    "bounds: a query runs in a process of its own; one that needs more memory than query_memory (LocalCloud's, an "
    "eighth of the machine's and at most 2 GiB by default) or more time than Athena's half hour ends FAILED with "
    "Athena's reason, and the cloud goes on; sequence, repeat and padding refuse what Trino refuses; 200 queries "
    "queued and running",
    "boto3, awswrangler (CSV, CTAS and UNLOAD reading) and PyAthena (cursor, pandas cursor) work unchanged",
)
DIFFERENT = (
    "Iceberg, MERGE, DELETE, UPDATE, EXPLAIN, bucketing, ORC, Avro, federated catalogs, client-side "
    "encryption, managed results and capacity reservations are not done; statements and functions not "
    "done are FAILED with NOT_SUPPORTED",
    "no text of a wrong query is refused by StartQueryExecution itself: it is accepted and FAILED",
    "approx_distinct and approx_percentile are exact; regular expressions are RE2's (no look-around, no "
    "back-references)",
    "a result may take half of the memory of a query; recursive queries end by the bounds, not at Trino's depth of 10; "
    "calls of names of types (date(date(…))) nested deeper than 8 are NOT_SUPPORTED",
    "a timestamp with another time zone than UTC cannot be a value, only be cast or taken apart",
    "DataScannedInBytes is the compressed size of the Parquet columns read, or the size of the text "
    "objects read; there is no minimum of 10 MB a query, and the cutoff stops a query before it reads",
    "partitions are pruned by conditions in the SELECT that reads the table, not by those on a view or "
    "subquery over it",
    "the `.metadata` objects beside results are empty; numbers of AthenaError.ErrorType are approximate",
    "PyAthena's Arrow cursor reads S3 by its own client, which takes no endpoint: it does not work locally",
)


def engine(cloud: Cloud) -> AthenaService:
    """The part with a life of its own."""
    return AthenaService(cloud)
