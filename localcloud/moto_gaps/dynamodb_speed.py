"""DynamoDB's answers in the time that their size takes.

moto sorts all items of a table for each query of one partition, measures a whole item for each of its attributes, and
looks for each of the ten members of each attribute's value under many names: with 30,000 items a query takes a second,
and the answer to a hundred keys a third of one.
"""

from typing import Any

from moto.core.serialize import BaseJSONSerializer
from moto.dynamodb.exceptions import ItemSizeTooLarge
from moto.dynamodb.models.dynamo_type import DynamoType, Item, LimitedSizeDict
from moto.dynamodb.models.table import Table
from moto.dynamodb.models.utilities import bytesize

from localcloud.patching import replace

INDEX_NAME = 6  # its place after the hash key
ITEM_BYTES = 405_000  # moto's, between the 400 KB that AWS says and what it takes
_OTHER = object()  # what is left to moto: binary values and sets


@replace(
    Table,
    "query",
    "(self, hash_key, range_comparison, range_objs, limit, exclusive_start_key, scan_index_forward, "
    "projection_expressions, index_name, consistent_read, filter_expression, hash_key_conditions, "
    "range_key_conditions, filter_kwargs)",
)
def query(self: Any, hash_key: Any, *args: Any, **kwargs: Any) -> Any:
    """Of a table, not of an index, it looks at the items of one partition. Requests come one after the other."""
    index = args[INDEX_NAME] if len(args) > INDEX_NAME else kwargs.get("index_name")
    self.partition = hash_key if index is None else None
    try:
        return query.original(self, hash_key, *args, **kwargs)  # type: ignore[attr-defined]
    finally:
        self.partition = None


@replace(Table, "all_items", "(self)")
def all_items(self: Any) -> Any:
    """Those that a query looks at, in any order, for it sorts them; else all, by the plain values of their keys."""
    partition = getattr(self, "partition", None)
    if partition is None:
        return sorted(items_of(self), key=_place)
    if partition not in self.items:
        return []
    found = self.items[partition]
    return list(found.values()) if self.range_key_attr else [found]


def items_of(table: Any) -> list[Any]:
    """All of a table, in no order."""
    if not table.range_key_attr:
        return list(table.items.values())
    return [found for partition in table.items.values() for found in partition.values()]


def _place(found: Any) -> tuple[Any, ...]:
    keys = (found.hash_key, found.range_key) if found.range_key else (found.hash_key,)
    return tuple(key.cast_value for key in keys)


@replace(Item, "__init__", "(self, hash_key, range_key, attrs)")
def item(self: Any, hash_key: Any, range_key: Any, attrs: dict[str, Any]) -> None:
    """Measured once."""
    self.hash_key = hash_key
    self.range_key = range_key
    typed = {name: DynamoType(value) for name, value in attrs.items()}
    if sum(bytesize(name) + value.size() for name, value in typed.items()) > ITEM_BYTES:
        raise ItemSizeTooLarge
    self.attrs = LimitedSizeDict(typed)


@replace(BaseJSONSerializer, "_serialize_type_structure", "(self, serialized, value, shape, key)")
def structure(self: Any, serialized: Any, value: Any, shape: Any, key: str) -> None:
    """An attribute's value as it is kept."""
    if shape.name == "AttributeValue" and key and (plain := _plain(value)) is not _OTHER:
        self._default_serialize(serialized, plain, shape, key)
        return
    structure.original(self, serialized, value, shape, key)  # type: ignore[attr-defined]


def _plain(value: Any) -> Any:
    """The value as JSON; ``_OTHER`` when moto is to find out."""
    told = value.to_json() if isinstance(value, DynamoType) else value
    if not isinstance(told, dict) or len(told) != 1:
        return _OTHER
    ((kind, content),) = told.items()
    match kind:
        case "S" | "N" if isinstance(content, str):
            return told
        case "BOOL" | "NULL" if isinstance(content, bool):
            return told
        case "L":
            items = [_plain(item) for item in content]
            return _OTHER if _OTHER in items else {"L": items}
        case "M":
            members = {name: _plain(item) for name, item in content.items()}
            return _OTHER if _OTHER in members.values() else {"M": members}
    return _OTHER
