"""Files that others see whole or not at all."""

import os
import shutil
from pathlib import Path


def write_whole(path: Path, text: str) -> None:
    """Write a file; what was there stays until all is written."""
    path = path.resolve()
    part = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        part.write_text(text, "utf-8")
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def copy_whole(source: Path, target: Path) -> None:
    """Make a folder a copy of another; what was there stays until all is copied."""
    part, old = (target.with_name(f".{target.name}.{which}") for which in ("new", "old"))
    for left in (part, old):
        shutil.rmtree(left, ignore_errors=True)
    try:
        shutil.copytree(source, part)
        if target.exists():
            target.rename(old)
        part.rename(target)
    except BaseException:
        if old.exists() and not target.exists():
            old.rename(target)
        raise
    finally:
        for left in (part, old):
            shutil.rmtree(left, ignore_errors=True)


def refuse_unwritable(path: Path) -> None:
    """See to it before long work that a file can be written at its end. Raises ValueError."""
    folder = path.resolve().parent
    if not folder.is_dir():
        raise ValueError(f"{path} cannot be written, there is no folder {folder}: make it first")
    if path.exists() and not path.is_file():
        raise ValueError(f"{path} cannot be written, it is no file")
    if not os.access(folder, os.W_OK):
        raise ValueError(f"{path} cannot be written, the folder {folder} is not yours to write to")
