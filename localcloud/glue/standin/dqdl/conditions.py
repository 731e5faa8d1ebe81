"""What a condition means, for a number and as Spark SQL."""

import math
import re

from .model import Condition, Keyword, Moment, Operand


def holds(condition: Condition, value: float) -> bool:
    """Whether a metric satisfies a numeric condition. ``between`` excludes its bounds, as Glue's does."""
    numbers = [operand for operand in condition.operands if isinstance(operand, float)]
    first, last = numbers[0], numbers[-1]
    if math.isnan(value):
        return False
    outcomes = {
        "=": value == first,
        "!=": value != first,
        ">": value > first,
        ">=": value >= first,
        "<": value < first,
        "<=": value <= first,
        "between": first < value < last,
        "not between": not first < value < last,
        "in": value in numbers,
        "not in": value not in numbers,
    }
    return outcomes[condition.operator]


def predicate(condition: Condition, column: str) -> str:  # noqa: PLR0911 - one for each operator
    """Spark SQL that is true for the rows that pass; ``column`` is an SQL expression.

    A NULL passes only != and ``not in``, and there only if NULL is not among the values
    (https://docs.aws.amazon.com/glue/latest/dg/dqdl-rule-types-ColumnValues.html, "Null behavior").
    """
    operator, operands = condition.operator, condition.operands
    if operator in ("=", "in"):
        return _any_of(column, operands)
    if operator in ("!=", "not in"):
        others = tuple(operand for operand in operands if operand != Keyword("NULL"))
        differs = f"NOT coalesce({_any_of(column, others)}, false)" if others else "true"
        if Keyword("NULL") in operands:
            return f"({column} IS NOT NULL AND {differs})"
        return f"({column} IS NULL OR {differs})"
    if operator == "matches":
        return _whole(column, operands[0])
    if operator == "not matches":
        return f"({column} IS NOT NULL AND NOT {_whole(column, operands[0])})"
    if operator == "between":
        return f"({column} > {literal(operands[0])} AND {column} < {literal(operands[1])})"
    if operator == "not between":
        return f"({column} <= {literal(operands[0])} OR {column} >= {literal(operands[1])})"
    return f"({column} {operator} {literal(operands[0])})"


def literal(operand: Operand) -> str:
    """A value as Spark SQL."""
    if isinstance(operand, Moment):
        sign = "-" if operand.amount < 0 else "+"
        return f"(current_timestamp() {sign} INTERVAL {abs(operand.amount)} {operand.unit})"
    if isinstance(operand, Keyword):
        raise ValueError(f"{operand.name} can only be compared with =, !=, in and not in")
    if isinstance(operand, float):
        return str(int(operand)) if operand.is_integer() else repr(operand)
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", operand):
        return f"DATE '{operand}'"
    return text(operand)


def text(value: str) -> str:
    """A string as Spark SQL."""
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _any_of(column: str, operands: tuple[Operand, ...]) -> str:
    tests = []
    for operand in operands:
        if operand == Keyword("NULL"):
            tests.append(f"{column} IS NULL")
        elif operand == Keyword("EMPTY"):
            tests.append(f"{column} = ''")
        elif operand == Keyword("WHITESPACES_ONLY"):
            tests.append(f"({column} != '' AND trim({column}) = '')")
    values = [operand for operand in operands if not isinstance(operand, Keyword)]
    if values:
        # text against a date column is compared as a date, so only the text that a text column could hold is quoted
        tests.append(f"{column} IN ({', '.join(_plain(value) for value in values)})")
    return "(" + " OR ".join(tests) + ")"


def _plain(operand: Operand) -> str:
    return text(operand) if isinstance(operand, str) else literal(operand)


def _whole(column: str, pattern: Operand) -> str:
    return f"({column} RLIKE {text(f'^(?:{pattern})$')})"
