"""Metric math, one point in time at a time.

Arithmetic, comparisons, logic and the functions that need no other point; anything else is refused by name.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
"""

import ast
import math
import operator
import re
from collections.abc import Callable, Mapping

Number = float | None  # None: no datapoint

_ARITHMETIC: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
}
_COMPARISONS: dict[type[ast.cmpop], Callable[[float, float], bool]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}
_OF_ONE: dict[str, Callable[[float], float]] = {
    "ABS": abs,
    "CEIL": math.ceil,
    "FLOOR": math.floor,
    "LOG": math.log,
    "LOG10": math.log10,
}
_OF_MANY: dict[str, Callable[[list[float]], float]] = {
    "SUM": sum,
    "AVG": lambda values: sum(values) / len(values),
    "MIN": min,
    "MAX": max,
}


class UnsupportedMathError(ValueError):
    """The expression, or a part of it, is not evaluated here."""


class Expression:
    """A parsed expression."""

    def __init__(self, text: str) -> None:
        self._text = text
        python = re.sub(r"&&|\bAND\b", " and ", re.sub(r"\|\||\bOR\b", " or ", text)).replace("^", "**")
        try:
            self._tree = ast.parse(python.strip(), mode="eval").body
        except SyntaxError:
            raise UnsupportedMathError(f"the metric math expression {text}") from None
        self.names = {
            node.id
            for node in ast.walk(self._tree)
            if isinstance(node, ast.Name) and not node.id.isupper()  # ids begin with a lower case letter
        }
        self._evaluate(self._tree, dict.fromkeys(self.names, 1.0))  # refuse now what could not be evaluated later

    def value(self, values: Mapping[str, Number]) -> Number:
        """At one point in time; None where an operand has no datapoint, or there is no such number."""
        return self._evaluate(self._tree, values)

    def _evaluate(self, node: ast.expr, values: Mapping[str, Number]) -> Number:  # noqa: PLR0911 - one per node
        match node:
            case ast.Constant(value=int() | float() as number):
                return float(number)
            case ast.Name(id=name) if name in self.names:
                return values[name]
            case ast.UnaryOp(op=ast.USub(), operand=inner):
                return _apply(operator.neg, self._evaluate(inner, values))
            case ast.BinOp(op=sign) if type(sign) in _ARITHMETIC:
                both = (self._evaluate(node.left, values), self._evaluate(node.right, values))
                return _apply(_ARITHMETIC[type(sign)], *both)
            case ast.Compare(ops=[sign]) if type(sign) in _COMPARISONS:
                both = (self._evaluate(node.left, values), self._evaluate(node.comparators[0], values))
                return _apply(_COMPARISONS[type(sign)], *both)
            case ast.BoolOp(op=sign, values=parts):
                combine = any if isinstance(sign, ast.Or) else all
                return _apply(lambda *found: combine(found), *(self._evaluate(part, values) for part in parts))
            case ast.Call(func=ast.Name(id=function), keywords=[]):
                return self._call(function, node.args, values)
        raise UnsupportedMathError(f"the metric math expression {self._text}")

    def _call(self, function: str, arguments: list[ast.expr], values: Mapping[str, Number]) -> Number:
        match function, arguments:
            case name, [inner] if name in _OF_ONE:
                return _apply(_OF_ONE[name], self._evaluate(inner, values))
            case name, [ast.List(elts=parts)] if name in _OF_MANY and parts:
                found = [self._evaluate(part, values) for part in parts]
                there = [value for value in found if value is not None]
                return float(_OF_MANY[name](there)) if there else None
            case "IF", [condition, then, otherwise]:
                held = self._evaluate(condition, values)
                branches = (self._evaluate(then, values), self._evaluate(otherwise, values))
                return None if held is None else branches[0 if held else 1]
            case "FILL", [inner, ast.Constant(value=int() | float() as number)]:
                value = self._evaluate(inner, values)
                return float(number) if value is None else value
        raise UnsupportedMathError(f"the metric math function {function} in {self._text}")


def _apply(function: Callable[..., float], *operands: Number) -> Number:
    if any(operand is None for operand in operands):
        return None
    try:
        result = float(function(*operands))
    except (ArithmeticError, ValueError, TypeError):
        return None
    return result if math.isfinite(result) else None
