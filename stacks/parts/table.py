"""Glue catalog tables whose columns come from a data contract."""

from aws_cdk import aws_glue as glue
from constructs import Construct

from contracts import Table
from contracts.derive import glue_columns

_Table = glue.CfnTable


def parquet_table(
    scope: Construct, name: str, *, table: Table, database: str, catalog_id: str, bucket: str
) -> glue.CfnTable:
    """The catalog table of a contract table kept as Parquet in ``s3://bucket/<location>/``."""
    return _Table(
        scope,
        name,
        catalog_id=catalog_id,
        database_name=database,
        table_input=_Table.TableInputProperty(
            name=table.name,
            description=table.description,
            table_type="EXTERNAL_TABLE",
            parameters={"classification": "parquet", "EXTERNAL": "TRUE"},
            partition_keys=_columns(glue_columns(table.partition_keys)),
            storage_descriptor=_Table.StorageDescriptorProperty(
                location=f"s3://{bucket}/{table.location}/",
                columns=_columns(glue_columns(table.columns)),
                input_format="org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
                output_format="org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
                serde_info=_Table.SerdeInfoProperty(
                    serialization_library="org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"
                ),
            ),
        ),
    )


def json_table(
    scope: Construct,
    name: str,
    *,
    table_name: str,
    description: str,
    columns: list[dict[str, str]],
    location: str,
    database: str,
    catalog_id: str,
) -> glue.CfnTable:
    """A catalog table over JSON lines, plain or gzipped, in every folder under ``location`` (``s3://…/``)."""
    return _Table(
        scope,
        name,
        catalog_id=catalog_id,
        database_name=database,
        table_input=_Table.TableInputProperty(
            name=table_name,
            description=description,
            table_type="EXTERNAL_TABLE",
            parameters={"classification": "json", "EXTERNAL": "TRUE"},
            storage_descriptor=_Table.StorageDescriptorProperty(
                location=location,
                columns=_columns(columns),
                input_format="org.apache.hadoop.mapred.TextInputFormat",
                output_format="org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
                serde_info=_Table.SerdeInfoProperty(
                    serialization_library="org.openx.data.jsonserde.JsonSerDe",
                    parameters={"ignore.malformed.json": "true"},
                ),
            ),
        ),
    )


def _columns(columns: list[dict[str, str]]) -> list[glue.CfnTable.ColumnProperty]:
    return [
        _Table.ColumnProperty(name=column["Name"], type=column["Type"], comment=column["Comment"])
        for column in columns
    ]
