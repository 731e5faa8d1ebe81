"""Date and time functions of Trino."""

from typing import Any

from localcloud.athena.errors import QueryError
from localcloud.athena.formats import joda_format, mysql_format
from localcloud.athena.rewriting import arity, call, literal, rewrite, sql, text
from localcloud.athena.types import kind


@rewrite("date")
def _date(node: Any) -> Any:
    return call("tr_to_date", *arity(node, 1))


@rewrite("now")
def _now(node: Any) -> Any:
    arity(node, 0)
    return sql("date_trunc('millisecond', now())")


_UNITS = ("millisecond", "second", "minute", "hour", "day", "week", "month", "quarter", "year")


def unit_of(node: Any) -> str:
    """The unit of a date function.

    Raises:
        QueryError: INVALID_FUNCTION_ARGUMENT for none of Trino's.
    """
    unit = literal(node, "a date function with a unit").lower()
    if unit not in _UNITS:
        raise QueryError("INVALID_FUNCTION_ARGUMENT", f"'{unit}' is not a valid TIMESTAMP field")
    return unit


@rewrite("date_trunc")
def _date_trunc(node: Any) -> Any:
    unit, value = arity(node, 2)
    return call("tr_date_trunc", text(unit_of(unit)), value)


@rewrite("date_add")
def _date_add(node: Any) -> Any:
    """A date stays a date."""
    unit, count, value = arity(node, 3)
    name = unit_of(unit)
    if name in _UNITS[:4] and kind(value) == "date":
        raise QueryError("INVALID_FUNCTION_ARGUMENT", f"'{name}' is not a valid DATE field")
    if name == "quarter":
        count, name = sql(":n * 3", n=count), "month"
    return call(
        "tr_plus",
        value,
        call(
            f"to_{name}s",
            sql("cast(:n as integer)", n=count) if name not in ("millisecond", "second", "minute", "hour") else count,
        ),
    )


@rewrite("date_diff")
def _date_diff(node: Any) -> Any:
    """Whole units, not boundaries crossed."""
    unit, start, end = arity(node, 3)
    return call("tr_date_diff", text(unit_of(unit)), start, end)


@rewrite("date_format")
def _date_format(node: Any) -> Any:
    """MySQL's specifiers."""
    value, pattern = arity(node, 2)
    return call("strftime", _moment(value), text(mysql_format(literal(pattern, "date_format with a format"))))


@rewrite("format_datetime")
def _format_datetime(node: Any) -> Any:
    """Joda's pattern letters."""
    value, pattern = arity(node, 2)
    return call("strftime", _moment(value), text(joda_format(literal(pattern, "format_datetime with a format"))))


def _moment(value: Any) -> Any:
    """What strftime takes: DuckDB's has no overload for a timestamp with time zone, whose zone is UTC here."""
    if kind(value) == "varchar":
        raise QueryError("TYPE_MISMATCH", "Unexpected parameters (varchar, varchar) for function date_format")
    return sql("cast(:x as timestamp)", x=value) if kind(value) in ("timestamptz", None) else value


@rewrite("date_parse")
def _date_parse(node: Any) -> Any:
    value, pattern = arity(node, 2)
    return call("strptime", value, text(mysql_format(literal(pattern, "date_parse with a format"))))


@rewrite("parse_datetime")
def _parse_datetime(node: Any) -> Any:
    value, pattern = arity(node, 2)
    converted = joda_format(literal(pattern, "parse_datetime with a format"))
    return sql("cast(strptime(:x, :f) as timestamptz)", x=value, f=text(converted))
