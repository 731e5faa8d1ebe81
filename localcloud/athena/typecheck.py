"""Operands that Trino does not bring to one type, where DuckDB would convert without being asked."""

from typing import Any

from localcloud.athena.dialect import place
from localcloud.athena.errors import QueryError
from localcloud.athena.types import kind, trino_name

_COMPARABLE = {
    "integer": "number", "double": "number", "decimal": "number", "varchar": "varchar", "date": "time",
    "timestamp": "time", "timestamptz": "time", "boolean": "boolean", "varbinary": "varbinary", "array": "array",
    "map": "map", "row": "row", "json": "json", "interval": "interval",
}  # fmt: skip
_OPERATORS = {"EQ": "=", "NEQ": "<>", "LT": "<", "LTE": "<=", "GT": ">", "GTE": ">=", "Add": "+", "Sub": "-",
              "Mul": "*", "Div": "/", "Mod": "%"}  # fmt: skip


def check_alike(node: Any, name: str) -> None:
    """Operands that must have one type; DuckDB would make text of a number beside a text."""
    groups: list[list[Any]] = []
    if name == "Case":
        branches = [branch.args["true"] for branch in node.args["ifs"]]
        groups = [[*branches, node.args["default"]] if node.args.get("default") else branches]
        if node.this is not None:
            groups.append([node.this, *(branch.this for branch in node.args["ifs"])])
    elif name == "If":
        groups = [[part for part in (node.args.get("true"), node.args.get("false")) if part is not None]]
    elif name == "Array" or (
        name == "Anonymous" and node.name.lower() in ("coalesce", "nullif", "greatest", "least")
    ):
        groups = [node.expressions]
    elif name in ("Union", "Except", "Intersect"):
        groups = [list(pair) for pair in zip(node.left.selects, node.right.selects, strict=False)]
    elif name == "Values":
        rows = [row.expressions if type(row).__name__ == "Tuple" else [row] for row in node.expressions]
        groups = [list(column) for column in zip(*rows, strict=False)]
    for group in groups:
        typed = [item for item in group if _COMPARABLE.get(str(kind(item)))]
        for item in typed[1:]:
            if _COMPARABLE[str(kind(item))] != _COMPARABLE[str(kind(typed[0]))]:
                raise QueryError(
                    "TYPE_MISMATCH",
                    f"{place(item)}All operands of {name.upper()} must be the same type: "
                    f"{trino_name(typed[0])}, {trino_name(item)}",
                )


def operator_error(node: Any, left: Any, right: Any) -> QueryError:
    operator = _OPERATORS.get(type(node).__name__)
    what = (
        f"Cannot apply operator: {trino_name(left)} {operator} {trino_name(right)}"
        if operator
        else f"Cannot compare {trino_name(left)} and {trino_name(right)} in {type(node).__name__.upper()}"
    )
    return QueryError("TYPE_MISMATCH", f"{place(left) or place(right)}{what}")


def compared(node: Any, left: Any, right: Any) -> Any:
    """Trino compares no string with a number or a date; DuckDB would convert."""
    kinds = [kind(left), kind(right)]
    if None in kinds or "null" in kinds or type(right).__name__ in ("All", "Any"):
        return node
    if _COMPARABLE.get(str(kinds[0])) != _COMPARABLE.get(str(kinds[1])):
        raise operator_error(node, left, right)
    return node
