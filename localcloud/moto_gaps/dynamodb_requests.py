"""DynamoDB: one request after the other, and transactions that take back what they touched, and nothing else.

moto's checks of conditions and its writes are two steps, between which another thread may write; and before each
transaction it copies every item of the tables, which takes a second where they have some thousand.
"""

import copy
from typing import Any

from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.dynamo_type import DynamoType
from moto.dynamodb.models.table import Table
from moto.dynamodb.responses import DynamoHandler

from localcloud.moto_gaps.dynamodb_streams import LOCK
from localcloud.patching import add, replace

Place = tuple[Any, Any, Any]  # table, hash key, range key


@replace(DynamoHandler, "call_action", "(self)")
def call_action(self: Any) -> Any:
    """Alone: "DynamoDB … provides serializable isolation" between transactions and single operations on items.

    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html
    """
    with LOCK:
        return call_action.original(self)  # type: ignore[attr-defined]


@replace(DynamoDBBackend, "transact_write_items", "(self, transact_items)")
def transact_write_items(self: Any, transact_items: list[dict[str, Any]]) -> None:
    """moto's, with its copies of whole tables replaced by copies of the items that are named."""
    with LOCK:
        tables = _named(self, transact_items)
        before = {place: copy.deepcopy(_item(*place)) for place in _places(self, transact_items)}
        records = {name: len(_records(table)) for name, table in tables.items()}
        for table in tables.values():
            table.in_transaction = True
        try:
            transact_write_items.original(self, transact_items)  # type: ignore[attr-defined]
        except Exception:
            for place, item in before.items():
                _restore(*place, item)
            for name, table in tables.items():
                del _records(table)[records[name] :]
            raise
        finally:
            for table in tables.values():
                table.in_transaction = False


@add(Table, "__deepcopy__")
def deepcopy(self: Any, memo: dict[int, Any]) -> Any:
    """Itself in a transaction, which takes back what it did."""
    if getattr(self, "in_transaction", False):
        return self
    made = object.__new__(type(self))
    memo[id(self)] = made
    made.__dict__.update(copy.deepcopy(self.__dict__, memo))
    return made


def _named(backend: Any, transact_items: list[dict[str, Any]]) -> dict[str, Any]:
    """Tables by their names."""
    names = {operation.get("TableName") for item in transact_items for operation in item.values()}
    found = [table for name in names if name and (table := _table(backend, name)) is not None]
    return {table.name: table for table in found}


def _places(backend: Any, transact_items: list[dict[str, Any]]) -> list[Place]:
    """Of the items that are to be written; those without a whole key are refused later."""
    found = []
    for item in transact_items:
        for operation in item.values():
            table, keys = _table(backend, operation.get("TableName")), operation.get("Key") or operation.get("Item")
            if table is None or not keys or table.hash_key_attr not in keys:
                continue
            if table.range_key_attr and table.range_key_attr not in keys:
                continue
            sort = DynamoType(keys[table.range_key_attr]) if table.range_key_attr else None
            found.append((table, DynamoType(keys[table.hash_key_attr]), sort))
    return found


def _table(backend: Any, name: str | None) -> Any:
    by_arn = (table for table in backend.tables.values() if table.table_arn == name)
    return backend.tables.get(name) or next(by_arn, None)


def _item(table: Any, hash_key: Any, range_key: Any) -> Any:
    return table.items.get(hash_key, {}).get(range_key) if range_key is not None else table.items.get(hash_key)


def _restore(table: Any, hash_key: Any, range_key: Any, item: Any) -> None:
    held, key = (table.items[hash_key], range_key) if range_key is not None else (table.items, hash_key)
    if item is None:
        held.pop(key, None)
    else:
        held[key] = item


def _records(table: Any) -> list[Any]:
    found: list[Any] = table.stream_shard.items if table.stream_shard is not None else []
    return found
