"""Regular expressions that others write, with bounds.

AWS's services are Java's, and so are the patterns: ``(?<name>…)``, ``\\k<name>``, possessive quantifiers, ``&&`` in
classes; ``\\d``, ``\\w`` and ``\\s`` are of ASCII
(https://docs.oracle.com/javase/8/docs/api/java/util/regex/Pattern.html). The regex module reads them, and gives up
after a time: Python's own engine follows ``(a|aa)+$`` for years, and nothing can stop it.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import regex

# Of one match: what matches, matches fast. The clock counts what other threads do meanwhile, so there is a second try.
# What AWS's services allow is not documented.
SECONDS = 0.1
PATIENCE_SECONDS = 1.0
MAX_LENGTH = 10_000  # of a pattern: it takes time to be compiled, which nothing bounds
_ASCII = {
    r"\d": "[0-9]",
    r"\D": "[^0-9]",
    r"\w": "[a-zA-Z0-9_]",
    r"\W": "[^a-zA-Z0-9_]",
    r"\s": r"[ \t\n\x0B\f\r]",
    r"\S": r"[^ \t\n\x0B\f\r]",
}
_ESCAPE = regex.compile(r"\\(?:k<(\w+)>|.)", regex.DOTALL)


class PatternError(ValueError):
    """It is no regular expression; the message says why."""


class PatternTimeoutError(ValueError):
    """The text could not be matched in time; the message names the pattern."""


class Pattern:
    """A compiled regular expression whose matching ends."""

    def __init__(self, text: str) -> None:
        """Raises PatternError."""
        self.text = text
        self._compiled = _compile(text)

    def fullmatch(self, value: str) -> Any:
        """The match of the whole value, or None. Raises PatternTimeoutError."""
        return self._bounded(lambda **bounds: self._compiled.fullmatch(value, **bounds))

    def findall(self, value: str) -> list[Any]:
        """The matches in the value, one after the other. Raises PatternTimeoutError."""
        found: list[Any] = self._bounded(lambda **bounds: list(self._compiled.finditer(value, **bounds)))
        return found

    def _bounded(self, match: Callable[..., Any]) -> Any:
        for seconds in (SECONDS, PATIENCE_SECONDS):
            try:
                return match(timeout=seconds, concurrent=True)  # concurrent: other threads run meanwhile
            except TimeoutError:
                continue
        raise PatternTimeoutError(f"matching against {self.text!r} takes too long: it repeats what repeats")


@lru_cache(maxsize=4096)
def _compile(text: str) -> Any:
    if len(text) > MAX_LENGTH:
        raise PatternError(f"it is longer than {MAX_LENGTH:,} characters")
    try:
        return regex.compile(_ESCAPE.sub(_read, text), regex.VERSION1)
    except regex.error as error:
        raise PatternError(str(error)) from None
    except (RecursionError, OverflowError, MemoryError):
        raise PatternError("it is nested too deep") from None


def _read(escape: Any) -> str:
    return f"(?P={escape[1]})" if escape[1] else _ASCII.get(escape[0], escape[0])
