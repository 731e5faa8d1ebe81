"""Flights of the curated table as requests to the endpoint: what is known at push-back, and nothing else."""

import json
from dataclasses import dataclass
from datetime import date
from typing import Any

from cli.deployment import Outputs
from cli.errors import UserError
from cli.lake.athena import run_query
from contracts import load
from contracts.validation import field_of
from datasets.flights.features import DATASET
from processing.records import parsed

KEY = DATASET.table.primary_key  # the parts of a flight's key, in its order
_EVENTS = load("flights").table("flight_events")


@dataclass(frozen=True)
class Flight:
    """A flight that may be asked for.

    Attributes:
        key: such as ``2013-04-01/UA/1545/EWR``; the id that ties an answer to the arrival that comes later.
        inputs: what the model needs, without what is missing.
    """

    key: str
    inputs: dict[str, Any]

    @property
    def body(self) -> bytes:
        """The request."""
        return json.dumps(self.inputs).encode()


def departures(names: Outputs, first: date, last: date, rows: int | None = None, seed: int = 0) -> list[Flight]:
    """Flights that left on the days from ``first`` to ``last``, by time; at most ``rows``, chosen by ``seed``.

    Raises UserError when the curated table has none.
    """
    # that a flight left is all that is asked of what happened later, and nothing of that is read
    days = f"day BETWEEN '{first}' AND '{last}' AND NOT cancelled"
    identity = ", '/', ".join(f"CAST({name} AS varchar)" for name in KEY)
    shuffled = f"md5(to_utf8(concat('{seed:d}', '/', {identity})))"
    found = _read(names, days, f"{shuffled} LIMIT {rows:d}" if rows is not None else "1")
    if not found:
        raise UserError(
            f"the curated table has no departures from {first} to {last}: `mlref load-history` and `mlref curate`"
        )
    return sorted(found, key=lambda item: (item.inputs["flight_date"], item.inputs["sched_dep_time"], item.key))


def flight(names: Outputs, key: str) -> Flight:
    """The flight with this key. Raises UserError when the key is none, or there is no such flight."""
    found = _read(names, " AND ".join(f"{name} = {value}" for name, value in parse_key(key).items()))
    if not found:
        raise UserError(f"the curated table has no flight {key}: `mlref load-history` and `mlref curate` its month")
    return found[0]


def parse_key(key: str) -> dict[str, str]:
    """``2013-04-01/UA/1545/EWR`` as SQL literals by column. Raises UserError."""
    parts = key.split("/")
    if len(parts) != len(KEY):
        raise UserError(f"a flight is {'/'.join(KEY)}, such as 2013-04-01/UA/1545/EWR, not {key!r}")
    literals = {}
    for name, text in zip(KEY, parts, strict=True):
        column = _EVENTS.column(name)  # the events' contract says what a key may look like
        try:
            value = field_of(column).check(parsed(text, column.type))
        except ValueError as error:
            raise UserError(f"{key!r} is no flight: {name}: {error}") from None
        quoted = str(value) if column.type == "int" else f"'{value}'"
        literals[name] = f"DATE {quoted}" if column.format else quoted
    literals["day"] = literals["flight_date"].removeprefix("DATE ")  # reads one partition instead of all
    return literals


def _read(names: Outputs, where: str, order: str = "1") -> list[Flight]:
    columns = list(dict.fromkeys((*KEY, *DATASET.inputs)))
    kinds = {name: DATASET.table.column(name).type for name in columns}
    sql = f"SELECT {', '.join(columns)} FROM {DATASET.table.name} WHERE {where} ORDER BY {order}"  # noqa: S608 - see callers
    flights = []
    for row in run_query(sql, names.work_group, names.database).rows:
        values = {
            name: parsed(text, kinds[name]) for name, text in zip(columns, row, strict=True) if text is not None
        }
        key = "/".join(str(values[name]) for name in KEY)
        flights.append(Flight(key, {name: values[name] for name in DATASET.inputs if name in values}))
    return flights
