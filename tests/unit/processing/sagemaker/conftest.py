"""Jobs of one test, and three months of flights for all of them."""

from pathlib import Path

import pytest

from tests.unit.processing.sagemaker.support import Jobs, curated, write_curated


@pytest.fixture
def jobs(tmp_path: Path) -> Jobs:
    return Jobs(tmp_path)


@pytest.fixture(scope="session")
def winter(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The curated table of January to March."""
    return write_curated(curated("2013-01-01", "2013-03-31"), tmp_path_factory.mktemp("winter"))
