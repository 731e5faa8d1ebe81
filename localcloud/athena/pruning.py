"""Which partitions a query can need: the conjuncts over partition keys alone, evaluated before any file is listed."""
# ruff: noqa: S608 - the engine's SQL is made here, of identifiers and literals that are quoted

from typing import Any

from localcloud.athena.catalog import DEFAULT_PARTITION, Partition, Table
from localcloud.athena.dialect import duckdb_sql
from localcloud.athena.errors import QueryError
from localcloud.athena.readers import quoted, string
from localcloud.athena.sessions import Session
from localcloud.athena.translate import rewrite
from localcloud.athena.types import duckdb_type


def conjuncts(scope: Any, alias: str, keys: set[str]) -> list[Any]:
    """The conditions of a SELECT on nothing but the partition keys of one of its tables."""
    from sqlglot import exp  # noqa: PLC0415

    select = scope.expression
    joins = select.args.get("joins") or []
    outer = any(join.side for join in joins)
    conditions = [select.args["where"].this] if select.args.get("where") else []
    if not outer:
        conditions += [join.args["on"] for join in joins if join.args.get("on")]
    found = []
    for condition in conditions:
        for part in condition.flatten() if isinstance(condition, exp.And) else [condition]:
            columns = list(part.find_all(exp.Column))
            if (
                columns
                and not part.find(exp.Select)
                and all(column.table == alias and column.name in keys for column in columns)
            ):
                found.append(part)
    return found


def nullable(scope: Any) -> bool:
    """Whether an outer join can make rows of a table all NULL: then only what rejects NULL may prune."""
    return any(join.side for join in scope.expression.args.get("joins") or [])


def prune(
    session: Session, table: Table, partitions: list[Partition], parts: list[Any], *, outer: bool
) -> list[Partition]:
    """The partitions on which no condition is false."""
    if not parts or not partitions:
        return partitions
    keys = table.key_names
    conditions = [_condition(part) for part in parts]
    if outer:
        nulls = ", ".join(
            f"cast(null as {duckdb_type(kind)}) as {quoted(name)}" for name, kind in table.partition_keys
        )
        conditions = [
            text for text in conditions
            if session.rows(f"select ({text}) is true from (select {nulls})") == [(False,)]
        ]  # fmt: skip
        if not conditions:
            return partitions
    rows = ", ".join(
        f"({at}, {', '.join('null' if value == DEFAULT_PARTITION else string(value) for value in partition.values)})"
        for at, partition in enumerate(partitions)
    )
    typed = ", ".join(
        f"cast({quoted(name)} as {duckdb_type(kind)}) as {quoted(name)}" for name, kind in table.partition_keys
    )
    query = (
        f"select at_ from (select at_, {typed} from (values {rows}) p(at_, {', '.join(map(quoted, keys))})) "
        f"where {' and '.join(f'({text})' for text in conditions)}"
    )
    try:
        kept = {row[0] for row in session.rows(query)}
    except QueryError:  # the query itself will say what is wrong
        return partitions
    return [partition for at, partition in enumerate(partitions) if at in kept]


def given_values(parts: list[Any]) -> dict[str, set[str]]:
    """Values stated by equality or IN with literals, by key."""
    from sqlglot import exp  # noqa: PLC0415

    found: dict[str, set[str]] = {}
    for part in parts:
        if isinstance(part, exp.EQ):
            sides = [part.this, part.expression]
            column = next((side for side in sides if isinstance(side, exp.Column)), None)
            value = next((side for side in sides if isinstance(side, exp.Literal)), None)
            if column is not None and value is not None:
                found.setdefault(column.name, set()).add(value.name)
        elif isinstance(part, exp.In) and isinstance(part.this, exp.Column):
            literals = [item.name for item in part.expressions if isinstance(item, exp.Literal)]
            if literals and len(literals) == len(part.expressions):
                found.setdefault(part.this.name, set()).update(literals)
    return found


def _condition(part: Any) -> str:
    from sqlglot import exp  # noqa: PLC0415

    copy = part.copy()
    for column in copy.find_all(exp.Column):
        column.set("table", None)
    return str(rewrite(copy).sql(duckdb_sql()))
