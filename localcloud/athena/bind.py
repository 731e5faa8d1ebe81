"""A query bound to the catalog: every column resolved, stars expanded, output columns named as Athena names them."""

import re
from dataclasses import dataclass, field
from typing import Any

from localcloud.athena.annotate import annotate
from localcloud.athena.errors import QueryError

# {database: {table: {column: sqlglot type}}}
Schema = dict[str, dict[str, dict[str, Any]]]


@dataclass
class Query:
    """A query that is bound to the catalog, not yet in DuckDB's words."""

    tree: Any
    names: list[str]
    schema: Schema = field(default_factory=dict)


def bind(tree: Any, schema: Schema, database: str) -> Query:
    """Resolve every column, expand the stars, name the output columns as Athena does, find the types.

    Raises:
        QueryError: COLUMN_NOT_FOUND, AMBIGUOUS_NAME, MISSING_GROUP_BY … as Athena says it.
    """
    from sqlglot import exp  # noqa: PLC0415
    from sqlglot.errors import OptimizeError, SchemaError  # noqa: PLC0415
    from sqlglot.optimizer.qualify import qualify  # noqa: PLC0415
    from sqlglot.schema import MappingSchema  # noqa: PLC0415

    from localcloud.athena.dialect import athena_dml  # noqa: PLC0415

    written = _mark_unnamed(tree)
    dialect = athena_dml()
    mapping = MappingSchema(schema, dialect=dialect, normalize=False) if schema else MappingSchema(dialect=dialect)
    try:
        tree = qualify(tree, schema=mapping, db=database, dialect=dialect, expand_alias_refs=False)
    except (OptimizeError, SchemaError) as error:
        raise _unresolved(str(error), tree, schema, database) from error
    _resolve_having(tree)
    tree = annotate(tree, mapping)
    names = [written.get(name, name) for name in tree.named_selects] if isinstance(tree, exp.Query) else []
    names = [f"_col{at}" if name.startswith("unnamed__") else name for at, name in enumerate(names)]
    if not names and isinstance(tree, exp.Values):
        names = [f"_col{at}" for at in range(len(tree.expressions[0].expressions))]
    return Query(tree, names, schema)


def _mark_unnamed(tree: Any) -> dict[str, str]:
    """Alias the output columns that have no name; return how the named ones are written."""
    from sqlglot import exp  # noqa: PLC0415

    written: dict[str, str] = {}
    query = tree
    while isinstance(query, exp.SetOperation | exp.Subquery):
        query = query.this
    if not isinstance(query, exp.Select):
        return written
    for at, item in enumerate(list(query.expressions)):
        if isinstance(item, exp.Alias | exp.Column | exp.Dot):
            name = item.alias_or_name or item.name
            written[name.lower()] = name if written.get(name.lower(), name) == name else name.lower()
        elif not isinstance(item, exp.Star):
            item.replace(exp.alias_(item.copy(), f"unnamed__{at}"))
    return written


def _unresolved(message: str, tree: Any, schema: Schema, database: str) -> QueryError:
    found = re.search(
        r"Column '([^']*)' could not be resolved(?: for table: '?(\w+)'?)?\.?(?: Line: (\d+), Col: (\d+))?", message
    )
    if found:
        column = found[1].replace('"', "")
        if _ambiguous(column, tree, schema, database):
            return QueryError("AMBIGUOUS_NAME", f"Column '{column}' is ambiguous")
        at = f"line {found[3]}:{max(1, int(found[4]) - len(column.split('.')[-1]) + 1)}: " if found[3] else ""
        return QueryError(
            "COLUMN_NOT_FOUND",
            f"{at}Column '{column}' cannot be resolved or requester is not authorized to access requested resources",
        )
    if found := re.search(r"[Uu]nknown column: '?\"?([\w.]+)", message):
        return QueryError(
            "COLUMN_NOT_FOUND",
            f"Column '{found[1]}' cannot be resolved or requester is not authorized to access requested resources",
        )
    if found := re.search(
        r"Column '?\"?(\w+)\"?'? was found in more than one|[Aa]mbiguous column[: ]+'?\"?(\w+)", message
    ):
        return QueryError("AMBIGUOUS_NAME", f"Column '{found[1] or found[2]}' is ambiguous")
    return QueryError("SYNTAX_ERROR", message.split("\n", maxsplit=1)[0])


def _ambiguous(name: str, tree: Any, schema: Schema, database: str) -> bool:
    """Whether two tables of one SELECT have a column that it names without a table."""
    from sqlglot import exp  # noqa: PLC0415

    for column in tree.find_all(exp.Column):
        select = column.parent_select
        if column.table or column.name.lower() != name.lower() or not isinstance(select, exp.Select):
            continue
        sources = [select.args.get("from_") or select.args.get("from"), *(select.args.get("joins") or [])]
        tables = [source.this for source in sources if source and isinstance(source.this, exp.Table)]
        owners = [schema.get(table.db or database, {}).get(table.name, {}) for table in tables]
        if sum(name.lower() in columns for columns in owners) > 1:
            return True
    return False


def _resolve_having(tree: Any) -> None:
    """HAVING sees the columns of the tables, never the aliases of the output."""
    from sqlglot import exp  # noqa: PLC0415
    from sqlglot.optimizer.scope import traverse_scope  # noqa: PLC0415

    for scope in traverse_scope(tree):
        having = scope.expression.args.get("having") if isinstance(scope.expression, exp.Select) else None
        for column in having.find_all(exp.Column) if having else ():
            if column.table or column.parent_select is not scope.expression:
                continue
            owners = [name for name, source in scope.sources.items() if column.name in _columns_of(source, scope)]
            if len(owners) != 1:
                raise QueryError(
                    "COLUMN_NOT_FOUND",
                    f"Column '{column.name}' cannot be resolved or requester is not "
                    "authorized to access requested resources",
                )
            column.set("table", exp.to_identifier(owners[0], quoted=True))


def _columns_of(source: Any, scope: Any) -> set[str]:
    from sqlglot import exp  # noqa: PLC0415

    if isinstance(source, exp.Table):
        return {
            column.name for column in scope.expression.find_all(exp.Column) if column.table == source.alias_or_name
        }
    return set(getattr(source.expression, "named_selects", []))
