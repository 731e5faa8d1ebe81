"""Bundles: the same bytes from the same sources."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from stacks.parts import bundle


def test_library_is_the_same_bytes_whatever_the_clock_says(monkeypatch: pytest.MonkeyPatch) -> None:
    with bundle.job_library("flights") as archive:
        first = archive.read_bytes()
    for file in (bundle.REPOSITORY / "processing").rglob("*.py"):
        os.utime(file)
    with bundle.job_library("flights") as archive:
        assert archive.read_bytes() == first
    assert not archive.exists()  # nothing is left after the block


def test_function_bundle_imports_the_contract_with_the_standard_library_only() -> None:
    with bundle.function_code("transform_events", "flights") as folder:
        code = "import os, sys; os.environ['DATASET'] = 'flights'; sys.path.insert(0, '.'); "
        code += "import lambdas.transform_events.handler as handler; "
        code += "print('yaml' in sys.modules, handler.__file__)"
        result = subprocess.run(
            [sys.executable, "-S", "-E", "-c", code],
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert result.returncode == 0, result.stderr
        assert result.stdout.split() == [
            "False",
            str(Path(folder).resolve() / "lambdas" / "transform_events" / "handler.py"),
        ]


def test_missing_function_is_named() -> None:
    with (
        pytest.raises(FileNotFoundError, match=r"no lambdas/no_such/handler\.py"),
        bundle.function_code("no_such"),
    ):
        pass
