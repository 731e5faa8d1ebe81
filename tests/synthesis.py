"""The app synthesized as ``app.py`` does it, cdk-nag included, in this process: starting CDK again costs seconds."""

import json
import runpy
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import aws_cdk as cdk

from settings import from_context

REPOSITORY = Path(__file__).resolve().parent.parent


def declare(folder: Path, context: Mapping[str, str]) -> cdk.App:
    """The app, declared and not yet synthesized into ``folder``. Raises SettingsError."""
    app = cdk.App(outdir=str(folder), context={**_context(), **context})
    _app()["declare"](app, from_context(app.node.get_all_context()))
    return app


def synthesize(folder: Path, context: Mapping[str, str]) -> None:
    """Write the cloud assembly to ``folder``."""
    declare(folder, context).synth()


@cache
def _app() -> dict[str, Any]:
    return runpy.run_path(str(REPOSITORY / "app.py"))


@cache
def _context() -> dict[str, str]:
    found: dict[str, str] = json.loads((REPOSITORY / "cdk.json").read_text("utf-8"))["context"]
    return found
