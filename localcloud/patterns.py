"""Regular expressions of users, with bounds.

Python's own engine follows ``(a|aa)+$`` for years, and nothing can stop it. These are matched by the regex module
(https://pypi.org/project/regex/), which gives up after a time and knows what Java writes (AWS's services are Java's):
``(?<name>…)``, possessive quantifiers, atomic groups, ``\\p{Alpha}``. Letters are ASCII's in ``\\d``, ``\\w`` and
``\\s``, as in Java.
"""

from functools import lru_cache
from typing import Any

import regex

SECONDS = 1.0  # of one match; what AWS's services allow is not documented
MAX_LENGTH = 10_000  # of a pattern, which takes time to be compiled


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
        return self._match("fullmatch", value)

    def search(self, value: str) -> Any:
        """The first match in the value, or None. Raises PatternTimeoutError."""
        return self._match("search", value)

    def _match(self, how: str, value: str) -> Any:
        try:
            # concurrent: other threads run meanwhile
            return getattr(self._compiled, how)(value, timeout=SECONDS, concurrent=True)
        except TimeoutError:
            raise PatternTimeoutError(
                f"matching against {self.text!r} takes more than {SECONDS:g} s: it repeats what repeats"
            ) from None


@lru_cache(maxsize=256)
def _compile(text: str) -> Any:
    if len(text) > MAX_LENGTH:
        raise PatternError(f"it is longer than {MAX_LENGTH:,} characters")
    try:
        return regex.compile(text, regex.ASCII)
    except regex.error as error:
        raise PatternError(str(error)) from None
    except (RecursionError, OverflowError, MemoryError):
        raise PatternError("it is nested too deep") from None
