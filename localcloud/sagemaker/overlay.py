"""The Python environment of one job: this one's packages, and above them whatever the job installs for itself.

A container is thrown away with what its code installed. Here `pip install` of a job, by requirements.txt, by ``pip`` or
by ``sys.executable -m pip``, goes into the job's folder: a virtual environment that sees the packages of the local
cloud's own environment and cannot change them (pip leaves alone what lies outside of its environment).
"""

import importlib.util
import os
import shlex
import sys
import sysconfig
from dataclasses import dataclass
from functools import cache
from pathlib import Path

PATHS = Path(__file__).parent / "runtime" / "paths.py"
_HOOK = "opt_ml_paths"


@dataclass(frozen=True)
class Overlay:
    """One environment; ``root`` is its prefix."""

    root: Path

    @property
    def python(self) -> Path:
        return self.root / "bin" / "python3"

    @property
    def site(self) -> Path:
        """Where packages are installed."""
        return self.root / "lib" / f"python{sys.version_info[0]}.{sys.version_info[1]}" / "site-packages"

    def changed(self) -> bool:
        """Whether something has been installed."""
        return any(path.suffix == ".dist-info" for path in self.site.iterdir())


def make(root: Path, translated: tuple[str, Path] | None = None) -> Overlay:
    """A new environment at ``root``; ``translated`` is a path and the folder that it means in every Python of it."""
    overlay = Overlay(root)
    overlay.site.mkdir(parents=True)
    overlay.python.parent.mkdir()
    # as `python -m venv` lays it out, https://docs.python.org/3/library/site.html
    base = Path(getattr(sys, "_base_executable", sys.executable)).resolve()
    (root / "pyvenv.cfg").write_text(f"home = {base.parent}\ninclude-system-site-packages = false\n", "utf-8")
    for name in ("python", "python3", f"python3.{sys.version_info[1]}"):
        (overlay.python.parent / name).symlink_to(base)
    for name in ("pip", "pip3"):
        script = overlay.python.parent / name
        script.write_text(f'#!/bin/sh\nexec {shlex.quote(str(overlay.python))} -m pip "$@"\n', "utf-8")
        script.chmod(0o755)
    found = importlib.util.find_spec("pip")
    seen = [str(path) for path in site()]
    if found is not None and found.submodule_search_locations:
        # pip tells where it is: in the job's environment, so it says
        tools = root / "tools"
        tools.mkdir()
        (tools / "pip").symlink_to(next(iter(found.submodule_search_locations)))
        seen.insert(0, str(tools))
    if translated is not None:
        (overlay.site / f"{_HOOK}.py").write_bytes(PATHS.read_bytes())
        seen.insert(0, f"import {_HOOK}; {_HOOK}.install({translated[0]!r}, {str(translated[1])!r})")
    (overlay.site / "environment.pth").write_text("".join(f"{line}\n" for line in seen), "utf-8")
    return overlay


@cache
def site() -> tuple[str, ...]:
    """Where the packages of this environment are."""
    return tuple(dict.fromkeys((sysconfig.get_path("purelib"), sysconfig.get_path("platlib"))))


def pip_settings() -> dict[str, str]:
    """The user's settings of pip as variables: a job has another home, where pip would not find them."""
    own = {name: value for name, value in os.environ.items() if name.startswith("PIP_")}
    proxy = os.environ.get("https_proxy") or os.environ.get("HTTPS_PROXY")
    config = next((path for path in _user_files() if path.is_file()), None)
    return {
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PIP_NO_INPUT": "1",
        "PIP_ROOT_USER_ACTION": "ignore",
        "PIP_CACHE_DIR": str(Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "pip"),
        **({"PIP_PROXY": proxy} if proxy else {}),
        **({"PIP_CONFIG_FILE": str(config)} if config else {}),
        **own,
    }


def _user_files() -> list[Path]:
    """https://pip.pypa.io/en/stable/topics/configuration/"""
    home = Path.home()
    return [
        home / "Library/Application Support/pip/pip.conf",
        Path(os.environ.get("XDG_CONFIG_HOME") or home / ".config") / "pip/pip.conf",
        home / ".pip/pip.conf",
    ]
