"""A table that scikit-learn brings becomes a served model, without a line of code: in a copy of the repository."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from sklearn.datasets import load_breast_cancer

pytestmark = pytest.mark.xdist_group("new-dataset")

REPOSITORY = Path(__file__).parents[2]
LEFT_OUT = shutil.ignore_patterns(
    *(".git", ".venv*", ".*_cache", "__pycache__", "node_modules", "out", "cdk.out", "tests", "docs", "*.egg-info")
)
NAME = "samples"


class Copy:
    """A copy of the repository with a dataset more."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        shutil.copytree(REPOSITORY, folder, ignore=LEFT_OUT, symlinks=True)
        (folder / "node_modules").symlink_to((REPOSITORY / "node_modules").resolve())

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """``python -m`` in it; the modules are the copy's, and not those that are installed."""
        return subprocess.run(
            [sys.executable, "-m", *arguments],
            cwd=self.folder,
            env={**os.environ, "PYTHONPATH": str(self.folder)},
            capture_output=True,
            text=True,
            timeout=900,
            check=False,
        )


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Copy:
    made = Copy(tmp_path_factory.mktemp("copy") / "repository")
    load_breast_cancer(as_frame=True).frame.to_csv(made.folder / "Samples.csv", index=False)
    done = made.run("cli.main", "new-dataset", "Samples.csv", "--label", "target", "--positive", "0", "--yes")
    assert done.returncode == 0, done.stderr
    assert f"datasets/{NAME} is written" in done.stderr
    return made


def test_its_modules_have_types(copy: Copy) -> None:
    modules = sorted(str(path) for path in (copy.folder / "datasets" / NAME).glob("*.py"))
    done = copy.run("mypy", "--follow-imports", "silent", *modules)
    assert done.returncode == 0, done.stdout


def test_a_table_is_streamed_curated_learned_and_served(copy: Copy) -> None:
    done = copy.run(
        *("cli.main", "demo", "--dataset", NAME, "--until", "model", "--dirt", "0.2", "--enforce", "--out", "told")
    )
    assert done.returncode == 0, done.stdout + done.stderr
    facts = json.loads((copy.folder / "told" / "summary.json").read_text("utf-8"))
    events = facts["events"]
    assert events["lost"] == 0
    assert events["quarantined"] > 0
    learned = facts["tables"][NAME]
    assert 0 < learned < 569, "the rest comes later"
    assert set(facts["quality"].values()) == {True}
    assert facts["queries"]["label_by_category"]["rows"] > 0
    assert facts["model"]["auc_temporal"] > 0.9 > facts["model"]["baseline_auc"]
    assert facts["endpoint"] == {"name": f"mlref-{NAME}", "status": "InService"}
