"""docs/deploy.md names what there is: commands, settings, stacks in their order, alarms."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from cli.main import app
from costs.templates import Resource
from settings import Settings


@pytest.fixture(scope="module")
def guide(repository: Path) -> str:
    return (repository / "docs" / "deploy.md").read_text("utf-8")


def test_commands_are_there(guide: str, repository: Path) -> None:
    command = get_command(app)
    named = set(re.findall(r"\bmlref ([a-z-]+)(?: ([a-z-]+))?", guide))
    assert len(named) > 8
    for first, second in named:
        found = command.commands[first]  # type: ignore[attr-defined]
        if hasattr(found, "commands"):
            assert second in found.commands, f"mlref {first} {second}"
    makefile = (repository / "Makefile").read_text("utf-8")
    for target in set(re.findall(r"`make ([a-z-]+)`", guide)):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def test_settings_are_there(guide: str) -> None:
    named = set(re.findall(r"-c (\w+)=", guide))
    assert len(named) > 5
    assert named <= set(Settings.model_fields)


def test_stacks_are_those_of_the_app_in_the_order_of_their_dependencies(guide: str, default: Any) -> None:
    rows = re.findall(r"^\| \d \| (\w+) \| ([\w, ]*) ?\| ", guide, re.MULTILINE)
    manifest = json.loads((default.folder / "manifest.json").read_text("utf-8"))["artifacts"]
    stacks = {name: item for name, item in manifest.items() if item["type"] == "aws:cloudformation:stack"}
    assert [name for name, _ in rows] == list(stacks)
    for number, (name, needs) in enumerate(rows):
        needed = {need.strip() for need in needs.split(",") if need.strip()}
        assert needed == set(stacks[name]["dependencies"]) & stacks.keys(), name
        assert needed <= {earlier for earlier, _ in rows[:number]}


def test_every_alarm_is_explained(guide: str, default: Any) -> None:
    table = guide[guide.index("| Alarm |") :].partition("\n\n")[0]
    named = {name for row in table.splitlines()[2:] for name in re.findall(r"\w+", row.split("|")[1])}
    alarms = {
        Resource(key, "", {}).name
        for template in default.templates
        for key, item in template.resources.items()
        if item["Type"] == "AWS::CloudWatch::Alarm"
    }
    assert named == alarms


def test_links_lead_somewhere(guide: str, repository: Path) -> None:
    for link in re.findall(r"\]\(([^)#:]+)\)", guide):
        assert (repository / "docs" / link).exists(), link
