"""DuckDB's types as Hive types, the way a Glue crawler names what it finds."""

import re

_PLAIN = {
    "BIGINT": "bigint",
    "INTEGER": "int",
    "SMALLINT": "smallint",
    "TINYINT": "tinyint",
    "UBIGINT": "bigint",
    "UINTEGER": "bigint",
    "USMALLINT": "int",
    "UTINYINT": "smallint",
    "DOUBLE": "double",
    "FLOAT": "float",
    "BOOLEAN": "boolean",
    "DATE": "date",
    "BLOB": "binary",
}
_TEXT_STAYS_TEXT = re.compile(r"DATE|TIME|TIMESTAMP|UUID|INTERVAL")


def hive_type(duckdb_type: str, *, text: bool = False) -> str:  # noqa: PLR0911 - one for each family of types
    """The Hive type of a DuckDB type such as ``STRUCT(a INTEGER, b VARCHAR[])``.

    Args:
        text: the value comes from JSON or CSV: what looks like a date stays ``string``, and integers are ``bigint``,
            as in the tables that a crawler makes of such files.
    """
    kind = duckdb_type.strip()
    if kind.endswith("[]"):
        return f"array<{hive_type(kind[:-2], text=text)}>"
    nested = re.fullmatch(r"(STRUCT|MAP)\((.*)\)", kind, re.DOTALL)
    if nested and nested[1] == "MAP":
        key, value = split_arguments(nested[2])
        return f"map<{hive_type(key, text=text)},{hive_type(value, text=text)}>"
    if nested:
        field = re.compile(r'("(?:[^"]|"")+"|\S+)\s+(.*)', re.DOTALL)
        fields = [field.fullmatch(part) for part in split_arguments(nested[2])]
        named = [(found[1].strip('"'), hive_type(found[2], text=text)) for found in fields if found]
        return "struct<" + ",".join(f"{name}:{inner}" for name, inner in named) + ">"
    if kind.startswith("DECIMAL"):
        return kind.replace(" ", "").lower()
    if text:
        if _TEXT_STAYS_TEXT.match(kind):
            return "string"
        if kind in ("INTEGER", "SMALLINT", "TINYINT"):
            return "bigint"
    if kind.startswith("TIMESTAMP"):
        return "timestamp"
    return _PLAIN.get(kind, "string")


def split_arguments(text: str) -> list[str]:
    """``a INTEGER, b MAP(VARCHAR, BIGINT)`` at its outer commas."""
    parts, depth, quoted, start = [], 0, False, 0
    for at, sign in enumerate(text):
        quoted ^= sign == '"'
        if not quoted:
            depth += (sign == "(") - (sign == ")")
            if sign == "," and not depth:
                parts.append(text[start:at].strip())
                start = at + 1
    return [*parts, text[start:].strip()]
