"""Archives that others made: checked as a whole before anything of them is written.

A zip's directory says how large its entries are, and Python's zipfile writes no more than that. A tar.gz has no
directory: its entries are counted while they are written.
"""

import gzip
import io
import shutil
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import IO, Any

_CHUNK = 2**20


class ArchiveError(ValueError):
    """It is no archive, or one that may not be unpacked; the message says why."""


class TooLargeError(ArchiveError):
    """It would take more than it may."""

    def __init__(self, size: int, limit: int) -> None:
        super().__init__(f"it has {size:,} bytes unpacked, more than {limit:,}")
        self.size = size


def check_zip(archive: bytes, limit: int) -> int:
    """The bytes of the files in a zip that can be unpacked into a folder. Raises ArchiveError."""
    try:
        with zipfile.ZipFile(io.BytesIO(archive)) as content:
            entries = content.infolist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError, EOFError, OSError) as error:
        raise ArchiveError(str(error)) from None
    size = sum(entry.file_size for entry in entries)
    if size > limit:
        raise TooLargeError(size, limit)
    files: set[PurePosixPath] = set()
    folders: set[PurePosixPath] = set()
    for entry in entries:
        path = PurePosixPath(entry.filename)
        if entry.flag_bits & 1:
            raise ArchiveError(f"{entry.filename!r} is encrypted")
        if path.is_absolute() or ".." in path.parts or not path.parts:
            raise ArchiveError(f"{entry.filename!r} leads out of the folder that it is unpacked into")
        if stat.S_IFMT(entry.external_attr >> 16) not in (0, stat.S_IFREG, stat.S_IFDIR, stat.S_IFLNK):
            raise ArchiveError(f"{entry.filename!r} is neither a file nor a folder")
        folders.update(path.parents)
        (folders if entry.is_dir() else files).add(path)
    if both := files & folders:
        raise ArchiveError(f"{str(min(both))!r} is a file and a folder")
    return size


def unzip(archive: bytes, folder: Path) -> None:
    """Unpack what `check_zip` took. Raises OSError; zipfile.BadZipFile when the content is not what was promised."""
    with zipfile.ZipFile(io.BytesIO(archive)) as content:
        content.extractall(folder)  # noqa: S202 - checked when it came


def untar(archive: IO[bytes], folder: Path, limit: int | None = None) -> None:
    """Unpack a tar, compressed or not, with no entry outside of the folder and no device.

    Args:
        limit: bytes of all files; by default half of what is free on the disk.

    Raises:
        ArchiveError: nothing of it is left then.
        OSError: where the disk does not take it.
    """
    limit = shutil.disk_usage(folder).free // 2 if limit is None else limit
    before = set(folder.iterdir())
    try:
        with tarfile.open(fileobj=archive) as tar:
            tar.extractall(folder, filter=_counted(limit))  # noqa: S202 - the filter is tarfile's own
            while tar.fileobj is not None and tar.fileobj.read(_CHUNK):
                pass  # the checksum is after the last file
    except (tarfile.TarError, gzip.BadGzipFile, EOFError, zlib.error, NotADirectoryError, IsADirectoryError) as error:
        _clear(folder, before)
        raise ArchiveError(str(error).partition(":\n")[0]) from error  # without the list of what it is not
    except (ArchiveError, OSError):
        _clear(folder, before)
        raise


def _counted(limit: int) -> Callable[[tarfile.TarInfo, str], Any]:
    """tarfile's own filter of data (PEP 706), and a sum."""
    size = 0

    def check(member: tarfile.TarInfo, path: str) -> Any:
        nonlocal size
        size += member.size
        if size > limit:
            raise TooLargeError(size, limit)
        return tarfile.data_filter(member, path)

    return check


def _clear(folder: Path, but: set[Path]) -> None:
    for path in set(folder.iterdir()) - but:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
