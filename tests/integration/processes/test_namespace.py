"""Folders at paths of a process's own: as root and as an ordinary user, and nothing of it outside."""

import ctypes
import encodings.idna  # noqa: F401 - another user may not read this interpreter's files
import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from localcloud.processes import isolation, namespace
from localcloud.processes.isolation import NAMESPACE, SWITCH, Isolation, enter, look

# the same answer decides how jobs run: where it is no, translation is what there is to test
allowed = pytest.mark.skipif(not look().real, reason=f"this machine allows no mount namespace: {look().why}")
_DUMPABLE = 4  # prctl PR_SET_DUMPABLE: a process that changed its uid may not write its own maps otherwise
_NOBODY = 65534


@pytest.fixture
def view(tmp_path: Path) -> dict[str, Any]:
    for name in ("ml", "stage"):
        (tmp_path / name).mkdir()
        (tmp_path / name).chmod(0o777)
    for folder in (tmp_path, *tmp_path.parents):  # other users have to come through
        if folder.owner() == Path("/proc/self").owner() and folder != Path("/tmp"):  # noqa: S108 - not ours
            folder.chmod(folder.stat().st_mode | 0o011)
    (tmp_path / "ml" / "given").write_text("text")
    return {"places": {"/opt/ml": str(tmp_path / "ml")}, "stage": str(tmp_path / "stage"), "network": True}


def seen(view: dict[str, Any], work: Callable[[], Any], uid: int | None = None) -> Any:
    """What ``work`` returns in a child that has the view, as another user where one is given."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            if uid is not None:
                os.setgroups([])
                os.setresgid(uid, uid, uid)
                os.setresuid(uid, uid, uid)
                ctypes.CDLL(None).prctl(_DUMPABLE, 1, 0, 0, 0)
            namespace.enter(view)
            told = work()
        except BaseException as error:
            told = f"{type(error).__name__}: {error}"
        os.write(writing, json.dumps(told).encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as answer:
        told = json.load(answer)
    os.waitpid(child, 0)
    return told


def _names(folder: str) -> list[str]:
    return sorted(path.name for path in Path(folder).iterdir())


USERS = [None] if os.geteuid() != 0 else [None, _NOBODY]


@allowed
@pytest.mark.parametrize("uid", USERS)
@pytest.mark.parametrize("place", ["/opt/ml", "/opt/ml/deep/er", "/no-such-folder/ml", "/usr/share/new"])
def test_a_folder_is_at_its_path_inside(view: dict[str, Any], place: str, uid: int | None) -> None:
    folder = Path(view["places"].pop("/opt/ml"))
    view["places"][place] = str(folder)
    before = _names("/"), Path("/proc/self/mountinfo").read_text()

    def work() -> list[Any]:
        Path(place, "made").write_text("by the job")
        return [Path(place, "given").read_text(), os.geteuid(), _names("/usr")]

    assert seen(view, work, uid) == ["text", uid or os.geteuid(), _names("/usr")]
    assert (folder / "made").read_text() == "by the job"
    assert (_names("/"), Path("/proc/self/mountinfo").read_text()) == before
    assert list(Path(view["stage"]).iterdir()) == []


@allowed
@pytest.mark.parametrize("uid", USERS)
def test_what_the_parent_has_stays_in_place(tmp_path: Path, view: dict[str, Any], uid: int | None) -> None:
    parent = tmp_path / "parent"
    (parent / "folder").mkdir(parents=True)
    (parent / "folder" / "a").write_text("a")
    (parent / "file").write_text("b")
    (parent / "link").symlink_to("folder/a")
    view["places"] = {
        f"{parent}/ml": view["places"]["/opt/ml"],
        f"{parent}/file": view["places"]["/opt/ml"] + "/given",
    }

    def work() -> list[str]:
        return [(parent / name).read_text() for name in ("folder/a", "link", "file", "ml/given")]

    assert seen(view, work, uid) == ["a", "a", "text", "text"]
    assert (parent / "file").read_text() == "b"
    assert sorted(path.name for path in parent.iterdir()) == ["file", "folder", "link"]


@allowed
@pytest.mark.skipif(os.geteuid() != 0, reason="an ordinary user is what the other tests run as")
def test_an_ordinary_user_is_one_inside_too(view: dict[str, Any]) -> None:
    def work() -> list[Any]:
        status = dict(line.split(":\t") for line in Path("/proc/self/status").read_text().splitlines())
        try:
            ctypes.CDLL(None, use_errno=True).umount2(b"/opt/ml", 0)
            left = Path("/opt/ml/given").exists()
            Path("/proc/sys/kernel/hostname").read_text()
            os.chown("/opt/ml/given", 0, 0)
        except OSError as error:
            return [status["CapEff"], left, error.strerror]
        return [status["CapEff"], left, "root"]

    assert seen(view, work, _NOBODY) == ["0000000000000000", True, "Invalid argument"]


@allowed
@pytest.mark.parametrize("uid", USERS)
def test_without_network_there_is_a_loopback_of_its_own(view: dict[str, Any], uid: int | None) -> None:
    view["network"] = False
    with socket.create_server(("127.0.0.1", 0)) as outside:
        address = outside.getsockname()

        def work() -> list[str]:
            with socket.create_server(("127.0.0.1", 0)) as own:
                socket.create_connection(own.getsockname()).close()
            found = ["own loopback"]
            for place in (address, ("192.0.2.1", 80)):
                try:
                    socket.create_connection(place, 1).close()
                    found.append("reached")
                except OSError as error:
                    found.append(str(error.strerror))
            return found

        assert seen(view, work, uid) == ["own loopback", "Connection refused", "Network is unreachable"]
        assert seen({**view, "network": True}, work, uid)[1] == "reached"


@pytest.mark.parametrize(
    ("words", "code", "text"),
    [
        (["sh", "-c", "echo here; exit 3"], 3, "here\n"),
        (["no-such-program", "x"], 127, "no-such-program cannot be started: No such file or directory\n"),
        (["./script"], 126, "./script cannot be started: Permission denied\n"),
        (["sh", "-c", "kill -TERM $$"], -15, ""),
    ],
)
def test_a_program_takes_the_place(tmp_path: Path, words: list[str], code: int, text: str) -> None:
    (tmp_path / "script").write_text("echo as downloaded")
    view = {"places": {}, "stage": "", "network": True}
    done = subprocess.run(enter(view, str(tmp_path), words), capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout + done.stderr) == (code, text)


def test_a_folder_that_is_not_there_is_said() -> None:
    view = {"places": {}, "stage": "", "network": True}
    done = subprocess.run(enter(view, "/no-such-folder", ["true"]), capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (125, "no mount namespace: No such file or directory\n")


@pytest.mark.parametrize(
    ("standin", "why"),
    [
        (
            "import sys; print('mount on /opt: Permission denied', file=sys.stderr); sys.exit(125)",
            "mount on /opt: Perm",
        ),
        ("import sys; sys.exit(9)", "exit code 9"),
        ("import time; time.sleep(60)", "no answer in 0.5 s"),
    ],
)
def test_what_does_not_work_is_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, standin: str, why: str
) -> None:
    refusing = tmp_path / "namespace.py"
    refusing.write_text(standin)
    monkeypatch.setattr(isolation, "NAMESPACE", refusing)
    monkeypatch.setattr(isolation, "_TRY_SECONDS", 0.5)
    found = look()
    assert not found.real
    assert found.why.startswith(why)


def test_the_fix_for_apparmor_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "namespace.py").write_text("import sys; sys.exit(125)")
    switch = tmp_path / "apparmor_restrict_unprivileged_userns"
    switch.write_text("1\n")
    monkeypatch.setattr(isolation, "NAMESPACE", tmp_path / "namespace.py")
    monkeypatch.setattr(isolation, "_APPARMOR", switch)
    assert look().fix == "sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0"


def test_the_switch_and_other_systems(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SWITCH, "translated")
    assert look() == Isolation(False, f"{SWITCH}=translated", f"unset {SWITCH}")
    monkeypatch.delenv(SWITCH)
    monkeypatch.setattr(sys, "platform", "darwin")
    assert look() == Isolation(False, "darwin has no mount namespaces")


def test_it_runs_by_file_alone() -> None:
    """Cold processes start it with no packages on the path."""
    done = subprocess.run(
        [sys.executable, "-I", "-S", str(NAMESPACE), '{"places": {}}', "/", "pwd"], capture_output=True, check=True
    )
    assert done.stdout == b"/\n"
