"""S3 prefixes with ``!{namespace:value}`` expressions: checked when a stream is made, evaluated for each object.

https://docs.aws.amazon.com/firehose/latest/dev/s3-prefixes.html
"""

import re
import secrets
import string
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from localcloud.firehose.javatime import PatternError, format_time

DEFAULT_TIME = "yyyy/MM/dd/HH/"
MAX_EVALUATED = 512  # characters, after evaluation
RANDOM_STRING = 11  # characters
NAMESPACES = ("firehose", "timestamp", "partitionKeyFromQuery", "partitionKeyFromLambda")
FROM_LAMBDA = "partitionKeyFromLambda"
FROM_QUERY = "partitionKeyFromQuery"
ERROR_TYPE = "error-output-type"

_EXPRESSION = re.compile(r"!\{([^:}]*)(?::([^}]*))?\}")


class PrefixError(ValueError):
    """A prefix that Firehose would not accept; the message is the broken constraint."""


@dataclass(frozen=True)
class Expression:
    """One ``!{namespace:value}``."""

    namespace: str
    value: str


def expressions(prefix: str) -> list[Expression]:
    """All expressions of a prefix, checked on their own. Raises PrefixError."""
    found = []
    for match in _EXPRESSION.finditer(prefix):
        expression = Expression(match[1], match[2] or "")
        _check(expression)
        found.append(expression)
    if "!{" in _EXPRESSION.sub("", prefix):
        raise PrefixError("The sequence !{ can only appear in !{namespace:value} expressions")
    return found


def _check(expression: Expression) -> None:
    if expression.namespace not in NAMESPACES:
        raise PrefixError(f"Invalid namespace {expression.namespace!r}: it must be one of {', '.join(NAMESPACES)}")
    if not expression.value:
        raise PrefixError(f"The namespace {expression.namespace} needs a value")
    if expression.namespace == "timestamp":
        try:
            format_time(expression.value, datetime(2026, 1, 1))
        except PatternError as error:
            raise PrefixError(f"Invalid timestamp pattern {expression.value!r}: {error}") from None
    if expression.namespace == "firehose" and expression.value not in ("random-string", ERROR_TYPE):
        raise PrefixError(f"Invalid firehose value {expression.value!r}: it must be random-string or {ERROR_TYPE}")


def partition_keys(prefix: str) -> set[str]:
    """Names of the partition keys that a prefix needs from the Lambda function."""
    return {e.value for e in expressions(prefix) if e.namespace == FROM_LAMBDA}


def check(prefix: str, error_prefix: str, dynamic: bool) -> None:
    """The rules that bind both prefixes of a destination. Raises PrefixError."""
    main, errors = expressions(prefix), expressions(error_prefix)
    if main and not error_prefix:
        raise PrefixError("ErrorOutputPrefix cannot be null or empty when Prefix contains expressions")
    if Expression("firehose", ERROR_TYPE) in main:
        raise PrefixError(f"Prefix cannot contain !{{firehose:{ERROR_TYPE}}}")
    if errors and Expression("firehose", ERROR_TYPE) not in errors:
        raise PrefixError(f"ErrorOutputPrefix must include at least one instance of !{{firehose:{ERROR_TYPE}}}")
    keyed = [e for e in main if e.namespace in (FROM_LAMBDA, FROM_QUERY)]
    if keyed and not dynamic:
        raise PrefixError("Prefix can contain partition keys only when dynamic partitioning is enabled")
    if dynamic and not keyed:
        raise PrefixError("Prefix must contain at least one partition key when dynamic partitioning is enabled")
    if any(e.namespace in (FROM_LAMBDA, FROM_QUERY) for e in errors):
        raise PrefixError("ErrorOutputPrefix cannot contain partition keys")


def evaluate(prefix: str, when: datetime, keys: Mapping[str, str] | None = None) -> str:
    """The prefix of an object whose oldest record arrived at ``when`` (already in the stream's time zone).

    A prefix without any expression gets ``yyyy/MM/dd/HH/`` appended, with no separator: "myPrefix2026/08/27/10/".
    Raises PrefixError when the result has more than 512 characters.
    """
    pieces = list(_pieces(prefix, when, keys or {}, error_type=None))
    if not _EXPRESSION.search(prefix):
        pieces.append(format_time(DEFAULT_TIME, when))
    return _bounded("".join(pieces))


def evaluate_error(prefix: str, error_prefix: str, when: datetime, error_type: str) -> str:
    """The prefix of failed records; without an ErrorOutputPrefix it is Prefix, the error type and the time."""
    if not error_prefix:
        return _bounded(f"{prefix}{error_type}/{format_time(DEFAULT_TIME, when)}")
    pieces = list(_pieces(error_prefix, when, {}, error_type))
    if not _EXPRESSION.search(error_prefix):
        pieces += [f"{error_type}/", format_time(DEFAULT_TIME, when)]
    return _bounded("".join(pieces))


def _pieces(prefix: str, when: datetime, keys: Mapping[str, str], error_type: str | None) -> Iterator[str]:
    end = 0
    for match in _EXPRESSION.finditer(prefix):
        yield prefix[end : match.start()]
        end = match.end()
        namespace, value = match[1], match[2] or ""
        if namespace == "timestamp":
            yield format_time(value, when)
        elif namespace == FROM_LAMBDA:
            yield keys[value]
        elif value == ERROR_TYPE and error_type is not None:
            yield error_type
        else:
            yield "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(RANDOM_STRING))
    yield prefix[end:]


def _bounded(evaluated: str) -> str:
    if len(evaluated) > MAX_EVALUATED:
        raise PrefixError(f"The evaluated prefix has more than {MAX_EVALUATED} characters")
    return evaluated
