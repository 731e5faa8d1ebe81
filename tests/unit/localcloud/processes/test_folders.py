"""Temporary folders go with their process, or at the next start of another, and never before."""

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import IO

import pytest

from localcloud.processes.folders import TemporaryFolder, lock_folder

HOLD = (
    "import os, sys, time; from localcloud.processes.folders import TemporaryFolder; folder = TemporaryFolder('held');"
    "(folder.path / 'file').write_text('x'); {before} print(folder.path, flush=True); time.sleep(600)"
)
CHURN = (
    "from localcloud.processes.folders import TemporaryFolder\n"
    "for _ in range(40):\n"
    "    with TemporaryFolder('churn') as path:\n"
    "        (path / 'a').mkdir(); (path / 'a' / 'b').write_text('x')\n"
    "        assert (path / 'a' / 'b').read_text() == 'x'\n"
)


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, repository: Path) -> Path:
    """Where temporary folders are made, here and in children."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("PYTHONPATH", str(repository))
    return tmp_path


def hold(before: str = "") -> tuple["subprocess.Popen[str]", Path]:
    """A process with a folder."""
    process = subprocess.Popen([sys.executable, "-c", HOLD.format(before=before)], stdout=subprocess.PIPE, text=True)
    return process, Path(_stdout(process).readline().strip())


def test_it_is_this_users_alone_and_goes_with_all_that_is_in_it(place: Path) -> None:
    with TemporaryFolder("name") as path:
        corner = path.parent
        assert corner.parent == place
        assert path.name.startswith("name-")
        assert [folder.stat().st_mode & 0o777 for folder in (corner, path)] == [0o700, 0o700]
        (path / "a" / "b").mkdir(parents=True)
        (path / "a" / "b" / "file").touch()
        (path / "a" / "b").chmod(0o500)  # user code may do that
        (path / "a").chmod(0)
    assert list(corner.iterdir()) == []


def test_a_killed_process_leaves_its_folder_to_the_next_start() -> None:
    process, path = hold()
    with TemporaryFolder("other"):
        assert (path / "file").exists(), "its process lives"
    _kill(process)
    assert (path / "file").exists()
    with TemporaryFolder("other") as other:
        assert list(other.parent.iterdir()) == [other]


def test_a_fork_holds_the_folder_of_its_dead_parent() -> None:
    process, path = hold(before="fork = os.fork(); fork or time.sleep(600); print(fork, flush=True);")
    child = int(path.name)
    path = Path(_stdout(process).readline().strip())
    _kill(process)
    try:
        with TemporaryFolder("other"):
            assert (path / "file").exists()
    finally:
        os.kill(child, signal.SIGKILL)


def test_many_starts_at_once_take_nobodys_folder_away(place: Path) -> None:
    processes = [subprocess.Popen([sys.executable, "-c", CHURN], stderr=subprocess.PIPE, text=True) for _ in range(6)]
    assert [process.communicate(timeout=120)[1] for process in processes] == [""] * 6
    (corner,) = place.iterdir()
    assert list(corner.iterdir()) == []


def test_what_is_no_folder_of_a_process_stays(place: Path) -> None:
    with TemporaryFolder("first") as path:
        corner = path.parent
    (corner / "file").touch()
    (place / "elsewhere").mkdir()
    (corner / "link").symlink_to(place / "elsewhere")
    with TemporaryFolder("second"):
        assert (corner / "file").exists()
        assert (place / "elsewhere").exists()


def test_another_users_place_is_refused(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: mine + 1)
    (place / f"mlref-{mine + 1}").mkdir()
    with pytest.raises(RuntimeError, match="somebody else's: remove it, or set TMPDIR to a folder of your own"):
        TemporaryFolder("name")
    (place / f"mlref-{mine + 2}").symlink_to(place)
    monkeypatch.setattr(os, "geteuid", lambda: mine + 2)
    with pytest.raises(RuntimeError, match="somebody else's"):
        TemporaryFolder("name")


def test_a_lock_is_one_process_at_a_time(tmp_path: Path) -> None:
    lock = lock_folder(tmp_path)
    assert lock is not None
    assert lock_folder(tmp_path) is None
    os.close(lock)
    again = lock_folder(tmp_path)
    assert again is not None
    os.close(again)


def _stdout(process: "subprocess.Popen[str]") -> IO[str]:
    assert process.stdout is not None
    return process.stdout


def _kill(process: "subprocess.Popen[str]") -> None:
    process.kill()
    process.wait(30)
    _stdout(process).close()
