"""What is known of events when they are scored."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from contracts import Contract
from datasets.online import Asking, Event, Found, Known, Online, Wanted, merged, order_of, row_key, row_place
from lambdas.dynamodb import Table

POLL_SECONDS = 0.05


@dataclass(frozen=True)
class Looked:
    """What was found of one event.

    Attributes:
        known: None when the dataset's own code cannot make sense of the event; ``reason`` says why.
        behind: the event was not yet kept, so that others just before it may be missing, too.
    """

    known: Known | None
    behind: bool
    reason: str = ""


class Features:
    """Reads of the table that `keep_features` writes.

    It reads the same stream, so it may be behind. An event that it has kept has all those before it in its shard, so
    each event is waited for; after a while it is scored with what there is, for a late score is worth little.

    Args:
        wait_seconds: how long a batch waits at most.
    """

    def __init__(
        self,
        table: Table,
        contract: Contract,
        online: Online,
        wait_seconds: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._table = table
        self._online = online
        self._order = order_of(contract.events)
        self._curated = contract.curated
        self._wait_seconds = wait_seconds
        self._clock = clock

    def look(self, events: Sequence[Event]) -> list[Looked]:
        """Of each event, in order."""
        behind = self._wait(events)
        answers: list[Looked | None] = [None] * len(events)
        asking: dict[int, Asking] = {number: self._online.asked(event) for number, event in enumerate(events)}
        found: Found | None = None
        while asking:
            wanted: dict[int, list[Wanted]] = {}
            for number, question in list(asking.items()):
                try:
                    wanted[number] = list(next(question) if found is None else question.send(found))
                except StopIteration as end:
                    answers[number] = Looked(end.value, number in behind)
                    del asking[number]
                except Exception as error:  # one event must not hold up the others
                    answers[number] = Looked(None, number in behind, f"{type(error).__name__}: {error}")
                    del asking[number]
            found = self._table.find(item for items in wanted.values() for item in items)
        return [answer for answer in answers if answer is not None]

    def _wait(self, events: Sequence[Event]) -> set[int]:
        """Wait until the events are kept; the numbers of those that are not when time is up."""
        deadline = self._clock() + self._wait_seconds
        waiting = set(range(len(events)))
        while True:
            places = {number: row_place(row_key(events[number], self._curated)) for number in waiting}
            found = self._table.find(places.values())
            for number, place in places.items():
                row = found[place][0]["row"] if found[place] else {}
                if merged(row, [events[number]], self._online, self._order) is row:
                    waiting.discard(number)
            if not waiting or self._clock() >= deadline:
                return waiting
            time.sleep(POLL_SECONDS)
