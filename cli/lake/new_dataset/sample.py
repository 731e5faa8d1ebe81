"""A file with a table: its columns as they are written in it."""

import csv
import io
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from cli.errors import UserError

MAX_BYTES = 500_000_000
MAX_ROWS = 200_000  # a sample; the first of a longer file
MAX_COLUMNS = 200
SEPARATORS = ",;\t|"

Columns = list[tuple[str, Any]]  # (name in the file, pyarrow array), of CSV all of text


def read(path: Path) -> Columns:
    """The columns of a .csv, .parquet or .json file. Raises UserError for what is no table."""
    readers = {".csv": _csv, ".parquet": _parquet, ".json": _json, ".jsonl": _json}
    if path.suffix.lower() not in readers:
        raise UserError(f"{path.name}: a sample is .csv, .parquet or .json")
    try:
        size = path.stat().st_size
        content = path.read_bytes() if size <= MAX_BYTES else b""
    except OSError as error:
        raise UserError(f"cannot read {path}: {error.strerror}") from error
    if size > MAX_BYTES:
        raise UserError(f"{path.name} has {size:,} bytes, more than {MAX_BYTES:,}: take a sample of its rows")
    if not content.strip():
        raise UserError(f"{path.name} is empty: a sample has a header and rows")
    columns = readers[path.suffix.lower()](path.name, content)
    check(path.name, columns)
    return [(name.strip(), values.slice(0, MAX_ROWS)) for name, values in columns]


def check(file: str, columns: Columns) -> None:
    """Raises UserError for columns that make no table."""
    if len(columns) > MAX_COLUMNS:
        raise UserError(
            f"{file} has {len(columns):,} columns, more than {MAX_COLUMNS}: leave those that tell something"
        )
    if twice := [name for name, times in Counter(name.strip() for name, _ in columns).items() if times > 1]:
        raise UserError(f"{file} has the column {twice[0][:60]!r} twice: rename one")
    if len(columns) < 2:
        raise UserError(f"{file} is no table of two columns or more, separated by a comma, semicolon, tab or bar")
    if not len(columns[0][1]):
        raise UserError(f"{file} has a header and no rows: a sample has rows, too")


def _csv(file: str, content: bytes) -> Columns:
    text = _text(file, content)
    header = next((line for line in text.splitlines() if line.strip()), "")
    separator = max(SEPARATORS, key=header.count)  # the first of them when there is none
    text = text[text.index(header) :]
    names = next(csv.reader(io.StringIO(text), delimiter=separator))
    places = [str(number) for number in range(len(names))]  # names may be there twice, which is told later
    try:
        table = pyarrow.csv.read_csv(
            io.BytesIO(text.encode()),
            read_options=pyarrow.csv.ReadOptions(column_names=places, skip_rows=1),
            parse_options=pyarrow.csv.ParseOptions(delimiter=separator, newlines_in_values=True),
            convert_options=pyarrow.csv.ConvertOptions(column_types=dict.fromkeys(places, pa.string())),
        )
    except pa.ArrowInvalid as error:
        reason = str(error).removeprefix("CSV parse error: ").splitlines()[0][:150]
        raise UserError(f"{file} is no table: {reason}") from None
    return [(name, table.column(place)) for name, place in zip(names, places, strict=True)]


def _parquet(file: str, content: bytes) -> Columns:
    try:
        table = pa.parquet.ParquetFile(io.BytesIO(content)).read()
    except (pa.ArrowException, OSError) as error:
        raise UserError(f"{file} is no Parquet file: {str(error).splitlines()[0][:150]}") from None
    # pandas keeps an index as a column, unless it only counts
    index = [name for name in table.column_names if name.startswith("__index_level_")]
    return list(zip(table.drop_columns(index).column_names, table.drop_columns(index).columns, strict=True))


def _json(file: str, content: bytes) -> Columns:
    rows = _rows(file, _text(file, content))
    names = list(dict.fromkeys(name for row in rows for name in row))
    return [(name, _values(file, name, [row.get(name) for row in rows])) for name in names[: MAX_COLUMNS + 1]]


def _rows(file: str, text: str) -> list[dict[str, Any]]:
    try:
        try:
            found = json.loads(text, object_pairs_hook=_object)
            rows = found if isinstance(found, list) else [found]
        except json.JSONDecodeError:
            rows = [json.loads(line, object_pairs_hook=_object) for line in text.splitlines() if line.strip()]
    except (ValueError, RecursionError) as error:
        raise UserError(f"{file} is no JSON: {str(error)[:150]}") from None
    if not all(isinstance(row, dict) for row in rows) or (len(rows) == 1 and _nested(rows[0])):
        raise UserError(f"{file} is no table: write a list of objects, in pandas to_json(orient='records')")
    return rows


def _nested(row: dict[str, Any]) -> bool:
    return all(isinstance(value, dict | list) for value in row.values())


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(found := dict(pairs)) != len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"a row has {next(name for name in names if names.count(name) > 1)!r} twice")
    return found


def _values(file: str, name: str, values: list[Any]) -> Any:
    kinds: dict[str, int] = {}
    for number, value in enumerate(values, 1):
        if isinstance(value, dict | list):
            raise UserError(f"{file}: {name!r} of row {number} is nested: make columns of its members")
        if value is not None:
            kind = "boolean" if isinstance(value, bool) else "text" if isinstance(value, str) else "number"
            kinds.setdefault(kind, number)
    if len(kinds) > 1:
        told = " and ".join(f"{kind} (row {number})" for kind, number in kinds.items())
        raise UserError(f"{file}: column {name!r} has {told}: one column has one type")
    if any(isinstance(value, float) for value in values):
        values = [None if value is None else float(value) for value in values]
    try:
        return pa.array(values)
    except (OverflowError, pa.ArrowException):
        raise UserError(f"{file}: column {name!r} has numbers of more than 64 bits: write them as text") from None


def _text(file: str, content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UserError(
            f"{file} is not UTF-8 (byte 0x{content[error.start]:02x} at {error.start}): "
            "`iconv -f WINDOWS-1252 -t UTF-8` makes it so, if that is what it is"
        ) from None
