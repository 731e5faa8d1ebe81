"""What ages while the code stays the same: versions and services, as the dated files in guards/ have them."""

import copy
import json
from datetime import date
from importlib.resources import files
from typing import Any

import pytest

from guards import closed
from guards.versions import Version, used, versions


@pytest.mark.parametrize("which", ["everything", "otherwise"])
def test_versions_are_those_of_the_data_file(which: str, request: pytest.FixtureRequest) -> None:
    """Of both: a version nobody has looked up, and one that nothing uses any more."""
    templates = request.getfixturevalue(which).templates
    found = {item for template in templates for item in used(template.document)}
    assert found == {(version.what, version.name) for version in versions().versions}


def test_no_version_ends_soon() -> None:
    """By the day on which the file was read, so that the test says the same every day."""
    assert versions().ending(versions().read) == ()


@pytest.mark.parametrize(("end", "ending"), [("2027-05-19", True), ("2027-05-21", False), (None, False)])
def test_version_that_ends_within_the_months_is_found(end: str | None, ending: bool) -> None:
    version = Version(what="Lambda runtime", name="x", end=end and date.fromisoformat(end), page="")
    changed = versions().model_copy(update={"versions": (version,), "months": 6, "read": date(2026, 11, 21)})
    assert bool(changed.ending(date(2026, 11, 21))) is ending


def test_lambda_dates_agree_with_cfn_lint() -> None:
    """Which keeps them with every release; its rules E2531 and W2531 look at the runtimes of all templates."""
    text = files("cfnlint.data.AdditionalSpecs").joinpath("LmbdRuntimeLifecycle.json").read_text("utf-8")
    lifecycle = json.loads(text)
    runtimes = [version for version in versions().versions if version.what == "Lambda runtime"]
    assert runtimes
    for version in runtimes:
        assert version.end == date.fromisoformat(lifecycle[version.name]["deprecated"]), version.name


def test_templates_have_no_closed_service_with_default_settings(everything: Any) -> None:
    assert [sentence for template in everything.templates for sentence in closed.found(template.document)] == []


def test_closed_types_and_steps_are_found(default: Any) -> None:
    document = copy.deepcopy(default.training.document)
    document["Resources"]["Sql"] = {"Type": "AWS::KinesisAnalytics::Application"}
    pipeline = document["Resources"][default.training.logical_id("AWS::SageMaker::Pipeline")]["Properties"]
    pipeline["PipelineDefinition"] = {"PipelineDefinitionBody": '{"Steps":[{"Name":"Q","Type":"QualityCheck"}]}'}
    found = list(closed.found(document))
    assert [sentence.partition(":")[0] for sentence in found if "Application" in sentence] == ["Sql"]
    assert len([sentence for sentence in found if "QualityCheck" in sentence]) == 1


def test_closed_services_have_evidence() -> None:
    services = closed.closed_services()
    for item in (*services.types.values(), *services.steps.values()):
        assert item.evidence
        assert item.instead
        assert item.since is None or item.since <= services.read
