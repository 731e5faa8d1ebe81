"""What others say of the templates: cfn-lint and cdk-nag."""

import json
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_s3 as s3

from tests.synthesis import declare

# CDK adds DependsOn where a reference says it already (Lambda functions on their roles): harmless, and not ours.
# Zones by name are those of the setting; by default there is none.
IGNORED = ["W3005", "W3010"]


def test_cfn_lint_finds_nothing_but_what_was_broken_on_purpose(
    everything: Any, otherwise: Any, tmp_path: Path
) -> None:
    from cfnlint.api import lint_by_config  # noqa: PLC0415 - importing it costs every worker a second
    from cfnlint.config import ManualArgs  # noqa: PLC0415

    templates = [
        str(assembly.folder / f"{template.name}.template.json")
        for assembly in (everything, otherwise)
        for template in assembly.templates
    ]
    job = {"Name": "job", "Role": "role", "Command": {"Name": "glueetl"}, "NumberOfWorkers": "two"}
    broken = tmp_path / "broken.template.json"
    broken.write_text(json.dumps({"Resources": {"Job": {"Type": "AWS::Glue::Job", "Properties": job}}}))

    regions = ["us-east-1", "eu-west-1"]
    found = lint_by_config(ManualArgs(templates=[*templates, str(broken)], ignore_checks=IGNORED, regions=regions))
    assert len(templates) >= 13
    assert {(match.filename, match.rule.id) for match in found} == {(str(broken), "E3012")}


def test_nag_stops_the_synthesis_of_the_app(tmp_path: Path) -> None:
    """That the app synthesizes elsewhere in these tests means that cdk-nag has no finding without a reason."""
    app = declare(tmp_path, {})
    stack = app.node.find_child("Foundation")
    assert isinstance(stack, cdk.Stack)
    s3.Bucket(stack, "Open")
    with pytest.raises(RuntimeError, match="AwsSolutions-S1"):
        app.synth()
