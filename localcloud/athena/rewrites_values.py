"""Functions of Trino on numbers and strings, and its aggregates."""

import re
from typing import Any

from localcloud.athena.errors import not_supported
from localcloud.athena.rewriting import arity, call, literal, rewrite, sql, text
from localcloud.athena.types import kind, scale_of


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


@rewrite("if")
def _if(node: Any) -> Any:
    from sqlglot import exp  # noqa: PLC0415

    arguments = arity(node, 2, 3)
    return exp.Case(
        ifs=[exp.If(this=arguments[0], true=arguments[1])], default=arguments[2] if len(arguments) == 3 else None
    )
