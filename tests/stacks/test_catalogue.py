"""The catalogue: each entry has all that it promises, a choice is what it says, and one more touches nothing else."""

import json
import pkgutil
import re
import shutil
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from aws_cdk import aws_cloudwatch as cloudwatch
from typer.testing import CliRunner

from cli.main import app
from cli.sandbox import listing as ours
from cli.sandbox import pages
from cli.stories import stories_of
from costs.estimate import estimate
from costs.prices import price_table
from costs.regions import REGIONS
from guards.quotas import needs
from settings import SettingsError, from_context
from stacks import catalogue
from stacks.architecture import Architecture
from stacks.catalogue import CATALOGUE
from stacks.declared import Declared
from stacks.foundation import Foundation
from stacks.notes import PAGES, rows
from stacks.parts.alarm import alarm
from stacks.parts.stack import ProjectStack
from tests.synthesis import declare

SMALL = {"architectures": "events_to_sql"}
SMALL_STACKS = ("Foundation", "StreamIngest", "Lakehouse")


@pytest.fixture(params=CATALOGUE, ids=lambda item: item.name)
def entry(request: pytest.FixtureRequest) -> Architecture:
    found: Architecture = request.param
    return found


@pytest.fixture(scope="module")
def small(synthesize: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Not all of the core."""
    return synthesize(tmp_path_factory.mktemp("small"), SMALL)


# --- what an entry promises


def test_its_stacks_can_be_read_in_the_folder_of_its_layer(entry: Architecture, repository: Path) -> None:
    assert callable(pkgutil.resolve_name(entry.declares))
    for stack, module in zip(entry.stacks, entry.code, strict=False):
        assert f"class {stack}(ProjectStack):" in (repository / module).read_text("utf-8")
    layer = Path("stacks") if entry.layer == "foundation" else Path("stacks") / entry.layer
    assert Path(entry.code[0]).parent == layer


def test_its_code_and_its_tests_are_there(entry: Architecture, repository: Path) -> None:
    assert [path for path in entry.code if not (repository / path).exists()] == []
    for path in entry.tests:
        there = repository / path
        files = there.rglob("test_*.py") if there.is_dir() else [there]
        assert any("def test_" in file.read_text("utf-8") for file in files), path


def test_its_page_draws_it_and_leads_to_its_stacks(entry: Architecture, repository: Path) -> None:
    text = (repository / entry.page).read_text("utf-8")
    assert text.startswith("# ")
    assert "```mermaid" in text
    for module in entry.code[: len(entry.stacks)]:
        assert f"({Path(*['..'] * 2, module).as_posix()})" in text


def test_its_story_is_there_or_it_says_why_not(entry: Architecture, repository: Path) -> None:
    story = repository / "stories" / entry.story
    assert story.is_dir() or story.with_suffix(".py").exists()
    assert bool(entry.why) == (entry.local != "real")
    assert entry.story or entry.why


def test_its_rows_are_of_the_notes(entry: Architecture) -> None:
    assert entry.rows
    assert set(entry.rows) <= rows().keys()


def test_its_engines_are_locked(entry: Architecture, repository: Path) -> None:
    project = tomllib.loads((repository / "pyproject.toml").read_text("utf-8"))["project"]
    if entry.extra:
        assert entry.extra in project["optional-dependencies"]
        assert "--hash=sha256:" in (repository / "requirements" / f"{entry.extra}.txt").read_text("utf-8")


def test_its_setting_is_one(entry: Architecture) -> None:
    if entry.setting:
        name, value = entry.setting
        assert entry.comes_with(from_context({name: value}))
        assert not entry.comes_with(from_context({}))
        assert not entry.default


def test_each_comes_after_what_it_needs() -> None:
    names = [item.name for item in CATALOGUE]
    assert len(set(names)) == len(names)
    for number, item in enumerate(CATALOGUE):
        assert set(item.needs) <= set(names[:number]), item.name


def test_every_stack_is_of_one_architecture(otherwise: Any) -> None:
    """In `otherwise` is everything."""
    of_the_catalogue = [stack for item in CATALOGUE for stack in item.stacks]
    assert sorted(template.name for template in otherwise.templates) == sorted(of_the_catalogue)


def test_rows_without_an_architecture_say_why_and_the_core_needs_no_reason() -> None:
    there = {row for item in CATALOGUE for row in item.rows}
    by_name = {item.name: item for item in CATALOGUE}
    for key, row in rows().items():
        reason = row.planned or row.page or row.closed
        assert reason or key in there, key
        if row.planned in by_name:  # a promise of an architecture that has come
            assert key in by_name[row.planned].rows, key
        assert row.planned is None or row.planned == PAGES or re.fullmatch(r"[a-z]+(_[a-z]+)*", row.planned)


def test_what_is_written_of_the_catalogue_is_fresh(repository: Path) -> None:
    told = "run: mlref architectures --write"
    assert f"{pages.BEGIN}\n{pages.table()}\n{pages.END}" in (repository / "README.md").read_text("utf-8"), told
    assert (repository / "docs" / "notes.md").read_text("utf-8") == pages.notes(), told


# --- what a choice means


@pytest.mark.parametrize(
    ("choice", "stacks"),
    [
        ({}, (*SMALL_STACKS, "Training", "Serving", "Monitoring")),
        ({"architectures": "core"}, (*SMALL_STACKS, "Training", "Serving", "Monitoring")),
        ({"architectures": "serving"}, (*SMALL_STACKS, "Training", "Serving")),
        ({"architectures": "training,foundation"}, (*SMALL_STACKS, "Training")),
        ({"architectures": "foundation", "network": "isolated"}, ("Network", "Foundation")),
    ],
)
def test_a_choice_brings_what_it_needs_and_no_more(choice: dict[str, str], stacks: tuple[str, ...]) -> None:
    found = catalogue.chosen(from_context(choice))
    assert tuple(stack for item in found for stack in item.stacks) == stacks


@pytest.mark.parametrize(
    ("choice", "told"),
    [
        ("servng", "there is no architecture 'servng': did you mean 'serving'?"),
        ("core,al", "there is no architecture 'al': did you mean 'all'?"),
        ("zzz", "there is no architecture 'zzz': there are network, foundation, events_to_sql"),
        ("network", "network is not chosen by its name: set network=isolated"),
        ("a,,b", "string should match pattern"),
    ],
)
def test_what_cannot_be_chosen_is_one_sentence(choice: str, told: str) -> None:
    with pytest.raises(SettingsError, match=re.escape(told)) as refused:
        from_context({"architectures": choice})
    assert "\n" not in str(refused.value)
    assert str(refused.value).startswith(f"Setting architectures={choice} cannot be used")


def test_templates_do_not_depend_on_the_choice(small: Any, default: Any) -> None:
    """Or a smaller choice would take exports away from stacks that are deployed and not chosen."""
    assert {template.name for template in small.templates} == set(SMALL_STACKS)
    for template in small.templates:
        assert template.document == default[template.name].document


def test_nothing_is_billed_and_no_quota_needed_for_what_is_not_chosen(small: Any) -> None:
    settings = from_context(SMALL)
    found = estimate(small.folder, settings, price_table(), "us-east-1")
    assert found.endpoint == 0
    assert [item.what for item, _ in found.activities if "predictions" in item.what or "pipeline" in item.what] == []
    assert {need.service for need in needs(settings)} == {"lambda", "kinesis", "firehose", "glue"}


def test_a_stack_that_is_not_among_the_needs_is_an_error_that_says_so(tmp_path: Path) -> None:
    declared = Declared(declare(tmp_path, {"architectures": "foundation"}), from_context({}), None)  # type: ignore[arg-type]
    assert declared.of(Foundation).lake
    with pytest.raises(LookupError, match="no Monitoring is declared: name its architecture in the needs"):
        declared.of(pkgutil.resolve_name("stacks.ml.monitoring:Monitoring"))


# --- the list of them


@pytest.fixture(scope="module")
def whole(synthesize: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """What `mlref architectures` synthesizes."""
    return synthesize(tmp_path_factory.mktemp("whole"), ours.everything())


@pytest.fixture
def listing(whole: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """`mlref architectures` finds it synthesized already."""
    asked: list[dict[str, str]] = []

    def start(folder: Path, context: dict[str, str]) -> None:
        asked.append(context)
        shutil.copytree(whole.folder, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("asset.*"))

    monkeypatch.setattr("cli.sandbox.architectures.start_synth", start)
    monkeypatch.setattr("cli.sandbox.architectures.finish_synth", lambda _: None)
    yield
    assert asked == [{"architectures": "all", "network": "isolated"}]


@pytest.mark.usefixtures("listing")
def test_list_for_a_program(default: Any) -> None:
    told = CliRunner().invoke(app, ["architectures", "--json"], catch_exceptions=False)
    found = {item["name"]: item for item in json.loads(told.stdout)}
    assert list(found) == [item.name for item in catalogue.core_first()]
    assert found["serving"] == {
        "name": "serving",
        "title": "Approved model → endpoint, by canary with rollback",
        "layer": "ml",
        "rows": ["A09", "A10", "F01", "F05"],
        "stacks": ["Serving"],
        "needs": ["training"],
        "core": True,
        "context": None,
        "idle_usd_a_day": found["serving"]["idle_usd_a_day"],
        "local": "real",
        "local_why": "",
        "packages": [],
        "story": "core",
        "page": "docs/architectures/serving.md",
    }
    assert (found["network"]["context"], found["network"]["local"]) == ("network=isolated", "partly")
    assert found["network"]["local_why"]
    for region in REGIONS:
        whole = estimate(default.folder, from_context({}), price_table(), region)
        core = sum(item["idle_usd_a_day"][region] for item in found.values() if item["core"])
        assert core == pytest.approx(whole.day), "the network that is beside it adds nothing to the core"
        assert found["network"]["idle_usd_a_day"][region] > 0.5


@pytest.mark.usefixtures("listing")
def test_list_for_people() -> None:
    told = CliRunner().invoke(app, ["architectures", "--region", "eu-west-1"], catch_exceptions=False).stdout
    assert "eu-west-1" in told
    assert "us-east-1" not in told
    assert re.search(r"events_to_sql +│ Kinesis → Firehose.*│ +0\.42", told)
    assert re.search(r"streaming, core +│.*\n.*│ stacks: StreamIngest, Lakehouse", told)
    assert "asked for by: -c network=isolated" in told
    assert "here: partly, for the VPC" in told


def test_region_without_prices_is_one_sentence() -> None:
    told = CliRunner().invoke(app, ["architectures", "--region", "mars-1"]).exception
    assert str(told) == "there are no prices of mars-1: the regions are us-east-1, eu-west-1"


# --- one more


class OneAlarm(ProjectStack):
    """An alarm of its own."""

    def __init__(self, declared: Declared) -> None:
        super().__init__(declared.app, "OneAlarm", settings=declared.settings, description="As little as there is")
        topic = declared.of(Foundation).alarm_topic
        alarm(self, "Late", "Something is late", topic, cloudwatch.Metric(namespace="x", metric_name="y"), above=1)


def declare_one_alarm(declared: Declared) -> None:
    OneAlarm(declared)


ONE_ALARM = Architecture(
    name="one_alarm",
    title="As little as there is",
    layer="analytics",
    rows=("D05",),
    stacks=("OneAlarm",),
    declares=f"{__name__}:declare_one_alarm",
    needs=("foundation",),
    code=("stacks/analytics/one_alarm.py",),
    page="docs/architectures/foundation.md",
    tests=(),
    story="one_alarm",
    extra="local",
)


@pytest.fixture
def one_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalogue, "CATALOGUE", (*CATALOGUE, ONE_ALARM))


@pytest.mark.usefixtures("one_more")
def test_one_more_is_its_own_files_and_an_entry(synthesize: Any, tmp_path: Path, default: Any) -> None:
    """Synthesized, costed, listed, written of and told, by nothing but its entry."""
    found = synthesize(tmp_path, {"architectures": "one_alarm"})
    assert [template.name for template in found.templates] == ["Foundation", "OneAlarm"]
    assert found.foundation.document == default.foundation.document
    assert "AWS::CloudWatch::Alarm" in {item["Type"] for item in found["OneAlarm"].resources.values()}
    settings = from_context({"architectures": "one_alarm"})
    *_, told = ours.listed(found.folder, settings, ("us-east-1",))
    assert told["name"] == "one_alarm"
    assert told["idle_usd_a_day"]["us-east-1"] == pytest.approx(0.10 * 24 / 730, rel=0.01)
    assert {"duckdb", "moto"} <= set(told["packages"])
    link = "[OneAlarm](stacks/analytics/one_alarm.py)"
    assert f"As little as there is (`-c architectures=one_alarm`) | {link}" in pages.table()
    (row,) = [line for line in pages.notes().splitlines() if line.startswith("| D05 |")]
    assert "[one_alarm](architectures/foundation.md)" in row
    assert from_context({"architectures": "core,one_alarm"}).architectures == "core,one_alarm"
    assert "one_alarm" in catalogue.named("all")
    assert "one_alarm" not in catalogue.named("core")


@pytest.mark.usefixtures("one_more")
def test_its_story_is_told_by_its_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[tuple[Path, bool, str]] = []
    module = ModuleType("stories.one_alarm")
    module.tell = lambda _, out, *, enforce, dataset: told.append((out, enforce, dataset))  # type: ignore[attr-defined]
    module.DATASET = "flights"  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "stories.one_alarm", module)
    done = CliRunner().invoke(app, ["demo", "one_alarm", "--out", str(tmp_path), "--enforce"], catch_exceptions=False)
    assert (done.exit_code, told) == (0, [(tmp_path, True, "flights")])
    assert stories_of(["one_alarm", "serving", "one_alarm", "core"]) == ("one_alarm", "core")
    assert {"core", "one_alarm"} <= set(stories_of(["all"]))
    two = CliRunner().invoke(app, ["demo", "core", "one_alarm", "--out", str(tmp_path)]).exception
    assert str(two) == "--out is the folder of one story, and these are core, one_alarm: leave it out"
