"""Types in the four languages met here: Hive (the Glue catalog), Trino (the query), DuckDB (the engine), the API."""

import re
from typing import Any

from localcloud.athena.errors import not_supported

INTEGERS = ("TINYINT", "SMALLINT", "INT", "BIGINT")
_KINDS = {
    "TINYINT": "integer", "SMALLINT": "integer", "INT": "integer", "BIGINT": "integer", "DOUBLE": "double",
    "FLOAT": "double", "DECIMAL": "decimal", "VARCHAR": "varchar", "CHAR": "varchar", "TEXT": "varchar",
    "BOOLEAN": "boolean", "DATE": "date", "TIMESTAMP": "timestamp", "TIMESTAMPNTZ": "timestamp",
    "TIMESTAMPTZ": "timestamptz", "ARRAY": "array", "LIST": "array", "MAP": "map", "STRUCT": "row", "JSON": "json",
    "INTERVAL": "interval", "VARBINARY": "varbinary", "BINARY": "varbinary", "NULL": "null", "TIME": "time",
}  # fmt: skip


def kind(node: Any) -> str | None:
    """The family of an annotated expression's type: integer, double, decimal, varchar, date …; None is unknown."""
    return type_kind(getattr(node, "type", None))


def type_kind(data_type: Any) -> str | None:
    """The same of a sqlglot DataType."""
    if data_type is None or not hasattr(data_type, "this"):
        return None
    return _KINDS.get(str(getattr(data_type.this, "value", data_type.this)))


def scale_of(node: Any) -> tuple[int, int] | None:
    """(precision, scale) of a decimal or an integer, where they are known."""
    found = kind(node)
    if found == "integer":
        name = str(getattr(node.type.this, "value", node.type.this))
        return {"TINYINT": 3, "SMALLINT": 5, "INT": 10, "BIGINT": 19}[name], 0
    if found == "decimal" and len(node.type.expressions) == 2:
        precision, scale = (int(parameter.name) for parameter in node.type.expressions)
        return precision, scale
    return None


def trino_name(node: Any) -> str:
    """The type as Trino's messages write it."""
    name = kind(node) or "unknown"
    if name == "integer":
        return "integer" if node.type.this.value == "INT" else str(node.type.this.value).lower()
    if name == "varchar" and node.is_string:
        return f"varchar({len(node.name)})"
    if name == "timestamp":
        return "timestamp(3)"
    if name == "decimal" and (parts := scale_of(node)):
        return f"decimal({parts[0]}, {parts[1]})"
    return name


def from_hive(hive_type: str) -> Any:
    """The sqlglot type of a Glue column.

    Raises:
        QueryError: NOT_SUPPORTED for a type this project does not know (uniontype, interval …).
    """
    from sqlglot import exp  # noqa: PLC0415
    from sqlglot.errors import ParseError  # noqa: PLC0415

    try:
        built = exp.DataType.build(hive_type.strip(), dialect="hive")
    except (ParseError, ValueError) as error:
        raise not_supported(f"column type '{hive_type}'") from error
    for part in built.find_all(exp.DataType):
        if type_kind(part) is None:
            raise not_supported(f"column type '{hive_type}'")
        if part.is_type("decimal") and not part.expressions:  # Hive's decimal is decimal(10,0)
            part.set("expressions", [exp.DataTypeParam(this=exp.Literal.number(n)) for n in (10, 0)])
        if part.is_type("char", "varchar", "text"):
            part.replace(exp.DataType.build("varchar")) if part.parent else part.set("expressions", [])
    if built.is_type("char", "text"):
        return exp.DataType.build("varchar")
    return built


def duckdb_type(hive_type: str) -> str:
    """The DuckDB type of a Glue column."""
    return str(from_hive(hive_type).sql("duckdb"))


def to_hive(duckdb: str) -> str:
    """The Glue type of a DuckDB result column (CTAS, views).

    Raises:
        QueryError: NOT_SUPPORTED for a type that a Hive table cannot hold, as `timestamp with time zone`.
    """
    if duckdb.startswith("TIMESTAMP WITH") or duckdb == "TIMESTAMPTZ":
        raise not_supported("a Hive column of type 'timestamp(3) with time zone'")
    simple = {
        "VARCHAR": "string", "INTEGER": "int", "BIGINT": "bigint", "HUGEINT": "bigint", "DOUBLE": "double",
        "FLOAT": "float", "BOOLEAN": "boolean", "DATE": "date", "TIMESTAMP": "timestamp", "SMALLINT": "smallint",
        "TINYINT": "tinyint", "BLOB": "binary", "TIMESTAMP_NS": "timestamp", "TIMESTAMP_MS": "timestamp",
        "UINTEGER": "bigint", "UBIGINT": "bigint",
    }  # fmt: skip
    if duckdb in simple:
        return simple[duckdb]
    if duckdb.startswith("DECIMAL"):
        return duckdb.lower().replace(" ", "")
    if duckdb.endswith("[]"):
        return f"array<{to_hive(duckdb[:-2])}>"
    if found := re.fullmatch(r"(STRUCT|MAP)\((.*)\)", duckdb, re.DOTALL):
        parts = split_top(found[2])
        if found[1] == "MAP":
            return f"map<{','.join(to_hive(part) for part in parts)}>"
        fields = [re.fullmatch(r'("(?:[^"]|"")+"|\S+) (.*)', part, re.DOTALL) for part in parts]
        return f"struct<{','.join(f'{field[1].strip(chr(34))}:{to_hive(field[2])}' for field in fields if field)}>"
    raise not_supported(f"a Hive column of type '{duckdb.lower()}'")


def split_top(text: str) -> list[str]:
    """``a, b(c, d)`` -> ``["a", "b(c, d)"]``: split at the commas that are in no bracket and no quote."""
    parts, depth, quoted, start = [], 0, False, 0
    for at, character in enumerate(text):
        quoted ^= character == '"'
        if quoted:
            continue
        depth += (character in "([<") - (character in ")]>")
        if character == "," and not depth:
            parts.append(text[start:at].strip())
            start = at + 1
    return [*parts, text[start:].strip()]


_API = {
    "VARCHAR": ("varchar", 2147483647, 0), "INTEGER": ("integer", 10, 0), "BIGINT": ("bigint", 19, 0),
    "HUGEINT": ("bigint", 19, 0), "SMALLINT": ("smallint", 5, 0), "TINYINT": ("tinyint", 3, 0),
    "DOUBLE": ("double", 17, 0), "FLOAT": ("float", 17, 0), "BOOLEAN": ("boolean", 0, 0), "DATE": ("date", 0, 0),
    "TIMESTAMP": ("timestamp", 3, 0), "TIMESTAMP_MS": ("timestamp", 3, 0), "TIMESTAMP_NS": ("timestamp", 3, 0),
    "TIMESTAMP WITH TIME ZONE": ("timestamp with time zone", 3, 0), "BLOB": ("varbinary", 1073741824, 0),
    "JSON": ("json", 0, 0), "TIME": ("time", 3, 0), "NULL": ("unknown", 0, 0), '"NULL"': ("unknown", 0, 0),
    "UUID": ("uuid", 0, 0), "UBIGINT": ("bigint", 19, 0),
}  # fmt: skip


def column_info(name: str, duckdb: str) -> dict[str, Any]:
    """`ColumnInfo` of GetQueryResults; precision and scale as Athena fills them."""
    if duckdb in _API:
        type_name, precision, scale = _API[duckdb]
    elif found := re.fullmatch(r"DECIMAL\((\d+), ?(\d+)\)", duckdb):
        type_name, precision, scale = "decimal", int(found[1]), int(found[2])
    elif duckdb.endswith("[]"):
        type_name, precision, scale = "array", 0, 0
    elif duckdb.startswith("MAP"):
        type_name, precision, scale = "map", 0, 0
    elif duckdb.startswith(("STRUCT", "TUPLE")):
        type_name, precision, scale = "row", 0, 0
    else:
        raise not_supported(f"a result column of type '{duckdb.lower()}'")
    return {
        "CatalogName": "hive",
        "SchemaName": "",
        "TableName": "",
        "Name": name,
        "Label": name,
        "Type": type_name,
        "Precision": precision,
        "Scale": scale,
        "Nullable": "UNKNOWN",
        "CaseSensitive": type_name in ("varchar", "char"),
    }
