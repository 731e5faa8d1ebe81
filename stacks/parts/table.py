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


# What Firehose writes for a record that failed in the transform function, and (last…) in the conversion to Parquet:
# https://docs.aws.amazon.com/firehose/latest/dev/data-transformation-failure-handling.html and
# https://docs.aws.amazon.com/firehose/latest/dev/record-format-conversion.html. The SerDe reads names in any case.
_QUARANTINE = [
    {"Name": "attemptsmade", "Type": "int", "Comment": "Invocations tried"},
    {"Name": "arrivaltimestamp", "Type": "bigint", "Comment": "When Firehose got the record [ms since 1970]"},
    {"Name": "errorcode", "Type": "string", "Comment": "Kind of failure"},
    {"Name": "errormessage", "Type": "string", "Comment": "Why the function refused it"},
    {"Name": "lasterrorcode", "Type": "string", "Comment": "Kind of failure of the conversion"},
    {"Name": "lasterrormessage", "Type": "string", "Comment": "Why it could not be converted"},
    {"Name": "attemptendingtimestamp", "Type": "bigint", "Comment": "When Firehose gave up [ms since 1970]"},
    {"Name": "rawdata", "Type": "string", "Comment": "The original record, base64"},
    {"Name": "lambdaarn", "Type": "string", "Comment": "The transform function"},
]


def quarantine_table(scope: Construct, name: str, *, location: str, database: str, catalog_id: str) -> glue.CfnTable:
    """The catalog table ``quarantine`` over Firehose's error objects in every folder under ``location``."""
    return _Table(
        scope,
        name,
        catalog_id=catalog_id,
        database_name=database,
        table_input=_Table.TableInputProperty(
            name="quarantine",
            description="Records that Firehose could not transform, convert or partition",
            table_type="EXTERNAL_TABLE",
            parameters={"classification": "json", "EXTERNAL": "TRUE"},
            storage_descriptor=_Table.StorageDescriptorProperty(
                location=location,
                columns=_columns(_QUARANTINE),
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
