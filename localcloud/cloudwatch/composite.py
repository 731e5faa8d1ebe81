"""Rules of composite alarms: ``ALARM(a) AND NOT (OK("b") OR INSUFFICIENT_DATA(c))``.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutCompositeAlarm.html
"""

import re
from collections.abc import Callable
from typing import Any

import pyparsing as pp

States = Callable[[str], str | None]  # name or ARN of an alarm -> its state
Rule = Callable[[States], bool]


class RuleError(ValueError):
    """The text is no rule expression."""


def parse(text: str) -> tuple[Rule, list[str]]:
    """The rule, and the alarms (by name or ARN) that it names."""
    named: list[str] = []

    def state(tokens: Any) -> Rule:
        wanted, name = tokens
        named.append(name)
        return lambda states: states(name) == wanted

    def constant(tokens: Any) -> Rule:
        return lambda _: tokens[0] == "TRUE"

    def negated(tokens: Any) -> Rule:
        inner = tokens[0][1]
        return lambda states: not inner(states)

    def joined(combine: Callable[[Any], bool]) -> Callable[[Any], Rule]:
        def join(tokens: Any) -> Rule:
            parts = list(tokens[0])[::2]
            return lambda states: combine(part(states) for part in parts)

        return join

    name = pp.QuotedString('"', esc_char="\\") | pp.Regex(r"[^\s()\"]+")
    leaf = (pp.one_of("ALARM OK INSUFFICIENT_DATA") + pp.Suppress("(") + name + pp.Suppress(")")).add_parse_action(
        state
    ) | pp.one_of("TRUE FALSE").add_parse_action(constant)
    grammar = pp.infix_notation(  # type: ignore[no-untyped-call]
        leaf,
        [
            ("NOT", 1, pp.OpAssoc.RIGHT, negated),
            ("AND", 2, pp.OpAssoc.LEFT, joined(all)),
            ("OR", 2, pp.OpAssoc.LEFT, joined(any)),
        ],
    )
    if re.search(r"\bAT_LEAST\s*\(", text):
        raise RuleError("AT_LEAST")
    try:
        (rule,) = grammar.parse_string(text, parse_all=True)
    except pp.ParseException as error:
        raise RuleError(str(error)) from None
    return rule, list(dict.fromkeys(named))
