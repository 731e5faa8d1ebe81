"""Rows as they arrive (Parquet, JSON objects, lines of CSV) to columns of numbers and text.

Training reads Parquet and an endpoint reads requests; the same value gives the same bits on both ways.
"""

import math
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from contracts.texts import parsed
from contracts.validation import field_of
from processing.dataset import Columns, Dataset

MAX_REASONS = 5
EPOCH = date(1970, 1, 1).toordinal()


class RecordError(ValueError):
    """Rows that cannot be predicted on; the text says which row and column, and what was expected."""


class RecordReader:
    """Checks rows of a dataset's inputs against the contract.

    Args:
        known: names that training saw, for the columns in ``dataset.known_by``.
    """

    def __init__(self, dataset: Dataset, known: dict[str, frozenset[str]]) -> None:
        self._columns = dataset.columns
        self._fields = [(field_of(column), _converter(column.type), column.type) for column in dataset.columns]
        self._table = dataset.table
        every = (*dataset.table.columns, *dataset.table.partition_keys)
        self._refused = frozenset(column.name for column in every if column.leaks or column.label)
        self._known = [(name, known[name], evidence) for name, evidence in dataset.known_by.items()]

    def objects(self, rows: Sequence[Any]) -> Columns:
        """Columns of JSON objects. A column that the contract does not require may be null or left out."""
        reasons: list[str] = []
        typed = [
            self._object(row, f"row {number}: " if len(rows) > 1 else "", reasons) for number, row in enumerate(rows)
        ]
        return self._finish(typed, reasons)

    def texts(self, rows: Sequence[Sequence[str]]) -> Columns:
        """Columns of CSV fields, in the order of the dataset's inputs; an empty field is missing."""
        reasons: list[str] = []
        typed = []
        for number, row in enumerate(rows):
            place = f"row {number}: " if len(rows) > 1 else ""
            if len(row) != len(self._columns):
                names = ",".join(column.name for column in self._columns)
                reasons.append(f"{place}expected {len(self._columns)} fields ({names}), got {len(row)}")
                continue
            named = {
                column.name: parsed(text.strip(), column.type)
                for column, text in zip(self._columns, row, strict=True)
            }
            typed.append(self._object(named, place, reasons))
        return self._finish(typed, reasons)

    def _object(self, row: Any, place: str, reasons: list[str]) -> dict[str, Any]:
        if not isinstance(row, dict):
            reasons.append(f"{place}expected an object, got {type(row).__name__}")
            return {}
        if leaking := sorted(self._refused.intersection(row)):
            reasons.append(f"{place}{', '.join(leaking)}: known only after the prediction is made, leave it out")
        values: dict[str, Any] = {}
        for field, convert, kind in self._fields:
            raw = row.get(field.name)
            if raw is None:
                if field.required:
                    reasons.append(f"{place}{field.name}: required, missing")
                values[field.name] = None if kind == "string" else np.nan
                continue
            try:
                values[field.name] = convert(field.check(raw))
            except ValueError as error:
                reasons.append(f"{place}{field.name}: {error}")
        for name, known, evidence in self._known:
            name_value, proof = values.get(name), values.get(evidence)
            if name_value is not None and name_value not in known and (proof is None or math.isnan(proof)):
                reasons.append(
                    f"{place}{name}: {name_value[:40]!r} is unknown to training, and without {evidence} to "
                    "reference data too"
                )
        return values

    def _finish(self, rows: list[dict[str, Any]], reasons: list[str]) -> Columns:
        if reasons:
            more = len(reasons) - MAX_REASONS
            raise RecordError("; ".join(reasons[:MAX_REASONS]) + (f"; and {more} more" if more > 0 else ""))
        if not rows:
            raise RecordError("no rows to predict on")
        return {
            column.name: np.array(
                [row[column.name] for row in rows], object if column.type == "string" else np.float64
            )
            for column in self._columns
        }


def arrow_columns(table: Any, names: Sequence[str]) -> Columns:
    """Columns ``names`` of a pyarrow table."""
    return {name: _arrow_column(table.column(name)) for name in names}


def _arrow_column(column: Any) -> NDArray[Any]:
    import pyarrow as pa  # noqa: PLC0415 - an endpoint reads no Parquet

    kind = column.type
    if pa.types.is_dictionary(kind):
        return _arrow_column(column.cast(kind.value_type))
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return np.array(column.to_pylist(), object)
    if pa.types.is_date32(kind):
        column = column.cast(pa.int32())
    elif pa.types.is_timestamp(kind):
        seconds = _arrow_column(column.cast(pa.timestamp("us")).cast(pa.int64()))
        return np.asarray(seconds / 1e6)
    elif pa.types.is_boolean(kind):
        column = column.cast(pa.int8())
    return np.asarray(column.cast(pa.float64()).to_numpy(), np.float64)


def _converter(kind: str) -> Any:
    if kind == "string":
        return str
    if kind == "date":
        return lambda text: float(date.fromisoformat(text).toordinal() - EPOCH)
    if kind == "timestamp":
        return lambda text: datetime.fromisoformat(text).timestamp()
    return float
