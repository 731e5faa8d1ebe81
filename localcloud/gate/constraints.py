"""What a model says of a request, checked: required members, types, lengths, ranges, patterns, enumerations.

botocore's own ParamValidator checks requests before they are sent, and knows neither patterns nor enumerations nor
upper bounds; raw clients and engines do not have even that. A service checks all of it before it does anything.

The rules of an operation's input are built once and then walk the request. Values are as JSON has them: text protocols
are decoded to that before (`localcloud.gate.decode`), blobs are base64.
"""

import math
from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

from botocore.utils import parse_timestamp

from localcloud.gate import services
from localcloud.gate.patterns import compiled, matches
from localcloud.gate.quirks import S3_VALUES, also_allowed, also_required, enforced

NOT_NULL = "Member must not be null"


class Violation(NamedTuple):
    """One member that is not as its model says.

    Attributes:
        path: as AWS's sentences have it: ``inputDataConfig.1.member.channelName``.
        value: None where a required member is missing.
        constraint: AWS's half sentence: ``Member must have length less than or equal to 63``.
        trait: which of the model's traits it breaks; ``required``, ``pattern``, ``max``, ``min``, ``enum``, or
            ``elements`` for a list or map of scalars one of which breaks any.
    """

    path: str
    value: Any
    constraint: str
    trait: str
    sensitive: bool = False


class WrongTypeError(Exception):
    """A member that is not even of its type: services say so before they look at any constraint."""


Rule = Callable[[Any, str, list[Violation]], None]  # (value, path, where to add violations)


class _Bound(NamedTuple):
    trait: str
    limit: float
    constraint: str

    def broken_by(self, size: float) -> bool:
        return size > self.limit if self.trait == "max" else size < self.limit


@cache
def rule_of(service: str, operation: str) -> Rule | None:
    """The rule of an operation's input; None when it takes none.

    Of S3 bodies are checked, and the values of some headers: its names have codes of their own, which moto knows.
    """
    shape = services.model(service).operation_model(operation).input_shape
    if shape is None or service not in ("s3", "s3control"):
        return None if shape is None else _Rules(service).of(shape)
    rules, checked = _Rules(service), {}
    for name, member in shape.members.items():
        wire = member.serialization.get("name", name)
        if name == shape.serialization.get("payload"):
            checked[name] = (_lower(name), rules.of(member))
        elif member.serialization.get("location") in ("header", "querystring") and wire in S3_VALUES:
            checked[name] = (wire, rules.of(member))

    def check(value: Any, _: str, found: list[Violation]) -> None:
        for name, (path, rule) in checked.items():
            if value.get(name) is not None:
                rule(value[name], path, found)

    return check


def violations(service: str, operation: str, parameters: dict[str, Any]) -> list[Violation]:
    """What of the request is not as the model says. Raises WrongTypeError."""
    rule = rule_of(service, operation)
    found: list[Violation] = []
    if rule is not None:
        rule(parameters, "", found)
    return found


class _Rules:
    """The rules of one service's shapes, each made once."""

    def __init__(self, service: str) -> None:
        self._service = service
        self._made: dict[str, Rule] = {}

    def of(self, shape: Any) -> Rule:
        name = shape.name
        if name not in self._made:

            def itself(value: Any, path: str, found: list[Violation]) -> None:  # for a shape that contains itself
                self._made[name](value, path, found)

            self._made[name] = itself
            self._made[name] = getattr(self, f"_{shape.type_name}", _anything)(shape)
        return self._made[name]

    def _structure(self, shape: Any) -> Rule:
        if shape.is_document_type or shape.serialization.get("eventstream"):
            return _anything(shape)
        rules = {name: (_lower(name), self.of(member)) for name, member in shape.members.items()}
        required = tuple(
            (name, _lower(name))
            for name in dict.fromkeys((*shape.required_members, *also_required(self._service, shape.name)))
            if enforced(self._service, f"{shape.name}.{name}", "required")
        )

        def check(value: Any, path: str, found: list[Violation]) -> None:
            _expect(value, dict, "a structure", path)
            prefix = f"{path}." if path else ""
            for name, lower in required:
                if value.get(name) is None:
                    found.append(Violation(prefix + lower, None, NOT_NULL, "required"))
            for name, item in value.items():
                known = rules.get(name)
                if known is not None and item is not None:  # what a model does not know is ignored
                    known[1](item, prefix + known[0], found)

        return check

    def _list(self, shape: Any) -> Rule:
        bounds = self._bounds(shape)
        element = self.of(shape.member)
        nested = shape.member.type_name in ("structure", "list", "map")
        constraint = f"Member must satisfy constraint: [{self._all(shape.member)}]"

        def check(value: Any, path: str, found: list[Violation]) -> None:
            _expect(value, list, "a list", path)
            _measure(value, len(value), bounds, path, found)
            wrong: list[Violation] = []
            for index, item in enumerate(value, 1):
                where = f"{path}.{index}.member" if nested else path
                if item is None:
                    found.append(Violation(where, None, NOT_NULL, "required"))
                else:
                    element(item, where, found if nested else wrong)
            if wrong:
                found.append(Violation(path, value, constraint, "elements", wrong[0].sensitive))

        return check

    def _map(self, shape: Any) -> Rule:
        bounds = self._bounds(shape)
        key_rule, value_rule = self.of(shape.key), self.of(shape.value)
        nested = shape.value.type_name in ("structure", "list", "map")
        key_constraint = f"Map keys must satisfy constraint: [{self._all(shape.key)}]"
        value_constraint = f"Map value must satisfy constraint: [{self._all(shape.value)}]"

        def check(value: Any, path: str, found: list[Violation]) -> None:
            _expect(value, dict, "a map", path)
            _measure(value, len(value), bounds, path, found)
            wrong_keys: list[Violation] = []
            wrong_values: list[Violation] = []
            for name, item in value.items():
                key_rule(name, path, wrong_keys)
                if item is not None:
                    value_rule(item, f"{path}.{name}.member" if nested else path, found if nested else wrong_values)
            for wrong, constraint in ((wrong_keys, key_constraint), (wrong_values, value_constraint)):
                if wrong:
                    found.append(Violation(path, value, constraint, "elements", wrong[0].sensitive))

        return check

    def _string(self, shape: Any) -> Rule:
        sensitive = bool(shape.metadata.get("sensitive"))
        bounds = self._bounds(shape)
        shortest, longest = _range(bounds)
        pattern = self._trait(shape, "pattern")
        expression = compiled(pattern) if pattern else None
        allowed = frozenset((*(self._trait(shape, "enum") or ()), *also_allowed(self._service, shape.name)))
        one_of = f"Member must satisfy enum value set: [{', '.join(shape.enum)}]"

        def check(value: Any, path: str, found: list[Violation]) -> None:
            _expect(value, str, "a string", path)
            if expression and not matches(expression, value):
                constraint = f"Member must satisfy regular expression pattern: {pattern}"
                found.append(Violation(path, value, constraint, "pattern", sensitive))
            if not shortest <= len(value) <= longest:
                _measure(value, len(value), bounds, path, found, sensitive=sensitive)
            if allowed and value not in allowed:
                found.append(Violation(path, value, one_of, "enum", sensitive))

        return check

    def _blob(self, shape: Any) -> Rule:
        sensitive = bool(shape.metadata.get("sensitive"))
        bounds = self._bounds(shape)
        shortest, longest = _range(bounds)

        def check(value: Any, path: str, found: list[Violation]) -> None:
            _expect(value, str, "base64", path)
            size = len(value) * 3 // 4 - value[-2:].count("=")  # without decoding it
            if not shortest <= size <= longest:
                told = f"java.nio.HeapByteBuffer[pos=0 lim={size} cap={size}]"
                _measure(told, size, bounds, path, found, sensitive=sensitive)

        return check

    def _number(self, shape: Any) -> Rule:
        bounds = self._bounds(shape)
        whole = shape.type_name in ("integer", "long")

        def check(value: Any, path: str, found: list[Violation]) -> None:
            if isinstance(value, bool) or not isinstance(value, int | float):
                if not whole and value in ("NaN", "Infinity", "-Infinity"):  # JSON has no literals for these
                    return
                raise WrongTypeError(f"{path} must be a number")
            _measure(value, value, bounds, path, found)

        return check

    _integer = _long = _float = _double = _number

    def _trait(self, shape: Any, trait: str) -> Any:
        """What the model says, unless the service is known not to keep to it."""
        return shape.metadata.get(trait) if enforced(self._service, shape.name, trait) else None

    def _bounds(self, shape: Any) -> tuple[_Bound, ...]:
        what = "value" if shape.type_name in ("integer", "long", "float", "double") else "length"
        found = []
        for trait, text in (("max", "less than or equal to"), ("min", "greater than or equal to")):
            limit = self._trait(shape, trait)
            if limit is not None:
                limit = float(limit) if shape.type_name in ("float", "double") else limit
                found.append(_Bound(trait, limit, f"Member must have {what} {text} {limit}"))
        return tuple(found)

    def _all(self, shape: Any) -> str:
        """Every constraint of an element: AWS lists them all when one of them is not kept."""
        parts = [bound.constraint for bound in self._bounds(shape)]
        if pattern := self._trait(shape, "pattern"):
            parts.append(f"Member must satisfy regular expression pattern: {pattern}")
        if allowed := self._trait(shape, "enum"):
            parts.append(f"Member must satisfy enum value set: [{', '.join(allowed)}]")
        return ", ".join(parts)

    @staticmethod
    def _boolean(_: Any) -> Rule:
        return lambda value, path, _: _expect(value, bool, "true or false", path)

    @staticmethod
    def _timestamp(_: Any) -> Rule:
        def check(value: Any, path: str, _: list[Violation]) -> None:
            try:
                parse_timestamp(value)
            except (ValueError, TypeError, OverflowError):
                raise WrongTypeError(f"{path} must be a timestamp") from None

        return check


def _anything(_: Any) -> Rule:
    return lambda *_: None


def _range(bounds: tuple[_Bound, ...]) -> tuple[float, float]:
    """The smallest and the largest that the bounds allow: what is between them, most values are, needs no more."""
    limits = {bound.trait: bound.limit for bound in bounds}
    return limits.get("min", 0), limits.get("max", math.inf)


def _measure(
    value: Any, size: float, bounds: tuple[_Bound, ...], path: str, found: list[Violation], *, sensitive: bool = False
) -> None:
    for bound in bounds:
        if bound.broken_by(size):
            found.append(Violation(path, value, bound.constraint, bound.trait, sensitive))


def _expect(value: Any, kind: type, named: str, path: str) -> None:
    if not isinstance(value, kind):
        raise WrongTypeError(f"{path or 'the request'} must be {named}")


def _lower(name: str) -> str:
    """Java's name of a member."""
    return name[:1].lower() + name[1:]
