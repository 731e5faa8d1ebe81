"""Whether a process can have folders of its own at fixed paths on this machine, as a SageMaker job has /opt/ml.

A mount namespace of a process's own makes any path its own. Linux allows it to root, and to others through a user
namespace, but not in most containers and not on Ubuntu from 23.10 on, whose AppArmor takes the capabilities of such a
namespace away (https://ubuntu.com/blog/ubuntu-23-10-restricted-unprivileged-user-namespaces). Whether it works is
therefore tried, with the code that jobs use. Where it does not, paths are translated in the job's own interpreter.
"""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from localcloud.processes.folders import TemporaryFolder

NAMESPACE = Path(__file__).with_name("namespace.py")
SWITCH = "LOCALCLOUD_OPT_ML"  # "translated" chooses the second way where the first would work
_TRY_SECONDS = 20.0
_APPARMOR = Path("/proc/sys/kernel/apparmor_restrict_unprivileged_userns")


@dataclass(frozen=True)
class Isolation:
    """Attributes: real: each job has a mount namespace; why: what decided it; fix: what would change it, or ""."""

    real: bool
    why: str
    fix: str = ""


def look() -> Isolation:
    """Try it."""
    if os.environ.get(SWITCH) == "translated":
        return Isolation(False, f"{SWITCH}=translated", f"unset {SWITCH}")
    if sys.platform != "linux":
        return Isolation(False, f"{sys.platform} has no mount namespaces")
    with TemporaryFolder("probe") as folder:
        for name in ("ml", "stage"):
            (folder / name).mkdir()
        (folder / "ml" / "there").touch()
        view = {"places": {"/opt/ml": f"{folder}/ml"}, "stage": f"{folder}/stage", "network": True}
        command = enter(view, "/opt/ml", ["test", "-f", "there"])
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=_TRY_SECONDS, check=False)
        except subprocess.TimeoutExpired:
            return Isolation(False, f"no answer in {_TRY_SECONDS:g} s from a mount namespace")
    if done.returncode == 0:
        return Isolation(
            True, "a mount namespace for each job" + ("" if os.geteuid() == 0 else ", in a user namespace")
        )
    return Isolation(False, done.stderr.strip() or f"exit code {done.returncode}", _fix())


def enter(view: dict[str, Any], directory: str, words: list[str]) -> list[str]:
    """The command that runs ``words`` in ``directory`` of a view of the machine, see `namespace.py`."""
    return [sys.executable, "-I", "-S", str(NAMESPACE), json.dumps(view), directory, *words]


def _fix() -> str:
    try:
        restricted = _APPARMOR.read_text().strip() == "1"
    except OSError:
        restricted = False
    return f"sudo sysctl -w kernel.{_APPARMOR.name}=0" if restricted else ""
