"""The registry schemas that cfn-lint ships."""

import subprocess
import sys

import pytest

from localcloud.cloudformation.errors import StackError
from localcloud.cloudformation.schema import exists, schema
from localcloud.cloudformation.types import TYPES


@pytest.mark.parametrize("resource_type", TYPES)
def test_every_supported_type_has_a_schema(resource_type: str) -> None:
    facts = TYPES[resource_type]
    assert exists(resource_type)
    properties = schema(resource_type).properties
    named = [name for setting in facts.settings for name in setting.properties if name != "Attributes"]
    assert {facts.name, *named, *facts.used_elsewhere} - {""} <= set(properties)


def test_cfn_lint_is_not_imported() -> None:
    """In a process of its own: other tests here lint templates. Importing it costs 2.5 s."""
    code = (
        "import sys; from localcloud.cloudformation.schema import schema; schema('AWS::SQS::Queue'); "
        "sys.exit('cfnlint' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_replacement_by_nested_property() -> None:
    table = schema("AWS::Glue::Table")
    old = {"DatabaseName": "db", "TableInput": {"Name": "t", "Description": "a"}}
    assert table.replaced_by(old, {**old, "TableInput": {"Name": "t", "Description": "b"}}) == set()
    assert table.replaced_by(old, {**old, "TableInput": {"Name": "u", "Description": "a"}}) == {"TableInput"}


@pytest.mark.parametrize(
    ("resource_type", "properties", "problem"),
    [
        ("AWS::IAM::Role", {}, "#: required key [AssumeRolePolicyDocument] not found"),
        ("AWS::SQS::Queue", {"Name": "q"}, "#: extraneous key [Name] is not permitted"),
        ("AWS::SQS::Queue", {"Arn": "a"}, "#: extraneous key [Arn] is not permitted"),
        (
            "AWS::S3::Bucket",
            {"VersioningConfiguration": {"State": "Enabled"}},
            "#/VersioningConfiguration: required key [Status] not found\n"
            "#/VersioningConfiguration: extraneous key [State] is not permitted",
        ),
        (
            "AWS::S3::Bucket",
            {"VersioningConfiguration": {"Status": "On"}},
            "#/VersioningConfiguration/Status: On is not a valid enum value",
        ),
    ],
)
def test_refused_properties(resource_type: str, properties: dict[str, object], problem: str) -> None:
    with pytest.raises(StackError) as refusal:
        schema(resource_type).check("Subject", properties)
    assert str(refusal.value) == f"Properties validation failed for resource Subject with message:\n{problem}"
