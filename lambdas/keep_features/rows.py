"""Rows and what follows of them, written together."""

import random
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from contracts import Contract
from datasets.online import (
    Change,
    Event,
    Item,
    Key,
    Online,
    Row,
    change,
    merged,
    order_of,
    row_key,
    row_place,
    total,
)
from lambdas.dynamodb import BusyError, Table, pack
from lambdas.stream import Record

ACTIONS = (
    100  # of one transaction (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html)
)
ATTEMPTS = 8
DAY_SECONDS = 86_400
# Somebody else has changed a row, or is just changing it or a counter, or it is throttled
PASSING = {"ConditionalCheckFailed", "TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"}


@dataclass(frozen=True)
class Write:
    """A row as it was read, as it is to be, and what else changes by that."""

    place: Key
    version: int
    row: Row
    change: Change


class Rows:
    """Merges events into the rows of a table.

    Attributes:
        written, known: how many rows have changed, and how many events were no news.
    """

    def __init__(self, table: Table, contract: Contract, online: Online) -> None:
        self._table = table
        self._online = online
        self._order = order_of(contract.events)
        self._curated = contract.curated
        self._waiting: dict[Key, tuple[Record, list[Event]]] = {}  # by row, with its first record
        self.written = self.known = 0

    @property
    def first_waiting(self) -> Record | None:
        """The first record that is not written yet."""
        return min((record for record, _ in self._waiting.values()), key=lambda record: record.place, default=None)

    def keep(self, events: Iterable[tuple[Record, Event]]) -> None:
        """Write what the events change. Raises what DynamoDB does; `first_waiting` says how far it came."""
        for record, event in events:
            place = row_place(row_key(event, self._curated))
            self._waiting.setdefault(place, (record, []))[1].append(event)
        group: list[Write] = []
        for write in self._writes(list(self._waiting)):
            if group and _actions([*group, write]) > ACTIONS:
                self._commit(group)
                group = []
            group.append(write)
        self._commit(group)

    def _writes(self, places: list[Key]) -> list[Write]:
        """What is to be written of the rows as they are now; those without news are done."""
        found = self._table.find(places)
        writes = []
        for place in places:
            held: Item = found[place][0] if found[place] else {}
            before: Row = held.get("row", {})
            _, events = self._waiting[place]
            after = merged(before, events, self._online, self._order)
            if after is before:
                self.known += len(events)
                del self._waiting[place]
                continue
            follows = change(self._online.effects(before), self._online.effects(after))
            writes.append(Write(place, held.get("version", 0), after, follows))
        return writes

    def _commit(self, group: list[Write]) -> None:
        """In one transaction; if that is refused, each row in its own, read again."""
        if not group or self._written(group):
            return
        for write in group:
            self._alone(write)

    def _alone(self, write: Write) -> None:
        for attempt in range(ATTEMPTS):
            time.sleep(random.uniform(0, 0.01 * 2**attempt))  # noqa: S311 - two calls must not stay in step
            fresh = self._writes([write.place])
            if not fresh or self._written(fresh):
                return
        raise BusyError(f"the row {write.place.pk} changes faster than it can be written")

    def _written(self, group: list[Write]) -> bool:
        """Whether the transaction was accepted. Raises ClientError for a refusal that does not pass."""
        try:
            self._table.client.transact_write_items(TransactItems=self._actions(group))
        except ClientError as error:
            reasons = {item.get("Code", "None") for item in error.response.get("CancellationReasons", ())}
            if not reasons or not reasons - {"None"} <= PASSING:
                raise
            return False
        self.written += len(group)
        for write in group:
            del self._waiting[write.place]
        return True

    def _actions(self, group: list[Write]) -> list[dict[str, Any]]:
        expires = int(time.time()) + self._online.KEEP_DAYS * DAY_SECONDS
        actions = [self._put_row(write, expires) for write in group]
        for write in group:
            actions += [self._put(key, {**item, "expires": expires}) for key, item in write.change.puts.items()]
            actions += [
                {"Delete": {"TableName": self._table.name, "Key": pack(key._asdict())}}
                for key in write.change.deletes
            ]
        # one action an item: what several rows add to one counter is added up before
        added = total(write.change.adds for write in group)
        return actions + [self._add(key, numbers, expires) for key, numbers in added.items()]

    def _put_row(self, write: Write, expires: int) -> dict[str, Any]:
        item = {"row": write.row, "version": write.version + 1, "expires": expires}
        action = self._put(write.place, item)
        unchanged = {"ConditionExpression": "version = :read"} if write.version else {}
        values = {"ExpressionAttributeValues": pack({":read": write.version})} if write.version else {}
        action["Put"] |= {"ConditionExpression": "attribute_not_exists(pk)"} | unchanged | values
        return action

    def _put(self, key: Key, item: Item) -> dict[str, Any]:
        return {"Put": {"TableName": self._table.name, "Item": pack({**item, "pk": key.pk, "sk": key.sk})}}

    def _add(self, key: Key, numbers: Mapping[str, int], expires: int) -> dict[str, Any]:
        names = {f"#{name}": name for name in numbers}
        values = {f":{name}": number for name, number in numbers.items()}
        adds = ", ".join(f"#{name} :{name}" for name in numbers)
        return {
            "Update": {
                "TableName": self._table.name,
                "Key": pack(key._asdict()),
                "UpdateExpression": f"SET expires = :expires ADD {adds}",
                "ExpressionAttributeNames": names,
                "ExpressionAttributeValues": pack({**values, ":expires": expires}),
            }
        }


def _actions(group: list[Write]) -> int:
    """How many actions their transaction has."""
    return sum(1 + len(write.change.puts) + len(write.change.deletes) for write in group) + len(
        {key for write in group for key in write.change.adds}
    )
