"""Results as Athena writes them: text of values, the CSV object, pages of GetQueryResults."""

import io
import re
from dataclasses import dataclass, field
from typing import Any

from localcloud.athena.types import column_info, split_top


@dataclass
class Result:
    """What a statement gives back. ``columns`` are API ColumnInfo; ``rows`` are texts, None is NULL."""

    columns: list[dict[str, Any]] = field(default_factory=list)
    rows: list[list[str | None]] = field(default_factory=list)
    header: bool = False  # a SELECT's first row is its column names
    update_count: int | None = None
    manifest: list[str] | None = None  # objects written by CTAS, INSERT, UNLOAD


def from_arrow(table: Any, types: list[str], names: list[str]) -> Result:
    """A SELECT's result.

    Args:
        table: pyarrow.Table, columns in order.
        types: DuckDB's type of each.
        names: output names, which may repeat.
    """
    columns = [column_info(name, kind) for name, kind in zip(names, types, strict=True)]
    texts = [_texts(column, kind) for column, kind in zip(table.columns, types, strict=True)]
    rows = [list(row) for row in zip(*texts, strict=True)] if texts else []
    return Result(columns, rows, header=True)


def _texts(column: Any, kind: str) -> list[str | None]:
    return [None if value is None else value_text(value, kind) for value in column.to_pylist()]


def value_text(value: Any, kind: str = "") -> str:  # noqa: PLR0911 - one line for each type
    """A value as Athena prints it: ``[a, b]``, ``{k=v}``, ``2013-01-01 00:00:00.000``, Java's doubles."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return java_double(value, single=kind == "FLOAT")
    if isinstance(value, bytes):
        return " ".join(f"{byte:02x}" for byte in value)
    if isinstance(value, list) and (kind.endswith("[]") or not kind):
        return "[" + ", ".join(value_text(item, kind.removesuffix("[]")) for item in value) + "]"
    inner = split_top(kind[kind.index("(") + 1 : -1]) if kind.endswith(")") and "(" in kind else []
    if kind.startswith("MAP"):
        pairs = (f"{value_text(key, inner[0])}={value_text(item, inner[1])}" for key, item in value)
        return "{" + ", ".join(pairs) + "}"
    if isinstance(value, dict):
        named = not kind.startswith("TUPLE")
        types = [re.sub(r'^("([^"]|"")*"|\S+) ', "", part) for part in inner] if named else inner
        names = list(value) if named else [f"field{at}" for at in range(len(value))]
        fields = zip(names, value.values(), types, strict=True)
        return "{" + ", ".join(f"{name}={value_text(item, part)}" for name, item, part in fields) + "}"
    if hasattr(value, "hour") and hasattr(value, "year"):
        zone = " UTC" if value.tzinfo is not None else ""
        return f"{value:%Y-%m-%d %H:%M:%S}.{value.microsecond // 1000:03d}{zone}"
    return str(value)


def java_double(value: float, *, single: bool = False) -> str:
    """Java's Double.toString: plain from 1e-3 to 1e7, else ``1.2345E7``."""
    if value != value:  # noqa: PLR0124 - NaN
        return "NaN"
    if value in (float("inf"), float("-inf")):
        return "Infinity" if value > 0 else "-Infinity"
    if single:
        import numpy as np  # noqa: PLC0415

        text = str(np.float32(value))
    else:
        text = repr(value)
    if value == 0:
        return text
    mantissa, _, exponent = text.partition("e")
    if 1e-3 <= abs(value) < 1e7:
        if not exponent:
            return text
        return f"{value:.20f}".rstrip("0")
    sign = "-" if value < 0 else ""
    whole, _, fraction = mantissa.lstrip("-").partition(".")
    digits = (whole + fraction).lstrip("0")
    power = int(exponent or 0) + (
        len(whole) - 1 if whole.strip("0") else -(len(fraction) - len(fraction.lstrip("0")) + 1)
    )
    rest = digits[1:].rstrip("0") or "0"
    return f"{sign}{digits[0]}.{rest}E{power}"


def csv_bytes(result: Result) -> bytes:
    """The result object: every value quoted, NULL as nothing."""
    out = io.StringIO()
    if result.header:
        out.write(",".join(_quote(column["Name"]) for column in result.columns) + "\n")
    for row in result.rows:
        out.write(",".join("" if value is None else _quote(value) for value in row) + "\n")
    return out.getvalue().encode()


def text_bytes(result: Result) -> bytes:
    """The ``.txt`` object of a DDL statement: tab-separated, no header."""
    return "".join("\t".join(value or "" for value in row) + "\n" for row in result.rows).encode()


def _quote(value: str) -> str:
    return '"' + value.replace('"', '""') + '"'


def page(result: Result, start: int, size: int) -> tuple[dict[str, Any], int | None]:
    """Rows of one GetQueryResults answer and where the next begins. The header row counts as a row."""
    rows: list[list[str | None]] = [[column["Name"] for column in result.columns]] if result.header else []
    total = len(result.rows) + len(rows)
    if start < len(rows):
        rows = rows + result.rows[: size - len(rows)]
    else:
        rows = result.rows[start - len(rows) : start - len(rows) + size]
    data = [{"Data": [{} if value is None else {"VarCharValue": value} for value in row]} for row in rows]
    following = start + len(data)
    return {
        "Rows": data,
        "ResultSetMetadata": {"ColumnInfo": result.columns},
    }, following if following < total else None
