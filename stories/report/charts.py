"""Plots of a report: drawn by matplotlib as SVG, in the colours of the page.

matplotlib knows no CSS. So it draws in colours that stand for the page's, and in the SVG they become its variables:
one picture is right in the light and in the dark. Text stays text, in the page's font.
"""

import io
import re
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from typing import Any
from xml.etree import ElementTree

import matplotlib
from markupsafe import Markup
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullFormatter

from cli.console import visible
from stories.report.page import Chart

# Points; SVG's unit here. As wide as a telephone shows it, so that text keeps its size there
WIDTH, HEIGHT = 380, 260
LEFT, RIGHT, TOP, BOTTOM = 54, 12, 22, 44  # room around the axes; matplotlib would take twice the time to find it
FONT = 11.5
LETTER = 6.3  # width of one, on average
INK, MUTED, LINE, PAPER = "#010101", "#010102", "#010103", "#010104"
SERIES = ("#010111", "#010112", "#010113", "#010114", "#010115")
_VARIABLES = {
    INK: "--ink",
    MUTED: "--muted",
    LINE: "--line",
    PAPER: "--paper",
    **{colour: f"--series-{number}" for number, colour in enumerate(SERIES, 1)},
}
_STYLE = {
    "svg.fonttype": "none",
    "font.size": FONT,
    "axes.titlesize": FONT,
    "axes.edgecolor": MUTED,
    "axes.labelcolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": LINE,
    "grid.linewidth": 0.8,
    "lines.linewidth": 2.0,
    "text.color": INK,
    "text.parse_math": False,  # a dollar is a dollar
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "legend.frameon": False,
    "legend.handlelength": 1.4,
}
_DASHES = ("-", "--", ":", "-.", (0, (5, 1, 1, 1)))  # a second sign beside the colour
_MARKS = "os^Dv"


@dataclass(frozen=True)
class Series:
    """Points of one line; ``label`` is empty when there is only one."""

    label: str
    x: Sequence[float] | Sequence[date]
    y: Sequence[float]


@dataclass(frozen=True)
class Axes:
    """What the axes say, with their units; limits that data alone would not give."""

    x: str
    y: str
    x_limits: tuple[float, float] | None = None
    y_limits: tuple[float, float] | None = None
    x_log: bool = False
    y_log: bool = False


def lines(
    title: str, axes: Axes, series: Sequence[Series], finding: str, *, diagonal: str = "", marker: str = ""
) -> Chart:
    """Lines, of different colour and dashes. ``diagonal`` names the line on which y is x."""

    def paint(plot: Any) -> None:
        if isinstance(series[0].x[0], date):
            days = AutoDateLocator(maxticks=6)
            plot.xaxis.set_major_locator(days)
            plot.xaxis.set_major_formatter(ConciseDateFormatter(days))
        elif all(float(value).is_integer() for line in series for value in line.x if not isinstance(value, date)):
            plot.xaxis.get_major_locator().set_params(integer=True)
        for number, line in enumerate(series):
            dashes = _DASHES[number % len(_DASHES)]
            colour = SERIES[number % len(SERIES)]
            plot.plot(line.x, line.y, color=colour, linestyle=dashes, marker=marker, label=_text(line.label))
        if diagonal:
            plot.plot([0, 1], [0, 1], color=MUTED, linestyle=":", linewidth=1.2, label=diagonal)
        if diagonal or any(line.label for line in series):
            plot.legend(loc="best")

    return _drawn(title, axes, finding, paint)


def limits(
    title: str, axes: Axes, names: Sequence[str], series: Sequence[Series], finding: str, *, limit: str
) -> Chart:
    """A row for every name with a dot for every series; 1 is ``limit``, and what is beyond it stands out by size.

    ``y`` of each series has one value a name; values of 0 are put at the left edge.
    """

    def paint(plot: Any) -> None:
        rows = range(len(names))
        least = min((value for line in series for value in line.y if value > 0), default=0.01) / 1.5
        for number, line in enumerate(series):
            sizes = [75 if value > 1 else 26 for value in line.y]
            places = [max(value, least) for value in line.y]
            mark, colour = _MARKS[number % len(_MARKS)], SERIES[number % len(SERIES)]
            plot.scatter(places, rows, s=sizes, marker=mark, color=colour, label=_text(line.label))
        plot.axvline(1, color=INK, linestyle="--", linewidth=1.4, label=limit)
        plot.set_yticks(rows, [_text(name) for name in names])
        plot.invert_yaxis()
        plot.legend(loc="lower center", bbox_to_anchor=(0.4, 1.0), ncols=2)

    left = 12 + LETTER * max(len(_text(name)) for name in names)
    return _drawn(title, axes, finding, paint, height=96 + 18 * len(names), left=left, top=44)


def distribution(title: str, axes: Axes, samples: Sequence[tuple[str, Sequence[float]]], finding: str) -> Chart:
    """For every value the percent of the sample that is not above it."""

    def paint(plot: Any) -> None:
        for number, (label, sample) in enumerate(samples):
            values, shares = cumulative(sample)
            colour, dashes = SERIES[number % len(SERIES)], _DASHES[number % len(_DASHES)]
            plot.plot(values, shares, color=colour, linestyle=dashes, label=_text(label))
        plot.legend(loc="lower right")

    return _drawn(title, axes, finding, paint)


def cumulative(sample: Sequence[float]) -> tuple[list[float], list[float]]:
    """Values of a sample and the percent of it up to each; at most as many as a line can show."""
    found = sorted(sample)
    last = len(found) - 1
    places = sorted({*range(0, len(found), max(1, len(found) // 200)), last})
    return [found[place] for place in places], [100 * (place + 1) / len(found) for place in places]


@dataclass(frozen=True)
class Phase:
    """A named stretch of the x axis."""

    name: str
    start: float
    end: float


def timeline(title: str, axes: Axes, dots: Series, phases: Sequence[Phase], finding: str) -> Chart:
    """Dots over time, and what was going on meanwhile: a numbered stretch a phase, named below the plot."""

    def paint(plot: Any) -> None:
        for number, phase in enumerate(phases, 1):
            if number > 1:
                plot.axvline(phase.start, color=MUTED, linestyle="--", linewidth=1.2)
            place = plot.get_xaxis_transform()
            middle = (phase.start + phase.end) / 2
            height = 1.01 if number % 2 else 1.07  # short phases stand close together
            plot.text(middle, height, str(number), transform=place, ha="center", va="bottom", fontweight="bold")
        plot.scatter(dots.x, dots.y, s=12, color=SERIES[0], linewidths=0)

    return _drawn(title, axes, finding, paint, top=38)


def _text(text: str) -> str:
    """Data as matplotlib may write it: XML has no place for two characters that `visible` lets pass."""
    return re.sub("[\ufffe\uffff]", "\ufffd", visible(text))


def _drawn(
    title: str,
    axes: Axes,
    finding: str,
    paint: Callable[[Any], None],
    *,
    height: float = HEIGHT,
    left: float = LEFT,
    top: float = TOP,
) -> Chart:
    salt = {"svg.hashsalt": title}
    with matplotlib.rc_context({**_STYLE, **salt}):
        figure = Figure(figsize=(WIDTH / 72, height / 72), facecolor="none")
        FigureCanvasSVG(figure)
        size = ((WIDTH - left - RIGHT) / WIDTH, (height - top - BOTTOM) / height)
        plot = figure.add_axes((left / WIDTH, BOTTOM / height, *size), facecolor="none")
        plot.set(xlabel=_text(axes.x), ylabel=_text(axes.y))
        for axis, scale, log in (
            (plot.xaxis, plot.set_xscale, axes.x_log),
            (plot.yaxis, plot.set_yscale, axes.y_log),
        ):
            if log:
                scale("log")
                axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
                axis.set_minor_formatter(NullFormatter())
        paint(plot)
        if axes.x_limits:
            plot.set_xlim(axes.x_limits)
        if axes.y_limits:
            plot.set_ylim(axes.y_limits)
        written = io.StringIO()
        with warnings.catch_warnings():
            # of letters that the font here lacks: it only measures, the page's font shows them
            warnings.filterwarnings("ignore", "Glyph .* missing from font")
            # without a date the same numbers make the same picture
            nothing = dict.fromkeys(("Date", "Creator", "Format", "Type"))
            figure.savefig(written, format="svg", metadata=nothing)
    return Chart(title, _of_the_page(written.getvalue(), sha256(title.encode()).hexdigest()[:8]), finding)


def _of_the_page(written: str, prefix: str) -> Markup:
    """matplotlib's file as a part of a page: its colours, its font, ids that no other plot has, no style of its own."""
    root = ElementTree.fromstring(written)  # noqa: S314 - matplotlib has just written it
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag.endswith(("}metadata", "}style")):
                parent.remove(child)
    used = {
        found for item in root.iter() for value in item.attrib.values() for found in re.findall(r"#([\w.]+)", value)
    }
    for item in root.iter():
        item.tag = item.tag.rpartition("}")[2]
        item.attrib = {
            name.rpartition("}")[2]: _attribute(name, value, prefix)
            for name, value in item.attrib.items()
            if name != "id" or value in used
        }
        item.tail = None
        if item.tag != "text":
            item.text = None
    root.attrib = {"viewBox": root.attrib["viewBox"], "aria-hidden": "true"}
    return Markup(ElementTree.tostring(root, "unicode"))  # noqa: S704 - ElementTree has escaped the text


def _attribute(name: str, value: str, prefix: str) -> str:
    if name == "id":
        return f"{prefix}-{value}"
    if name != "style":
        return re.sub(r"#([\w.]+)", rf"#{prefix}-\1", value.replace("\n", ""))
    kept = {}
    for item in value.split(";"):
        key, _, said = (part.strip() for part in item.partition(":"))
        if key == "font":  # weight, size and family in one
            kept["font-size"] = next(word for word in said.split() if word.endswith("px"))
            if "bold" in said or "700" in said:
                kept["font-weight"] = "650"
        elif key != "font-family":
            kept[key] = f"var({_VARIABLES[said]})" if said in _VARIABLES else said
    return "; ".join(f"{key}: {said}" for key, said in kept.items())
