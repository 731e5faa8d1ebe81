"""Check an event against its contract, in a Lambda function: standard library only.

An event is a JSON object that says what happened (`event_type`) and when. A table of events is partitioned by
both, so the partition key `event_type` lists the types in its enum and each column says which types carry it. A
`Validator` turns that into one checker a column and event type, once, so that checking an event costs microseconds.
"""

import json
import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, NoReturn

from contracts.model import Column, ContractError, Table

EVENT_TYPE = "event_type"
EVENT_DATE = "event_date"
HEARTBEAT = "heartbeat"  # says that a producer lives; no table holds it

MAX_REASONS = 5
MAX_MESSAGE = 300  # characters; a reason travels in Firehose's response, which has a size limit
MAX_SHOWN = 40

Event = dict[str, Any]
Check = Callable[[Any], Any]  # the value as the table takes it; ValueError says what is wrong with it


class EventError(ValueError):
    """What is wrong with an event. ``str()`` is at most ``MAX_MESSAGE`` ASCII characters.

    Attributes:
        reasons: one sentence a fault, such as ``dep_delay: expected int, got string 'abc'``.
    """

    def __init__(self, *reasons: str) -> None:
        super().__init__(_message(reasons))
        self.reasons = reasons


@dataclass(frozen=True)
class Field:
    """A column of one event type."""

    name: str
    required: bool
    check: Check


class Validator:
    """Checks events against a table of events.

    Raises ContractError for a table that does not say its event types or its event time.

    >>> from contracts import load
    >>> validator = Validator(load("flights").table("flight_events"))
    >>> validator.validate({"event_type": "arrival"})
    Traceback (most recent call last):
    contracts.validation.EventError: event_id: required, missing; ...
    """

    def __init__(self, table: Table) -> None:
        keys = {column.name: column for column in table.partition_keys}
        if EVENT_TYPE not in keys or not keys[EVENT_TYPE].enum or table.event_time is None:
            raise ContractError(f"{table.name}: a table of events needs an event time and an enum of {EVENT_TYPE}")
        self.event_time = table.event_time
        self.event_types = keys[EVENT_TYPE].enum
        self._expected = ", ".join((*self.event_types, HEARTBEAT))
        self._fields = {kind: _fields(table, kind) for kind in self.event_types}
        identity = {*table.primary_key, table.event_time}
        self._fields[HEARTBEAT] = tuple(field_of(column) for column in table.columns if column.name in identity)

    def validate(self, value: object) -> Event:
        """The event as the table takes it, or EventError with the reasons.

        ``value`` is any JSON value. What comes back has the columns of its event type that have a value, in the
        order of the contract, then `event_type` and `event_date` (UTC). Keys that the contract does not know, or
        that the event type does not carry, are left out, so that producers may be ahead of the contract. Timestamps
        are ``yyyy-MM-ddTHH:mm:ss.SSSZ``. Validating the result again gives the same.
        """
        if not isinstance(value, dict):
            raise EventError(f"expected an object, got {_shown(value)}")
        kind = value.get(EVENT_TYPE)
        fields = self._fields.get(kind) if isinstance(kind, str) else None
        if fields is None:
            got = "is missing" if kind is None else f"got {_shown(kind)}"
            raise EventError(f"{EVENT_TYPE}: expected one of {self._expected}; {got}")
        event: Event = {}
        reasons: list[str] = []
        for field in fields:
            raw = value.get(field.name)
            if raw is None:
                if field.required:
                    reasons.append(f"{field.name}: required, missing")
                continue
            try:
                event[field.name] = field.check(raw)
            except ValueError as error:
                reasons.append(f"{field.name}: {error}")
        if reasons:
            raise EventError(*reasons)
        event[EVENT_TYPE] = kind
        event[EVENT_DATE] = event[self.event_time][:10]
        return event


def decode(data: bytes) -> object:
    """The JSON value in ``data``, or EventError.

    Stricter than Python's own reading, because what follows is: UTF-8 only, no NaN or Infinity (RFC 8259 has
    neither), no key twice in an object (RFC 8259 leaves open which one counts).
    """
    try:
        return _DECODER.decode(data.decode("utf-8"))
    except EventError:
        raise
    except UnicodeDecodeError as error:
        raise EventError(f"not UTF-8: byte 0x{data[error.start]:02x} at {error.start}") from None
    except json.JSONDecodeError as error:
        raise EventError(f"not JSON: {error.msg.removesuffix(' at')} at character {error.pos}") from None
    except RecursionError:
        raise EventError("not JSON: nested too deeply") from None
    except ValueError:  # more digits than Python reads (sys.set_int_max_str_digits)
        raise EventError("not JSON: a number has too many digits") from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise EventError(f"key {_shown_text(twice)} is there twice")
    return result


def _constant(name: str) -> NoReturn:
    raise EventError(f"not JSON: {name} is not a number")


_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_constant)


def _fields(table: Table, kind: str) -> tuple[Field, ...]:
    return tuple(field_of(column) for column in table.columns if not column.event_types or kind in column.event_types)


def field_of(column: Column) -> Field:
    """How a value of ``column`` is checked, for whoever takes rows of a table one at a time."""
    build = _date if column.format else _CHECKS[column.type]
    return Field(column.name, column.required, build(column))


def _integer(bits: int) -> Callable[[Column], Check]:
    def build(column: Column) -> Check:
        least, most = -(2 ** (bits - 1)), 2 ** (bits - 1) - 1
        low = least if column.minimum is None else max(least, math.ceil(column.minimum))
        high = most if column.maximum is None else min(most, math.floor(column.maximum))

        def check(value: Any) -> int:
            if type(value) is not int:  # not isinstance: True is an int in Python, not in JSON
                if type(value) is not float or not value.is_integer():
                    raise ValueError(f"expected {column.type}, got {_shown(value)}")
                value = int(value)
            if not low <= value <= high:
                raise ValueError(f"expected {low} to {high}, got {_shown(value)}")
            return int(value)

        return check

    return build


def _double(column: Column) -> Check:
    low = -math.inf if column.minimum is None else column.minimum
    high = math.inf if column.maximum is None else column.maximum

    def check(value: Any) -> float:
        if type(value) not in (int, float):
            raise ValueError(f"expected double, got {_shown(value)}")
        try:
            number = float(value)
        except OverflowError:
            number = math.inf
        if not math.isfinite(number):
            raise ValueError(f"expected a finite double, got {_shown(value)}")
        if not low <= number <= high:
            raise ValueError(f"expected {low} to {high}, got {_shown(value)}")
        return number

    return check


def _boolean(_: Column) -> Check:
    def check(value: Any) -> bool:
        if value is True or value is False:
            return bool(value)
        raise ValueError(f"expected boolean, got {_shown(value)}")

    return check


def _string(column: Column) -> Check:
    pattern = re.compile(column.pattern).fullmatch if column.pattern else None
    allowed = frozenset(column.enum)
    upper = _is_code(column)

    def check(value: Any) -> str:
        if type(value) is not str:
            raise ValueError(f"expected string, got {_shown(value)}")
        if not value.isascii():
            _refuse_surrogates(value)
        text: str = value.strip()
        if upper and text.isascii():  # upper() of other scripts can make letters of nothing: 'ﬁ' becomes 'FI'
            text = text.upper()
        if allowed and text not in allowed:
            raise ValueError(f"expected one of {', '.join(column.enum)}; got {_shown(value)}")
        if pattern and not pattern(text):
            raise ValueError(f"expected {column.pattern}, got {_shown(value)}")
        return text

    return check


def _is_code(column: Column) -> bool:
    """Whether the contract knows only upper-case values, so that case cannot carry meaning."""
    if column.enum:
        return all(value == value.upper() for value in column.enum)
    return column.pattern is not None and "A-Z" in column.pattern and "a-z" not in column.pattern


def _refuse_surrogates(value: str) -> None:
    try:
        value.encode()
    except UnicodeEncodeError:  # JSON can spell half a surrogate pair, which no UTF-8 file can hold
        raise ValueError(f"expected Unicode text, got {_shown(value)}") from None


def _timestamp(_: Column) -> Check:
    """Timestamps with a zone, brought to UTC in the one ISO 8601 form that Firehose's OpenX JSON SerDe reads.

    "yyyy-MM-dd'T'HH:mm:ss[.S]'Z', where the fraction can have up to 9 digits"
    (https://docs.aws.amazon.com/firehose/latest/dev/record-format-conversion.html): an offset is not.
    """

    def check(value: Any) -> str:
        if type(value) is not str:
            raise ValueError(f"expected an ISO 8601 timestamp, got {_shown(value)}")
        try:
            local = datetime.fromisoformat(value.strip())
            instant = local.astimezone(UTC)
        except (OverflowError, ValueError):  # OverflowError: the last hours of year 9999, west of Greenwich
            raise ValueError(f"expected an ISO 8601 timestamp, got {_shown(value)}") from None
        if local.tzinfo is None:
            raise ValueError(f"expected a time zone, got {_shown(value)}")
        # What every reader of the Parquet files agrees on: Spark refuses INT96 timestamps before 1900
        # (spark.sql.parquet.int96RebaseModeInRead), nanoseconds in 64 bits end in 2262.
        if not 1900 <= instant.year <= 2261:
            raise ValueError(f"expected a year from 1900 to 2261, got {_shown(value)}")
        return f"{instant.isoformat(timespec='milliseconds')[:-6]}Z"

    return check


def _date(_: Column) -> Check:
    def check(value: Any) -> str:
        try:
            return date.fromisoformat(value.strip()).isoformat()
        except (AttributeError, TypeError, ValueError):
            raise ValueError(f"expected a date as yyyy-MM-dd, got {_shown(value)}") from None

    return check


_CHECKS: dict[str, Callable[[Column], Check]] = {
    "string": _string,
    "int": _integer(32),
    "bigint": _integer(64),
    "double": _double,
    "boolean": _boolean,
    "timestamp": _timestamp,
    "date": _date,
}


def _shown(value: object) -> str:
    """A value for a reason: its JSON type and, shortened and in ASCII, the value of a scalar."""
    if isinstance(value, str):
        return f"string {_shown_text(value)}"
    if isinstance(value, bool):
        return f"boolean {str(value).lower()}"
    if isinstance(value, int):
        return f"integer {value}" if value.bit_length() < 64 else f"an integer of {value.bit_length()} bits"
    if isinstance(value, float):
        return f"number {value!r}"
    return {type(None): "null", list: "an array", dict: "an object"}.get(type(value), type(value).__name__)


def _shown_text(text: str) -> str:
    shown = ascii(text[:MAX_SHOWN])
    return shown if len(text) <= MAX_SHOWN and len(shown) <= MAX_SHOWN + 2 else f"{shown[:MAX_SHOWN]}...'"


def _message(reasons: tuple[str, ...]) -> str:
    more = len(reasons) - MAX_REASONS
    message = "; ".join(reasons[:MAX_REASONS]) + (f"; and {more} more" if more > 0 else "")
    return message if len(message) <= MAX_MESSAGE else f"{message[: MAX_MESSAGE - 3]}..."
