"""Days of the curated table in a cloud's catalog, as the curation job would have left them."""

from pathlib import Path

from cli.lake.athena import run_query
from contracts import load
from contracts.derive import glue_columns
from localcloud import LocalCloud
from tests.integration.endpoints.hall import BUCKET
from tests.unit.processing.sagemaker.support import curated, write_curated

DATABASE, WORK_GROUP = "lake", "analysts"
FLIGHTS = load("flights").curated
PARQUET = "org.apache.hadoop.hive.ql.io.parquet"


def publish(cloud: LocalCloud, folder: Path, first: str, last: str) -> None:
    """Make the table; AWS clients of this process must talk to the cloud, which has the bucket."""
    glue, athena, s3 = cloud.client("glue"), cloud.client("athena"), cloud.client("s3")
    glue.create_database(DatabaseInput={"Name": DATABASE})
    glue.create_table(
        DatabaseName=DATABASE,
        TableInput={
            "Name": FLIGHTS.name,
            "TableType": "EXTERNAL_TABLE",
            "PartitionKeys": glue_columns(FLIGHTS.partition_keys),
            "StorageDescriptor": {
                "Columns": glue_columns(FLIGHTS.columns),
                "Location": f"s3://{BUCKET}/{FLIGHTS.location}/",
                "InputFormat": f"{PARQUET}.MapredParquetInputFormat",
                "OutputFormat": f"{PARQUET}.MapredParquetOutputFormat",
                "SerdeInfo": {"SerializationLibrary": f"{PARQUET}.serde.ParquetHiveSerDe"},
            },
        },
    )
    folder = write_curated(curated(first, last), folder / "flights")
    for path in folder.rglob("*.parquet"):
        key = f"{FLIGHTS.location}/{path.relative_to(folder).as_posix()}"
        s3.put_object(Bucket=BUCKET, Key=key, Body=path.read_bytes())
    results = {"ResultConfiguration": {"OutputLocation": f"s3://{BUCKET}/results/"}}
    athena.create_work_group(Name=WORK_GROUP, Configuration=results)
    run_query(f"MSCK REPAIR TABLE {FLIGHTS.name}", WORK_GROUP, DATABASE)
