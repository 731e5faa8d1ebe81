"""Rows of the curated table as requests to the endpoint: what is known when it is asked, and nothing else."""

import json
from dataclasses import dataclass
from datetime import date
from typing import Any

from cli.deployment import Outputs
from cli.errors import UserError
from cli.lake.athena import run_query
from contracts import load
from contracts.texts import parsed
from contracts.validation import field_of
from datasets.parts import scenario
from processing.dataset import Dataset, load_dataset


@dataclass(frozen=True)
class Row:
    """A row that may be asked for.

    Attributes:
        key: the parts of its key, joined by ``/``; the id that ties an answer to the truth that comes later.
        inputs: what the model needs, without what is missing.
    """

    key: str
    inputs: dict[str, Any]

    @property
    def body(self) -> bytes:
        """The request."""
        return json.dumps(self.inputs).encode()


def features_of(dataset: str) -> Dataset:
    """What the models of a dataset are made of."""
    return load_dataset(f"datasets.{dataset}.features")


def asked_for(names: Outputs, first: date, last: date, rows: int | None = None, seed: int = 0) -> list[Row]:
    """Rows of the days from ``first`` to ``last``, by time; at most ``rows``, chosen by ``seed``.

    Raises UserError when the curated table has none.
    """
    dataset = features_of(names.dataset)
    where = f"day BETWEEN '{first}' AND '{last}'"
    if dataset.asked_when is not None:
        where += f" AND {dataset.asked_when}"
    identity = ", '/', ".join(f"CAST({name} AS varchar)" for name in dataset.table.primary_key)
    shuffled = f"md5(to_utf8(concat('{seed:d}', '/', {identity})))"
    found = _read(names, dataset, where, f"{shuffled} LIMIT {rows:d}" if rows is not None else "1")
    if not found:
        raise UserError(
            f"the curated table has no {scenario(names.dataset).asked} from {first} to {last}: `mlref load-history` "
            "and `mlref curate`"
        )
    return [row for _, row in sorted(found, key=lambda item: (item[0], item[1].key))]


def row_of(names: Outputs, name: str, key: str) -> Row:
    """The row of the dataset ``name`` with this key. Raises UserError when the key is none, or there is no such row."""
    dataset, parts = features_of(name), parse_key(name, key)
    found = _read(names, dataset, " AND ".join(f"{name} = {value}" for name, value in parts.items()))
    if not found:
        raise UserError(f"the curated table has no row {key}: `mlref load-history` and `mlref curate` its month")
    return found[0][1]


def parse_key(name: str, key: str) -> dict[str, str]:
    """A key of the dataset ``name`` as SQL literals by column, the parts joined by ``/``. Raises UserError."""
    contract, dataset, parts = load(name), features_of(name), key.split("/")
    columns = contract.curated.primary_key
    if len(parts) != len(columns):
        raise UserError(f"a key is {'/'.join(columns)}, such as {scenario(name).key}, not {key!r}")
    literals = {}
    for column_name, text in zip(columns, parts, strict=True):
        column = contract.events.column(column_name)  # the events' contract says what a key may look like
        try:
            value = field_of(column).check(parsed(text, column.type))
        except ValueError as error:
            raise UserError(f"{key!r} is no key: {column_name}: {error}") from None
        quoted = str(value) if column.type in ("int", "bigint") else "'{}'".format(str(value).replace("'", "''"))
        literals[column_name] = f"DATE {quoted}" if column.format else quoted
    if dataset.order_by in literals:
        literals["day"] = literals[dataset.order_by].removeprefix("DATE ")  # reads one partition instead of all
    return literals


def _read(names: Outputs, dataset: Dataset, where: str, order: str = "1") -> list[tuple[str, Row]]:
    """Rows with the time of each."""
    table = dataset.table
    columns = list(dict.fromkeys((*table.primary_key, *dataset.inputs)))
    kinds = {name: table.column(name).type for name in columns}
    moment = f"CAST({table.event_time} AS varchar)" if table.event_time else "''"
    sql = f"SELECT {', '.join(columns)}, {moment} FROM {table.name} WHERE {where} ORDER BY {order}"  # noqa: S608 - see callers
    rows = []
    for *row, time in run_query(sql, names.work_group, names.database).rows:
        values = {
            name: _value(text, kinds[name]) for name, text in zip(columns, row, strict=True) if text is not None
        }
        key = "/".join(str(values[name]) for name in table.primary_key)
        rows.append((time or "", Row(key, {name: values[name] for name in dataset.inputs if name in values})))
    return rows


def _value(text: str, kind: str) -> Any:
    """What Athena writes, as a request has it: a timestamp is of UTC, and says so."""
    return f"{text.replace(' ', 'T')}Z" if kind == "timestamp" else parsed(text, kind)
