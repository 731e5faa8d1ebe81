"""Rows of a reference file as the items that are looked up."""

from collections.abc import Iterable, Iterator

from contracts import Table
from contracts.texts import parsed
from contracts.validation import field_of
from datasets.online import Item, Key, reference

MISSING = "NA"  # how reference files, as R writes them, spell a missing value


def conformed(table: Table, rows: Iterable[dict[str, str]]) -> Iterator[tuple[Key, Item]]:
    """Items by key: rows that have the whole of it, of two with one key the smaller."""
    fields = [(field_of(column), column.type) for column in table.columns]
    rest = [column.name for column in table.columns if column.name not in table.primary_key]
    found: dict[Key, Item] = {}
    for row in rows:
        item = {}
        for field, kind in fields:
            text = row.get(field.name) or ""
            try:
                value = parsed(text, kind) if text != MISSING else None
                item[field.name] = field.check(value) if value is not None else None
            except ValueError:
                item[field.name] = None
        if any(item[name] is None for name in table.primary_key):
            continue
        key = reference(table.name, *(item[name] for name in table.primary_key))
        if key not in found or _smaller(item, found[key], rest):
            found[key] = item
    for key, item in found.items():
        yield key, {name: value for name, value in item.items() if value is not None}


def _smaller(item: Item, other: Item, names: list[str]) -> bool:
    """As Spark orders rows: what is missing comes first."""
    one, two = (tuple((row[name] is not None, row[name]) for name in names) for row in (item, other))
    return one < two
