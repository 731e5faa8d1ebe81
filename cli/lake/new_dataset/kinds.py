"""Which type of the contract the values of a column have: of text, what all of it can be read as."""

from datetime import UTC, date, datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from cli.errors import UserError

# How files spell "missing": what pandas takes for it (pandas.read_csv, na_values), and UCI's question mark
MISSING = ("", "#N/A", "N/A", "NA", "NULL", "NaN", "None", "n/a", "nan", "null", "<NA>", "?")
# A column is a number, or a date, with some faults when so many of its values are
MOSTLY = 0.9
# No leading zeros: 007 is a code
INTEGER = r"^[+-]?(0|[1-9][0-9]{0,17})$"
NUMBER = r"^[+-]?((0|[1-9][0-9]*)(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?$"
BOOLEAN = r"^(?i:true|false)$"
DATES = {
    r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$": "%Y-%m-%d",
    r"^[0-9]{4}/[0-9]{1,2}/[0-9]{1,2}$": "%Y/%m/%d",
    r"^[0-9]{1,2}\.[0-9]{1,2}\.[0-9]{4}$": "%d.%m.%Y",
}
SLASHES = r"^[0-9]{1,2}/[0-9]{1,2}/[0-9]{4}$"
TIMESTAMP = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?(Z|[+-][0-9]{2}:?[0-9]{2})?$"
INT_LIMIT = 2**30  # half of what an int holds, as values to come may be larger


def typed(name: str, values: Any) -> tuple[str, Any]:
    """Type of the contract, and a pyarrow array of it; timestamps are of UTC, and without a zone taken for it.

    Raises UserError for values of several types, or of one that no contract has.
    """
    array = pa.concat_arrays(values.chunks) if isinstance(values, pa.ChunkedArray) else values
    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    kind = array.type
    if pa.types.is_null(kind):
        return "string", array.cast(pa.string())
    if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        return _of_text(name, array.cast(pa.string()))
    if pa.types.is_boolean(kind):
        return "boolean", array
    if pa.types.is_date(kind):
        return "date", array.cast(pa.date32())
    if pa.types.is_timestamp(kind):
        return "timestamp", array.cast(pa.timestamp("us", kind.tz), safe=False).cast(pa.timestamp("us"))
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return _of_numbers(name, array)
    raise UserError(f"column {name!r} is of the type {kind}: write it as text, numbers or times")


def _of_numbers(name: str, array: Any) -> tuple[str, Any]:
    if pa.types.is_integer(array.type):
        try:
            whole = array.cast(pa.int64())
        except pa.ArrowInvalid:
            raise UserError(f"column {name!r} has numbers of more than 63 bits: write them as text") from None
        return _of_integers(whole)
    numbers = array.cast(pa.float64())
    numbers = pc.if_else(pc.is_nan(numbers), pa.scalar(None, pa.float64()), numbers)
    if not pc.all(pc.is_finite(numbers)).as_py() and numbers.null_count < len(numbers):
        raise UserError(f"column {name!r} has an infinite value: leave it empty")
    return "double", numbers


def _of_integers(whole: Any) -> tuple[str, Any]:
    largest = max(abs(value or 0) for value in pc.min_max(whole).as_py().values())
    return "int" if largest < INT_LIMIT else "bigint", whole


def _of_text(name: str, texts: Any) -> tuple[str, Any]:  # noqa: PLR0911 - one for each type
    texts = pc.utf8_trim_whitespace(texts)
    texts = pc.if_else(pc.is_in(texts, pa.array(MISSING)), pa.scalar(None, pa.string()), texts)
    if texts.null_count == len(texts):
        return "string", texts
    if _all(name, texts, BOOLEAN, "true or false"):
        return "boolean", pc.equal(pc.utf8_lower(texts), "true")
    if _share(texts, INTEGER) == 1:
        return _of_integers(pc.utf8_ltrim(texts, "+").cast(pa.int64()))
    if _all(name, texts, NUMBER, "numbers"):
        return _of_numbers(name, pc.utf8_ltrim(texts, "+").cast(pa.float64()))
    comma = pc.replace_substring(texts, ",", ".", max_replacements=1)
    if not pc.any(pc.match_substring(texts, ".")).as_py() and _share(comma, NUMBER) == 1:
        return _of_numbers(name, comma.cast(pa.float64()))
    if _all(name, texts, TIMESTAMP, "times"):
        return "timestamp", pa.array(_parsed(name, texts, _time), pa.timestamp("us"))
    for pattern, form in DATES.items():
        if _all(name, texts, pattern, "dates"):
            return "date", pa.array(_parsed(name, texts, lambda text, form=form: _date(text, form)), pa.date32())
    if _all(name, texts, SLASHES, "dates"):
        form = _order(name, texts)
        return "date", pa.array(_parsed(name, texts, lambda text: _date(text, form)), pa.date32())
    return "string", texts


def _share(texts: Any, pattern: str) -> float:
    """Of the values that are there."""
    return float(pc.mean(pc.match_substring_regex(texts, pattern).cast(pa.int8())).as_py())


def _all(name: str, texts: Any, pattern: str, what: str) -> bool:
    share = _share(texts, pattern)
    if MOSTLY <= share < 1:
        strays = pc.invert(pc.match_substring_regex(texts, pattern)).to_pylist()
        row = strays.index(True)
        raise UserError(
            f"column {name!r} has mixed types: {share:.1%} of its values are {what}, but row {row + 1} has "
            f"{texts[row].as_py()[:40]!r}: mend those, or leave them empty"
        )
    return share == 1


def _parsed(name: str, texts: Any, parse: Any) -> list[Any]:
    found: dict[str | None, Any] = {None: None}
    for row, text in enumerate(texts.to_pylist(), 1):
        if text not in found:
            try:
                found[text] = parse(text)
            except ValueError:
                raise UserError(f"column {name!r}: {text!r} in row {row} is no date or time of a calendar") from None
    return [found[text] for text in texts.to_pylist()]


def _date(text: str, form: str) -> date:
    return datetime.strptime(text, form).replace(tzinfo=UTC).date()


def _time(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo is None else moment.astimezone(UTC).replace(tzinfo=None)


def _order(name: str, texts: Any) -> str:
    """Whether 1/2/2024 is of January or February, by days after the 12th."""
    parts = [text.split("/") for text in pc.unique(texts).to_pylist() if text is not None]
    first, second = (max(int(part[place]) for part in parts) for place in (0, 1))
    if (first > 12) == (second > 12):
        raise UserError(f"column {name!r}: {texts.drop_null()[0]} may be of two months: write dates as yyyy-MM-dd")
    return "%d/%m/%Y" if first > 12 else "%m/%d/%Y"
