"""A chart is a part of the page: in its colours, with its text as text, and no two of them in each other's way."""

import re
import warnings
from collections.abc import Callable
from datetime import date
from xml.etree import ElementTree

import pytest

from stories.report import charts
from stories.report.page import Chart

AXES = charts.Axes("seconds", "answers (%)")


def line(title: str = "t", label: str = "a", *more: charts.Series) -> Chart:
    return charts.lines(title, AXES, [charts.Series(label, [0, 1, 2], [3, 5, 4]), *more], "f")


def texts(chart: Chart) -> list[str | None]:
    return [text.text for text in ElementTree.fromstring(str(chart.svg)).iter("text")]  # noqa: S314 - our own


EVERY: dict[str, Callable[[], Chart]] = {
    "lines": line,
    "days": lambda: charts.lines(
        "d", AXES, [charts.Series("", [date(2013, 1, day) for day in range(1, 30)], list(range(29)))], "f"
    ),
    "limits": lambda: charts.limits(
        "l",
        charts.Axes("distance", "", x_log=True),
        ["temp", "dewp"],
        [charts.Series("July", [], [2, 0])],
        "f",
        limit="1",
    ),
    "distribution": lambda: charts.distribution("p", AXES, [("April", [3.0, 1.0, 2.0])], "f"),
    "timeline": lambda: charts.timeline(
        "c", charts.Axes("s", "ms", y_log=True), charts.Series("", [0, 1], [5, 6]), [charts.Phase("one", 0, 1)], "f"
    ),
}


@pytest.mark.parametrize("kind", EVERY)
def test_colours_are_the_page_s_own_and_nothing_else_of_matplotlib_s_is_left(kind: str) -> None:
    svg = str(EVERY[kind]().svg)
    assert re.findall(r": *#\w+", svg) == []
    assert set(re.findall(r"var\((--[a-z0-9-]+)\)", svg)) >= {"--ink", "--muted", "--line"}
    assert "font-family" not in svg
    assert "DejaVu" not in svg
    assert "<style" not in svg
    assert "<metadata" not in svg
    assert "http" not in svg


def test_axes_say_what_they_are_of() -> None:
    assert {"seconds", "answers (%)", "a"} <= set(texts(line()))


def test_series_differ_in_colour_and_in_dashes() -> None:
    svg = str(line("t", "a", charts.Series("b", [0, 1], [1, 2])).svg)
    drawn = [style for style in re.findall(r'style="([^"]*)"', svg) if "--series-" in style and "fill: none" in style]
    assert any("--series-1" in style and "dasharray" not in style for style in drawn)
    assert any("--series-2" in style and "dasharray" in style for style in drawn)


def test_any_number_of_series_is_drawn() -> None:
    names = [f"series {number}" for number in range(7)]
    values = [charts.Series(name, [0, 1], [1, 2]) for name in names]
    distances = [charts.Series(name, [], [1]) for name in names]
    for chart in (
        charts.lines("t", AXES, values, "f"),
        charts.distribution("t", AXES, [(name, [1.0, 2.0]) for name in names], "f"),
        charts.limits("t", AXES, ["temp"], distances, "f", limit="limit"),
    ):
        assert set(names) <= set(texts(chart))


def test_labels_are_data() -> None:
    label = '<b id="x">#010111 $x^2$\x1b url(#y)'
    assert label.replace("\x1b", "\\x1b") in texts(line("t", label))


@pytest.mark.parametrize("label", ["\ufffe", "\uffff", "\ud800", "\x00", "]]>", "a\nb"])
def test_no_label_breaks_the_picture(label: str) -> None:
    assert len(texts(line("t", label))) > 5


def test_a_script_that_the_font_at_hand_lacks_is_no_warning() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert "東京" in texts(line("t", "東京"))


def test_ids_of_two_charts_differ_and_lead_to_their_own() -> None:
    one, other = (str(line(title).svg) for title in ("one", "other"))
    ids = [set(re.findall(r'\bid="([^"]+)"', svg)) for svg in (one, other)]
    used = [set(re.findall(r'(?:href="|url\()#([^")]+)', svg)) for svg in (one, other)]
    assert ids[0]
    assert ids[0].isdisjoint(ids[1])
    assert ids == used


def test_the_same_numbers_make_the_same_picture() -> None:
    assert line().svg == line().svg


def test_every_name_has_a_row_also_one_without_any_distance() -> None:
    chart = EVERY["limits"]()
    root = ElementTree.fromstring(str(chart.svg))  # noqa: S314 - our own
    marks = [item for item in root.iter() if "fill: var(--series-1)" in item.attrib.get("style", "")]
    assert len(marks) == 3, "one of them in the legend"
    assert {"temp", "dewp", "July"} <= set(texts(chart))


def test_a_distribution_ends_with_all_of_the_sample() -> None:
    values, shares = charts.cumulative([float(number) for number in reversed(range(1000))])
    assert (values[0], values[-1]) == (0.0, 999.0)
    assert shares[-1] == 100
    assert len(values) <= 250
    assert shares[values.index(500.0)] == pytest.approx(50, abs=0.2)
    assert charts.cumulative([7.0]) == ([7.0], [100.0])
