"""How a ratio is measured and shown."""

import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Ratio:
    """Ours against a peer, both in ``unit``.

    Attributes:
        aim: what the ratio should be, in words.
        how: what was measured, so that a reader can judge the comparison.
    """

    name: str
    ours: float
    peer_name: str
    peer: float
    unit: str
    aim: str
    how: str

    @property
    def ratio(self) -> float:
        return self.ours / self.peer


def seconds(work: Callable[[], object], repeat: int = 1) -> float:
    """Wall-clock seconds of the fastest of ``repeat`` runs: noise only ever adds."""
    best = float("inf")
    for _ in range(repeat):
        began = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - began)
    return best


def table(ratios: list[Ratio]) -> str:
    """The results as a Markdown table."""
    lines = [
        "| what | ours | peer | ratio | aim | how |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    lines += [
        f"| {item.name} | {item.ours:,.2f} {item.unit} | {item.peer_name}: {item.peer:,.2f} {item.unit} "
        f"| **{item.ratio:.2f}** | {item.aim} | {item.how} |"
        for item in ratios
    ]
    return "\n".join(lines)
