"""Files and folders that others see whole or not at all."""

from pathlib import Path

import pytest

from localcloud.processes.files import copy_whole, refuse_unwritable, write_whole


def test_a_file_is_replaced_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "facts.json"
    write_whole(path, "old")
    (tmp_path / "link").symlink_to(path)
    seen = []
    replace = Path.replace

    def look(self: Path, target: Path) -> Path:
        seen.append((path.read_text(), self.read_text()))
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", look)
    write_whole(tmp_path / "link", "new ✓")
    assert seen == [("old", "new ✓")]
    assert path.read_text("utf-8") == "new ✓"
    assert sorted(tmp_path.iterdir()) == [path, tmp_path / "link"]


def test_an_interruption_leaves_the_old_file_and_no_part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "facts.json"
    write_whole(path, "old")
    for error in (KeyboardInterrupt, OSError(28, "No space left on device")):
        monkeypatch.setattr(Path, "replace", lambda *_, error=error: (_ for _ in ()).throw(error))
        with pytest.raises((KeyboardInterrupt, OSError)):
            write_whole(path, "new")
        assert path.read_text() == "old"
        assert list(tmp_path.iterdir()) == [path]


def test_a_folder_is_replaced_whole(tmp_path: Path) -> None:
    for name, file in (("source", "new"), ("target", "old"), (".target.new", "left by a killed one")):
        (tmp_path / name).mkdir()
        (tmp_path / name / file).touch()
    copy_whole(tmp_path / "source", tmp_path / "target")
    copy_whole(tmp_path / "source", tmp_path / "fresh")
    assert [path.name for path in (tmp_path / "target").iterdir()] == ["new"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["fresh", "source", "target"]


@pytest.mark.parametrize("step", ["shutil.copytree", "pathlib.Path.rename"])
def test_an_interrupted_copy_leaves_the_old_folder(
    step: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("source", "target"):
        (tmp_path / name).mkdir()
        (tmp_path / name / name).touch()
    rename, calls = Path.rename, []

    def interrupted(*arguments: Path) -> object:
        calls.append(arguments)
        if step == "shutil.copytree" or len(calls) == 2:  # when the old one is out of the way
            raise KeyboardInterrupt
        return rename(*arguments)

    monkeypatch.setattr(step, interrupted)
    with pytest.raises(KeyboardInterrupt):
        copy_whole(tmp_path / "source", tmp_path / "target")
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["source", "source", "target", "target"]


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("missing/ready.json", "there is no folder .*/missing: make it first"),
        ("file/ready.json", "there is no folder .*/file: make it first"),
        ("folder", "it is no file"),
    ],
)
def test_what_cannot_be_written_is_told_before(path: str, told: str, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "folder").mkdir()
    with pytest.raises(ValueError, match=told):
        refuse_unwritable(tmp_path / path)
    refuse_unwritable(tmp_path / "ready.json")
    refuse_unwritable(tmp_path / "file")
