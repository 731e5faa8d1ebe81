"""Profiles are settings that can be used, and do what they say."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.cloud.profile import PROFILES, settings_of
from cli.errors import UserError
from cli.main import app
from settings import from_context

NAMES = sorted(path.stem for path in PROFILES.glob("*.json"))


@pytest.mark.parametrize("name", NAMES)
def test_profile_can_be_used_and_repeats_no_default(name: str) -> None:
    usual = from_context({})
    chosen = from_context(settings_of(name))
    for key in settings_of(name):
        assert getattr(chosen, key) != getattr(usual, key), key


def test_prod_keeps_data_and_meets_the_controls_that_a_sandbox_does_not() -> None:
    prod = from_context(settings_of("prod"))
    assert (prod.keep_data, prod.removal_policy) == (True, "retain")
    assert prod.retention_hours >= 168  # Security Hub Kinesis.3
    assert prod.log_retention_days >= 365  # CloudWatch.16
    assert prod.endpoint_instances >= 2  # SageMaker.4


def test_command_prints_options_of_cdk() -> None:
    result = CliRunner().invoke(app, ["profile", "prod"])
    assert result.exit_code == 0
    assert result.stdout.startswith("-c keep_data=true -c removal_policy=retain ")
    words = result.stdout.split()
    assert words[::2] == ["-c"] * (len(words) // 2)
    assert dict(word.split("=") for word in words[1::2]) == settings_of("prod")


@pytest.mark.parametrize("name", ["nothing", "../cdk", ""])
def test_profile_that_is_not_there_is_a_sentence(name: str) -> None:
    with pytest.raises(UserError, match=r"profiles are dev, prod"):
        settings_of(name)


def test_every_profile_is_in_the_deploy_guide(repository: Path) -> None:
    text = (repository / "docs" / "deploy.md").read_text("utf-8")
    for name in NAMES:
        assert f"`{name}`" in text
