"""A report, and the one HTML page that it becomes.

Everything in it is data, and is shown as data: nothing is read as markup, and a control character is shown as Python
writes it (`cli.console.visible`). The page runs no script and loads nothing (its Content-Security-Policy forbids both),
follows the reader's light or dark scheme, and is as wide as the screen.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from cli.console import visible

Cell = str | int | float | None


@dataclass(frozen=True)
class Tile:
    """A key number: ``value`` as it is shown, and what it is of."""

    value: str
    what: str


@dataclass(frozen=True)
class Check:
    """What had to be true, what was seen, and whether it is so."""

    must: str
    seen: str
    passed: bool


@dataclass(frozen=True)
class Chart:
    """A plot as SVG. ``finding`` is what one should see in it, and all that a reader who sees no plots gets."""

    title: str
    svg: Markup
    finding: str


@dataclass(frozen=True)
class Table:
    """Rows of cells. Numbers stand to the right; None is an empty cell.

    Attributes:
        digits: decimals of numbers that are no integers.
        folded: only its title is shown, until it is asked for.
    """

    title: str
    head: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    digits: int = 2
    folded: bool = False


@dataclass(frozen=True)
class Bar:
    """``value`` is the bar's length, 0 or more; ``text`` says it, with its unit."""

    label: str
    value: float
    text: str


@dataclass(frozen=True)
class Bars:
    """Values to compare, each with a bar; the longest takes all the room.

    Attributes:
        whole: as wide as the page, since the labels are long.
    """

    title: str
    head: tuple[str, str]
    rows: Sequence[Bar]
    whole: bool = False


@dataclass(frozen=True)
class Section:
    """A part of the report under a heading; ``prose`` says in plain sentences what there is to see."""

    title: str
    prose: str
    parts: Sequence[Chart | Table | Bars]


@dataclass(frozen=True)
class Drawing:
    """The architecture: as SVG, and every arrow of it as a sentence."""

    svg: Markup
    sentences: Sequence[str]


@dataclass(frozen=True)
class Report:
    """All of it.

    Attributes:
        result: what came of it, in one sentence.
        failure: the step that failed and why; empty when none did.
        notes: what a reader must know of the numbers, such as where they were measured.
    """

    title: str
    result: str
    failure: str
    tiles: Sequence[Tile]
    drawing: Drawing | None
    checks: Sequence[Check]
    sections: Sequence[Section]
    notes: Sequence[str]


def duration(seconds: float) -> str:
    """As people say it."""
    return f"{seconds:.1f} s" if seconds >= 0.1 else f"{1000 * seconds:.0f} ms"


def render(report: Report) -> str:
    """The page."""
    return _environment().get_template("page.html.jinja").render(report=report)


def _environment() -> Environment:
    folder = Path(__file__).parent
    environment = Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_shown,
    )
    environment.globals["style"] = Markup((folder / "style.css").read_text("utf-8"))  # noqa: S704 - our own file
    environment.filters.update(cell=_cell, right=_right, kind=_kind, share=_share, anchor=_anchor)
    return environment


def _shown(value: Any) -> Any:
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _cell(value: Cell, digits: int) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:,.{digits}f}"
    return f"{value:,}" if isinstance(value, int) else value


def _right(rows: Sequence[Sequence[Cell]], column: int) -> bool:
    """Whether a column holds nothing but numbers."""
    found = [row[column] for row in rows if row[column] is not None]
    return bool(found) and all(isinstance(value, int | float) for value in found)


def _kind(part: object) -> str:
    return type(part).__name__


def _share(value: float, rows: Iterable[Bar]) -> str:
    """Percent of the longest bar."""
    longest = max(row.value for row in rows)
    return f"{100 * value / longest if longest else 0:.1f}"


def _anchor(title: str) -> str:
    """An id of the title's ASCII letters."""
    return "-".join("".join(letter if letter.isascii() and letter.isalnum() else " " for letter in title).split())
