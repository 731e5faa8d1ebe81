"""DynamicFrame, after https://docs.aws.amazon.com/glue/latest/dg/aws-glue-api-crawler-pyspark-extensions-dynamic-frame.html.

It wraps a Spark DataFrame. There are no choice types: a value that has not the type of its column was already NULL
when the frame was read with the table's schema.
"""

from typing import Any

# Names that Glue has for Spark's types.
_SPARK_TYPE = {"long": "bigint", "short": "smallint", "byte": "tinyint"}
# What Glue takes on every transform and what has no meaning without its error records.
_IGNORED = frozenset({"transformation_ctx", "info", "stageThreshold", "totalThreshold"})


def spark_type(glue_type: str) -> str:
    """Spark's name of a Glue type."""
    return _SPARK_TYPE.get(glue_type.lower(), glue_type)


def _only_ignored(call: str, names: dict[str, Any]) -> None:
    for name in names.keys() - _IGNORED:
        raise NotImplementedError(f"DynamicFrame.{call}({name}=…) is not implemented by the local cloud")


class DynamicFrame:
    """A Spark DataFrame with Glue's transforms."""

    def __init__(self, frame: Any, glue_ctx: Any = None, name: str = "") -> None:
        self._frame = frame
        self.glue_ctx = glue_ctx
        self.name = name

    @classmethod
    def fromDF(cls, dataframe: Any, glue_ctx: Any, name: str) -> "DynamicFrame":  # noqa: N802 - AWS's name
        return cls(dataframe, glue_ctx, name)

    def toDF(self, options: Any = None) -> Any:  # noqa: N802 - AWS's name
        if options:
            raise NotImplementedError("DynamicFrame.toDF(options) is not implemented by the local cloud")
        return self._frame

    def count(self) -> int:
        return int(self._frame.count())

    def schema(self) -> Any:
        return self._frame.schema

    def printSchema(self) -> None:  # noqa: N802 - AWS's name
        self._frame.printSchema()

    def show(self, num_rows: int = 20) -> None:
        self._frame.show(num_rows)

    def repartition(self, num_partitions: int, **names: Any) -> "DynamicFrame":
        _only_ignored("repartition", names)
        return self._with(self._frame.repartition(num_partitions))

    def coalesce(self, num_partitions: int, shuffle: bool = False, **names: Any) -> "DynamicFrame":
        _only_ignored("coalesce", names)
        frame = self._frame
        return self._with(frame.repartition(num_partitions) if shuffle else frame.coalesce(num_partitions))

    def apply_mapping(self, mappings: list[tuple[str, ...]], **names: Any) -> "DynamicFrame":
        """Select, rename and cast. A value that does not cast becomes NULL, as in a Glue cast."""
        from pyspark.sql import functions as F  # noqa: PLC0415, N812 - Spark's own convention

        _only_ignored("apply_mapping", names)
        columns = []
        for source, _, target, target_type in mappings:
            if "." in target:
                raise NotImplementedError(f"ApplyMapping to the nested field {target} is not implemented")
            path = ".".join(f"`{part.strip('`')}`" for part in source.split("."))
            columns.append(F.expr(f"try_cast({path} as {spark_type(target_type)})").alias(target))
        return self._with(self._frame.select(*columns))

    def select_fields(self, paths: list[str], **names: Any) -> "DynamicFrame":
        """A path that is not there is left out, as Glue does."""
        _only_ignored("select_fields", names)
        return self._with(self._frame.select(*[path for path in paths if path in self._frame.columns]))

    def drop_fields(self, paths: list[str], **names: Any) -> "DynamicFrame":
        _only_ignored("drop_fields", names)
        return self._with(self._frame.drop(*paths))

    def rename_field(self, oldName: str, newName: str, **names: Any) -> "DynamicFrame":  # noqa: N803 - AWS's name
        _only_ignored("rename_field", names)
        return self._with(self._frame.withColumnRenamed(oldName, newName))

    def resolveChoice(  # noqa: N802 - AWS's name
        self, specs: list[tuple[str, str]] | None = None, choice: str = "", **names: Any
    ) -> "DynamicFrame":
        """Only ``(column, "cast:TYPE")``: there is no choice type here that another action could resolve."""
        from pyspark.sql import functions as F  # noqa: PLC0415, N812 - Spark's own convention

        _only_ignored("resolveChoice", names)
        if choice:
            raise NotImplementedError(f"resolveChoice(choice={choice!r}) is not implemented by the local cloud")
        frame = self._frame
        for path, action in specs or []:
            kind, _, wanted = action.partition(":")
            if kind != "cast":
                raise NotImplementedError(f"resolveChoice action {action!r} is not implemented by the local cloud")
            frame = frame.withColumn(path, F.expr(f"try_cast(`{path}` as {spark_type(wanted)})"))
        return self._with(frame)

    def _with(self, frame: Any) -> "DynamicFrame":
        return DynamicFrame(frame, self.glue_ctx, self.name)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        raise NotImplementedError(f"DynamicFrame.{name} is not implemented by the local cloud")
