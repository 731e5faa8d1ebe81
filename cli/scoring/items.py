"""Items of the tables of realtime_scoring, with numbers as Python has them."""

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any

from datasets.online import Item, Key


def table(name: str) -> Any:
    """boto3's, which takes and gives decimals."""
    import boto3  # noqa: PLC0415 - keeps `--help` fast

    return boto3.resource("dynamodb").Table(name)


def scan(name: str) -> Iterator[Item]:
    """Every item, page by page."""
    source = table(name)
    start: dict[str, Any] = {}
    while True:
        page = source.scan(ConsistentRead=True, **start)
        yield from (plain(item) for item in page["Items"])
        if "LastEvaluatedKey" not in page:
            return
        start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}


def item(name: str, key: str) -> Item | None:
    """The item of a table whose key is ``pk`` alone; None when there is none."""
    found = table(name).get_item(Key={"pk": key}, ConsistentRead=True).get("Item")
    return plain(found) if found is not None else None


def write(name: str, items: Iterable[tuple[Key, Item]]) -> int:
    """Put items, whatever is there; how many."""
    number = 0
    with table(name).batch_writer() as batch:
        for key, values in items:
            batch.put_item(Item=decimals({**values, "pk": key.pk, "sk": key.sk}))
            number += 1
    return number


def plain(value: Any) -> Any:
    """Decimals as int or float."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, dict):
        return {name: plain(item) for name, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, list) else value


def decimals(value: Any) -> Any:
    """Floats as the decimals that they are written as."""
    if isinstance(value, float):
        return Decimal(repr(value))
    if isinstance(value, dict):
        return {name: decimals(item) for name, item in value.items()}
    return [decimals(item) for item in value] if isinstance(value, list) else value
