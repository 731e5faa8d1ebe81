"""All that is kept of some events, in memory: to write it at once (`mlref features load`), and to hold it against.

Standard library only, as `datasets.online`.
"""

from bisect import bisect_left, bisect_right, insort
from collections import defaultdict
from collections.abc import Iterable, Iterator

from contracts import Contract
from datasets.online import (
    Change,
    Event,
    Item,
    Key,
    Known,
    Online,
    Order,
    Range,
    Row,
    Wanted,
    change,
    merged,
    order_of,
    row_key,
)


class Kept:
    """Rows, counters, entries and reference items, as the table of features has them."""

    def __init__(self, online: Online, contract: Contract) -> None:
        self.online = online
        self.rows: dict[str, Row] = {}
        self.items: dict[Key, Item] = {}
        self._order: Order = order_of(contract.events)
        self.curated = contract.curated
        self._sorted: dict[str, list[str]] = defaultdict(list)  # sort keys by partition

    def keep(self, event: Event) -> None:
        """Take a valid event; one that strays, or is no news, changes nothing."""
        if self.online.stray(event):
            return
        name = row_key(event, self.curated)
        before = self.rows.get(name, {})
        after = merged(before, [event], self.online, self._order)
        if after is not before:
            self.rows[name] = after
            self._apply(change(self.online.effects(before), self.online.effects(after)))

    def put(self, key: Key, item: Item) -> None:
        """Keep an item as it is."""
        if key not in self.items:
            insort(self._sorted[key.pk], key.sk)
        self.items[key] = item

    def find(self, wanted: Iterable[Wanted]) -> dict[Wanted, list[Item]]:
        """What lies there, each item with its sort key."""
        return {item: list(self._find(item)) for item in wanted}

    def known(self, event: Event) -> Known:
        """What is known when the event is to be scored."""
        asking = self.online.asked(event)
        wanted = next(asking)
        while True:
            try:
                wanted = asking.send(self.find(wanted))
            except StopIteration as end:
                found: Known = end.value
                return found

    def _find(self, wanted: Wanted) -> Iterator[Item]:
        if isinstance(wanted, Range):
            places = self._sorted.get(wanted.pk, [])
            for sk in places[bisect_left(places, wanted.first) : bisect_right(places, wanted.last)]:
                yield {**self.items[Key(wanted.pk, sk)], "sk": sk}
        elif wanted in self.items:
            yield {**self.items[wanted], "sk": wanted.sk}

    def _apply(self, found: Change) -> None:
        for key, numbers in found.adds.items():
            held = self.items.get(key, {})
            self.put(key, {**held, **{name: held.get(name, 0) + number for name, number in numbers.items()}})
        for key in found.deletes:
            del self.items[key]
            self._sorted[key.pk].remove(key.sk)
        for key, item in found.puts.items():
            self.put(key, item)
