"""The workflows of GitHub: right by their schema, pinned, with no more permission than they need."""

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.main import get_command

from cli.main import app

PINNED = re.compile(r"- uses: [\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$")


@pytest.fixture(scope="module")
def folder(repository: Path) -> Path:
    return repository / ".github" / "workflows"


def checked(repository: Path, *files: Path) -> "subprocess.CompletedProcess[str]":
    command = repository / ".venv-checkov" / "bin" / "check-jsonschema"
    assert command.exists(), "check-jsonschema is not installed here: make setup"
    given = [str(file) for file in files]
    return subprocess.run(
        [str(command), "--builtin-schema", "vendor.github-workflows", *given],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def load(file: Path) -> dict[str, Any]:
    document: dict[Any, Any] = yaml.safe_load(file.read_text("utf-8"))
    return {("on" if key is True else key): value for key, value in document.items()}  # YAML 1.1 takes on for true


def steps(file: Path) -> list[dict[str, Any]]:
    return [step for job in load(file)["jobs"].values() for step in job["steps"]]


def test_workflows_are_right_by_their_schema(repository: Path, folder: Path, tmp_path: Path) -> None:
    files = sorted(folder.glob("*.yml"))
    assert [file.name for file in files] == ["sandbox.yml", "test.yml"]
    result = checked(repository, *files)
    assert result.returncode == 0, result.stdout
    broken = tmp_path / "broken.yml"
    broken.write_text(files[1].read_text("utf-8").replace("runs-on", "run-on"), "utf-8")
    assert checked(repository, broken).returncode == 1


def test_actions_are_pinned_by_commit_with_their_version(folder: Path) -> None:
    for file in folder.glob("*.yml"):
        lines = [line.strip() for line in file.read_text("utf-8").splitlines() if "uses:" in line]
        assert lines
        assert [line for line in lines if not PINNED.match(line)] == []


def test_only_the_sandbox_gets_a_token_and_only_by_hand(folder: Path) -> None:
    test, sandbox = load(folder / "test.yml"), load(folder / "sandbox.yml")
    assert test["permissions"] == sandbox["permissions"] == {"contents": "read"}
    assert "permissions" not in test["jobs"]["test"]
    assert set(test["on"]) == {"push", "pull_request"}
    assert set(sandbox["on"]) == {"workflow_dispatch"}
    assert sandbox["jobs"]["deploy"]["permissions"] == {"contents": "read", "id-token": "write"}
    assert "secrets." not in (folder / "sandbox.yml").read_text("utf-8")


def test_sandbox_is_destroyed_whatever_happens(folder: Path) -> None:
    named = {step["name"]: step for step in steps(folder / "sandbox.yml") if "name" in step}
    order = list(named)
    assert order.index("deploy") < order.index("smoke") < order.index("destroy") < order.index("nothing is left")
    for name in ("destroy", "nothing is left"):
        assert named[name]["if"].startswith("always()")
    assert "mlref leftovers" in named["nothing is left"]["run"]
    assert load(folder / "sandbox.yml")["concurrency"]["cancel-in-progress"] is False


def test_commands_of_the_workflows_are_there(repository: Path, folder: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (repository / "Makefile").read_text("utf-8"), re.MULTILINE))
    commands = set(get_command(app).commands)  # type: ignore[attr-defined]
    runs = "\n".join(step["run"] for file in folder.glob("*.yml") for step in steps(file) if "run" in step)
    assert set(re.findall(r"\bmake ([a-z-]+)", runs)) <= targets
    assert set(re.findall(r"\bmlref ([a-z-]+)", runs)) <= commands
    assert {"make test", "mlref smoke", "mlref leftovers", "cdk deploy", "cdk destroy"} <= {
        " ".join(words) for words in re.findall(r"\b(make|mlref|cdk) ([a-z-]+)", runs)
    }
