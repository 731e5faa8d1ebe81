"""The groups of tests that begin first are there: one that has moved would begin last, and nobody would notice."""

import re
from pathlib import Path


def test_every_long_group_is_a_file_or_a_mark(repository: Path) -> None:
    text = (repository / "tests/conftest.py").read_text("utf-8").partition("LONG = (")[2].partition("\n)")[0]
    groups = re.findall(r'"([^"]+)"', text)
    files = [path.relative_to(repository).as_posix() for path in (repository / "tests").rglob("*.py")]
    marks = {
        mark
        for name in files
        for mark in re.findall(r'xdist_group\("([^"]+)"\)', (repository / name).read_text("utf-8"))
    }
    assert len(groups) > 10
    assert [group for group in groups if group not in marks and group not in files] == []
