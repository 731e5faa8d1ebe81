"""From text to rules: https://docs.aws.amazon.com/glue/latest/dg/dqdl.html#dqdl-syntax."""

import re
from dataclasses import dataclass

from .model import (
    Composite,
    Condition,
    DqdlError,
    Keyword,
    Moment,
    Operand,
    Rule,
    UnsupportedDqdlError,
    simple_rules,
)
from .shapes import check, check_type

_TOKEN = re.compile(
    r"""(?P<skip>\s+|\#[^\n]*)
      | (?P<string>"(?:\\["\\]|[^"])*")
      | (?P<number>-?\d+(?:\.\d+)?(?![\w.]))
      | (?P<word>[A-Za-z0-9_.]+)
      | (?P<sign>!=|>=|<=|[=><()\[\],{}:$+*/-])""",
    re.VERBOSE,
)
_COMPARISONS = ("=", "!=", ">", ">=", "<", "<=")
_KEYWORDS = ("NULL", "EMPTY", "WHITESPACES_ONLY")
_UNITS = ("days", "hours", "minutes")


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str
    start: int
    end: int


def parse(text: str) -> tuple[Rule | Composite, ...]:
    """The rules of a rule set.

    Raises:
        DqdlError: it is not DQDL; the text says where.
        UnsupportedDqdlError: it needs something that is not evaluated here; the text names it.
    """
    rules = _Parser(text).rule_set()
    for rule in simple_rules(rules):
        check(rule)
    return rules


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = list(_tokens(text))
        self.at = 0

    # --- the document ---------------------------------------------------------------------------------------

    def rule_set(self) -> tuple[Rule | Composite, ...]:
        token = self._peek()
        if token is not None and token.text in ("Metadata", "DataSources", "DefaultLabels", "Analyzers"):
            raise UnsupportedDqdlError(f"the {token.text} section of DQDL is not implemented by the local cloud")
        if token is not None and token.kind == "word" and token.text != "Rules" and self._text(1) == "=":
            raise UnsupportedDqdlError(f"the DQDL constant {token.text} is not implemented by the local cloud")
        self._expect("Rules")
        self._expect("=")
        self._expect("[")
        rules: list[Rule | Composite] = []
        while self._text() != "]":
            if rules:
                self._expect(",")
            rules.append(self._any_of())
        self._expect("]")
        left = self._peek()
        if left is not None and left.text == "Analyzers":
            raise UnsupportedDqdlError("the Analyzers section of DQDL is not implemented by the local cloud")
        if left is not None:
            raise self._error("the end")
        if not rules:
            raise DqdlError("a rule set needs at least one rule")
        return tuple(rules)

    def _any_of(self) -> Rule | Composite:
        return self._joined("or", self._all_of)

    def _all_of(self) -> Rule | Composite:
        return self._joined("and", self._single)

    def _joined(self, word: str, operand: "object") -> Rule | Composite:
        start = self.at
        parts = [operand()]  # type: ignore[operator]
        while self._text().lower() == word:
            self.at += 1
            parts.append(operand())  # type: ignore[operator]
        return parts[0] if len(parts) == 1 else Composite(word, tuple(parts), self._source(start))

    def _single(self) -> Rule | Composite:
        if self._text() != "(":
            return self._rule()
        self.at += 1
        rule = self._any_of()
        self._expect(")")
        return rule

    # --- one rule -------------------------------------------------------------------------------------------

    def _rule(self) -> Rule:
        start = self.at
        name = self._take("word", "a rule type").text
        check_type(name)
        parameters = []
        while True:
            if self._text().lower() in ("of", "and") and self._kind(1) == "string":
                self.at += 1  # a connecting word between parameters, as in: ColumnX of "a" and "b"
            if self._kind() != "string":
                break
            parameters.append(_unquote(self._take("string", "a parameter").text))
        condition = self._condition()
        where = None
        if self._text() == "where":
            self.at += 1
            where = _unquote(self._take("string", "a filter").text)
        if self._text() == "labels":
            raise UnsupportedDqdlError("labels of DQDL rules are not implemented by the local cloud")
        threshold = None
        while self._text() == "with":
            tag = self._text(1)
            if tag != "threshold":
                raise UnsupportedDqdlError(f"'with {tag}' of DQDL is not implemented by the local cloud")
            self.at += 2
            threshold = self._condition()
            if threshold is None:
                raise self._error("a threshold")
        return Rule(name, tuple(parameters), condition, where, threshold, self._source(start))

    def _condition(self) -> Condition | None:
        word = self._text()
        if word in _COMPARISONS:
            self.at += 1
            return Condition(word, (self._operand(),))
        negated = word == "not"
        word = self._text(1) if negated else word
        if word not in ("between", "in", "matches"):
            return None
        self.at += 2 if negated else 1
        operator = f"not {word}" if negated else word
        if word == "matches":
            return Condition(operator, (_unquote(self._take("string", "a pattern").text),))
        if word == "between":
            low = self._operand()
            if self._text().lower() != "and":
                raise self._error("'and'")
            self.at += 1
            return Condition(operator, (low, self._operand()))
        self._expect("[")
        values = [self._operand()]
        while self._text() == ",":
            self.at += 1
            values.append(self._operand())
        self._expect("]")
        return Condition(operator, tuple(values))

    def _operand(self) -> Operand:
        token = self._peek()
        if token is None:
            raise self._error("a value")
        self.at += 1
        if token.kind == "string":
            return _unquote(token.text)
        if token.kind == "number":
            return float(token.text)
        if token.text.upper() in _KEYWORDS:
            return Keyword(token.text.upper())
        if token.text == "$":
            raise UnsupportedDqdlError("constants of DQDL are not implemented by the local cloud")
        if token.text == "(" and self._text() == "now":
            moment = self._moment()
            self._expect(")")
            return moment
        if token.text == "now":
            self.at -= 1
            return self._moment()
        if token.text == "(" or self._text() == "(":
            raise UnsupportedDqdlError(f"the dynamic expression {token.text!r} of DQDL is not implemented")
        self.at -= 1
        raise self._error("a value")

    def _moment(self) -> Moment:
        for word in ("now", "(", ")"):
            self._expect(word)
        sign = self._text()
        token = self._peek()
        if token is not None and token.kind == "number" and token.text.startswith("-"):
            self.at += 1  # `now() -3 days`
            return Moment(int(token.text), self._unit())
        if sign not in ("-", "+"):
            return Moment()
        self.at += 1
        amount = int(self._take("number", "a number").text)
        return Moment(-amount if sign == "-" else amount, self._unit())

    def _unit(self) -> str:
        unit = self._take("word", "days, hours or minutes").text
        if unit not in _UNITS:
            raise DqdlError(f"{unit!r} is not days, hours or minutes")
        return unit

    # --- tokens ---------------------------------------------------------------------------------------------

    def _peek(self, ahead: int = 0) -> _Token | None:
        return self.tokens[self.at + ahead] if self.at + ahead < len(self.tokens) else None

    def _text(self, ahead: int = 0) -> str:
        token = self._peek(ahead)
        return "" if token is None or token.kind == "string" else token.text

    def _kind(self, ahead: int = 0) -> str:
        token = self._peek(ahead)
        return "" if token is None else token.kind

    def _take(self, kind: str, what: str) -> _Token:
        token = self._peek()
        if token is None or token.kind != kind:
            raise self._error(what)
        self.at += 1
        return token

    def _expect(self, text: str) -> None:
        if self._text() != text:
            raise self._error(repr(text))
        self.at += 1

    def _source(self, start: int) -> str:
        return " ".join(self.text[self.tokens[start].start : self.tokens[self.at - 1].end].split())

    def _error(self, wanted: str) -> DqdlError:
        token = self._peek()
        found = "the end of the text" if token is None else repr(token.text)
        line = self.text.count("\n", 0, token.start if token else len(self.text)) + 1
        return DqdlError(f"line {line}: {wanted} expected, found {found}")


def _tokens(text: str) -> "list[_Token]":
    found, at = [], 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise DqdlError(f"line {text.count(chr(10), 0, at) + 1}: unexpected {text[at]!r}")
        if match.lastgroup != "skip":
            found.append(_Token(str(match.lastgroup), match[0], match.start(), match.end()))
        at = match.end()
    return found


def _unquote(text: str) -> str:
    return re.sub(r'\\(["\\])', r"\1", text[1:-1])
