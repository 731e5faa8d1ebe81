"""A bucket, a Glue database, and short ways to put data in and run jobs."""

import io
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from localcloud import LocalCloud

BUCKET = "lake-bucket"
DATABASE = "lake"
PARQUET = "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"
WAIT = 90.0


def wait_for(read: Callable[[], dict[str, Any]], member: str, ends: set[str]) -> dict[str, Any]:
    """Read until ``member`` is one of ``ends``."""
    deadline = time.monotonic() + WAIT
    while (found := read())[member] not in ends:
        assert time.monotonic() < deadline, f"still {found[member]}"
        time.sleep(0.05)
    return found


@dataclass
class Lake:
    """The cloud seen by a test."""

    cloud: LocalCloud

    def __post_init__(self) -> None:
        self.glue = self.cloud.client("glue")
        self.s3 = self.cloud.client("s3")
        self.s3.create_bucket(Bucket=BUCKET)
        self.glue.create_database(DatabaseInput={"Name": DATABASE})

    def put(self, key: str, body: bytes | str) -> str:
        """Store an object; returns its URI."""
        self.s3.put_object(Bucket=BUCKET, Key=key, Body=body.encode() if isinstance(body, str) else body)
        return f"s3://{BUCKET}/{key}"

    def put_parquet(self, key: str, columns: dict[str, Any], **options: Any) -> str:
        """Store columns (lists or Arrow arrays) as one Parquet object."""
        buffer = io.BytesIO()
        pq.write_table(pa.table(columns), buffer, **options)
        return self.put(key, buffer.getvalue())

    def keys(self, prefix: str) -> list[str]:
        """Keys under ``prefix``."""
        return [item["Key"] for item in self.s3.list_objects_v2(Bucket=BUCKET, Prefix=prefix).get("Contents", [])]

    def table(
        self,
        name: str,
        columns: dict[str, str],
        keys: dict[str, str] | None = None,
        *,
        classification: str = "parquet",
        parameters: dict[str, str] | None = None,
        serde: dict[str, Any] | None = None,
    ) -> None:
        """A catalog table at s3://BUCKET/NAME/."""
        storage = {
            "Columns": [{"Name": column, "Type": kind} for column, kind in columns.items()],
            "Location": f"s3://{BUCKET}/{name}/",
            "SerdeInfo": serde or {"SerializationLibrary": PARQUET},
        }
        self.glue.create_table(
            DatabaseName=DATABASE,
            TableInput={
                "Name": name,
                "StorageDescriptor": storage,
                "PartitionKeys": [{"Name": key, "Type": kind} for key, kind in (keys or {}).items()],
                "Parameters": {"classification": classification, **(parameters or {})},
            },
        )

    def partition(self, table: str, *values: str, folder: str | None = None) -> None:
        """Register a partition; ``folder`` under the table, KEY=VALUE/… by default."""
        found = self.glue.get_table(DatabaseName=DATABASE, Name=table)["Table"]
        pairs = zip(found["PartitionKeys"], values, strict=True)
        folder = folder or "/".join(f"{key['Name']}={value}" for key, value in pairs)
        storage = {**found["StorageDescriptor"], "Location": f"s3://{BUCKET}/{table}/{folder}/"}
        self.glue.create_partition(
            DatabaseName=DATABASE,
            TableName=table,
            PartitionInput={"Values": list(values), "StorageDescriptor": storage},
        )

    def partitions(self, table: str) -> list[list[str]]:
        """Values of the partitions of ``table``, sorted."""
        found = self.glue.get_partitions(DatabaseName=DATABASE, TableName=table)["Partitions"]
        return sorted(partition["Values"] for partition in found)

    def job(self, script: str, name: str = "job", **definition: Any) -> str:
        """Create a Spark job of ``script``; returns its name."""
        location = self.put(f"scripts/{name}.py", script)
        self.glue.create_job(
            Name=name,
            Role="arn:aws:iam::123456789012:role/glue",
            GlueVersion="6.0",
            Command={"Name": "glueetl", "ScriptLocation": location, "PythonVersion": "3"},
            **definition,
        )
        return name

    def start(self, name: str = "job", arguments: dict[str, str] | None = None, **overrides: Any) -> str:
        """Start a run; returns its id."""
        return str(self.glue.start_job_run(JobName=name, Arguments=arguments or {}, **overrides)["JobRunId"])

    def run_state(self, name: str, run_id: str) -> dict[str, Any]:
        found: dict[str, Any] = self.glue.get_job_run(JobName=name, RunId=run_id)["JobRun"]
        return found

    def wait(self, run_id: str, name: str = "job") -> dict[str, Any]:
        """The run when it has ended."""
        ends = {"SUCCEEDED", "FAILED", "TIMEOUT", "STOPPED"}
        return wait_for(lambda: self.run_state(name, run_id), "JobRunState", ends)

    def run(self, script: str, name: str = "job", arguments: dict[str, str] | None = None) -> list[str]:
        """Create and run a job that must succeed; returns what it printed, line by line."""
        self.job(script, name)
        run = self.wait(self.start(name, arguments), name)
        assert run["JobRunState"] == "SUCCEEDED", (run.get("ErrorMessage"), self.errors(run["Id"])[-40:])
        return self.output(run["Id"])

    def output(self, run_id: str, group: str = "/aws-glue/jobs/output") -> list[str]:
        """Lines of the run in a log group."""
        logs = self.cloud.client("logs")
        try:
            events = logs.get_log_events(logGroupName=group, logStreamName=run_id, startFromHead=True)["events"]
        except logs.exceptions.ResourceNotFoundException:
            return []
        return [event["message"] for event in events]

    def errors(self, run_id: str) -> list[str]:
        return self.output(run_id, "/aws-glue/jobs/error")
