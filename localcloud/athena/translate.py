"""Athena SQL to DuckDB SQL: the bound, typed tree with every node replaced that means something else in DuckDB."""
# ruff: noqa: S608 - the engine's SQL is made here, of identifiers and literals that are quoted

from typing import Any

from localcloud.athena import casts, functions
from localcloud.athena.annotate import decimal_result
from localcloud.athena.bind import Query
from localcloud.athena.dialect import duckdb_sql, place
from localcloud.athena.errors import not_supported
from localcloud.athena.rewrites import REWRITES
from localcloud.athena.rewrites_collections import subscript
from localcloud.athena.rewrites_values import concatenation
from localcloud.athena.rewriting import call, sql
from localcloud.athena.typecheck import check_alike, compared, operator_error
from localcloud.athena.types import kind, scale_of


def render(query: Query) -> str:
    """The DuckDB text of a bound query. The tables are still `"database"."table"`.

    Raises:
        QueryError: TYPE_MISMATCH for operands Trino does not convert, NOT_SUPPORTED for what has no equal.
    """
    return str(rewrite(query.tree.copy()).sql(duckdb_sql()))


def rewrite(tree: Any) -> Any:
    """The typed tree with every node that means something else in DuckDB replaced, innermost first."""
    from sqlglot import exp  # noqa: PLC0415

    for node in reversed(list(tree.walk(bfs=False))):
        replacement = _node(node, exp)
        if replacement is node:
            continue
        if getattr(replacement, "type", None) is None and node.type is not None:
            replacement.type = node.type
        if node is tree:
            tree = replacement
        else:
            node.replace(replacement)
    return tree


def _node(node: Any, exp: Any) -> Any:  # noqa: PLR0911, PLR0912 - one line for each kind of node
    name = type(node).__name__
    check_alike(node, name)
    if name in ("EQ", "NEQ", "LT", "LTE", "GT", "GTE"):
        return compared(node, node.this, node.expression)
    if name == "Between":
        compared(node, node.this, node.args["low"])
        return compared(node, node.this, node.args["high"])
    if name == "In":
        for item in node.expressions:
            compared(node, node.this, item)
        return node
    if name in ("Add", "Sub"):
        return _sum(node, exp)
    if name in ("Mul", "Mod"):
        return _arithmetic(node)
    if name == "Div":
        return _division(node, exp)
    if name == "DPipe":
        return concatenation(node)
    if name in ("Cast", "TryCast"):
        return casts.cast(node)
    if name == "Anonymous":
        return _function(node)
    if name in ("Window", "Filter", "WithinGroup"):
        return node
    if name == "Bracket":
        return subscript(node)
    if name == "Ordered":
        if node.args.get("nulls_first") is not True or not node.meta.get("nulls"):
            node.set("nulls_first", bool(node.args.get("nulls_first")))
        return node
    if name == "AtTimeZone":
        return _zoned(node)
    if name == "Extract":
        return _extract(node)
    if name == "CurrentTimestamp":
        return sql("date_trunc('millisecond', now())")
    if name == "Localtimestamp":
        return sql("cast(date_trunc('millisecond', now()) as timestamp)")
    if name == "Substring":
        return call("tr_substr", *(node.args[part] for part in ("this", "start", "length") if node.args.get(part)))
    if name == "StrPosition":
        return call("strpos", node.this, node.args["substr"])
    if name == "Trim":
        return _trim(node)
    if name == "Unnest":
        return _unnest(node, exp)
    if name == "Like":
        return compared(node, node.this, node.expression)
    if name == "Interval" and (node.unit is None or type(node.unit).__name__ == "IntervalSpan"):
        raise not_supported(f"{place(node)}this interval")
    return node


def _sum(node: Any, exp: Any) -> Any:
    """Also date ± interval, which stays a date."""
    left, right = kind(node.this), kind(node.expression)
    subtract = isinstance(node, exp.Sub)
    if right == "interval" and left != "interval":
        interval = exp.Neg(this=exp.Paren(this=node.expression)) if subtract else node.expression
        return call("tr_plus", node.this, interval)
    if left == "interval" and right not in ("interval", None) and not subtract:
        return call("tr_plus", node.expression, node.this)
    if {left, right} & {"date", "timestamp", "timestamptz"}:
        if None not in (left, right) and left == right and subtract:
            raise not_supported("the difference of two dates as an interval (use date_diff)")
        raise operator_error(node, node.this, node.expression)
    return _arithmetic(node)


def _arithmetic(node: Any) -> Any:
    numbers = {"integer", "double", "decimal", "null", "interval", None}
    for side in (node.this, node.expression):
        if kind(side) not in numbers:
            raise operator_error(node, node.this, node.expression)
    return node


def _division(node: Any, exp: Any) -> Any:
    """Integers truncate; a decimal keeps the larger scale, rounded half up; zero is an error but for double."""
    _arithmetic(node)
    left, right = exp.Paren(this=node.this.copy()), exp.Paren(this=node.expression.copy())
    left.type, right.type = node.this.type, node.expression.type
    kinds = {kind(node.this), kind(node.expression)}
    if kinds == {"integer"}:
        return sql("(:a // :b)", a=left, b=right)
    if "decimal" in kinds and kinds <= {"integer", "decimal"}:
        one, two = scale_of(node.this), scale_of(node.expression)
        if one and two:
            precision, scale = decimal_result(exp.Div, one, two, exp)
            return sql(
                f"cast(:a / case when :b = 0 then tr_fail('DIVISION_BY_ZERO: Division by zero') else :b end "
                f"as decimal({precision}, {scale}))",
                a=left,
                b=right,
            )
    if "double" in kinds and None not in kinds:
        return sql("(cast(:a as double) / cast(:b as double))", a=left, b=right)
    return call("tr_div", node.this, node.expression)


_ZONED_PARENTS = frozenset(functions.DATE_PARTS) | {"date", "date_trunc", "date_format", "format_datetime"}


def _zoned(node: Any) -> Any:
    """The wall clock in a zone. Trino keeps the zone with the value, DuckDB cannot: so only where it is not seen."""
    parent = node.parent
    while type(parent).__name__ == "Paren":
        parent = parent.parent
    if type(parent).__name__ in ("Cast", "TryCast") and kind(parent) == "varchar" and node.args["zone"].is_string:
        result = sql(
            "strftime(tr_at_timezone(:x, :z), '%Y-%m-%d %H:%M:%S.%g ') || :z", x=node.this, z=node.args["zone"]
        )
        result.type = "varchar"
        return result
    seen = not (
        (type(parent).__name__ in ("Cast", "TryCast") and kind(parent) in ("date", "timestamp"))
        or type(parent).__name__ == "Extract"
        or (type(parent).__name__ == "Anonymous" and parent.name.lower() in _ZONED_PARENTS)
    )
    if seen:
        raise not_supported("a 'timestamp with time zone' of another zone than UTC as a value (cast it to timestamp)")
    result = call("tr_at_timezone", node.this, node.args["zone"])
    result.type = "timestamp"
    return result


def _extract(node: Any) -> Any:
    unit = node.name.lower()
    if unit not in functions.DATE_PARTS:
        raise not_supported(f"EXTRACT({unit})")
    return _part(functions.DATE_PARTS[unit], node.expression)


def _part(part: str, value: Any) -> Any:
    if kind(value) == "timestamptz":
        value = sql("cast(:x as timestamp)", x=value)
    return call(part, value)


def _trim(node: Any) -> Any:
    position = str(node.args.get("position") or "").lower()
    prefix = {"leading": "l", "trailing": "r"}.get(position, "")
    if node.expression is None:
        return call(f"tr_{prefix}trim", node.this)
    return call(f"{prefix}trim", node.this, node.expression)


def _function(node: Any) -> Any:  # noqa: PLR0911 - one kind of function a branch
    name = node.name.lower()
    if name in ("ceil", "ceiling", "floor", "sign", "truncate", "abs", *REWRITES):
        replacement = REWRITES[name](node)
        if name == "sum" and kind(node) == "integer":
            return _outermost(node, replacement, "bigint")
        if name == "avg" and kind(node) == "decimal":
            return _outermost(node, replacement, node.type.sql("duckdb"))
        return replacement
    if name in functions.DATE_PARTS:
        return _part(functions.DATE_PARTS[name], node.expressions[0] if len(node.expressions) == 1 else None)
    if name in ("max_by", "min_by") and len(node.expressions) == 3:
        return call(functions.SAME[name].removesuffix("_null"), *node.expressions)
    if name in functions.SAME:
        return call(functions.SAME[name], *node.expressions)
    return call(f"tr_{functions.MACRO_NAMES.get(name, name)}", *node.expressions)


def _outermost(node: Any, replacement: Any, type_name: str) -> Any:
    """Cast an aggregate from outside its FILTER and OVER."""
    from sqlglot import exp  # noqa: PLC0415

    top = node
    while type(top.parent).__name__ in ("Filter", "WithinGroup", "Window", "IgnoreNulls") and top.parent.this is top:
        top = top.parent
    if top is node:
        result = exp.cast(replacement, type_name)
        result.type = node.type
        return result
    node.replace(replacement)
    wrapped = exp.cast(top.copy(), type_name)
    wrapped.type = node.type
    top.replace(wrapped)
    return node


def _unnest(node: Any, exp: Any) -> Any:
    """DuckDB's takes one array. A map gives two columns, rows their fields, several arrays are padded with NULL."""
    sources = node.expressions
    rows = [source for source in sources if kind(source) == "array" and _fields(source)]
    if len(sources) == 1 and kind(sources[0]) != "map" and not rows:
        return node
    if node.args.get("offset"):
        raise not_supported("UNNEST WITH ORDINALITY of a map, of rows or of several arrays")
    if rows and len(sources) > 1:
        raise not_supported("UNNEST of several arrays with rows among them")
    if rows:
        fields = ", ".join(f"e_.{field}" for field in _fields(rows[0]))
        inner = sql(f"select {fields} from (select unnest(:a) as e_)", a=rows[0])
    else:
        parts = []
        for source in sources:
            parts += [call("map_keys", source), call("map_values", source)] if kind(source) == "map" else [source]
        inner = exp.select(*(exp.alias_(call("unnest", part.copy()), f"c{at}_") for at, part in enumerate(parts)))
    alias = node.args.get("alias")
    subquery = exp.Subquery(this=inner)
    result = subquery if isinstance(node.parent, exp.From) else exp.Lateral(this=subquery)
    if alias is not None:
        result.set("alias", alias.copy())
    return result


def _fields(source: Any) -> list[str]:
    element = source.type.expressions[0] if source.type.expressions else None
    if element is None or not element.is_type("struct"):
        return []
    return [f'"{field.name}"' for field in element.expressions]
