"""Glue's description of tables that Athena creates: storage formats, partitions."""

from typing import Any

from localcloud.athena.catalog import Table
from localcloud.athena.write import Target

_TEXT_INPUT = "org.apache.hadoop.mapred.TextInputFormat"
_TEXT_OUTPUT = "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat"
_PARQUET = "org.apache.hadoop.hive.ql.io.parquet"
# STORED AS name -> (input format, output format, SerDe)
FORMATS: dict[str, tuple[str, str, str]] = {
    "PARQUET": (
        f"{_PARQUET}.MapredParquetInputFormat",
        f"{_PARQUET}.MapredParquetOutputFormat",
        f"{_PARQUET}.serde.ParquetHiveSerDe",
    ),
    "TEXTFILE": (_TEXT_INPUT, _TEXT_OUTPUT, "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"),
    "JSON": (_TEXT_INPUT, _TEXT_OUTPUT, "org.openx.data.jsonserde.JsonSerDe"),
}


def create(glue: Any, database: str, name: str, columns: list[tuple[str, str]], target: Target) -> None:
    """Create the table of a CTAS; partition keys are the last columns."""
    keys = columns[len(columns) - len(target.partitioned_by) :]
    data = columns[: len(columns) - len(keys)]
    parameters = {"field.delim": target.delimiter} if target.format == "TEXTFILE" else {"serialization.format": "1"}
    table = table_input(
        name, data, keys, f"{target.location.rstrip('/')}/",
        storage=FORMATS[target.format],
        serde_parameters=parameters,
        parameters={"EXTERNAL": "TRUE", "has_encrypted_data": "false", "classification": target.format.lower()},
    )  # fmt: skip
    glue.create_table(DatabaseName=database, TableInput=table)


def table_input(
    name: str,
    columns: list[tuple[str, str]] | list[tuple[str, str, str]],
    keys: list[tuple[str, str]] | list[tuple[str, str, str]],
    location: str,
    *,
    storage: tuple[str, str, str],
    serde_parameters: dict[str, str],
    parameters: dict[str, str],
) -> dict[str, Any]:
    """Glue's TableInput. A column is (name, Hive type[, comment])."""
    input_format, output_format, serde = storage
    return {
        "Name": name,
        "TableType": "EXTERNAL_TABLE",
        "Parameters": parameters,
        "PartitionKeys": [_column(key) for key in keys],
        "StorageDescriptor": {
            "Columns": [_column(column) for column in columns],
            "Location": location,
            "InputFormat": input_format,
            "OutputFormat": output_format,
            "Compressed": False,
            "NumberOfBuckets": -1,
            "SerdeInfo": {"SerializationLibrary": serde, "Parameters": serde_parameters},
        },
    }


def _column(column: tuple[str, ...]) -> dict[str, str]:
    found = {"Name": column[0], "Type": column[1]}
    if len(column) > 2 and column[2]:
        found["Comment"] = column[2]
    return found


def partition_input(table: Table, values: tuple[str, ...], location: str) -> dict[str, Any]:
    """Glue's PartitionInput with the storage of the table."""
    descriptor = {**table.raw.get("StorageDescriptor", {}), "Location": location}
    return {"Values": list(values), "StorageDescriptor": descriptor}


def update_input(table: Table) -> dict[str, Any]:
    """The TableInput that would leave the table as it is, to be changed and handed to UpdateTable."""
    accepted = (
        "Name", "Description", "Owner", "Retention", "StorageDescriptor", "PartitionKeys", "ViewOriginalText",
        "ViewExpandedText", "TableType", "Parameters",
    )  # fmt: skip
    return {key: value for key, value in table.raw.items() if key in accepted}
