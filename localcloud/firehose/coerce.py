"""One JSON document as a row of a Hive table, the way Firehose's OpenX SerDe reads it: slow, and says what is wrong.

Codes, sentences and the accepted spellings of values are those that real streams were seen to give
(floci-io/floci#3235, probed in us-west-2).
"""

import json
import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation, localcontext
from typing import Any

from localcloud.firehose.configuration import Conversion
from localcloud.firehose.hive import HiveType

PARSE_ERROR = "DataFormatConversion.ParseError"
MALFORMED = "DataFormatConversion.MalformedData"

_EPOCH = datetime(1970, 1, 1)
_DATE = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")
_ISO = re.compile(r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(\.\d{1,9})?Z?")
_SPACED = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2}) (\d{1,2}):(\d{1,2}):(\d{1,2})(\.\d{1,9})?")
_INTEGER = re.compile(r"[+-]?\d+")
_MILLISECONDS_FROM = Decimal(10) ** 12  # an epoch number from here on is milliseconds, below it is seconds
_SPACE = " \t\r\n"


class RowError(Exception):
    """The document cannot be a row: Firehose's code and message."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def documents(data: bytes) -> list[dict[str, Any]]:
    """The JSON objects of a record; there may be several, one after the other, but no array. Raises RowError.

    https://docs.aws.amazon.com/firehose/latest/dev/enable-record-format-conversion.html
    """
    try:
        text = data.decode()
        found: list[Any] = []
        position = _skip(text, 0)
        while position < len(text) or not found:
            document, position = _DECODER.raw_decode(text, position)
            found.append(document)
            position = _skip(text, position)
    except (ValueError, RecursionError) as error:
        raise RowError(PARSE_ERROR, f"Encountered malformed JSON. {error}") from None
    if not all(isinstance(document, dict) for document in found):
        raise RowError(MALFORMED, "Data does not match the schema. A JSON object is required.")
    return found


def _skip(text: str, position: int) -> int:
    while position < len(text) and text[position] in _SPACE:
        position += 1
    return position


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


_DECODER = json.JSONDecoder(parse_float=Decimal, parse_constant=_no_constant)


def row(document: Mapping[str, Any], columns: Mapping[str, HiveType], conversion: Conversion) -> dict[str, Any]:
    """A document as column values; what it lacks is None. Raises RowError."""
    keys = dict(document)
    if conversion.dots_to_underscores:
        keys = {key.replace(".", "_"): value for key, value in keys.items()}
    folded = {key.lower(): value for key, value in reversed(keys.items())} if conversion.case_insensitive else {}
    values = {}
    for name, kind in columns.items():
        key = conversion.mappings.get(name, name)
        value = keys.get(key, folded.get(key.lower()))
        values[name] = None if value is None else coerce(value, kind)
    return values


def coerce(value: Any, kind: HiveType) -> Any:
    """A JSON value as a value of a Hive type. Raises RowError."""
    if value is None:
        return None
    try:
        return _COERCE[kind.name](value, kind)
    except (ValueError, OverflowError, InvalidOperation):
        raise _mismatch(value) from None


def _mismatch(value: Any) -> RowError:
    shown = value if isinstance(value, str) else json.dumps(value, default=str)
    return RowError(MALFORMED, f'Data does not match the schema. For input string: "{shown[:200]}"')


def _scalar(value: Any) -> str:
    if isinstance(value, (dict, list)):
        raise _mismatch(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _text(value: Any, _: HiveType) -> str:
    text = (
        json.dumps(value, default=_number, separators=(",", ":"))
        if isinstance(value, (dict, list))
        else _scalar(value)
    )
    # A lone surrogate (legal in JSON as \ud800) is no character; Java writes "?" for it.
    return text.encode("utf-8", "replace").decode()


def _number(value: Any) -> Any:
    return float(value)


def _boolean(value: Any, _: HiveType) -> bool:
    text = _scalar(value).lower()
    if text not in ("true", "false"):
        raise ValueError(text)
    return text == "true"


def _integer(value: Any, kind: HiveType) -> int:
    text = _scalar(value).strip()
    if isinstance(value, bool) or not _INTEGER.fullmatch(text):
        raise ValueError(text)
    number = int(text)
    if not -(2 ** (kind.bits - 1)) <= number < 2 ** (kind.bits - 1):
        raise ValueError(text)
    return number


def _floating(value: Any, kind: HiveType) -> float:
    if isinstance(value, bool):
        raise ValueError(value)
    number = float(_scalar(value))
    largest = 3.4028234663852886e38 if kind.bits == 32 else 1.7976931348623157e308
    if not -largest <= number <= largest:  # also refuses NaN
        raise ValueError(number)
    return number


def _decimal(value: Any, kind: HiveType) -> Decimal:
    if isinstance(value, bool):
        raise ValueError(value)
    with localcontext() as context:
        context.prec = 76
        number = Decimal(_scalar(value).strip())
        if not number.is_finite() or number.adjusted() >= kind.precision - kind.scale:
            raise ValueError(number)
        rounded = number.quantize(Decimal(1).scaleb(-kind.scale), rounding="ROUND_HALF_UP")
        if rounded and rounded.adjusted() >= kind.precision - kind.scale:
            raise ValueError(number)
        return rounded


def _date(value: Any, _: HiveType) -> date:
    match = _DATE.fullmatch(_scalar(value))
    if not match:
        raise ValueError(value)
    return date(int(match[1]), int(match[2]), int(match[3]))


def _timestamp(value: Any, _: HiveType) -> datetime:
    text = _scalar(value)
    match = None if isinstance(value, bool) else _ISO.fullmatch(text) or _SPACED.fullmatch(text)
    if match:
        year, month, day, hour, minute, second = (int(part) for part in match.groups()[:6])
        microseconds = int((match[7] or ".0")[1:].ljust(6, "0")[:6])
        return datetime(year, month, day, hour, minute, second, microseconds)
    number = Decimal(text.strip())
    if isinstance(value, bool) or not number.is_finite() or number.adjusted() > 16:
        raise ValueError(text)
    milliseconds = number if abs(number) >= _MILLISECONDS_FROM else number * 1000
    return _EPOCH + timedelta(milliseconds=int(milliseconds.to_integral_value("ROUND_HALF_UP")))


def _binary(value: Any, kind: HiveType) -> bytes:
    return _text(value, kind).encode()


def _array(value: Any, kind: HiveType) -> list[Any]:
    if not isinstance(value, list):
        raise _mismatch(value)
    return [coerce(item, kind.items[0]) for item in value]


def _map(value: Any, kind: HiveType) -> list[tuple[Any, Any]]:
    if not isinstance(value, dict):
        raise _mismatch(value)
    return [(coerce(key, kind.items[0]), coerce(item, kind.items[1])) for key, item in value.items()]


def _struct(value: Any, kind: HiveType) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _mismatch(value)
    folded = {key.lower(): item for key, item in value.items()}
    return {
        name: coerce(value.get(name, folded.get(name.lower())), item)
        for name, item in zip(kind.fields, kind.items, strict=True)
    }


_COERCE: dict[str, Any] = {
    "string": _text,
    "boolean": _boolean,
    "integer": _integer,
    "floating": _floating,
    "decimal": _decimal,
    "date": _date,
    "timestamp": _timestamp,
    "binary": _binary,
    "array": _array,
    "map": _map,
    "struct": _struct,
}
