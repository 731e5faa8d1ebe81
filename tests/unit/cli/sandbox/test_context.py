"""Commands about an account or templates take settings as cdk does."""

import subprocess
from typing import Any

import pytest
from typer.testing import CliRunner

from cli.main import app
from cli.sandbox import account
from guards.nag import Finding, unexpected
from settings import Settings


@pytest.mark.parametrize("name", ["leftovers", "cost"])
def test_a_setting_that_cannot_be_used_is_one_sentence(name: str) -> None:
    told = str(CliRunner().invoke(app, [name, "-c", "architectures=x"]).exception)
    assert "there is no architecture 'x'" in told
    assert "\n" not in told


def test_leftovers_are_those_of_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[Settings] = []

    def look(settings: Settings) -> Any:
        looked.append(settings)
        return account.Account(settings)

    monkeypatch.setattr(account, "look", look)
    told = CliRunner().invoke(app, ["leftovers", "-c", "prefix=mine", "-c", "database=other"], catch_exceptions=False)
    assert told.exit_code == 0
    assert [(item.prefix, item.database) for item in looked] == [("mine", "other")]


def test_guards_look_at_the_choice(monkeypatch: pytest.MonkeyPatch) -> None:
    """A finding counts in any choice; a reason without one only where everything is."""
    asked: list[str] = []

    def run(*_: object, env: dict[str, str], **__: object) -> Any:
        asked.append(env["CDK_CONTEXT_JSON"])
        return subprocess.CompletedProcess([], 0, "", "")

    monkeypatch.setattr("subprocess.run", run)
    monkeypatch.setattr("guards.nag.report", lambda _: ())
    chosen = CliRunner().invoke(app, ["guards", "-c", "architectures=foundation"], catch_exceptions=False)
    whole = CliRunner().invoke(app, ["guards"], catch_exceptions=False)
    assert asked == ['{"architectures": "foundation"}', "{}"]
    assert (chosen.exit_code, whole.exit_code) == (0, 1)
    new = (Finding("S3BucketVersioningEnabled", "Foundation/New", "HIPAA.Security"),)
    assert len(list(unexpected(new, whole=False))) == 1
