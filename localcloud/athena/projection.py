"""Partition projection: partitions computed from table properties instead of read from the catalog.

https://docs.aws.amazon.com/athena/latest/ug/partition-projection-supported-types.html
"""

import datetime
import itertools
import re
from collections.abc import Iterator

from localcloud.athena.catalog import Partition, Table
from localcloud.athena.errors import QueryError
from localcloud.athena.formats import joda_format

_STEPS = {"MINUTES": datetime.timedelta(minutes=1), "HOURS": datetime.timedelta(hours=1),
          "DAYS": datetime.timedelta(days=1), "WEEKS": datetime.timedelta(weeks=1)}  # fmt: skip
_MONTHS = {"MONTHS": 1, "YEARS": 12}
LIMIT = 1_000_000


def projected(table: Table) -> bool:
    """Whether the table is projected."""
    return table.parameters.get("projection.enabled", "").lower() == "true"


def partitions(table: Table, given: dict[str, set[str]]) -> Iterator[Partition]:
    """Every partition the properties describe.

    Args:
        given: values that the query states by equality, by key: all there is for an injected key, a shortcut else.

    Raises:
        QueryError: INVALID_TABLE_PROPERTY, CONSTRAINT_VIOLATION for an injected key the query does not state.
    """
    keys = table.key_names
    template = table.parameters.get("storage.location.template")
    if template is None:
        template = f"{table.location.rstrip('/')}/" + "/".join(f"{key}=${{{key}}}" for key in keys) + "/"
    values = [_values(table, key, given.get(key)) for key in keys]
    for combination in itertools.product(*values):
        by_name = dict(zip(keys, combination, strict=True))
        location = re.sub(r"\$\{(\w+)\}", lambda found: by_name[found[1].lower()], template)  # noqa: B023
        yield Partition(combination, location)


def _property(table: Table, key: str, name: str, default: str | None = None) -> str:
    value = table.parameters.get(f"projection.{key}.{name}", default)
    if value is None:
        raise QueryError(
            "INVALID_TABLE_PROPERTY",
            f"Table {table.database}.{table.name} is configured for partition "
            f"projection, but the property projection.{key}.{name} is missing",
        )
    return value


def _values(table: Table, key: str, given: set[str] | None) -> list[str]:
    kind = _property(table, key, "type").lower()
    if kind == "injected":
        if not given:
            raise QueryError(
                "CONSTRAINT_VIOLATION",
                f"For the injected projected partition column {key}, the WHERE clause must contain only static "
                "equality conditions, and at least one such condition must be present.",
            )
        return sorted(given)
    if kind == "enum":
        found = [value.strip() for value in _property(table, key, "values").split(",")]
    elif kind == "integer":
        found = _integers(table, key)
    elif kind == "date":
        found = _dates(table, key)
    else:
        raise QueryError("INVALID_TABLE_PROPERTY", f"Unknown projection type {kind} of column {key}")
    if len(found) > LIMIT:
        raise QueryError("INVALID_TABLE_PROPERTY", f"Too many partitions are projected for column {key}")
    return found


def _integers(table: Table, key: str) -> list[str]:
    low, high = (int(bound) for bound in _property(table, key, "range").split(","))
    step = int(_property(table, key, "interval", "1"))
    digits = int(_property(table, key, "digits", "0"))
    return [str(value).zfill(digits) for value in range(low, high + 1, step)]


def _dates(table: Table, key: str) -> list[str]:
    pattern = joda_format(_property(table, key, "format"))
    low, high = (_moment(bound.strip(), pattern) for bound in _property(table, key, "range").split(","))
    default = "DAYS" if "%d" in pattern and "%H" not in pattern else "HOURS" if "%H" in pattern else "MONTHS"
    unit = _property(table, key, "interval.unit", default).upper()
    unit = unit if unit.endswith("S") else f"{unit}S"
    count = int(_property(table, key, "interval", "1"))
    found: list[str] = []
    at = low
    while at <= high and len(found) <= LIMIT:
        found.append(at.strftime(pattern))
        if unit in _MONTHS:
            month = at.year * 12 + at.month - 1 + _MONTHS[unit] * count
            at = at.replace(year=month // 12, month=month % 12 + 1)
        else:
            at = at + _STEPS[unit] * count
    return found


def _moment(bound: str, pattern: str) -> datetime.datetime:
    """An absolute bound, or ``NOW-3DAYS``."""
    relative = re.fullmatch(r"NOW\s*(?:([+-])\s*(\d+)\s*(MINUTE|HOUR|DAY|WEEK|MONTH|YEAR)S?)?", bound, re.IGNORECASE)
    if relative is None:
        return datetime.datetime.strptime(bound, pattern)
    now = datetime.datetime.now(datetime.UTC).replace(tzinfo=None)
    now = datetime.datetime.strptime(now.strftime(pattern), pattern)
    if relative[1] is None:
        return now
    count, unit = int(f"{relative[1]}{relative[2]}"), f"{relative[3].upper()}S"
    if unit in _MONTHS:
        month = now.year * 12 + now.month - 1 + _MONTHS[unit] * count
        return now.replace(year=month // 12, month=month % 12 + 1)
    return now + _STEPS[unit] * count
