"""``?`` in a statement and the values for it, which are SQL literals."""

from typing import Any

from localcloud.athena.dialect import athena_dml, parse, syntax_error
from localcloud.athena.errors import QueryError


def substitute(sql: str, values: list[str]) -> str:
    """The statement with each ``?`` replaced, in order.

    Raises:
        QueryError: INVALID_PARAMETER_USAGE when the counts differ or a value is not one constant.
    """
    import sqlglot  # noqa: PLC0415
    from sqlglot.errors import TokenError  # noqa: PLC0415
    from sqlglot.tokens import TokenType  # noqa: PLC0415

    try:
        places = [
            token.start
            for token in sqlglot.tokenize(sql, read=athena_dml())
            if token.token_type == TokenType.PLACEHOLDER
        ]
    except TokenError as error:
        raise syntax_error(str(error).split("\n", maxsplit=1)[0], 1, 1) from error
    if len(places) != len(values):
        raise QueryError(
            "INVALID_PARAMETER_USAGE",
            f"line 1:1: Incorrect number of parameters: expected {len(places)} but found {len(values)}",
        )
    for place, value in reversed(list(zip(places, values, strict=True))):
        sql = f"{sql[:place]}{_constant(value)}{sql[place + 1 :]}"
    return sql


def _constant(value: str) -> str:
    from sqlglot import exp  # noqa: PLC0415

    def constant(node: Any) -> bool:
        if isinstance(node, exp.Neg | exp.Cast | exp.Paren):
            return constant(node.this)
        return isinstance(node, exp.Literal | exp.Boolean | exp.Null)

    try:
        tree = parse(f"select {value}")
    except QueryError as error:
        raise QueryError("INVALID_PARAMETER_USAGE", f"'{value}' is not a constant") from error
    items = tree.expressions if isinstance(tree, exp.Select) else []
    if (
        len(items) != 1
        or not constant(items[0])
        or {name for name, part in tree.args.items() if part} - {"expressions"}
    ):
        raise QueryError("INVALID_PARAMETER_USAGE", f"'{value}' is not a constant (a string needs single quotes)")
    return value
