"""`mlref install` puts what a lock file lists into an environment, and nothing whose hash is another."""

import base64
import hashlib
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.cloud import install
from cli.errors import UserError
from cli.main import app
from stacks import catalogue
from stacks.architecture import Architecture

ENTRY = Architecture(
    name="fancy",
    title="",
    layer="ai",
    rows=(),
    stacks=(),
    declares="",
    code=(),
    page="",
    tests=(),
    extra="fancy",
)


@pytest.fixture
def wheel(tmp_path: Path) -> Path:
    """The smallest there is (https://packaging.python.org/en/latest/specifications/binary-distribution-format/)."""
    files = {
        "fancyengine.py": "ANSWER = 42\n",
        "fancyengine-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: fancyengine\nVersion: 1.0\n",
        "fancyengine-1.0.dist-info/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    sums = {
        name: base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
        for name, text in files.items()
    }
    record = "fancyengine-1.0.dist-info/RECORD"
    files[record] = "".join(f"{name},sha256={sums[name]},\n" for name in sums) + f"{record},,\n"
    path = tmp_path / "fancyengine-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return path


@pytest.fixture
def python(tmp_path: Path) -> Path:
    """Of an environment of its own."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(tmp_path / "venv")], check=True)
    return tmp_path / "venv" / "bin" / "python"


@pytest.fixture
def lock(wheel: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "requirements").mkdir()
    file = tmp_path / "requirements" / "fancy.txt"
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    file.write_text(f"fancyengine @ {wheel.as_uri()} --hash=sha256:{digest}\n")
    monkeypatch.setattr(install, "ROOT", tmp_path)
    monkeypatch.setattr(catalogue, "CATALOGUE", (*catalogue.CATALOGUE, ENTRY))
    return file


def test_what_is_locked_is_installed(lock: Path, python: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    installing = install.install_locked
    monkeypatch.setattr(install, "install_locked", lambda file, _: installing(file, python))
    told = CliRunner().invoke(app, ["install", "fancy"], catch_exceptions=False)
    assert told.stdout == "fancy has what it takes.\n"
    asked = [str(python), "-c", "import fancyengine; print(fancyengine.ANSWER)"]
    assert subprocess.run(asked, capture_output=True, text=True, check=True).stdout == "42\n"


@pytest.mark.parametrize("option", [f" --hash=sha256:{'0' * 64}", ""])
def test_another_file_than_the_locked_one_is_refused(option: str, lock: Path, wheel: Path, python: Path) -> None:
    """And one of which the lock does not say which it is."""
    lock.write_text(f"fancyengine @ {wheel.as_uri()}{option}\n")
    with pytest.raises(UserError, match=r"uv could not install fancy\.txt: .*[Hh]ash"):
        install.install_locked(lock, python)
    assert subprocess.run([str(python), "-c", "import fancyengine"], capture_output=True, check=False).returncode == 1


def test_a_lock_that_is_not_there_is_one_sentence(tmp_path: Path, python: Path) -> None:
    with pytest.raises(UserError, match=r"uv could not install none\.txt: "):
        install.install_locked(tmp_path / "none.txt", python)


def test_without_packages_there_is_nothing_to_install() -> None:
    told = CliRunner().invoke(app, ["install", "serving"], catch_exceptions=False)
    assert told.stdout == "Nothing to install: serving takes no packages of its own.\n"
    unknown = CliRunner().invoke(app, ["install", "sevring"]).exception
    assert str(unknown) == "there is no architecture 'sevring': did you mean 'serving'?"
