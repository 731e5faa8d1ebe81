"""The regular expressions of botocore's models, which are Java's, as the ``regex`` library reads them.

A value has to match as a whole, whether the pattern has anchors or not: the services that validate by their model call
``Matcher.matches`` (``^[a-zA-Z0-9](-*[a-zA-Z0-9])*`` refuses "ENTER MODEL NAME",
https://github.com/aws/amazon-sagemaker-examples/issues/2236).
"""

from functools import cache

import regex

# A pattern that needs longer than this for one value does not match: what matches, matches fast, and backtracking for
# a second would stall the cloud.
SECONDS = 0.1

# Java's classes are ASCII unless asked otherwise, https://docs.oracle.com/javase/8/docs/api/java/util/regex/Pattern.html
_ASCII = {
    r"\d": "[0-9]",
    r"\D": "[^0-9]",
    r"\w": "[a-zA-Z0-9_]",
    r"\W": "[^a-zA-Z0-9_]",
    r"\s": r"[ \t\n\x0B\f\r]",
    r"\S": r"[^ \t\n\x0B\f\r]",
}
# Models write the characters beyond the basic plane as ranges of surrogates, which Java reads as one code point each.
_SURROGATES = r"\uD800\uDC00-\uDBFF\uDFFF", r"\U00010000-\U0010FFFF"
_ESCAPE = regex.compile(r"\\.", regex.DOTALL)


class UnreadablePatternError(ValueError):
    """A pattern that is not a regular expression here."""


@cache
def compiled(pattern: str) -> "regex.Pattern[str]":
    """The pattern of a model, ready to use. Raises UnreadablePatternError."""
    text = pattern.replace(*_SURROGATES)
    text = _ESCAPE.sub(lambda escape: _ASCII.get(escape[0], escape[0]), text)
    try:
        return regex.compile(text, regex.VERSION1)
    except regex.error as error:
        raise UnreadablePatternError(f"{pattern}: {error}") from None


def matches(pattern: "regex.Pattern[str]", value: str) -> bool:
    """Whether the whole value matches; a value that takes too long does not."""
    for seconds in (SECONDS, 10 * SECONDS):  # the first may pass while other threads and programs have the processors
        try:
            return pattern.fullmatch(value, timeout=seconds) is not None
        except TimeoutError:
            continue
    return False
