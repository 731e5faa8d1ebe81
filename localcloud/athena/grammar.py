"""What of sqlglot's large grammar is Athena's: everything else is refused before it can mean something else."""

from functools import cache
from typing import Any

from localcloud.athena import functions
from localcloud.athena.dialect import place
from localcloud.athena.errors import QueryError, not_supported
from localcloud.athena.rewrites import REWRITES

_NODES = """
    Select From Where Group Having Order Ordered Limit Offset Fetch LimitOptions Join Table TableAlias Alias
    Column Identifier Star Literal Boolean Null And Or Not Paren EQ NEQ LT LTE GT GTE NullSafeEQ NullSafeNEQ
    Between In Is Like Escape Add Sub Mul Div Mod Neg DPipe Case If Cast TryCast DataType DataTypeParam
    ColumnDef Extract Trim Substring StrPosition Anonymous Distinct Window WindowSpec Filter WithinGroup
    IgnoreNulls RespectNulls Lambda Bracket Dot Array Tuple Values Subquery With CTE Union Except Intersect
    Exists Any All Unnest Rollup Cube GroupingSets TableSample CurrentDate CurrentTimestamp Localtimestamp
    Interval Var AtTimeZone HexString Placeholder
"""
# arguments of allowed nodes that only other dialects have
_FOREIGN_ARGUMENTS = {
    "Select": ("qualify", "pivots", "laterals", "sort", "cluster", "distribute", "kind", "into", "hint", "match",
               "settings", "sample", "prewhere", "connect", "locks", "format", "options", "operation_modifiers",
               "exclude"),
    "Table": ("pivots", "version", "only", "hints", "rows_from", "changes", "when", "partition", "system_time"),
    "Star": ("except_", "except", "replace", "rename", "ilike"),
    "Distinct": ("on",),
    "Cast": ("format", "default", "action", "safe"),
    "TryCast": ("format", "default", "action"),
    "Join": ("match_condition", "global_", "hint", "expressions"),
    "LimitOptions": ("percent", "with_ties"),
    "Group": ("totals", "all"),
}  # fmt: skip


def check(tree: Any) -> None:
    """Refuse what is not Athena's, and functions that Trino does not have or this project does not do.

    Raises:
        QueryError: SYNTAX_ERROR, FUNCTION_NOT_FOUND or NOT_SUPPORTED.
    """
    for node in tree.walk():
        name = type(node).__name__
        if name not in _allowed():
            raise not_supported(f"{place(node)}the syntax '{_words(name)}' ({node.sql('trino')[:60]})")
        for argument in _FOREIGN_ARGUMENTS.get(name, ()):
            if node.args.get(argument):
                raise not_supported(f"{place(node)}the clause '{argument}' of {_words(name)}")
        if name == "Anonymous":
            check_function(node)
        elif name == "Table" and type(node.this).__name__ != "Identifier":
            raise QueryError(
                "FUNCTION_NOT_FOUND", f"{place(node)}Table function '{_called(node.this)}' not registered"
            )
        elif name == "Join" and node.args.get("kind", "") not in ("", "INNER", "CROSS", "OUTER", None):
            raise not_supported(f"{node.args['kind']} JOIN")
        elif name == "Join" and node.args.get("method"):
            raise not_supported(f"{node.args['method']} JOIN")


def check_function(node: Any) -> None:
    """One call, by the name it was written with."""
    name = node.name.lower()
    if name in functions.SAME or name in functions.MACROS or name in functions.DATE_PARTS or name in REWRITES:
        return
    if name in functions.KNOWN or name.startswith("st_"):
        raise not_supported(f"{place(node)}function '{name}'")
    raise QueryError("FUNCTION_NOT_FOUND", f"{place(node)}Function '{name}' not registered")


@cache
def _allowed() -> frozenset[str]:
    return frozenset(_NODES.split())


def _words(name: str) -> str:
    return "".join(f" {letter}" if letter.isupper() else letter for letter in name).strip().upper()


def _called(node: Any) -> str:
    return str(getattr(node, "name", "") or type(node).__name__).lower()
