"""The architecture as a picture: services at places of a grid, and arrows between them that carry the run's numbers.

Nothing is laid out by a program: a few services are told better by a hand-given place, and stay there from run to run.
An arrow whose numbers the run has not come to is dashed, and says so.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from cli.console import visible
from stories.report.page import Drawing

WIDTH, HEIGHT = 184, 60  # of a service's box
GAP_X, GAP_Y = 98, 62  # between two boxes: room for an arrow's text
MARGIN = 8
HEAD = 9  # length of an arrow's head
LINE = 16  # from one line of text to the next

Place = tuple[int, int]  # column from the left, row from the top
Point = tuple[float, float]


@dataclass(frozen=True)
class Node:
    """A service at its place, and what it does here, in at most 24 letters."""

    place: Place
    service: str
    does: str


@dataclass(frozen=True)
class Arrow:
    """From one node to another, in the same row or column or round one corner.

    ``text`` is a format of the run's numbers, such as ``{sent:,}|events``; the bar divides its two lines.
    """

    start: str
    end: str
    text: str


@dataclass(frozen=True)
class Diagram:
    """Nodes by name, and the arrows between them in the order in which data takes them."""

    nodes: Mapping[str, Node]
    arrows: Sequence[Arrow]


def draw(diagram: Diagram, numbers: Mapping[str, Any]) -> Drawing:
    """The picture with the run's numbers; what is not among them has not been reached."""
    columns = 1 + max(node.place[0] for node in diagram.nodes.values())
    rows = 1 + max(node.place[1] for node in diagram.nodes.values())
    size = (columns * (WIDTH + GAP_X) - GAP_X + 2 * MARGIN, rows * (HEIGHT + GAP_Y) - GAP_Y + 2 * MARGIN)
    texts = [_text(arrow, numbers) for arrow in diagram.arrows]
    parts = [_arrow(diagram, arrow, text) for arrow, text in zip(diagram.arrows, texts, strict=True)]
    parts += [_node(node) for node in diagram.nodes.values()]
    return Drawing(
        Markup(
            '<svg viewBox="0 0 {} {}" aria-hidden="true"><defs><marker id="head" viewBox="0 0 8 8" refX="7" refY="4" '
            'markerWidth="{}" markerHeight="{}" markerUnits="userSpaceOnUse" orient="auto"><path d="M0 0 8 4 0 8z" '
            'style="fill: var(--muted)"/></marker></defs>{}</svg>'
        ).format(*size, HEAD, HEAD, Markup("").join(parts)),
        [_sentence(diagram, arrow, text) for arrow, text in zip(diagram.arrows, texts, strict=True)],
    )


def _text(arrow: Arrow, numbers: Mapping[str, Any]) -> list[str] | None:
    """The lines beside the arrow; None when the run has not reached it."""
    try:
        return arrow.text.format_map(numbers).split("|")
    except KeyError:
        return None


def _sentence(diagram: Diagram, arrow: Arrow, text: list[str] | None) -> str:
    start, end = diagram.nodes[arrow.start], diagram.nodes[arrow.end]
    told = " ".join(text) if text is not None else "not reached in this run"
    return f"{start.service} ({start.does}) → {end.service} ({end.does}): {told}"


def _node(node: Node) -> Markup:
    x, y = _corner(node.place)
    return Markup(
        '<rect x="{}" y="{}" width="{}" height="{}" rx="8" style="fill: var(--panel); stroke: var(--muted)"/>{}{}'
    ).format(
        x,
        y,
        WIDTH,
        HEIGHT,
        _line((x + WIDTH / 2, y + 25), node.service, "middle", "font-weight: 650; font-size: 14px"),
        _line((x + WIDTH / 2, y + 45), node.does, "middle", "font-size: 12.5px", "--muted"),
    )


def _arrow(diagram: Diagram, arrow: Arrow, text: list[str] | None) -> Markup:
    points = _route(diagram.nodes[arrow.start].place, diagram.nodes[arrow.end].place)
    path = " ".join(f"{'L' if number else 'M'}{x:g} {y:g}" for number, (x, y) in enumerate(points))
    dashes = "" if text is not None else "; stroke-dasharray: 5 5"
    return Markup(
        '<path d="{}" style="fill: none; stroke: var(--muted); stroke-width: 1.6{}" marker-end="url(#head)"/>{}'
    ).format(path, dashes, _label(points, text if text is not None else ["not", "reached"]))


def _label(points: list[Point], text: list[str]) -> Markup:
    """Around the middle of a level line, to the right of an upright one; the number stands out."""
    (x1, y1), (x2, y2) = points[-2:]
    if y1 == y2:
        middle, anchor = (x1 + x2) / 2, "middle"
        places = [(middle, y1 - 8), *((middle, y1 + LINE * number) for number in range(1, len(text)))]
    else:
        top = (y1 + y2) / 2 - LINE * len(text) / 2 + LINE * 0.7
        anchor = "start"
        places = [(x1 + 10, top + LINE * number) for number in range(len(text))]
    bold = "font-weight: 650; font-size: 13px"
    return Markup("").join(
        _line(place, line, anchor, "font-size: 12.5px" if number else bold, "--muted" if number else "--ink")
        for number, (place, line) in enumerate(zip(places, text, strict=True))
    )


def _line(place: Point, text: str, anchor: str, style: str, colour: str = "--ink") -> Markup:
    return Markup('<text x="{:g}" y="{:g}" text-anchor="{}" style="{}; fill: var({})">{}</text>').format(
        *place, anchor, style, colour, visible(text)
    )


def _corner(place: Place) -> Point:
    """Upper left of the box at a place."""
    return MARGIN + place[0] * (WIDTH + GAP_X), MARGIN + place[1] * (HEIGHT + GAP_Y)


def _route(start: Place, end: Place) -> list[Point]:
    """From the edge of one box to the edge of the other; level first, then up or down."""
    (x1, y1), (x2, y2) = _centre(start), _centre(end)
    across, down = (x2 > x1) - (x2 < x1), (y2 > y1) - (y2 < y1)
    first = (x1 + across * WIDTH / 2, y1) if across else (x1, y1 + down * HEIGHT / 2)
    last = (x2, y2 - down * HEIGHT / 2) if down else (x2 - across * WIDTH / 2, y2)
    return [first, (x2, y1), last] if across and down else [first, last]


def _centre(place: Place) -> Point:
    x, y = _corner(place)
    return x + WIDTH / 2, y + HEIGHT / 2
