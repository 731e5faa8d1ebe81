"""A lake, a stream, and delivery streams made of a few words."""

import base64
import gzip
import io
import json
import time
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pyarrow.parquet as pq
import pytest

from localcloud import LocalCloud

ROLE = "arn:aws:iam::123456789012:role/delivery"
STREAM = "arn:aws:kinesis:us-east-1:123456789012:stream/events"
ERRORS = "errors/!{firehose:error-output-type}/"


@dataclass
class Lake:
    """What lies in the bucket."""

    s3: Any
    bucket: str = "lake"

    def until(self, condition: Callable[[], Any], seconds: float = 30) -> None:
        """Wait until a condition holds."""
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, "it did not happen"
            time.sleep(0.05)

    def keys(self, prefix: str = "") -> list[str]:
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=prefix)
        return [item["Key"] for page in pages for item in page.get("Contents", [])]

    def body(self, key: str) -> bytes:
        data: bytes = self.s3.get_object(Bucket=self.bucket, Key=key)["Body"].read()
        return gzip.decompress(data) if key.endswith(".gz") else data

    def text(self, prefix: str = "") -> str:
        return b"".join(self.body(key) for key in self.keys(prefix)).decode()

    def rows(self, prefix: str = "") -> list[dict[str, Any]]:
        return [row for key in self.keys(prefix) for row in pq.read_table(io.BytesIO(self.body(key))).to_pylist()]

    def errors(self, kind: str) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.text(f"errors/{kind}").splitlines()]

    def raw_errors(self, kind: str) -> list[bytes]:
        return [base64.b64decode(line["rawData"]) for line in self.errors(kind)]


@pytest.fixture
def lake(cloud: LocalCloud) -> Lake:
    cloud.client("s3").create_bucket(Bucket="lake")
    cloud.client("iam").create_role(RoleName="delivery", AssumeRolePolicyDocument="{}")
    return Lake(cloud.client("s3"))


@pytest.fixture
def send(cloud: LocalCloud, lake: Lake) -> Callable[..., None]:
    """Put records into the Kinesis stream "events", which has two shards."""
    kinesis = cloud.client("kinesis")
    kinesis.create_stream(StreamName="events", ShardCount=2)

    def put(*data: Any, key: str | None = None) -> None:
        items = [item if isinstance(item, bytes) else json.dumps(item).encode() + b"\n" for item in data]
        for start in range(0, len(items), 500):
            records = [
                {"Data": item, "PartitionKey": key or str(start + n)}
                for n, item in enumerate(items[start : start + 500])
            ]
            assert kinesis.put_records(StreamName="events", Records=records)["FailedRecordCount"] == 0

    return put


@pytest.fixture
def function(cloud: LocalCloud, lake: Lake) -> Callable[..., dict[str, Any]]:
    """A Lambda processor whose function has this body for ``event`` and ``records``; its configuration."""

    def create(code: str, name: str = "transform", timeout: int = 30, **parameters: Any) -> dict[str, Any]:
        sink = io.BytesIO()
        with zipfile.ZipFile(sink, "w") as archive:
            archive.writestr("index.py", code)
        arn = cloud.client("lambda").create_function(
            FunctionName=name, Runtime="python3.13", Role=ROLE, Handler="index.handler", Timeout=timeout,
            Code={"ZipFile": sink.getvalue()},
        )["FunctionArn"]  # fmt: skip
        given = {"LambdaArn": arn, "BufferIntervalInSeconds": "3"} | {k: str(v) for k, v in parameters.items()}
        values = [{"ParameterName": name, "ParameterValue": value} for name, value in given.items()]
        return {"Enabled": True, "Processors": [{"Type": "Lambda", "Parameters": values}]}

    return create


@pytest.fixture
def table(cloud: LocalCloud) -> Callable[..., dict[str, Any]]:
    """A Glue table ``db.t`` with these columns; the conversion to Parquet by it."""

    def create(columns: dict[str, str], **openx: Any) -> dict[str, Any]:
        glue = cloud.client("glue")
        glue.create_database(DatabaseInput={"Name": "db"})
        described = [{"Name": name, "Type": kind} for name, kind in columns.items()]
        glue.create_table(DatabaseName="db", TableInput={"Name": "t", "StorageDescriptor": {"Columns": described}})
        return {
            "Enabled": True,
            "SchemaConfiguration": {"RoleARN": ROLE, "DatabaseName": "db", "TableName": "t"},
            "InputFormatConfiguration": {"Deserializer": {"OpenXJsonSerDe": openx}},
            "OutputFormatConfiguration": {"Serializer": {"ParquetSerDe": {}}},
        }

    return create


@pytest.fixture
def deliver(cloud: LocalCloud, lake: Lake) -> Callable[..., str]:
    """Create a delivery stream from Kinesis (or DirectPut) into the lake; its name."""

    def create(kind: str = "KinesisStreamAsSource", **destination: Any) -> str:
        given = {
            "RoleARN": ROLE,
            "BucketARN": "arn:aws:s3:::lake",
            "Prefix": "raw/",
            "ErrorOutputPrefix": ERRORS,
            "BufferingHints": {"IntervalInSeconds": 15},
        } | destination
        source = {}
        if kind == "KinesisStreamAsSource":
            source = {"KinesisStreamSourceConfiguration": {"KinesisStreamARN": STREAM, "RoleARN": ROLE}}
        cloud.client("firehose").create_delivery_stream(
            DeliveryStreamName="delivery", DeliveryStreamType=kind, ExtendedS3DestinationConfiguration=given, **source
        )
        return "delivery"

    return create
