"""The architecture's arrows carry the run's numbers, start and end at their boxes, and say what was not reached."""

import re
from xml.etree import ElementTree

import pytest

from stories.core.report.architecture import CORE
from stories.report.diagram import GAP_X, HEIGHT, MARGIN, WIDTH, Arrow, Diagram, Node, draw

NODES = {
    "stream": Node((0, 0), "Kinesis", "keeps order"),
    "job": Node((1, 0), "Glue", "joins"),
    "lake": Node((1, 1), "S3", "keeps all"),
}


def drawn(*arrows: Arrow, **numbers: object) -> ElementTree.Element:
    return ElementTree.fromstring(str(draw(Diagram(NODES, arrows), numbers).svg))  # noqa: S314 - our own


def lines(svg: ElementTree.Element) -> list[list[tuple[float, float]]]:
    found = [path for path in svg.iter("path") if "marker-end" in path.attrib]
    return [[(float(x), float(y)) for x, y in re.findall(r"([\d.]+) ([\d.]+)", path.attrib["d"])] for path in found]


def test_the_run_s_numbers_stand_at_the_arrow_and_in_words() -> None:
    arrow = Arrow("stream", "job", "{sent:,}|events")
    told = [text.text for text in drawn(arrow, sent=53815).iter("text")]
    assert told[:2] == ["53,815", "events"]
    assert draw(Diagram(NODES, (arrow,)), {"sent": 53815}).sentences == [
        "Kinesis (keeps order) → Glue (joins): 53,815 events"
    ]


def test_what_the_run_has_not_reached_is_dashed_and_said() -> None:
    arrow = Arrow("stream", "job", "{sent:,}|events")
    svg = drawn(arrow)
    (line,) = [path for path in svg.iter("path") if "marker-end" in path.attrib]
    assert "stroke-dasharray" in line.attrib["style"]
    assert "stroke-dasharray" not in str(draw(Diagram(NODES, (arrow,)), {"sent": 1}).svg)
    assert draw(Diagram(NODES, (arrow,)), {}).sentences[0].endswith(": not reached in this run")


@pytest.mark.parametrize(
    ("start", "end", "points"),
    [
        ("stream", "job", [(MARGIN + WIDTH, 38), (MARGIN + WIDTH + GAP_X, 38)]),
        ("job", "stream", [(MARGIN + WIDTH + GAP_X, 38), (MARGIN + WIDTH, 38)]),
        ("job", "lake", [(382, MARGIN + HEIGHT), (382, 130)]),
        ("stream", "lake", [(MARGIN + WIDTH, 38), (382, 38), (382, 130)]),
    ],
)
def test_an_arrow_goes_from_edge_to_edge_round_one_corner_at_most(
    start: str, end: str, points: list[tuple[float, float]]
) -> None:
    assert lines(drawn(Arrow(start, end, "x"))) == [points]


def test_text_is_text() -> None:
    svg = drawn(Arrow("stream", "job", "<b>{name}</b>"), name="\x1b&")
    assert next(svg.iter("text")).text == "<b>\\x1b&</b>"


def test_the_core_s_arrows_join_nodes_of_its_own_at_places_of_their_own() -> None:
    places = [node.place for node in CORE.nodes.values()]
    assert len(set(places)) == len(places)
    for arrow in CORE.arrows:
        (x1, y1), (x2, y2) = CORE.nodes[arrow.start].place, CORE.nodes[arrow.end].place
        assert abs(x1 - x2) + abs(y1 - y2) == 1, f"{arrow} passes over another node"
    assert all(len(node.does) <= 24 for node in CORE.nodes.values())
