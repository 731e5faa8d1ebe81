"""Parsing of Athena's DML (Trino's grammar) into a syntax tree in which every function keeps the name it was given.

sqlglot knows the functions of thirty dialects and would read DuckDB's or Spark's name as Trino's; here only the
syntactic forms (CAST, EXTRACT …) are its own and every other call is an `exp.Anonymous`, which `functions` judges.
"""

from functools import cache
from typing import Any

from localcloud.athena.errors import QueryError, not_supported

MAX_NESTED_TYPES = 8
_SYNTACTIC = ("CAST", "TRY_CAST", "EXTRACT", "TRIM", "SUBSTRING", "POSITION")


@cache
def athena_dml() -> Any:
    """The dialect class; sqlglot is imported at first use."""
    from sqlglot.dialects.trino import Trino  # noqa: PLC0415
    from sqlglot.tokens import TokenType  # noqa: PLC0415

    class Parser(Trino.Parser):  # type: ignore[misc]
        FUNCTIONS: dict[str, Any] = {}  # noqa: RUF012 - sqlglot's way
        FUNCTION_PARSERS = {  # noqa: RUF012
            name: parser for name, parser in Trino.Parser.FUNCTION_PARSERS.items() if name in _SYNTACTIC
        }

        def _parse_types(self, check_func: bool = False, *others: Any, **options: Any) -> Any:
            """ARRAY[…], ROW(…) and MAP(…) in an expression are values.

            sqlglot tries them as types, with all that is inside, and once more as values: 2^n times at n levels.
            """
            nested = check_func and self._curr and self._curr.token_type in self.NESTED_TYPE_TOKENS
            if nested and self._next and self._next.token_type in (TokenType.L_BRACKET, TokenType.L_PAREN):
                return None
            return super()._parse_types(check_func, *others, **options)

    class AthenaDml(Trino):  # type: ignore[misc]
        INDEX_OFFSET = 0  # subscripts stay as written: sqlglot would count them from 0

    AthenaDml.Parser = Parser
    AthenaDml.parser_class = Parser
    return AthenaDml


@cache
def duckdb_sql() -> Any:
    """DuckDB's dialect, which keeps IGNORE NULLS of a function it does not know."""
    from sqlglot.dialects.duckdb import DuckDB  # noqa: PLC0415

    class Generator(DuckDB.Generator):  # type: ignore[misc]
        def ignorenulls_sql(self, expression: Any) -> str:
            return f"{self.sql(expression, 'this').removesuffix(')')} IGNORE NULLS)"

        def respectnulls_sql(self, expression: Any) -> str:
            return str(self.sql(expression, "this"))

        def anonymous_sql(self, expression: Any) -> str:
            arguments = ", ".join(self.sql(argument) for argument in expression.expressions)
            return f"{expression.name}({arguments})"

    class Parser(DuckDB.Parser):  # type: ignore[misc]
        FUNCTIONS: dict[str, Any] = {}  # noqa: RUF012 - templates are DuckDB's words already
        FUNCTION_PARSERS = {  # noqa: RUF012
            name: parser for name, parser in DuckDB.Parser.FUNCTION_PARSERS.items() if name in _SYNTACTIC
        }

    class DuckDbSql(DuckDB):  # type: ignore[misc]
        INDEX_OFFSET = 0

    DuckDbSql.Parser = Parser
    DuckDbSql.parser_class = Parser
    DuckDbSql.Generator = Generator
    DuckDbSql.generator_class = Generator
    return DuckDbSql


def parse(sql: str) -> Any:
    """The tree of one DML statement.

    Raises:
        QueryError: SYNTAX_ERROR, also for syntax of other dialects that sqlglot would let through.
    """
    import sqlglot  # noqa: PLC0415
    from sqlglot.errors import ParseError, TokenError  # noqa: PLC0415
    from sqlglot.tokens import TokenType  # noqa: PLC0415

    foreign = {
        TokenType.DCOLON: "::",
        TokenType.DIV: "DIV",
        TokenType.ILIKE: "ILIKE",
        TokenType.RLIKE: "RLIKE",
        TokenType.GLOB: "GLOB",
        TokenType.QUALIFY: "QUALIFY",
        TokenType.ARROW: None,
    }
    try:
        dialect = athena_dml()
        tokens = sqlglot.tokenize(sql, read=dialect)
        for token in tokens:
            if foreign.get(token.token_type):
                raise syntax_error(f"mismatched input '{token.text}'", token.line, token.col - len(token.text) + 1)
        _check_nesting(tokens, dialect.Parser)
        trees = [tree for tree in sqlglot.parse(sql, read=dialect) if tree is not None]
    except ParseError as error:
        at = error.errors[0] if error.errors else {}
        what = str(at.get("description") or error).rstrip(".")
        near = str(at.get("highlight") or "")
        raise syntax_error(f"mismatched input '{near}': {what}", at.get("line"), at.get("col")) from error
    except TokenError as error:
        raise syntax_error(str(error).split("\n", maxsplit=1)[0], 1, 1) from error
    if len(trees) != 1:
        raise syntax_error("mismatched input ';'. Only one sql statement is allowed", 1, 1)
    return trees[0]


def _check_nesting(tokens: list[Any], parser: Any) -> None:
    """Refuse what sqlglot would read for hours: it tries ``date(…)`` as a type and as a call, 2^n times at n levels."""
    open_calls: list[bool] = []
    depth = 0  # of those that follow a type's name
    before: Any = None
    for token in tokens:
        if token.text in ("(", "["):
            open_calls.append(before in parser.TYPE_TOKENS and before not in parser.NESTED_TYPE_TOKENS)
            depth += open_calls[-1]
            if depth > MAX_NESTED_TYPES:
                raise not_supported(f"a nesting of names of types deeper than {MAX_NESTED_TYPES}")
        elif token.text in (")", "]") and open_calls:
            depth -= open_calls.pop()
        before = token.token_type


def syntax_error(message: str, line: Any, column: Any) -> QueryError:
    """A message with its place, as Athena gives it."""
    return QueryError("SYNTAX_ERROR", f"line {line or 1}:{column or 1}: {message}")


def place(node: Any) -> str:
    """``line 1:8: `` for a node that knows where it was written, else nothing."""
    for part in (node, node.this if hasattr(node, "this") else None):
        meta = getattr(part, "meta", {}) or {}
        if meta.get("line"):
            return f"line {meta['line']}:{max(1, meta['col'] - (meta['end'] - meta['start']))}: "
    return ""
