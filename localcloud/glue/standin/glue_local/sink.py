"""Writing to S3 and telling the catalog, after https://docs.aws.amazon.com/glue/latest/dg/update-from-job.html."""

from typing import Any
from urllib.parse import unquote

from .run import current_run
from .storage import list_objects, refuse_unknown

_FORMATS = {"glueparquet": "parquet", "parquet": "parquet", "json": "json", "csv": "csv"}
_PARQUET = "org.apache.hadoop.hive.ql.io.parquet"
_TEXT_INPUT = "org.apache.hadoop.mapred.TextInputFormat"
_TEXT_OUTPUT = "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat"
STORAGE = {
    "parquet": (
        f"{_PARQUET}.MapredParquetInputFormat",
        f"{_PARQUET}.MapredParquetOutputFormat",
        f"{_PARQUET}.serde.ParquetHiveSerDe",
    ),
    "json": (_TEXT_INPUT, _TEXT_OUTPUT, "org.openx.data.jsonserde.JsonSerDe"),
    "csv": (_TEXT_INPUT, _TEXT_OUTPUT, "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"),
}


class Sink:
    """Appends frames to a path of S3; with ``enableUpdateCatalog`` the table and its partitions follow."""

    def __init__(self, connection_type: str, path: str | None, options: dict[str, Any]) -> None:
        if connection_type != "s3":
            raise NotImplementedError(f"connection type {connection_type!r} is not implemented by the local cloud")
        if not path:
            raise ValueError("a sink needs a path")
        known = {"partitionKeys", "enableUpdateCatalog", "updateBehavior", "compression"}
        refuse_unknown("connection_options", options, known)
        self.path = path.rstrip("/") + "/"
        self.keys: list[str] = list(options.get("partitionKeys") or [])
        self.update = str(options.get("enableUpdateCatalog", False)).lower() == "true"
        self.behavior = options.get("updateBehavior", "UPDATE_IN_DATABASE")
        if self.behavior not in ("UPDATE_IN_DATABASE", "LOG"):
            raise ValueError(f"updateBehavior is {self.behavior!r}: not UPDATE_IN_DATABASE or LOG")
        self.compression = options.get("compression")
        self.format = "parquet"
        self.writer: dict[str, str] = {}
        self.database: str | None = None
        self.table: str | None = None

    def setFormat(self, format: str, **options: Any) -> None:  # noqa: N802 - AWS's names
        """``format``: parquet, glueparquet, json or csv."""
        if format not in _FORMATS:
            raise NotImplementedError(f"format {format!r} is not implemented by the local cloud")
        names = {"separator": "sep", "quoteChar": "quote", "escaper": "escape"}
        known = {"compression", "writeHeader", *names} if format == "csv" else {"compression"}
        refuse_unknown("format_options", options, known)
        self.format = _FORMATS[format]
        self.compression = options.get("compression", self.compression)
        self.writer = {names[name]: str(options[name]) for name in names if name in options}
        if self.format == "csv":  # Glue writes a header unless told not to
            self.writer["header"] = str(bool(options.get("writeHeader", True))).lower()

    def setCatalogInfo(self, catalogDatabase: str, catalogTableName: str, catalogId: str | None = None) -> None:  # noqa: N802, N803
        """The table to create or keep up to date."""
        self.database, self.table = catalogDatabase, catalogTableName

    def writeFrame(self, frame: Any, info: str = "") -> Any:  # noqa: N802 - AWS's name
        """Append ``frame`` (DynamicFrame or DataFrame); returns it."""
        data = frame.toDF() if type(frame).__name__ == "DynamicFrame" else frame
        before = {item.uri for item in list_objects(self.path)} if self.update else set()
        writer = data.write.mode("append").options(**self.writer)
        # Sail's default is not Spark's
        writer = writer.option("compression", self.compression or ("snappy" if self.format == "parquet" else "none"))
        if self.keys:
            writer = writer.partitionBy(*self.keys)
        getattr(writer, self.format)(self.path)
        if self.update:
            if not self.database or not self.table:
                raise ValueError("enableUpdateCatalog needs setCatalogInfo")
            self._update_catalog(data, [item.uri for item in list_objects(self.path) if item.uri not in before])
        return frame

    def _update_catalog(self, data: Any, written: list[str]) -> None:
        from botocore.exceptions import ClientError  # noqa: PLC0415 - only on this path

        glue = current_run().client("glue")
        columns, keys = self._columns(data)
        try:
            table = glue.get_table(DatabaseName=self.database, Name=self.table)["Table"]
        except ClientError as error:
            if error.response["Error"]["Code"] != "EntityNotFoundException":
                raise
            table = self._new_table(columns, keys)
            glue.create_table(DatabaseName=self.database, TableInput=table)
        else:
            if self.behavior == "UPDATE_IN_DATABASE":
                self._update_columns(glue, table, columns)
        if keys:
            self._add_partitions(glue, table["StorageDescriptor"], written)

    def _columns(self, data: Any) -> tuple[list[dict[str, str]], list[dict[str, str]]]:
        types = {field.name: field.dataType.simpleString() for field in data.schema.fields}
        types = {name: "timestamp" if kind == "timestamp_ntz" else kind for name, kind in types.items()}
        columns = [{"Name": name, "Type": kind} for name, kind in types.items() if name not in self.keys]
        return columns, [{"Name": name, "Type": types[name]} for name in self.keys]

    def _new_table(self, columns: list[dict[str, str]], keys: list[dict[str, str]]) -> dict[str, Any]:
        return {
            "Name": self.table,
            "TableType": "EXTERNAL_TABLE",
            "Parameters": {"classification": self.format, "EXTERNAL": "TRUE"},
            "PartitionKeys": keys,
            "StorageDescriptor": self._storage(columns),
        }

    def _storage(self, columns: list[dict[str, str]]) -> dict[str, Any]:
        input_format, output_format, serde = STORAGE[self.format]
        return {
            "Columns": columns,
            "Location": self.path,
            "InputFormat": input_format,
            "OutputFormat": output_format,
            "SerdeInfo": {"SerializationLibrary": serde, "Parameters": {"serialization.format": "1"}},
        }

    @staticmethod
    def _update_columns(glue: Any, table: dict[str, Any], columns: list[dict[str, str]]) -> None:
        """The columns that were written, with the comments of those that were there already."""
        old = {column["Name"]: column for column in table["StorageDescriptor"]["Columns"]}
        new = [{**old.get(column["Name"], {}), **column} for column in columns]
        if new == list(old.values()):
            return
        table["StorageDescriptor"]["Columns"] = new
        allowed = glue.meta.service_model.shape_for("TableInput").members
        glue.update_table(
            DatabaseName=table["DatabaseName"],
            TableInput={name: value for name, value in table.items() if name in allowed},
        )

    def _add_partitions(self, glue: Any, storage: dict[str, Any], written: list[str]) -> None:
        folders = sorted({uri[len(self.path) :].rpartition("/")[0] for uri in written})
        inputs = [
            {
                "Values": [unquote(part.partition("=")[2]) for part in folder.split("/")],
                "StorageDescriptor": {**storage, "Location": f"{self.path}{folder}/"},
            }
            for folder in folders
        ]
        for at in range(0, len(inputs), 100):  # BatchCreatePartition's limit
            answer = glue.batch_create_partition(
                DatabaseName=self.database, TableName=self.table, PartitionInputList=inputs[at : at + 100]
            )
            for error in answer.get("Errors", []):
                if error["ErrorDetail"]["ErrorCode"] != "AlreadyExistsException":
                    raise RuntimeError(f"partition {error['PartitionValues']}: {error['ErrorDetail']}")
