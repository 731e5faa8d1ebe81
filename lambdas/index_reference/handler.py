"""A reference file that comes into the lake is put into the table of features, row by row.

The rows are those that curation joins (`processing.glue.curation.conform_reference`): typed by the contract, what does
not fit is missing, and one a key. Whatever is there is overwritten, so a file may come twice; rows that a newer file
no longer has stay.
"""

import csv
import io
import os
from typing import Any

import boto3
from botocore.config import Config

from contracts import load
from datasets.online import online_of
from lambdas.dynamodb import CONNECTIONS, Table
from lambdas.index_reference.rows import conformed
from lambdas.log import log

_contract = load(os.environ["DATASET"])
_tables = {
    _contract.table(name).location: _contract.table(name) for name in online_of(os.environ["DATASET"]).REFERENCE
}


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Index the file of an ``Object Created`` event; answers how many rows it has.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html
    """
    bucket, key = event["detail"]["bucket"]["name"], event["detail"]["object"]["key"]
    table = _tables.get(key.rpartition("/")[0])
    if table is None:
        log("INFO", "no reference that is looked up", key=key)
        return {"table": None, "rows": 0}
    text = boto3.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read().decode("utf-8")
    dynamodb = boto3.client("dynamodb", config=Config(max_pool_connections=CONNECTIONS))
    rows = Table(dynamodb, os.environ["FEATURES_TABLE"]).write(conformed(table, csv.DictReader(io.StringIO(text))))
    log("INFO", "reference indexed", key=key, table=table.name, rows=rows)
    return {"table": table.name, "rows": rows}
