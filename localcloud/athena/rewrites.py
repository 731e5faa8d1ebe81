"""Trino functions whose DuckDB form depends on the arguments: name -> function from the call to its replacement."""

import re
from collections.abc import Callable
from typing import Any

from localcloud.athena.errors import QueryError, not_supported
from localcloud.athena.formats import joda_format, mysql_format
from localcloud.athena.types import kind, scale_of

Rewrite = Callable[[Any], Any]
REWRITES: dict[str, Rewrite] = {}


def rewrite(*names: str) -> Callable[[Rewrite], Rewrite]:
    """Register the rewrite of the named functions."""

    def register(function: Rewrite) -> Rewrite:
        REWRITES.update(dict.fromkeys(names, function))
        return function

    return register


def call(name: str, *arguments: Any) -> Any:
    """A call of a DuckDB function."""
    from sqlglot import exp  # noqa: PLC0415

    return exp.Anonymous(this=name, expressions=list(arguments))


def text(value: str) -> Any:
    """A string literal."""
    from sqlglot import exp  # noqa: PLC0415

    return exp.Literal.string(value)


def sql(template: str, **parts: Any) -> Any:
    """A DuckDB expression with ``:name`` places filled by nodes."""
    from sqlglot import exp, parse_one  # noqa: PLC0415

    from localcloud.athena.dialect import duckdb_sql  # noqa: PLC0415

    tree = parse_one(template, read=duckdb_sql())
    for node in list(tree.find_all(exp.Placeholder)):
        replacement = parts[node.name].copy()
        if node is tree:
            return replacement
        node.replace(replacement)
    return tree


def literal(node: Any, what: str) -> str:
    """The text of a string literal, which DuckDB needs where Trino takes any expression.

    Raises:
        QueryError: NOT_SUPPORTED, naming the argument.
    """
    if not getattr(node, "is_string", False):
        raise not_supported(f"{what} that is not a literal")
    return str(node.name)


def arity(node: Any, *counts: int) -> list[Any]:
    """The arguments, if there are as many as the function takes.

    Raises:
        QueryError: TYPE_MISMATCH.
    """
    if len(node.expressions) not in counts:
        raise QueryError(
            "TYPE_MISMATCH",
            f"Unexpected parameters for function {node.name.lower()}: "
            f"{len(node.expressions)} given, {' or '.join(map(str, counts))} expected",
        )
    return list(node.expressions)


@rewrite("concat")
def _concat(node: Any) -> Any:
    """NULL if any argument is, as `||`."""
    from sqlglot import exp  # noqa: PLC0415

    result = node.expressions[0]
    for argument in node.expressions[1:]:
        result = concatenation(exp.DPipe(this=result, expression=argument))
    return result


def concatenation(node: Any) -> Any:
    """``a || b`` of two strings or two arrays; Trino does not convert a number."""
    kinds = [kind(side) for side in (node.this, node.expression)]
    if "array" in kinds or kinds == ["varbinary", "varbinary"]:
        return call("list_concat" if "array" in kinds else "concat", node.this, node.expression)
    if kinds == ["varchar", "varchar"]:
        return node
    return call("tr_concat", node.this, node.expression)


@rewrite("greatest", "least")
def _extreme(node: Any) -> Any:
    """NULL if any argument is; DuckDB's ignore NULL."""
    from sqlglot import exp  # noqa: PLC0415

    absent = exp.or_(*(argument.copy().is_(exp.null()) for argument in node.expressions))
    return exp.Case(ifs=[exp.If(this=absent, true=exp.null())], default=call(node.name, *node.expressions))


@rewrite("sum")
def _sum(node: Any) -> Any:
    return call("sum", *node.expressions)


@rewrite("avg")
def _avg(node: Any) -> Any:
    return call("avg", *node.expressions)


@rewrite("round")
def _round(node: Any) -> Any:
    """A decimal keeps its scale: round(2.567, 1) is 2.600 of decimal(5, 3)."""
    from sqlglot import exp  # noqa: PLC0415

    arguments = arity(node, 1, 2)
    if kind(arguments[0]) == "integer" and len(arguments) == 1:
        return arguments[0]
    if kind(arguments[0]) == "integer":
        return exp.cast(call("round", *arguments), "bigint")
    if len(arguments) == 2 and kind(arguments[0]) == "decimal" and (parts := scale_of(arguments[0])):
        return exp.cast(call("round", *arguments), f"decimal({min(38, parts[0] + 1)}, {parts[1]})")
    return call("round", *arguments)


@rewrite("abs", "ceil", "ceiling", "floor", "truncate", "sign")
def _rounding(node: Any) -> Any:
    name = {"ceiling": "ceil"}.get(node.name.lower(), node.name.lower())
    arguments = arity(node, 1) if name != "truncate" else arity(node, 1, 2)
    if name == "abs":
        return call("abs", *arguments)
    if len(arguments) == 2:
        return call("trunc", *arguments)
    if kind(arguments[0]) == "decimal":
        return call({"truncate": "trunc"}.get(name, name), *arguments)
    return call(f"tr_{name}", *arguments)


@rewrite("e", "infinity", "nan")
def _constant(node: Any) -> Any:
    arity(node, 0)
    return sql(
        {"e": "exp(1)", "infinity": "cast('Infinity' as double)", "nan": "cast('NaN' as double)"}[node.name.lower()]
    )


@rewrite("bitwise_and", "bitwise_or", "bitwise_xor", "bitwise_not")
def _bitwise(node: Any) -> Any:
    templates = {
        "bitwise_and": ":a & :b",
        "bitwise_or": ":a | :b",
        "bitwise_xor": "xor(:a, :b)",
        "bitwise_not": "~:a",
    }
    arguments = arity(node, 1 if node.name.lower() == "bitwise_not" else 2)
    return sql(f"cast({templates[node.name.lower()]} as bigint)", **dict(zip("ab", arguments, strict=False)))


@rewrite("approx_distinct")
def _approx_distinct(node: Any) -> Any:
    """Counted exactly, which is within the stated error."""
    from sqlglot import exp  # noqa: PLC0415

    return call("count", exp.Distinct(expressions=[arity(node, 1, 2)[0]]))


@rewrite("approx_percentile")
def _approx_percentile(node: Any) -> Any:
    """Taken exactly: the element at the rank."""
    from sqlglot import exp  # noqa: PLC0415

    if len(node.expressions) != 2:
        raise not_supported("approx_percentile with weights or accuracy")
    value, rank = node.expressions
    is_list = isinstance(rank, exp.Array)
    return call("quantile_disc", value, exp.cast(rank, "double[]" if is_list else "double"))


@rewrite("map_agg")
def _map_agg(node: Any) -> Any:
    """Rows with a NULL key are left out and the first value of a key stays."""
    key, value = arity(node, 2)
    return sql(
        "tr_map_of_first(list(struct_pack(key := :k, value := :v)) filter (where :k is not null))", k=key, v=value
    )


@rewrite("regexp_extract")
def _regexp_extract(node: Any) -> Any:
    """NULL where nothing matches; DuckDB gives ''."""
    arguments = arity(node, 2, 3)
    if len(arguments) == 3 and not arguments[2].is_int:
        raise not_supported("regexp_extract with a group that is not a literal")
    parts = dict(zip("spg", arguments, strict=False))
    if len(arguments) == 2:
        return sql("case when tr_regexp_like(:s, :p) then regexp_extract(:s, :p) end", **parts)
    return sql("case when tr_regexp_like(:s, :p) then regexp_extract(:s, :p, :g) end", **parts)


@rewrite("regexp_extract_all")
def _regexp_extract_all(node: Any) -> Any:
    return call("regexp_extract_all", *arity(node, 2, 3))


@rewrite("regexp_replace")
def _regexp_replace(node: Any) -> Any:
    """Every match; Java's `$1` in the replacement is `\\1` here."""
    arguments = arity(node, 2, 3)
    replacement = literal(arguments[2], "regexp_replace with a replacement") if len(arguments) == 3 else ""
    if "${" in replacement:
        raise not_supported("regexp_replace with a named group")
    converted = re.sub(
        r"\\(.)|\$(\d)|\\",
        lambda m: m[1] if m[1] not in (None, "\\") else f"\\{m[2]}" if m[2] else r"\\",
        replacement,
    )
    return call("regexp_replace", arguments[0], arguments[1], text(converted), text("g"))


@rewrite("cardinality")
def _cardinality(node: Any) -> Any:
    (value,) = arity(node, 1)
    return call("cardinality" if kind(value) == "map" else "array_length", value)


@rewrite("reverse")
def _reverse(node: Any) -> Any:
    return call("list_reverse" if kind(node.expressions[0]) == "array" else "tr_reverse", *arity(node, 1))


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


@rewrite("json_extract", "json_extract_scalar", "json_size")
def _json(node: Any) -> Any:
    value, path = arity(node, 2)
    return call(f"tr_{node.name.lower()}", value, text(_json_path(literal(path, f"{node.name.lower()} with a path"))))


def _json_path(path: str) -> str:
    """Trino's JSON path in DuckDB's form: ``$["a b"][0]`` -> ``$."a b"[0]``.

    Raises:
        QueryError: NOT_SUPPORTED for wildcards, filters and recursive descent, for which DuckDB gives a list.
    """
    converted = re.sub(r"""\[\s*(["'])(.*?)\1\s*\]""", r'."\2"', path)
    bare = re.sub(r'"[^"]*"', "", converted)
    if not bare.startswith("$"):
        raise QueryError("INVALID_FUNCTION_ARGUMENT", f"Invalid JSON path: '{path}'")
    if re.search(r"\*|\.\.|\?|@", bare):
        raise not_supported(f"the JSON path '{path}'")
    return converted


@rewrite("element_at")
def _element_at(node: Any) -> Any:
    """NULL for what is not there, in arrays (negative counts from the end) and maps."""
    collection, key = arity(node, 2)
    if kind(collection) == "map" or kind(key) == "varchar":
        return sql(":m[:k]", m=collection, k=key)
    if kind(collection) == "array":
        return call("tr_array_element", collection, key)
    raise not_supported("element_at of an expression whose type is not known locally")


def subscript(node: Any) -> Any:
    """``a[i]``: what is not there is an error, unlike in DuckDB."""
    key = node.expressions[0]
    if kind(node.this) == "row":
        return node
    if kind(node.this) == "map" or kind(key) == "varchar":
        return call("tr_map_subscript", node.this, key)
    if kind(node.this) == "array":
        return call("tr_subscript", node.this, key)
    raise not_supported("a subscript of an expression whose type is not known locally (use element_at)")


@rewrite("any_match", "all_match", "none_match")
def _match(node: Any) -> Any:
    from sqlglot import exp  # noqa: PLC0415

    matched = call("list_transform", *arity(node, 2))
    if node.name.lower() == "all_match":
        return call("tr_all_match", matched)
    found = call("tr_any_match", matched)
    return exp.Not(this=found) if node.name.lower() == "none_match" else found


@rewrite("transform", "filter")
def _each(node: Any) -> Any:
    return call(f"list_{node.name.lower()}", *arity(node, 2))


@rewrite("reduce")
def _reduce(node: Any) -> Any:
    array, initial, step, output = arity(node, 4)
    return sql("list_transform([list_reduce(:a, :f, :i)], :o)[1]", a=array, f=step, i=initial, o=output)


@rewrite("map_filter", "transform_values")
def _entries(node: Any) -> Any:
    """A lambda of two arguments over the entries."""
    from sqlglot import exp  # noqa: PLC0415

    entries, function = arity(node, 2)
    if not isinstance(function, exp.Lambda) or len(function.expressions) != 2:
        raise QueryError("TYPE_MISMATCH", f"Unexpected parameters for function {node.name.lower()}")
    key, value = (parameter.name for parameter in function.expressions)
    body = function.this.copy().transform(
        lambda part: (
            sql(f"entry_.{'key' if part.name == key else 'value'}")
            if isinstance(part, exp.Identifier | exp.Column)
            and part.name in (key, value)
            and not isinstance(part.parent, exp.Dot)
            else part
        )
    )
    if node.name.lower() == "map_filter":
        return sql("map_from_entries(list_filter(map_entries(:m), lambda entry_: :b))", m=entries, b=body)
    return sql(
        "map_from_entries(list_transform(map_entries(:m), lambda entry_: struct_pack(key := entry_.key, value := :b)))",
        m=entries,
        b=body,
    )


@rewrite("repeat")
def _repeat(node: Any) -> Any:
    value, count = arity(node, 2)
    return sql("list_transform(range(cast(:n as bigint)), lambda i_: :x)", n=count, x=value)


@rewrite("if")
def _if(node: Any) -> Any:
    from sqlglot import exp  # noqa: PLC0415

    arguments = arity(node, 2, 3)
    return exp.Case(
        ifs=[exp.If(this=arguments[0], true=arguments[1])], default=arguments[2] if len(arguments) == 3 else None
    )
