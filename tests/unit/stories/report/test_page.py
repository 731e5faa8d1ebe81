"""A page shows data as data, loads nothing, and says in words what its colours and pictures say."""

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from markupsafe import Markup

from stories.report.page import Bar, Bars, Chart, Check, Drawing, Report, Section, Table, Tile, duration, render

EVIL = '</style><script>alert("1")</script>&amp;\x1b[31m\u202e'
EMPTY = Report(
    title="A story", result="It went well.", failure="", tiles=(), drawing=None, checks=(), sections=(), notes=()
)


class Read(HTMLParser):
    """Tags with their attributes, and the text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def everywhere(text: str) -> Report:
    """The text in every place that data has."""
    parts = (
        Chart(text, Markup("<svg></svg>"), text),
        Table(text, (text, text), ((text, 1), (None, 2.5))),
        Table(text, (text,), ((text,),), folded=True),
        Bars(text, (text, text), (Bar(text, 1, text),)),
    )
    return Report(
        title=text,
        result=text,
        failure=text,
        tiles=(Tile(text, text),),
        drawing=Drawing(Markup("<svg></svg>"), (text,)),
        checks=(Check(text, text, True),),
        sections=(Section(text, text, parts),),
        notes=(text,),
    )


def test_data_is_shown_and_never_read() -> None:
    plain, evil = Read(render(everywhere("plain"))), Read(render(everywhere(EVIL)))
    assert [tag for tag, _ in evil.tags] == [tag for tag, _ in plain.tags], "it adds no element"
    assert not evil.all("script")
    assert '<script>alert("1")' in evil.text
    assert "\x1b" not in evil.text
    assert "\u202e" not in evil.text
    assert "\\x1b[31m\\u202e" in evil.text, "control characters are shown"


def test_it_loads_nothing_and_may_not() -> None:
    page = Read(render(everywhere("text")))
    (policy,) = [tag["content"] for tag in page.all("meta") if tag.get("http-equiv") == "Content-Security-Policy"]
    assert policy is not None
    assert policy.startswith("default-src 'none'; style-src 'unsafe-inline'; img-src data:;")
    places = [tag[name] for _, tag in page.tags for name in ("src", "href", "xlink:href", "action") if name in tag]
    assert places
    assert all(re.match(r"#|data:", place or "") for place in places)
    assert "url(" not in render(EMPTY)
    assert "@import" not in render(EMPTY)


def test_outcomes_are_said_not_only_coloured() -> None:
    checks = (Check("no event is lost", "0 lost", True), Check("all answered", "1 not", False))
    text = Read(render(replace(EMPTY, checks=checks, failure="Step canary: one was not answered"))).text
    assert "✓ passed" in text
    assert "✗ failed" in text
    assert "Failed. Step canary: one was not answered" in " ".join(text.split())


def test_a_chart_says_its_finding_to_those_who_see_no_picture() -> None:
    chart = Chart("Latency", Markup('<svg id="drawn"></svg>'), "half within 12 ms")
    page = Read(render(replace(EMPTY, sections=(Section("Service", "", (chart,)),))))
    (picture,) = [tag for tag in page.all("div") if tag.get("role") == "img"]
    assert picture["aria-label"] == "Latency: half within 12 ms"
    assert page.all("svg") == [{"id": "drawn"}], "the picture is markup"
    assert page.all("figcaption")


def test_numbers_stand_right_with_their_decimals_and_what_is_missing_is_empty() -> None:
    table = Table("t", ("name", "n"), (("a", 1234567), ("b", None), ("c", 0.12345)), digits=3)
    page = render(replace(EMPTY, sections=(Section("s", "", (table,)),)))
    cells = re.findall(r"<td( class=\"number\")?>(.*?)</td>", page)
    assert cells == [
        ("", "a"),
        (' class="number"', "1,234,567"),
        ("", "b"),
        (' class="number"', ""),
        ("", "c"),
        (' class="number"', "0.123"),
    ]


def test_the_longest_bar_takes_all_room_and_none_is_none() -> None:
    bars = Bars("b", ("what", "how much"), (Bar("half", 2, "2 s"), Bar("all", 4, "4 s"), Bar("none", 0, "0 s")))
    page = render(replace(EMPTY, sections=(Section("s", "", (bars,)),)))
    assert re.findall(r"<i style=\"width: ([\d.]+)%", page) == ["50.0", "100.0", "0.0"]
    zeros = render(replace(EMPTY, sections=(Section("s", "", (Bars("b", ("", ""), (Bar("none", 0, "0 s"),)),)),)))
    assert re.findall(r"<i style=\"width: ([\d.]+)%", zeros) == ["0.0"]


def test_every_entry_of_the_contents_leads_somewhere() -> None:
    sections = tuple(Section(title, "", ()) for title in ("Model card", "Cost on AWS"))
    page = Read(render(replace(everywhere("Drift: each"), sections=sections)))
    ids = {tag["id"] for _, tag in page.tags if "id" in tag}
    links = [tag["href"] or "" for tag in page.all("a")]
    assert links == ["#architecture", "#checked", "#Model-card", "#Cost-on-AWS"]
    assert {link[1:] for link in links} <= ids


@pytest.mark.parametrize(("seconds", "said"), [(0.0349, "35 ms"), (0.1, "0.1 s"), (12.34, "12.3 s"), (0.0, "0 ms")])
def test_a_duration_is_said_as_people_say_it(seconds: float, said: str) -> None:
    assert duration(seconds) == said
