# ruff: noqa: PLR0917 - the signatures are AWS's
"""GlueContext, after https://docs.aws.amazon.com/glue/latest/dg/aws-glue-api-crawler-pyspark-extensions-glue-context.html."""

from collections.abc import Callable
from typing import Any

from glue_local import catalog, purge, storage
from glue_local.run import current_run
from glue_local.sink import Sink

from .dynamicframe import DynamicFrame


class _Reader:
    """``create_dynamic_frame`` and ``create_data_frame``: the same reads, wrapped or not."""

    def __init__(self, context: "GlueContext", wrap: Callable[[Any, str], Any]) -> None:
        self._context = context
        self._wrap = wrap

    def from_catalog(
        self,
        database: str | None = None,
        table_name: str | None = None,
        redshift_tmp_dir: str = "",
        transformation_ctx: str = "",
        push_down_predicate: str = "",
        additional_options: dict[str, Any] | None = None,
        catalog_id: str | None = None,
        **names: Any,
    ) -> Any:
        """Rows of a catalog table; ``push_down_predicate`` is Spark SQL over the partition keys."""
        _refuse("create_dynamic_frame.from_catalog", names)
        database = database or names.get("name_space")
        if not database or not table_name:
            raise ValueError("from_catalog needs database and table_name")
        frame = catalog.read_table(
            self._context.spark_session,
            database,
            table_name,
            predicate=push_down_predicate,
            context=transformation_ctx,
            options=additional_options or {},
        )
        return self._wrap(frame, table_name)

    def from_options(
        self,
        connection_type: str,
        connection_options: dict[str, Any] | None = None,
        format: str | None = None,
        format_options: dict[str, Any] | None = None,
        transformation_ctx: str = "",
        push_down_predicate: str = "",
        **names: Any,
    ) -> Any:
        """Rows of the objects under ``connection_options["paths"]``."""
        _refuse("create_dynamic_frame.from_options", names)
        if push_down_predicate:
            raise NotImplementedError("push_down_predicate of from_options is not implemented by the local cloud")
        frame = storage.read_paths(
            self._context.spark_session,
            connection_type,
            connection_options or {},
            format or "parquet",
            format_options or {},
            context=transformation_ctx,
        )
        return self._wrap(frame, "")


class _Writer:
    """``write_dynamic_frame`` and ``write_data_frame``."""

    def __init__(self, context: "GlueContext") -> None:
        self._context = context

    def from_options(
        self,
        frame: Any,
        connection_type: str,
        connection_options: dict[str, Any] | None = None,
        format: str | None = None,
        format_options: dict[str, Any] | None = None,
        transformation_ctx: str = "",
    ) -> Any:
        """Append the rows of ``frame`` as new objects under ``connection_options["path"]``."""
        options = dict(connection_options or {})
        sink = Sink(connection_type, options.pop("path", None), options)
        sink.setFormat(format or "parquet", **(format_options or {}))
        return sink.writeFrame(frame)

    def from_catalog(
        self,
        frame: Any,
        database: str | None = None,
        table_name: str | None = None,
        redshift_tmp_dir: str = "",
        transformation_ctx: str = "",
        additional_options: dict[str, Any] | None = None,
        catalog_id: str | None = None,
        **names: Any,
    ) -> Any:
        """Append the rows of ``frame`` to a catalog table, in its format and at its location."""
        _refuse("write_dynamic_frame.from_catalog", names)
        database = database or names.get("name_space")
        if not database or not table_name:
            raise ValueError("from_catalog needs database and table_name")
        return catalog.table_sink(database, table_name, dict(additional_options or {})).writeFrame(frame)


class GlueContext:
    """Entry point of a job script; ``spark_session`` is the engine's."""

    def __init__(self, sparkContext: Any = None, **options: Any) -> None:  # noqa: N803 - AWS's name
        self.spark_session = current_run().spark()
        self.create_dynamic_frame = _Reader(self, lambda frame, name: DynamicFrame(frame, self, name))
        self.create_data_frame = _Reader(self, lambda frame, name: frame)
        self.write_dynamic_frame = _Writer(self)
        self.write_data_frame = _Writer(self)

    @property
    def read(self) -> Any:
        return self.spark_session.read

    def sql(self, query: str) -> Any:
        return self.spark_session.sql(query)

    def createDataFrame(self, *arguments: Any, **names: Any) -> Any:  # noqa: N802 - AWS's name
        return self.spark_session.createDataFrame(*arguments, **names)

    def get_logger(self) -> Any:
        """Logger of the job; writes to the error log group, as Glue's does."""
        return current_run().logger

    def create_dynamic_frame_from_catalog(self, *arguments: Any, **names: Any) -> DynamicFrame:
        frame: DynamicFrame = self.create_dynamic_frame.from_catalog(*arguments, **names)
        return frame

    def create_dynamic_frame_from_options(self, *arguments: Any, **names: Any) -> DynamicFrame:
        frame: DynamicFrame = self.create_dynamic_frame.from_options(*arguments, **names)
        return frame

    def create_data_frame_from_catalog(self, *arguments: Any, **names: Any) -> Any:
        return self.create_data_frame.from_catalog(*arguments, **names)

    def create_data_frame_from_options(self, *arguments: Any, **names: Any) -> Any:
        return self.create_data_frame.from_options(*arguments, **names)

    def write_dynamic_frame_from_options(self, *arguments: Any, **names: Any) -> Any:
        return self.write_dynamic_frame.from_options(*arguments, **names)

    def write_dynamic_frame_from_catalog(self, *arguments: Any, **names: Any) -> Any:
        return self.write_dynamic_frame.from_catalog(*arguments, **names)

    def write_data_frame_from_catalog(self, *arguments: Any, **names: Any) -> Any:
        return self.write_data_frame.from_catalog(*arguments, **names)

    def getSink(  # noqa: N802 - AWS's name
        self,
        connection_type: str,
        format: str | None = None,
        transformation_ctx: str = "",
        **options: Any,
    ) -> Sink:
        """A sink to configure; see https://docs.aws.amazon.com/glue/latest/dg/update-from-job.html."""
        sink = Sink(connection_type, options.pop("path", None), options)
        if format:
            sink.setFormat(format)
        return sink

    def purge_s3_path(
        self, s3_path: str, options: dict[str, Any] | None = None, transformation_ctx: str = ""
    ) -> None:
        """Delete the objects under ``s3_path`` older than ``retentionPeriod`` hours (168 by default)."""
        purge.purge_path(s3_path, options or {})

    def purge_table(
        self,
        catalog_id: str | None = None,
        database: str = "",
        table_name: str = "",
        options: dict[str, Any] | None = None,
        transformation_ctx: str = "",
    ) -> None:
        """Delete a table's objects; with ``partitionPredicate``, only those of the matching partitions."""
        purge.purge_table(self.spark_session, database, table_name, options or {})

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        raise NotImplementedError(f"GlueContext.{name} is not implemented by the local cloud")


def _refuse(call: str, names: dict[str, Any]) -> None:
    for name in names.keys() - {"name_space"}:
        raise NotImplementedError(f"{call}({name}=…) is not implemented by the local cloud")
