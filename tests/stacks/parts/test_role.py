"""Roles: no wildcard without a reason, and the reason is for that wildcard alone."""

import json
from pathlib import Path

import aws_cdk as cdk
import cdk_nag
import pytest
from aws_cdk import assertions
from aws_cdk import aws_s3 as s3

from stacks.parts.role import Allow, arn_as_seen_from, scoped_role


def test_wildcard_needs_a_reason() -> None:
    stack = cdk.Stack(cdk.App(), "Some")
    with pytest.raises(ValueError, match=r"arn:aws:s3:::some/\* has a wildcard"):
        scoped_role(stack, "Role", "glue.amazonaws.com", "-", Allow(("s3:GetObject",), ("arn:aws:s3:::some/*",)))


def test_why_a_statement_is_unused_is_told_beside_it() -> None:
    stack = cdk.Stack(cdk.App(), "Some")
    used = Allow(("s3:GetObject",), ("arn:aws:s3:::some/a",))
    unused = Allow(("logs:PutLogEvents",), ("arn:aws:logs:::some",), unused_because="Nothing fails.")
    scoped_role(stack, "Role", "glue.amazonaws.com", "-", used, unused)
    (role,) = assertions.Template.from_stack(stack).find_resources("AWS::IAM::Role").values()
    assert role["Metadata"]["UnusedStatements"] == {"Permissions": {"1": "Nothing fails."}}
    (policy,) = role["Properties"]["Policies"]
    assert policy["PolicyName"] == "Permissions"
    assert policy["PolicyDocument"]["Statement"][1]["Action"] == "logs:PutLogEvents"


def findings(folder: Path) -> list[str]:
    report = json.loads((folder / "validation-report.json").read_text("utf-8"))
    return [item["ruleName"] for plugin in report["pluginReports"] for item in plugin["violations"]]


def test_reason_excuses_its_resource_and_no_other(tmp_path: Path) -> None:
    """Also for a bucket of another stack, which is an import in the finding."""
    app = cdk.App(outdir=str(tmp_path), context={"@aws-cdk/core:defaultCrossStackReferences": "strong"})
    bucket = s3.Bucket(cdk.Stack(app, "Owner"), "Lake")
    cdk.Validations.of(bucket).acknowledge(
        cdk.Acknowledgment(id="AwsSolutions-S1", reason="test"),
        cdk.Acknowledgment(id="AwsSolutions-S10", reason="test"),
    )
    stack = cdk.Stack(app, "User")
    arn = arn_as_seen_from(stack, bucket)
    role = scoped_role(
        stack,
        "Role",
        "glue.amazonaws.com",
        "-",
        Allow(("s3:GetObject",), (f"{arn}/raw/*",), because="It reads the raw zone."),
    )
    role.add_to_policy(cdk.aws_iam.PolicyStatement(actions=["s3:GetObject"], resources=[f"{arn}/other/*"]))
    cdk.Validations.of(app).add_plugins(cdk_nag.AwsSolutionsChecks(app))
    with pytest.raises(RuntimeError, match=r"AwsSolutions-IAM5"):
        app.synth()
    (finding,) = findings(tmp_path)
    assert finding.startswith("AwsSolutions-IAM5[Resource::Owner:ExportsOutputFnGetAttLake")
    assert finding.endswith("/other/*]")
