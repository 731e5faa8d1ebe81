"""An endpoint under watch."""

from pathlib import Path

import pytest

from datasets.flights.features import DATASET
from localcloud import LocalCloud
from tests.integration.model_monitor.watch import Watch
from tests.unit.processing.sagemaker.support import Jobs, curated


@pytest.fixture(scope="session")
def baseline(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Statistics and constraints of the flights of January to March, every fifth."""
    folder = tmp_path_factory.mktemp("baseline")
    (folder / "rows").mkdir()
    rows = curated("2013-01-08", "2013-03-31").iloc[::5]
    rows[list(DATASET.inputs)].to_csv(folder / "rows" / "baseline.csv", index=False)
    suggested = Jobs(folder).processing("suggest", "monitor", "suggest", inputs={"baseline": folder / "rows"})
    return suggested.output("constraints")


@pytest.fixture
def watch(cloud: LocalCloud, baseline: Path) -> Watch:
    return Watch(cloud, baseline)
