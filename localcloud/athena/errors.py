"""Why a query fails, in Athena's words.

`StateChangeReason` is ``<ERROR NAME>: <message>`` with the names of Trino's StandardErrorCode and HiveErrorCode;
`AthenaError` carries a category (1 system, 2 user, 3 other) and a type from the table in
https://docs.aws.amazon.com/athena/latest/ug/error-reference.html.
"""

import re
from typing import Any

from botocore.exceptions import ClientError

SYSTEM, USER = 1, 2

# error-reference.html: "Athena error type reference"; a name that is not here gets the generic user type 1300.
ERROR_TYPES = {
    "SYNTAX_ERROR": 1000,
    "FUNCTION_NOT_FOUND": 1006,
    "TYPE_MISMATCH": 1301,
    "INVALID_CAST_ARGUMENT": 1302,
    "DIVISION_BY_ZERO": 1303,
    "INVALID_FUNCTION_ARGUMENT": 1304,
    "NUMERIC_VALUE_OUT_OF_RANGE": 1305,
    "NOT_SUPPORTED": 1006,
    "HIVE_BAD_DATA": 401,
    "HIVE_CURSOR_ERROR": 401,
    "TABLE_NOT_FOUND": 1100,
    "SCHEMA_NOT_FOUND": 1101,
    "COLUMN_NOT_FOUND": 1200,
}
GENERIC_TYPE = 1300
# https://docs.aws.amazon.com/athena/latest/ug/performance-tuning-service-level-considerations.html
EXHAUSTED = "Query exhausted resources at this scale factor"
TIMEOUT = "Query timeout"
TOO_LARGE = "line 1:1: statement is too large (stack overflow while parsing)"  # of Trino's SqlParser
_OF_MESSAGES = {EXHAUSTED: (SYSTEM, 1), TIMEOUT: (SYSTEM, 206)}


class QueryError(Exception):
    """A statement that ends FAILED (or CANCELLED, where ``state`` says so)."""

    def __init__(self, name: str, message: str, state: str = "FAILED", throttled: int | None = None) -> None:
        """``throttled``: the error type, where a service had no room for the query; it may be submitted again."""
        super().__init__(f"{name}: {message}" if name else message)
        self.name = name
        self.message = message
        self.state = state
        self.throttled = throttled

    @property
    def reason(self) -> str:
        """`StateChangeReason`."""
        return str(self)

    @property
    def athena_error(self) -> dict[str, Any]:
        """`AthenaError` of the API."""
        category, kind = _OF_MESSAGES.get(self.message, (USER, ERROR_TYPES.get(self.name, GENERIC_TYPE)))
        return {
            "ErrorCategory": category,
            "ErrorType": self.throttled or kind,
            "Retryable": self.throttled is not None,
            "ErrorMessage": self.reason,
        }


def not_supported(what: str) -> QueryError:
    """Athena may do this; the local Athena does not."""
    return QueryError("NOT_SUPPORTED", f"{what} is not supported by the local Athena")


# How a service says it -> the error's name, the exception's, the service, the type in error-reference.html. Words:
# https://docs.aws.amazon.com/athena/latest/ug/troubleshooting-athena.html#troubleshooting-athena-throttling-issues
_THROTTLED = (
    (
        re.compile("SlowDown|SLOW_DOWN|SERVICE_UNAVAILABLE"),
        "HIVE_CANNOT_OPEN_SPLIT",
        "AmazonS3Exception",
        "Amazon S3",
        1403,
    ),
    (re.compile("Throttling"), "HIVE_METASTORE_ERROR", "AWSGlueException", "AWSGlue", 1401),
)


def throttled(error: Exception) -> QueryError | None:
    """The failure of a query that S3 or Glue throttled to the last attempt; None for another error."""
    for pattern, name, exception, service, kind in _THROTTLED:
        if pattern.search(str(error)):
            told = str(error)
            if isinstance(error, ClientError):
                status = error.response["ResponseMetadata"]["HTTPStatusCode"]
                code, message = error.response["Error"]["Code"], error.response["Error"].get("Message", "")
                told = f"{message} (Service: {service}; Status Code: {status}; Error Code: {code})"
            return QueryError(name, f"{exception}: {told}", throttled=kind)
    return None


# What a macro raises: its marker, Trino's error name, the message (see `tr_fail` in macros.sql).
_RAISED = re.compile(r'!!([A-Z_]+): (.*?)" as base64', re.DOTALL)
# What DuckDB raises -> Trino's name for it.
_DUCKDB = (
    (re.compile(r"Division by zero"), "DIVISION_BY_ZERO", "Division by zero"),
    (re.compile(r"date field value out of range"), "INVALID_CAST_ARGUMENT", None),
    (re.compile(r"Overflow in|out of range|overflow", re.IGNORECASE), "NUMERIC_VALUE_OUT_OF_RANGE", None),
    (re.compile(r"Malformed JSON|Invalid JSON|JSON transform error"), "HIVE_CURSOR_ERROR", None),
    (re.compile(r"must appear in the GROUP BY|GROUP BY clause cannot|aggregate"), "EXPRESSION_NOT_AGGREGATE", None),
    (
        re.compile(r"More than one row returned by a subquery"),
        "SUBQUERY_MULTIPLE_ROWS",
        "Scalar sub-query has returned multiple rows",
    ),
    (
        re.compile(r"Could not convert|Conversion Error|Could not cast|invalid .* field format"),
        "INVALID_CAST_ARGUMENT",
        None,
    ),
    (re.compile(r"Ambiguous reference"), "AMBIGUOUS_NAME", None),
    (
        re.compile(
            r"does not support the supplied arguments|No function matches|Cannot compare|Cannot combine types"
            r"|Cannot mix values|Could not choose a best candidate|overloads that match"
        ),
        "TYPE_MISMATCH",
        None,
    ),
)


def from_duckdb(kind: str, text: str) -> QueryError:
    """The failure that an exception of DuckDB stands for: its class's name, its text."""
    if kind == "OutOfMemoryException":
        return QueryError("", EXHAUSTED)
    if raised := _RAISED.search(text):
        return QueryError(raised[1], raised[2])
    message = text.split("\n", maxsplit=1)[0].partition(": ")[2] or text
    for pattern, name, fixed in _DUCKDB:
        if pattern.search(text):
            return QueryError(name, fixed or _trino_names(message))
    if kind in ("BinderException", "ParserException", "SyntaxException", "CatalogException"):
        return QueryError("SYNTAX_ERROR", _trino_names(message))
    return QueryError("GENERIC_INTERNAL_ERROR", message)


def _trino_names(message: str) -> str:
    return re.sub(r"\btr_(?=[a-z])", "", message)
