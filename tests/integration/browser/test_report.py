"""A report in a real browser: nothing faint, tiny, cut off or wider than the screen, in the light and in the dark."""

from dataclasses import replace
from pathlib import Path

from stories.report.page import Check, Table, render
from tests.integration.browser.looks import SCHEMES, WIDTHS, looks
from tests.unit.stories.core.told import told

SCREENS = {f"{scheme} {name}" for scheme in SCHEMES for name in WIDTHS}


def test_the_core_s_report_reads_well_on_every_screen(tmp_path: Path) -> None:
    wide = Table("Wide", [f"column {number}" for number in range(12)], [["word" * 20, *[1234567] * 11]])
    report = told(tmp_path / "out").report()
    report = replace(
        report,
        failure="Step canary: one was not answered",
        checks=[*report.checks, Check("no word is too long", "W" * 400, False)],
        sections=[*report.sections, replace(report.sections[0], title="More", parts=[wide])],
    )
    found = looks(render(report), tmp_path)
    assert set(found) == SCREENS
    for screen, seen in found.items():
        problems = {name: seen[name] for name in ("faint", "tiny", "cut", "console") if seen[name]}
        assert (screen, problems, seen["wide"]) == (screen, {}, 0)
        assert seen["styled"], "its own policy lets its style be"
        assert seen["texts"] > 300
    assert {found[f"{scheme} desk"]["ground"] for scheme in SCHEMES} == {"rgb(255, 255, 255)", "rgb(16, 21, 27)"}


def test_a_report_in_progress_reads_well_too(tmp_path: Path) -> None:
    story = told(tmp_path / "out")
    story.facts = {"error": "no more"}
    story.seen = type(story.seen)()
    for seen in looks(render(story.report()), tmp_path).values():
        assert [seen[name] for name in ("faint", "tiny", "cut", "console", "wide")] == [[], [], [], [], 0]


FAULTS = {
    "faint": '<svg viewBox="0 0 90 90"><rect width="90" height="90" style="fill: #555"/>'
    '<text x="5" y="40" style="fill: #777; font-size: 10px">faint</text></svg>',
    "tiny": '<svg viewBox="0 0 3000 90"><text x="5" y="40" style="fill: var(--ink); font-size: 9px">tiny</text></svg>',
    "cut": '<svg viewBox="0 0 990 90"><text x="980" y="40" style="fill: var(--ink); font-size: 30px">cut</text></svg>',
    "wide": '<div style="width: 2000px">wide</div>',
    "console": '<img src="https://example.com/picture.png">',
}


def test_what_is_wrong_would_be_found(tmp_path: Path) -> None:
    page = render(replace(told(tmp_path / "out").report(), sections=(), checks=()))
    page = page.replace("<main>", f"<main>{''.join(FAULTS.values())}")
    for seen in looks(page, tmp_path).values():
        for fault in ("faint", "tiny", "cut"):
            assert [text.partition(":")[0] for text in seen[fault]] == [fault]
        assert seen["wide"] > 0
        assert "example.com/picture.png" in seen["console"][0]
