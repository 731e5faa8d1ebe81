"""What stands in for AWS's analyzer image is the starter's: one that Python does not find is refused at once."""

import sys

import pytest

from localcloud import LocalCloud
from localcloud.__main__ import main

TOLD = "there is no module nowhere.judge: install what the analyzer is part of, or name another"


def test_the_cloud_refuses_a_module_that_is_not_there() -> None:
    with pytest.raises(ValueError, match=TOLD):
        LocalCloud(analyzer=("nowhere.judge", "check"))


def test_the_command_refuses_it_too(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "argv", ["localcloud", "--analyzer", "nowhere.judge", "check", "--port", "0"])
    with pytest.raises(SystemExit):
        main()
    assert TOLD in capsys.readouterr().err


def test_a_module_in_a_package_is_looked_for_without_importing_it() -> None:
    assert LocalCloud(analyzer=("json.no_such_part", "check")).analyzer == ("json.no_such_part", "check")
