"""What other systems need to know of a table, derived from its contract."""

from typing import Any

from contracts.model import Column, Table


def glue_columns(columns: tuple[Column, ...]) -> list[dict[str, str]]:
    """Columns as the Glue API takes them: ``[{"Name", "Type", "Comment"}]``.

    A Comment holds at most 255 characters
    (https://docs.aws.amazon.com/glue/latest/webapi/API_Column.html).
    """
    return [{"Name": column.name, "Type": column.type, "Comment": _comment(column)[:255]} for column in columns]


def spark_ddl(columns: tuple[Column, ...]) -> str:
    """Columns as a Spark schema string: ``carrier string, flight int``."""
    return ", ".join(f"{column.name} {column.type}" for column in columns)


def arrow_schema(columns: tuple[Column, ...]) -> Any:
    """Columns as a pyarrow schema; a timestamp has no zone, as in Hive, and is of UTC everywhere in the lake."""
    import pyarrow as pa  # noqa: PLC0415 - not in the Lambda runtime

    types = {
        "string": pa.string(),
        "int": pa.int32(),
        "bigint": pa.int64(),
        "double": pa.float64(),
        "boolean": pa.bool_(),
        "timestamp": pa.timestamp("us"),
        "date": pa.date32(),
    }
    return pa.schema([(column.name, types[column.type]) for column in columns])


def dqdl(table: Table) -> str:
    """The table's quality rules as one DQDL rule set.

    https://docs.aws.amazon.com/glue/latest/dg/dqdl.html
    """
    return "Rules = [\n    " + ",\n    ".join(table.rules) + "\n]"


def _comment(column: Column) -> str:
    return f"{column.description} [{column.unit}]" if column.unit else column.description
