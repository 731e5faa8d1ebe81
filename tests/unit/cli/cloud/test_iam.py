"""mlref iam: a recording that cannot be read is said to be none."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.errors import UserError
from cli.main import app


@pytest.mark.parametrize("text", [None, "", "{", "{}", "[]", "1"])
def test_a_file_that_is_no_recording_is_refused_by_name(tmp_path: Path, text: str | None) -> None:
    file = tmp_path / "iam.json"
    if text is not None:
        file.write_text(text)
    error = CliRunner().invoke(app, ["iam", "report", "--recording", str(file)]).exception
    assert isinstance(error, UserError)
    assert str(error).startswith(f"{file} is no recording: ")
