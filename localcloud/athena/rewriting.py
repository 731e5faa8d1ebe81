"""How a call of a Trino function is replaced by its DuckDB form, where that depends on the arguments."""

from collections.abc import Callable
from typing import Any

from localcloud.athena.errors import QueryError, not_supported

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
