"""A folder of datasets that is empty, the command, and a table that has something of everything."""

import random
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from cli import main
from contracts import store

Command = Callable[..., int]


@pytest.fixture
def datasets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the command writes."""
    folder = tmp_path / "datasets"
    folder.mkdir()
    monkeypatch.setattr(store, "DATASETS", folder)
    return folder


@pytest.fixture
def command(datasets: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Runs `mlref new-dataset` with arguments; returns its exit status."""

    def run(*arguments: object) -> int:
        monkeypatch.setattr(sys, "argv", ["mlref", "new-dataset", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main.run()
        return int(ended.value.code or 0)

    return run


@pytest.fixture
def passengers(tmp_path: Path) -> Path:
    """A table like the Titanic's: names, gaps, a column that is the label in other words."""
    chance = random.Random(7)  # noqa: S311 - to be repeated
    lines = ["Passenger Id,Name,Sex,Age,Fare,Cabin,Alive,Survived"]
    for number in range(1, 601):
        sex, age = chance.choice(["male", "female"]), chance.randint(1, 80)
        survived = chance.random() < (0.8 if sex == "female" else 0.2)
        shown, cabin = ("" if chance.random() < 0.2 else str(age)), ("" if number % 4 else f"C{number}")
        fare = round(chance.lognormvariate(2, 1.2), 2)
        alive = "yes" if survived else "no"
        lines.append(f'{number},"Doe, {number}",{sex},{shown},{fare},{cabin},{alive},{int(survived)}')
    path = tmp_path / "passengers.csv"
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path
