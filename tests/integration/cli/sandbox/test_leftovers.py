"""`mlref leftovers`: sees whatever the stacks make, and what others make in their name, and nothing else."""

from typing import Any

import pytest
import typer

from cli.sandbox.account import Account, look, ours
from cli.sandbox.leftovers import leftovers
from localcloud import LocalCloud
from localcloud.assembly import deploy, read_assembly
from settings import from_context

# Resources that are part of another, which is listed, or that cost nothing without it
PARTS = {
    "AWS::S3::BucketPolicy",
    "AWS::SNS::TopicPolicy",
    "AWS::SQS::QueuePolicy",
    "AWS::Lambda::Permission",
    "AWS::Lambda::EventInvokeConfig",
    "AWS::Logs::LogStream",
    "AWS::Glue::Table",
    "AWS::Athena::NamedQuery",
    "AWS::EC2::SubnetRouteTableAssociation",
    "AWS::EC2::SecurityGroupIngress",
    "AWS::EC2::SecurityGroupEgress",
}


@pytest.fixture
def there(cloud: LocalCloud, monkeypatch: pytest.MonkeyPatch) -> LocalCloud:
    monkeypatch.setenv("AWS_ENDPOINT_URL", cloud.endpoint)
    return cloud


def found() -> Account:
    return look(from_context({}))


@pytest.mark.parametrize("network", ["aws", "isolated"])
def test_everything_of_a_deployment_is_seen_and_nothing_after_it(
    there: LocalCloud, synthesized: Any, network: str
) -> None:
    assert (found().found, found().refused) == ([], [])
    assembly = synthesized(**({} if network == "aws" else {"network": network}))
    deploy(assembly, there)
    names = [item.name for item in found().found]
    # interfaces are in no template: services make them
    assert ("network interface" in {item.kind for item in found().found}) == (network == "isolated")
    client = there.client("cloudformation")
    resources = [
        resource
        for stack in client.describe_stacks()["Stacks"]
        for resource in client.describe_stack_resources(StackName=stack["StackName"])["StackResources"]
    ]
    unseen = [
        f"{resource['ResourceType']} {resource['PhysicalResourceId']}"
        for resource in resources
        if resource["ResourceType"] not in PARTS and not resource["ResourceType"].startswith("Custom::")
        if not any(resource["PhysicalResourceId"].rpartition("/")[2] in name for name in names)
    ]
    assert unseen == []

    for stack in reversed(read_assembly(assembly)):
        client.delete_stack(StackName=stack.name)
        client.get_waiter("stack_delete_complete").wait(
            StackName=stack.name, WaiterConfig={"Delay": 0.1, "MaxAttempts": 600}
        )
    after = found()
    assert (after.found, after.refused) == ([], [])
    assert len(after.waiting) == {"aws": 1, "isolated": 2}[network]  # keys


def test_what_was_made_outside_the_stacks_is_seen(
    there: LocalCloud, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the deploy function, by a service on first use, by hand."""
    monkeypatch.setenv("COLUMNS", "200")
    there.client("logs").create_log_group(logGroupName="/aws/lambda/mlref-Serving-Deploy")
    there.client("s3").create_bucket(Bucket="mlref-foundation-lake")
    there.client("s3").create_bucket(Bucket="mlrefs-bucket-of-others")
    there.client("sagemaker").create_model_package_group(ModelPackageGroupName="mlref-flights")
    there.client("glue").create_database(DatabaseInput={"Name": "mlref_lake"})
    there.client("glue").create_database(DatabaseInput={"Name": "others"})
    with pytest.raises(typer.Exit) as ended:
        leftovers()
    assert ended.value.exit_code == 1
    shown = capsys.readouterr().out
    for name in ("/aws/lambda/mlref-Serving-Deploy", "mlref-foundation-lake", "mlref-flights", "mlref_lake"):
        assert name in shown
    assert "others" not in shown


def test_empty_account_is_a_success(there: LocalCloud, capsys: pytest.CaptureFixture[str]) -> None:
    leftovers()
    assert "Nothing of the project is left." in capsys.readouterr().out


def test_what_cannot_be_looked_at_is_no_success(
    there: LocalCloud, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import boto3  # noqa: PLC0415 - what the command uses
    from botocore.stub import Stubber  # noqa: PLC0415

    real = boto3.client

    def client(service: str) -> Any:
        made = real(service)
        if service == "budgets":
            stubber = Stubber(made)
            stubber.add_client_error("describe_budgets", "AccessDeniedException", "not for you")
            stubber.activate()
        return made

    monkeypatch.setattr("cli.sandbox.account.boto3.client", client)
    with pytest.raises(typer.Exit):
        leftovers()
    assert "Could not look at budgets budgets" in " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize(
    ("name", "is_ours"),
    [
        ("mlref-analysts", True),
        ("/aws-glue/crawlers-role/mlref-Lakehouse-Role", True),
        ("arn:aws:sns:us-east-1:123456789012:mlref-Foundation-Topic", True),
        ("http://localhost/123456789012/mlref-Serving-Undelivered", True),
        ("TargetTracking-endpoint/mlref-flights/variant/Champion-AlarmHigh", True),
        ("mlrefs-analysts", False),
        ("not-mlref-analysts", False),
        ("CDKToolkit", False),
    ],
)
def test_names_of_the_project(name: str, is_ours: bool) -> None:
    assert ours(name, "mlref") is is_ours


def test_other_prefix_is_another_project(there: LocalCloud) -> None:
    there.client("sqs").create_queue(QueueName="mlref-queue")
    assert look(from_context({"prefix": "other"})).found == []
    assert [item.service for item in found().found] == ["sqs"]
