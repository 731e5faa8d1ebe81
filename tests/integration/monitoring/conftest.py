"""Templates, a small real model, and a site for each test."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from localcloud import LocalCloud
from localcloud.assembly import deploy
from processing.sagemaker import inference
from tests.integration.monitoring.site import Site, Trained
from tests.unit.processing.sagemaker.support import Jobs, curated, write_curated

CHANNELS = ("train", "validation", "artifacts")
FAST = ("--num_round", "40", "--eta", "0.25", "--max_depth", "4")


@pytest.fixture(scope="session")
def assemblies(synthesized: Any) -> dict[str, Path]:
    """The templates, with each mode of monitoring."""
    return {"processing": synthesized(), "model_monitor": synthesized(monitoring="model_monitor")}


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """A model of the winter, and its baseline of the data and of the predictions."""
    folder = tmp_path_factory.mktemp("trained")
    jobs = Jobs(folder)
    winter = write_curated(curated("2013-01-08", "2013-03-31"), folder / "winter")
    preprocess = jobs.processing("preprocess", "preprocess", inputs={"curated": winter})
    train = jobs.training("train", *FAST, channels={name: preprocess.output(name) for name in CHANNELS})
    tests = {name: preprocess.output(name) for name in ("test", "temporal_test")}
    evaluate = jobs.processing("evaluate", "evaluate", inputs={"model": train.root / "output", **tests})
    known = {"baseline": preprocess.output("baseline"), "evaluation": evaluate.output("evaluation")}
    suggest = jobs.processing("suggest", "monitor", "suggest", inputs=known)
    return Trained(inference.model_fn(str(train.root / "model")), suggest.output("constraints"))


@pytest.fixture
def site(cloud: LocalCloud, assemblies: dict[str, Path], trained: Trained, tmp_path: Path) -> Iterator[Site]:
    """With roles that may do what their policies allow, and nothing else."""
    outputs = deploy(assemblies["processing"], cloud)
    cloud.enforce = True
    yield Site(cloud, outputs, trained, tmp_path)
    cloud.enforce = False
