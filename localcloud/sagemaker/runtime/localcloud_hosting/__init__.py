"""A model's script in its own process, called as the toolkit of its image calls it: `host` picks the contract.

Imported where user code runs, where nothing of `localcloud` is: the folder beside this one is at the end of sys.path.
"""

import importlib
import subprocess
import sys
from pathlib import Path
from typing import Any

from .exchange import Answer, Host, Request
from .script import load

__all__ = ["Answer", "Host", "Request", "host"]


def host(spec: dict[str, Any]) -> Host:
    """Load a model. Raises whatever its script raises, or an error that says what is wrong with it.

    Args:
        spec: ``code``, the folder, and ``module``, the name of the script; ``model_dir``; ``missing``, variables that
            the images need; ``serving`` and ``handlers``, which `localcloud.sagemaker.images.ImageFacts` explains.
    """
    _install(Path(spec["code"]))
    if spec["serving"] == "sagemaker-containers":
        from .containers import ContainersHost  # noqa: PLC0415 - Flask is imported where it is needed

        if spec["missing"]:
            names = " and ".join(spec["missing"])
            print(f"the model does not set {names}: on AWS its image would not serve this script", flush=True)
        return ContainersHost(load(spec["code"], spec["module"]), spec["module"], spec["handlers"], spec["model_dir"])
    from .inference import InferenceHost  # noqa: PLC0415

    return InferenceHost(spec["code"], spec["model_dir"])


def _install(code: Path) -> None:
    """Into the environment of this process's own, what the toolkits install before they start their servers."""
    package = (".",) if (code / "setup.py").exists() else ()
    requirements = ("-r", "requirements.txt") if (code / "requirements.txt").exists() else ()
    if not package and not requirements:
        return
    words = ["-m", "pip", "install", *package, *requirements]
    done = subprocess.run(
        [sys.executable, *words], cwd=code, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    print(done.stdout, flush=True)
    if done.returncode != 0:
        why = done.stdout.strip().rpartition("\n")[2]
        sys.exit(f'InstallModuleError: Command "python3 {" ".join(words)}": {why}')  # the toolkit's words, and pip's
    importlib.invalidate_caches()
