"""Events of a dataset and what is kept of them, as the functions of realtime_scoring keep it."""

import csv
from collections.abc import Iterator
from datetime import date, timedelta
from functools import cache
from typing import Any

from contracts import load
from contracts.validation import Validator, decode
from datasets.kept import Kept
from datasets.online import Event, online_of
from datasets.parts import producer
from lambdas.index_reference.rows import conformed


@cache
def january(dataset: str) -> tuple[Event, ...]:
    """The valid events of January in their order."""
    validator = Validator(load(dataset).events)
    return tuple(validator.validate(decode(record.data)) for record in producer(dataset).month_events(1))


def kept(dataset: str) -> Kept:
    """Nothing but the reference tables."""
    found = Kept(online_of(dataset), load(dataset))
    for key, item in _reference(dataset):
        found.put(key, item)
    return found


@cache
def _reference(dataset: str) -> tuple[Any, ...]:
    return tuple(_rows(dataset))


def _rows(dataset: str) -> Iterator[Any]:
    for name in online_of(dataset).REFERENCE:
        with (producer(dataset).data_folder() / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            yield from conformed(load(dataset).table(name), csv.DictReader(file))


def days(first: date, last: date) -> list[date]:
    return [first + timedelta(number) for number in range((last - first).days + 1)]
