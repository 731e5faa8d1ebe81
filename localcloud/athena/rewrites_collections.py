"""Functions of Trino on arrays, maps and JSON."""

import re
from typing import Any

from localcloud.athena.errors import QueryError, not_supported
from localcloud.athena.rewriting import arity, call, literal, rewrite, sql, text
from localcloud.athena.types import kind


@rewrite("map_agg")
def _map_agg(node: Any) -> Any:
    """Rows with a NULL key are left out and the first value of a key stays."""
    key, value = arity(node, 2)
    return sql(
        "tr_map_of_first(list(struct_pack(key := :k, value := :v)) filter (where :k is not null))", k=key, v=value
    )


@rewrite("cardinality")
def _cardinality(node: Any) -> Any:
    (value,) = arity(node, 1)
    return call("cardinality" if kind(value) == "map" else "array_length", value)


@rewrite("reverse")
def _reverse(node: Any) -> Any:
    return call("list_reverse" if kind(node.expressions[0]) == "array" else "tr_reverse", *arity(node, 1))


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
    pair = sql("struct_pack(key := entry_.key, value := :b)", b=body)
    return sql("map_from_entries(list_transform(map_entries(:m), lambda entry_: :p))", m=entries, p=pair)


@rewrite("repeat")
def _repeat(node: Any) -> Any:
    """Bytes as far as the type tells them: Trino's array has 9 for a number and its NULL."""
    value, count = arity(node, 2)
    size = {"varchar": "octet_length(encode(:x)) + 5", "array": "9 * len(:x)"}.get(kind(value) or "", "9")
    return sql(
        f"list_transform(range(tr_count(cast(:n as bigint), coalesce({size}, 1))), lambda i_: :x)", n=count, x=value
    )
