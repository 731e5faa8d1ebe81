"""pip of a job installs into the job's own environment, whatever the project's has."""

import os
import subprocess
import sys
import zipfile
from importlib.metadata import version
from pathlib import Path

import pytest

from localcloud.sagemaker import overlay
from localcloud.sagemaker.overlay import Overlay, make, pip_settings

OFFLINE = {"PIP_NO_INDEX": "1", "PIP_CONFIG_FILE": os.devnull, "PIP_DISABLE_PIP_VERSION_CHECK": "1"}


def wheel(folder: Path, name: str, number: str, source: str) -> Path:
    """A package of one module, which needs no index to be installed."""
    path = folder / f"{name}-{number}-py3-none-any.whl"
    info = f"{name}-{number}.dist-info"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"{name}.py", source)
        archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {number}\n")
        archive.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr(f"{info}/RECORD", f"{name}.py,,\n{info}/METADATA,,\n{info}/WHEEL,,\n{info}/RECORD,,\n")
    return path


@pytest.fixture
def environment(tmp_path: Path) -> Overlay:
    return make(tmp_path / "python")


def run(*words: str | Path, fails: bool = False, **more: str) -> str:
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "PYTHON"))}
    done = subprocess.run(
        words, capture_output=True, text=True, check=False, env={**clean, "PIP_NO_INDEX": "1", **more}
    )
    assert (done.returncode != 0) == fails, done.stdout + done.stderr
    return done.stdout + done.stderr


def pip(*words: str | Path) -> str:
    """Without a look at the dependencies of all that there is, which takes seconds."""
    return run(*words, "--no-deps", "--no-warn-conflicts")


def test_it_sees_the_packages_of_this_environment(environment: Overlay) -> None:
    code = "import sys, pandas; print(sys.prefix, sys.executable, pandas.__version__, pandas.__file__)"
    prefix, program, number, place = run(environment.python, "-c", code).split()
    assert (prefix, program) == (str(environment.root), str(environment.python))
    assert number == version("pandas")
    assert place.startswith(sys.prefix)
    assert not environment.changed()


def test_nothing_of_the_checkout_is_to_be_imported(environment: Overlay, tmp_path: Path) -> None:
    told = run("/bin/sh", "-c", f"cd {tmp_path} && {environment.python} -c 'import localcloud'", fails=True)
    assert "No module named 'localcloud'" in told


def test_what_is_installed_is_the_job_s(environment: Overlay, tmp_path: Path) -> None:
    pip(environment.python.parent / "pip3", "install", wheel(tmp_path, "of_a_job", "1.0", "X = 1"))
    assert run(environment.python, "-c", "import of_a_job; print(of_a_job.X)") == "1\n"
    assert "No module named" in run(sys.executable, "-c", "import of_a_job", fails=True)
    assert environment.changed()


def test_another_version_hides_the_project_s_and_leaves_it(environment: Overlay, tmp_path: Path) -> None:
    told = run(
        environment.python, "-m", "pip", "install", wheel(tmp_path, "pandas", "0.0.1", "__version__ = '0.0.1'")
    )
    assert "outside environment" in told
    assert run(environment.python, "-c", "import pandas; print(pandas.__version__)") == "0.0.1\n"
    assert (
        run(sys.executable, "-c", "import pandas; print(pandas.__version__)").strip() == version("pandas") != "0.0.1"
    )


@pytest.mark.parametrize("package", ["pandas", "pip"])
def test_the_project_s_packages_cannot_be_removed(environment: Overlay, package: str) -> None:
    place = Path(overlay.site()[0]) / package / "__init__.py"
    before = place.read_bytes()
    told = run(environment.python, "-m", "pip", "uninstall", "-y", package)
    assert "outside environment" in told
    assert place.read_bytes() == before


def test_a_newer_pip_is_the_job_s_too(environment: Overlay, tmp_path: Path) -> None:
    place = Path(overlay.site()[0]) / "pip" / "__init__.py"
    before = place.read_bytes()
    pip(environment.python, "-m", "pip", "install", "--upgrade", wheel(tmp_path, "pip", "999.0", "NEW = True"))
    assert run(environment.python, "-c", "import pip; print(pip.NEW)") == "True\n"
    assert place.read_bytes() == before


@pytest.mark.parametrize("how", ["python -m pip", "python3 -m pip", "pip", "pip3"])
def test_every_pip_is_the_job_s(environment: Overlay, how: str) -> None:
    told = run("/bin/sh", "-c", f"PATH={environment.python.parent}:$PATH {how} --version")
    assert str(environment.root) in told


def test_the_user_s_settings_of_pip_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    for name in [name for name in os.environ if name.startswith("PIP_")] + ["XDG_CONFIG_HOME", "XDG_CACHE_HOME"]:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PIP_INDEX_URL", "https://index.example")
    monkeypatch.setenv("https_proxy", "http://proxy.example:3128")
    assert "PIP_CONFIG_FILE" not in pip_settings()
    (tmp_path / ".config/pip").mkdir(parents=True)
    (tmp_path / ".config/pip/pip.conf").write_text("[global]\n")
    found = pip_settings()
    assert found["PIP_INDEX_URL"] == "https://index.example"
    assert found["PIP_PROXY"] == "http://proxy.example:3128"
    assert found["PIP_CONFIG_FILE"] == str(tmp_path / ".config/pip/pip.conf")
    assert found["PIP_CACHE_DIR"] == str(tmp_path / ".cache/pip")
