"""``mlref install``: what an architecture takes on this machine beside what everything takes."""

import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

from cli.cloud.local import ROOT
from cli.console import Console
from cli.errors import UserError
from stacks import catalogue


def install(name: Annotated[str, typer.Argument(help="an architecture of `mlref architectures`")]) -> None:
    """Install the engines that an architecture takes locally, from their lock file, into this environment.

    Example:

      mlref install serving
    """
    try:
        extra = catalogue.find(name).extra
    except ValueError as error:
        raise UserError(str(error)) from None
    if not extra:
        Console().print(f"Nothing to install: {name} takes no packages of its own.")
        return
    install_locked(ROOT / "requirements" / f"{extra}.txt", Path(sys.executable))
    Console().print(f"{name} has what it takes.")


def install_locked(lock: Path, python: Path) -> None:
    """Install what a file with hashes lists into the environment of ``python``. Raises UserError when uv refuses."""
    uv = Path(sys.executable).with_name("uv")
    if not uv.exists():
        raise UserError("there is no uv in this environment: run `make install`")
    options = ["--require-hashes", "--build-constraint", str(lock), "-r", str(lock)]
    done = subprocess.run(
        [str(uv), "pip", "install", "--python", str(python), *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        reason = " ".join(done.stdout.split())
        reason = reason[max(reason.find("error: "), 0) :]  # what it says before is how far it came
        raise UserError(f"uv could not install {lock.name}: {reason[:600]}")
