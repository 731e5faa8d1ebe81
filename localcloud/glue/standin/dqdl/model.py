"""A parsed rule set."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Union


class DqdlError(ValueError):
    """The text is not DQDL."""


class UnsupportedDqdlError(NotImplementedError):
    """The text is DQDL, but of a part that the local cloud does not evaluate; it names the part."""


@dataclass(frozen=True)
class Keyword:
    """NULL, EMPTY or WHITESPACES_ONLY."""

    name: str


@dataclass(frozen=True)
class Moment:
    """``now()``, moved by ``amount`` ``unit`` (days, hours or minutes)."""

    amount: int = 0
    unit: str = "days"


Operand = Union[float, str, Keyword, Moment]  # noqa: UP007 - an alias is evaluated at run time


@dataclass(frozen=True)
class Condition:
    """``operator``: = != > >= < <= between, not between, in, not in, matches, not matches."""

    operator: str
    operands: tuple[Operand, ...]


@dataclass(frozen=True)
class Rule:
    """One rule; ``text`` as it stands in the rule set, with its blanks made one."""

    type: str
    parameters: tuple[str, ...]
    condition: Condition | None
    where: str | None
    threshold: Condition | None
    text: str


@dataclass(frozen=True)
class Composite:
    """Rules joined by ``and`` or ``or``; each is evaluated on the whole frame, then they are joined."""

    operator: str
    rules: "tuple[Rule | Composite, ...]"
    text: str


def simple_rules(rules: "tuple[Rule | Composite, ...]") -> Iterator[Rule]:
    """The simple rules in ``rules``, those inside composites too."""
    for rule in rules:
        if isinstance(rule, Rule):
            yield rule
        else:
            yield from simple_rules(rule.rules)
