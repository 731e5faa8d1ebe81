"""CAST by Trino's rules, which are stricter than DuckDB's."""

import re
from typing import Any

from localcloud.athena.dialect import place
from localcloud.athena.errors import QueryError, not_supported
from localcloud.athena.rewriting import call, sql
from localcloud.athena.types import kind, trino_name, type_kind

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2} \d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?")
_ZONED = re.compile(r"(\d{4}-\d{2}-\d{2} \d{2}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?) ?(UTC|[+-]\d{2}:\d{2}|[A-Z]\w+/\w+)")


def cast(node: Any) -> Any:
    """The replacement of a CAST or TRY_CAST.

    Raises:
        QueryError: TYPE_MISMATCH for a pair Trino has no cast for, NOT_SUPPORTED for one only DuckDB lacks.
    """
    result = _converted(node.this, node.to, node)
    if type(node).__name__ == "TryCast":
        result = call("try", result)
    result.type = node.to
    return result


def _converted(value: Any, to: Any, node: Any) -> Any:  # noqa: PLR0911, PLR0912 - one case for each target type
    from sqlglot import exp  # noqa: PLC0415

    source, target = kind(value), type_kind(to)
    plain = exp.Cast(this=value, to=to)
    if source == target and not (target == "varchar" and to.expressions):
        return plain
    if source in ("array", "map", "row") and target in ("varchar", "integer", "double", "boolean", "date"):
        raise QueryError(
            "TYPE_MISMATCH", f"{place(node)}Cannot cast {trino_name(value)} to {to.sql('trino').lower()}"
        )
    if target == "json":
        return call("to_json", value)
    if source == "json":
        return _from_json(value, to, target, exp)
    if target == "integer":
        if source == "decimal":
            return plain
        return exp.Cast(this=call("tr_to_bigint", value), to=to)
    if target == "double":
        if source in ("integer", "decimal"):
            return plain
        return exp.Cast(this=call("tr_to_double", value), to=to)
    if target == "boolean":
        return call("tr_to_boolean", value)
    if target == "varchar":
        if to.is_type("char"):
            raise not_supported(f"{place(node)}the type char(n)")
        text = (
            exp.Cast(this=value, to=exp.DataType.build("varchar"))
            if source == "decimal"
            else call("tr_to_varchar", value)
        )
        return call("left", text, to.expressions[0].this) if to.expressions else text
    if target in ("date", "timestamp") and getattr(value, "is_string", False):
        if (_DATE if target == "date" else _MOMENT).fullmatch(value.name) or (
            target == "timestamp" and _DATE.fullmatch(value.name)
        ):
            return plain
        if zoned := _ZONED.fullmatch(value.name):
            return _zoned_literal(zoned)
    if target == "date":
        return call("tr_to_date", value)
    if target == "timestamp":
        return call("tr_to_timestamp", value)
    if target == "varbinary":
        raise not_supported(f"{place(node)}a cast to varbinary (use to_utf8)")
    return plain


def _zoned_literal(found: re.Match[str]) -> Any:
    from sqlglot import exp  # noqa: PLC0415

    if found[2] != "UTC" and not found[2].startswith(("+", "-")):
        raise not_supported(f"a literal in the zone {found[2]}")
    offset = "+00" if found[2] == "UTC" else found[2]
    result = sql("cast(:x as timestamptz)", x=exp.Literal.string(found[1] + offset))
    result.type = "timestamptz"
    return result


def _from_json(value: Any, to: Any, target: str | None, exp: Any) -> Any:
    """A JSON string loses its quotes; an object is no varchar."""
    if target == "varchar":
        return sql(
            "case when json_type(:j) in ('OBJECT', 'ARRAY') then tr_fail('INVALID_CAST_ARGUMENT: Cannot cast "
            "JSON to varchar') else :j ->> '$' end",
            j=value,
        )
    return exp.Cast(this=value, to=to)
