"""docs/what-is-real-locally.md is what the engines say of themselves."""

from importlib import import_module

from localcloud import coverage
from localcloud.server import ENGINES


def test_page_is_fresh() -> None:
    assert coverage.PAGE.read_text("utf-8") == coverage.page(), "run: python -m localcloud.coverage"


def test_every_engine_says_what_it_is() -> None:
    silent = [
        name
        for name in ENGINES
        if hasattr(import_module(name), "engine") and not hasattr(import_module(name), "REAL")
    ]
    assert silent == []
