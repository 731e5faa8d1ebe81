"""Date patterns of Trino's functions as DuckDB's strftime/strptime patterns."""

import re

from localcloud.athena.errors import QueryError, not_supported

# https://trino.io/docs/current/functions/datetime.html#mysql-date-functions
_MYSQL = {
    "a": "%a", "b": "%b", "c": "%-m", "d": "%d", "e": "%-d", "f": "%f", "H": "%H", "h": "%I", "I": "%I", "i": "%M",
    "j": "%j", "k": "%-H", "l": "%-I", "M": "%B", "m": "%m", "p": "%p", "r": "%I:%M:%S %p", "S": "%S", "s": "%S",
    "T": "%H:%M:%S", "v": "%V", "W": "%A", "x": "%G", "Y": "%Y", "y": "%y", "%": "%%",
}  # fmt: skip
# https://www.joda.org/joda-time/apidocs/org/joda/time/format/DateTimeFormat.html
_JODA = {
    "yyyy": "%Y", "y": "%Y", "yy": "%y", "YYYY": "%Y", "MM": "%m", "M": "%-m", "MMM": "%b", "MMMM": "%B",
    "dd": "%d", "d": "%-d", "HH": "%H", "H": "%-H", "hh": "%I", "h": "%-I", "mm": "%M", "m": "%-M", "ss": "%S",
    "s": "%-S", "SSS": "%g", "EEE": "%a", "E": "%a", "EEEE": "%A", "a": "%p", "DDD": "%j", "D": "%-j",
    "ww": "%V", "xxxx": "%G", "e": "%u",
}  # fmt: skip


def mysql_format(pattern: str) -> str:
    """``%Y-%m-%d %H:%i`` -> ``%Y-%m-%d %H:%M``.

    Raises:
        QueryError: INVALID_FUNCTION_ARGUMENT for the specifiers Trino does not support either.
    """

    def one(found: re.Match[str]) -> str:
        letter = found[1]
        if letter in "DUuVwX":
            raise QueryError("INVALID_FUNCTION_ARGUMENT", f"%{letter} not supported in date format string")
        return _MYSQL.get(letter, letter)

    return re.sub(r"%(.)", one, pattern, flags=re.DOTALL)


def joda_format(pattern: str) -> str:
    """``yyyy-MM-dd'T'HH:mm`` -> ``%Y-%m-%dT%H:%M``.

    Raises:
        QueryError: NOT_SUPPORTED for pattern letters that DuckDB has no specifier for.
    """
    result = []
    at = 0
    while at < len(pattern):
        if pattern[at] == "'":
            end = pattern.find("'", at + 1)
            if end < 0:
                raise QueryError("INVALID_FUNCTION_ARGUMENT", f"Illegal pattern: {pattern}")
            result.append((pattern[at + 1 : end] or "'").replace("%", "%%"))
            at = end + 1
            continue
        run = re.match(r"([A-Za-z])\1*", pattern[at:])
        if run is None:
            result.append(pattern[at].replace("%", "%%"))
            at += 1
            continue
        if run[0] not in _JODA:
            raise not_supported(f"the date pattern '{run[0]}'")
        result.append(_JODA[run[0]])
        at += len(run[0])
    return "".join(result)
