"""Archives that lead out, blow up, contradict themselves or are none leave nothing behind."""

import gzip
import io
import stat
import struct
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import pytest

from localcloud.archives import ArchiveError, TooLargeError, check_zip, untar, unzip

LIMIT = 100_000
Mode = Literal["w:gz", "w"]


def zipped(*entries: tuple[str | zipfile.ZipInfo, bytes]) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in entries:
            archive.writestr(name, body)
    return sink.getvalue()


def special(name: str, mode: int) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name)
    entry.external_attr = mode << 16
    return entry


def encrypted() -> bytes:
    archive = bytearray(zipped(("a.py", b"a")))
    archive[archive.index(b"PK\1\2") + 8] |= 1
    return bytes(archive)


ZIPS = {
    "text": b"no zip",
    "empty": b"",
    "cut off": zipped(("a.py", b"a" * 500))[:-10],
    "parent": zipped(("../a.py", b"a")),
    "parent inside": zipped(("a/../../b.py", b"a")),
    "absolute": zipped(("/etc/a.py", b"a")),
    "file and folder": zipped(("a", b"a"), ("a/b", b"b")),
    "folder and file": zipped(("a/b", b"b"), ("a", b"a")),
    "deep file and folder": zipped(("x/a", b"a"), ("x/a/b/c", b"b")),
    "device": zipped((special("null", stat.S_IFCHR | 0o666), b"")),
    "pipe": zipped((special("pipe", stat.S_IFIFO | 0o666), b"")),
    "encrypted": encrypted(),
    "bomb": zipped(("a.py", b"\0" * (LIMIT + 1))),
    "many": zipped(*((f"{at}.py", b"\0" * 1_000) for at in range(101))),
}


@pytest.mark.parametrize("archive", ZIPS.values(), ids=ZIPS)
def test_zips_that_are_refused(archive: bytes) -> None:
    with pytest.raises(ArchiveError) as refusal:
        check_zip(archive, LIMIT)
    assert "\n" not in str(refusal.value)


def test_a_zip_holds_what_its_directory_says(tmp_path: Path) -> None:
    archive = bytearray(zipped(("a.py", b"\0" * LIMIT)))
    where = archive.index(b"PK\1\2") + 24
    assert struct.unpack_from("<I", archive, where) == (LIMIT,)
    struct.pack_into("<I", archive, where, 10)
    assert check_zip(bytes(archive), LIMIT) == 10
    with pytest.raises(zipfile.BadZipFile):
        unzip(bytes(archive), tmp_path)
    assert (tmp_path / "a.py").stat().st_size <= 10


def test_a_zip(tmp_path: Path) -> None:
    archive = zipped(("a/", b""), ("a/b.py", b"b"), ("A/b.py", b"other"), ("a/b.py.txt", b"c"), ("ä.py", b"ae"))
    assert check_zip(archive, LIMIT) == 9
    unzip(archive, tmp_path)
    assert (tmp_path / "a" / "b.py").read_bytes() == b"b"
    assert (tmp_path / "ä.py").read_bytes() == b"ae"


def tarred(*entries: tuple[tarfile.TarInfo, bytes], mode: Mode = "w:gz") -> bytes:
    sink = io.BytesIO()
    with tarfile.open(fileobj=sink, mode=mode) as tar:
        for entry, body in entries:
            entry.size = len(body)
            tar.addfile(entry, io.BytesIO(body))
    return sink.getvalue()


def entry(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    made = tarfile.TarInfo(name)
    made.type, made.linkname = kind, link
    return made


FIRST = (entry("first.json"), b"{}")
TARS: dict[str, Callable[[], bytes]] = {
    "text": lambda: b"no archive",
    "empty": lambda: b"",
    "gzip of text": lambda: gzip.compress(b"no archive" * 100),
    "cut off": lambda: tarred(FIRST, (entry("model"), bytes(range(256)) * 200))[:-40],
    "wrong checksum": lambda: tarred(FIRST)[:-8] + b"\0" * 8,
    "parent": lambda: tarred(FIRST, (entry("../a"), b"a")),
    "absolute link": lambda: tarred(FIRST, (entry("passwd", tarfile.SYMTYPE, "/etc/passwd"), b"")),
    "link out": lambda: tarred(FIRST, (entry("a/b", tarfile.SYMTYPE, "../../c"), b"")),
    "hard link out": lambda: tarred(FIRST, (entry("a", tarfile.LNKTYPE, "../c"), b"")),
    "device": lambda: tarred(FIRST, (entry("null", tarfile.CHRTYPE), b"")),
    "pipe": lambda: tarred(FIRST, (entry("pipe", tarfile.FIFOTYPE), b"")),
    "file and folder": lambda: tarred(FIRST, (entry("a"), b"a"), (entry("a/b"), b"b")),
    "bomb": lambda: tarred(FIRST, (entry("model"), b"\0" * (LIMIT + 1))),
    "many": lambda: tarred(FIRST, *((entry(f"{at}"), b"\0" * 1_000) for at in range(101))),
}


@pytest.mark.parametrize("archive", TARS.values(), ids=TARS)
def test_tars_that_are_refused(archive: Callable[[], bytes], tmp_path: Path) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "before").touch()
    with pytest.raises(ArchiveError) as refusal:
        untar(io.BytesIO(archive()), folder, LIMIT)
    assert "\n" not in str(refusal.value)
    assert [path.name for path in folder.iterdir()] == ["before"], "nothing of it is left"
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


def test_a_tar_may_take_half_of_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _: type("Usage", (), {"free": 1_000})())
    with pytest.raises(TooLargeError, match="it has 501 bytes unpacked, more than 500"):
        untar(io.BytesIO(tarred((entry("model"), b"\0" * 501))), tmp_path)
    untar(io.BytesIO(tarred((entry("model"), b"\0" * 500))), tmp_path)


@pytest.mark.parametrize("mode", ["w:gz", "w"])
def test_a_tar(mode: Mode, tmp_path: Path) -> None:
    link = entry("code/link", tarfile.SYMTYPE, "inference.py")
    untar(io.BytesIO(tarred(FIRST, (entry("code/inference.py"), b"x"), (link, b""), mode=mode)), tmp_path)
    assert (tmp_path / "code" / "link").read_bytes() == b"x"
