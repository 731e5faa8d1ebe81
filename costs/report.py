"""The estimate as a short Markdown table, for the README."""

from pathlib import Path

from costs.estimate import Estimate
from costs.use import HOURS_A_DAY

BEGIN, END = "<!-- costs: written by `mlref cost --write` -->", "<!-- costs: end -->"
README = Path(__file__).resolve().parent.parent / "README.md"


def markdown(estimates: tuple[Estimate, ...]) -> str:
    """One column a region; the rows are those of the first estimate."""
    first = estimates[0]
    rows = [
        ["", *(estimate.region for estimate in estimates)],
        ["---", *("---:" for _ in estimates)],
        *(
            [f"{stack}, idle", *(f"{dollars(_day(estimate, stack))} a day" for estimate in estimates)]
            for stack in first.stacks
        ),
        ["**all stacks, idle**", *(f"**{dollars(estimate.day)} a day**" for estimate in estimates)],
        [
            "an endpoint while it serves",
            *(f"{dollars(estimate.endpoint * HOURS_A_DAY)} a day more" for estimate in estimates),
        ],
        *(
            [activity.what, *(dollars(estimate.activities[number][1]) for estimate in estimates)]
            for number, (activity, _) in enumerate(first.activities)
        ),
    ]
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


def insert(document: str, table: str, begin: str = BEGIN, end: str = END) -> str:
    """The document with the table between two markers. Raises ValueError when it has none."""
    head, found, rest = document.partition(begin)
    _, ended, tail = rest.partition(end)
    if not found or not ended:
        raise ValueError(f"there is no {begin} … {end}")
    return f"{head}{begin}\n{table}\n{end}{tail}"


def dollars(amount: float) -> str:
    """Cents as they are; what is less than a cent says so."""
    if amount == 0:
        return "$0"
    return f"${amount:,.2f}" if amount >= 0.01 else "< $0.01"


def _day(estimate: Estimate, stack: str) -> float:
    return sum(item.day for item in estimate.items if item.stack == stack)
