"""Items of DynamoDB as Python has them, and reads of many at once.

boto3's own conversion refuses floats (https://github.com/boto/boto3/issues/665). DynamoDB keeps 38 digits of a number
(https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html), and 17 are
enough for a float to come back the same.
"""

import random
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from datasets.online import Item, Key, Range, Wanted

CONNECTIONS = 8  # requests under way at once
GET_LIMIT, WRITE_LIMIT = 100, 25  # keys of BatchGetItem, items of BatchWriteItem
ATTEMPTS = 8  # of what a batch leaves unprocessed

Some = TypeVar("Some")
Done = TypeVar("Done")


class BusyError(Exception):
    """DynamoDB leaves keys or items of a batch unprocessed, again and again."""


def pack(values: Mapping[str, Any]) -> dict[str, Any]:
    """An item, or a part of one, as requests have it; what is None is left out."""
    return {name: _pack(value) for name, value in values.items() if value is not None}


def unpack(item: Mapping[str, Any]) -> Item:
    """An item of an answer, or of a stream's record."""
    return {name: _unpack(value) for name, value in item.items()}


class Table:
    """Reads of a table, all of them consistent."""

    def __init__(self, client: Any, name: str) -> None:
        self.client = client
        self.name = name

    def find(self, wanted: Iterable[Wanted]) -> dict[Wanted, list[Item]]:
        """What lies there, of a range in its order; keys in batches, ranges some at once."""
        asked = dict.fromkeys(wanted)
        keys = [item for item in asked if isinstance(item, Key)]
        ranges = [item for item in asked if isinstance(item, Range)]
        found: dict[Wanted, list[Item]] = {key: [] for key in keys}
        for batch in at_once(self._get, pieces(keys, GET_LIMIT)):
            found |= {Key(item["pk"], item["sk"]): [item] for item in batch}
        return found | dict(zip(ranges, at_once(self._query, ranges), strict=True))

    def write(self, items: Iterable[tuple[Key, Item]]) -> int:
        """Put items as they are, whatever is there; how many."""
        requests = [{"PutRequest": {"Item": pack({**item, "pk": key.pk, "sk": key.sk})}} for key, item in items]
        at_once(self._write, pieces(requests, WRITE_LIMIT))
        return len(requests)

    def _get(self, keys: Sequence[Key]) -> list[Item]:
        found: list[Item] = []
        waiting: Any = [pack(key._asdict()) for key in keys]
        for _ in _attempts():
            asked = {self.name: {"Keys": waiting, "ConsistentRead": True}}
            answer = self.client.batch_get_item(RequestItems=asked)
            found += [unpack(item) for item in answer["Responses"].get(self.name, ())]
            waiting = answer.get("UnprocessedKeys", {}).get(self.name, {}).get("Keys")
            if not waiting:
                return found
        raise BusyError(f"{self.name} leaves {len(waiting)} keys unread")

    def _query(self, wanted: Range) -> list[Item]:
        pages = self.client.get_paginator("query").paginate(
            TableName=self.name,
            KeyConditionExpression="pk = :pk AND sk BETWEEN :first AND :last",
            ExpressionAttributeValues=pack({f":{name}": value for name, value in wanted._asdict().items()}),
            ConsistentRead=True,
        )
        return [unpack(item) for page in pages for item in page["Items"]]

    def _write(self, requests: Sequence[Any]) -> None:
        waiting: Any = list(requests)
        for _ in _attempts():
            waiting = self.client.batch_write_item(RequestItems={self.name: waiting}).get("UnprocessedItems", {})
            waiting = waiting.get(self.name)
            if not waiting:
                return
        raise BusyError(f"{self.name} leaves {len(waiting)} items unwritten")


def at_once(act: Callable[[Some], Done], items: Iterable[Some]) -> list[Done]:
    """``act`` on each, some at the same time; the first error is raised."""
    waiting = list(items)
    if len(waiting) < 2:
        return [act(item) for item in waiting]
    with ThreadPoolExecutor(min(CONNECTIONS, len(waiting))) as pool:
        return list(pool.map(act, waiting))


def pieces(items: Sequence[Some], size: int) -> list[Sequence[Some]]:
    """In order, of at most ``size``."""
    return [items[start : start + size] for start in range(0, len(items), size)]


def _attempts() -> Iterator[int]:
    """Rests before all but the first (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/)."""
    for attempt in range(ATTEMPTS):
        if attempt:
            time.sleep(random.uniform(0, 0.05 * 2**attempt))  # noqa: S311
        yield attempt


def _pack(value: Any) -> dict[str, Any]:
    if isinstance(value, bool):
        return {"BOOL": value}
    if isinstance(value, str):
        return {"S": value}
    if isinstance(value, int | float):
        return {"N": repr(value)}
    if isinstance(value, Mapping):
        return {"M": pack(value)}
    return {"L": [_pack(item) for item in value]}


def _unpack(value: Mapping[str, Any]) -> Any:
    ((kind, content),) = value.items()
    match kind:
        case "N":
            return int(content) if content.lstrip("-").isdigit() else float(content)
        case "M":
            return unpack(content)
        case "L":
            return [_unpack(item) for item in content]
    return content
