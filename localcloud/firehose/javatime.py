"""The letters of Java's DateTimeFormatter patterns that make sense in an S3 prefix.

https://docs.oracle.com/javase/8/docs/api/java/time/format/DateTimeFormatter.html
"""

import re
from collections.abc import Callable
from datetime import datetime

_TOKEN = re.compile(r"'((?:[^']|'')*)'|([A-Za-z])\2*|([^A-Za-z'])|(')", re.DOTALL)
_RESERVED = frozenset("{}#[]")  # Java refuses {, } and #; [ and ] are optional sections, which are not done here


class PatternError(ValueError):
    """A pattern that Java (or this subset of it) does not take."""


def format_time(pattern: str, when: datetime) -> str:
    """``when`` in a Java pattern. Raises PatternError for what is not a pattern."""
    out = []
    for match in _TOKEN.finditer(pattern):
        quoted, letter, other, lone = match.groups()
        if lone is not None:
            raise PatternError(f"it ends with an incomplete string literal: {pattern}")
        if quoted is not None:
            out.append(quoted.replace("''", "'") if quoted else "'")
        elif other is not None:
            if other in _RESERVED:
                raise PatternError(f"it includes the reserved character {other!r}")
            out.append(other)
        else:
            out.append(_field(letter, len(match[0]), when))
    return "".join(out)


def _field(letter: str, count: int, when: datetime) -> str:
    if letter not in _FIELDS:
        raise PatternError(f"the letter {letter!r} is not supported")
    return _FIELDS[letter](when, count)


def _number(value: Callable[[datetime], int], widest: int) -> Callable[[datetime, int], str]:
    def render(when: datetime, count: int) -> str:
        if count > widest:
            raise PatternError("too many pattern letters")
        return str(value(when)).zfill(count)

    return render


def _year(when: datetime, count: int) -> str:
    return f"{when.year % 100:02d}" if count == 2 else str(when.year).zfill(count)


def _month(when: datetime, count: int) -> str:
    if count > 5:
        raise PatternError("too many pattern letters")
    return {
        1: str(when.month),
        2: f"{when.month:02d}",
        3: _MONTHS[when.month - 1][:3],
        5: _MONTHS[when.month - 1][0],
    }.get(count, _MONTHS[when.month - 1])


def _weekday(when: datetime, count: int) -> str:
    if count > 5:
        raise PatternError("too many pattern letters")
    name = _DAYS[when.weekday()]
    return {4: name, 5: name[0]}.get(count, name[:3])


def _fraction(when: datetime, count: int) -> str:
    if count > 9:
        raise PatternError("too many pattern letters")
    return f"{when.microsecond * 1000:09d}"[:count]


# English whatever the machine's locale is.
_MONTHS = ("January", "February", "March", "April", "May", "June", "July",
           "August", "September", "October", "November", "December")  # fmt: skip
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_FIELDS: dict[str, Callable[[datetime, int], str]] = {
    "y": _year,
    "u": _year,
    "M": _month,
    "L": _month,
    "d": _number(lambda t: t.day, 2),
    "D": _number(lambda t: t.timetuple().tm_yday, 3),
    "E": _weekday,
    "a": lambda t, _: "AM" if t.hour < 12 else "PM",
    "H": _number(lambda t: t.hour, 2),
    "k": _number(lambda t: t.hour or 24, 2),
    "K": _number(lambda t: t.hour % 12, 2),
    "h": _number(lambda t: t.hour % 12 or 12, 2),
    "m": _number(lambda t: t.minute, 2),
    "s": _number(lambda t: t.second, 2),
    "S": _fraction,
}
