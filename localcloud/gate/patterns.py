"""The regular expressions of botocore's models, which are Java's.

A value has to match as a whole, whether the pattern has anchors or not: the services that validate by their model call
``Matcher.matches`` (``^[a-zA-Z0-9](-*[a-zA-Z0-9])*`` refuses "ENTER MODEL NAME",
https://github.com/aws/amazon-sagemaker-examples/issues/2236).
"""

from functools import cache

from localcloud.patterns import Pattern, PatternError, PatternTimeoutError

# Models write the characters beyond the basic plane as ranges of surrogates, which Java reads as one code point each.
_SURROGATES = r"\uD800\uDC00-\uDBFF\uDFFF", r"\U00010000-\U0010FFFF"


class UnreadablePatternError(ValueError):
    """A pattern that is not a regular expression here."""


@cache
def compiled(pattern: str) -> Pattern:
    """The pattern of a model, ready to use. Raises UnreadablePatternError."""
    try:
        return Pattern(pattern.replace(*_SURROGATES))
    except PatternError as error:
        raise UnreadablePatternError(f"{pattern}: {error}") from None


def matches(pattern: Pattern, value: str) -> bool:
    """Whether the whole value matches; a value that takes too long does not: what matches, matches fast."""
    try:
        return pattern.fullmatch(value) is not None
    except PatternTimeoutError:
        return False
