"""The project's own stacks through CloudFormation: nothing skipped, nothing dropped, exact updates, nothing left."""

import json
import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from localcloud import LocalCloud
from localcloud.assembly import DeploymentError, bootstrap, deploy, read_assembly
from localcloud.cloudformation.types import TYPES
from tests.integration.cloudformation.inventory import LISTINGS
from tests.integration.cloudformation.inventory import inventory as listed
from tests.soak import SOAK

pytestmark = pytest.mark.xdist_group("deployed")


SELF_STARTING = {"train_every_days": "7", "train_after_curation": "true", "tuning": "true", "training_spot": "true"}


@pytest.fixture(scope="module")
def assemblies(synthesized: Any) -> dict[str, Path]:
    """The templates with default settings, with a larger scan cutoff, and with a pipeline that starts by itself."""
    return {
        "default": synthesized(),
        "changed": synthesized(athena_cutoff_bytes="20000000"),
        "self-starting": synthesized(**SELF_STARTING),
    }


def everything(cloud: LocalCloud) -> dict[str, str]:
    """What every service lists; of the bootstrap's parameter, which every deployment writes anew, the name."""
    names = sorted(item["Name"] for item in cloud.client("ssm").describe_parameters()["Parameters"])
    return {**listed(cloud), "ssm:describe_parameters": str(names)}


@pytest.fixture
def empty(cloud: LocalCloud) -> dict[str, str]:
    """What every service lists before the first deployment."""
    bootstrap(cloud)
    return everything(cloud)


@pytest.fixture
def deployed(cloud: LocalCloud, empty: dict[str, str], assemblies: dict[str, Path]) -> dict[str, dict[str, str]]:
    return deploy(assemblies["default"], cloud)


def destroy(cloud: LocalCloud, assembly: Path) -> None:
    client = cloud.client("cloudformation")
    for stack in reversed(read_assembly(assembly)):
        client.delete_stack(StackName=stack.name)
        client.get_waiter("stack_delete_complete").wait(StackName=stack.name, WaiterConfig={"Delay": 1})


def events(cloud: LocalCloud) -> list[tuple[str, str]]:
    """(logical id, status) of every resource event of every stack."""
    client = cloud.client("cloudformation")
    return [
        (event["LogicalResourceId"], event["ResourceStatus"])
        for stack in client.describe_stacks()["Stacks"]
        for event in client.describe_stack_events(StackName=stack["StackName"])["StackEvents"]
        if event["ResourceType"] != "AWS::CloudFormation::Stack"
    ]


def inventory(cloud: LocalCloud) -> dict[str, list[str]]:
    """Names of everything that the stacks make, by kind; the bootstrap's bucket and parameter aside."""
    glue, athena, logs = cloud.client("glue"), cloud.client("athena"), cloud.client("logs")
    groups = [item["Name"] for item in athena.list_work_groups()["WorkGroups"]]
    databases = [item["Name"] for item in glue.get_databases()["DatabaseList"]]
    keys = [item["KeyId"] for item in cloud.client("kms").list_keys()["Keys"]]
    states = {key: cloud.client("kms").describe_key(KeyId=key)["KeyMetadata"] for key in keys}
    sagemaker = cloud.client("sagemaker")
    buckets = [item["Name"] for item in cloud.client("s3").list_buckets()["Buckets"]]
    return {
        "buckets": [name for name in buckets if not name.startswith("cdk-hnb659fds-")],
        "keys": [key for key, state in states.items() if state["KeyState"] != "PendingDeletion"],
        "streams": cloud.client("kinesis").list_streams()["StreamNames"],
        "delivery streams": cloud.client("firehose").list_delivery_streams()["DeliveryStreamNames"],
        "functions": [item["FunctionName"] for item in cloud.client("lambda").list_functions()["Functions"]],
        "roles": [item["RoleName"] for item in cloud.client("iam").list_roles()["Roles"]],
        "databases": databases,
        "tables": [item["Name"] for name in databases for item in glue.get_tables(DatabaseName=name)["TableList"]],
        "crawlers": [item["Name"] for item in glue.get_crawlers()["Crawlers"]],
        "jobs": [item["Name"] for item in glue.get_jobs()["Jobs"]],
        "triggers": glue.list_triggers()["TriggerNames"],
        "workflows": glue.list_workflows()["Workflows"],
        "rule sets": [item["Name"] for item in glue.list_data_quality_rulesets()["Rulesets"]],
        "security configurations": [
            item["Name"] for item in glue.get_security_configurations()["SecurityConfigurations"]
        ],
        "work groups": [name for name in groups if name != "primary"],
        "named queries": [
            name for group in groups for name in athena.list_named_queries(WorkGroup=group)["NamedQueryIds"]
        ],
        "pipelines": [item["PipelineName"] for item in sagemaker.list_pipelines()["PipelineSummaries"]],
        "package groups": [
            item["ModelPackageGroupName"]
            for item in sagemaker.list_model_package_groups()["ModelPackageGroupSummaryList"]
        ],
        "rules": [item["Name"] for item in cloud.client("events").list_rules()["Rules"]],
        "schedules": [item["Name"] for item in cloud.client("scheduler").list_schedules()["Schedules"]],
        "dashboards": [
            item["DashboardName"] for item in cloud.client("cloudwatch").list_dashboards()["DashboardEntries"]
        ],
        "queues": cloud.client("sqs").list_queues().get("QueueUrls", []),
        "alarms": [item["AlarmName"] for item in cloud.client("cloudwatch").describe_alarms()["MetricAlarms"]],
        "topics": [item["TopicArn"] for item in cloud.client("sns").list_topics()["Topics"]],
        "log groups": [item["logGroupName"] for item in logs.describe_log_groups()["logGroups"]],
    }


def test_every_resource_of_every_template_is_there(
    cloud: LocalCloud, assemblies: dict[str, Path], deployed: dict[str, dict[str, str]]
) -> None:
    client = cloud.client("cloudformation")
    for stack in read_assembly(assemblies["default"]):
        template = json.loads(stack.template.read_text("utf-8"))
        wanted = {
            (name, item["Type"])
            for name, item in template["Resources"].items()
            if item["Type"] != "AWS::CDK::Metadata"
        }
        resources = client.describe_stack_resources(StackName=stack.name)["StackResources"]
        assert {(item["LogicalResourceId"], item["ResourceType"]) for item in resources} == wanted
        assert all(item["PhysicalResourceId"] for item in resources)
        assert set(deployed[stack.name]) == set(template["Outputs"])
    found = inventory(cloud)
    assert [kind for kind, names in found.items() if not names] == [], "the inventory sees every kind"


def test_deploying_again_does_nothing(
    cloud: LocalCloud, assemblies: dict[str, Path], deployed: dict[str, dict[str, str]]
) -> None:
    before = events(cloud)
    assert deploy(assemblies["default"], cloud) == deployed
    assert events(cloud) == before


def test_changed_setting_changes_one_resource(
    cloud: LocalCloud, assemblies: dict[str, Path], deployed: dict[str, dict[str, str]]
) -> None:
    before = events(cloud)
    deploy(assemblies["changed"], cloud)
    after = events(cloud)
    new = [event for event in after if before.count(event) < after.count(event)]
    (changed,) = {name for name, _ in new}
    assert changed.startswith("WorkGroup")
    assert {status for _, status in new} == {"UPDATE_IN_PROGRESS", "UPDATE_COMPLETE"}
    name = deployed["mlref-Lakehouse"]["WorkGroupName"]
    group = cloud.client("athena").get_work_group(WorkGroup=name)["WorkGroup"]
    assert group["Configuration"]["BytesScannedCutoffPerQuery"] == 20_000_000


def test_deleting_leaves_nothing(
    cloud: LocalCloud, assemblies: dict[str, Path], empty: dict[str, str], deployed: dict[str, dict[str, str]]
) -> None:
    bucket = deployed["mlref-Foundation"]["LakeBucketName"]
    for number in range(3):  # versions too: the bucket is versioned
        cloud.client("s3").put_object(Bucket=bucket, Key="raw/x", Body=f"{number}".encode())
    destroy(cloud, assemblies["default"])
    assert {kind: names for kind, names in inventory(cloud).items() if names} == {}
    assert everything(cloud) == empty


def test_every_service_of_the_stacks_is_listed(assemblies: dict[str, Path]) -> None:
    kinds = {
        item["Type"]
        for stack in read_assembly(assemblies["default"])
        for item in json.loads(stack.template.read_text("utf-8"))["Resources"].values()
    }
    services = {TYPES[kind].service for kind in kinds if kind.startswith("AWS::") and kind != "AWS::CDK::Metadata"}
    assert services <= {service for service, *_ in LISTINGS} | {"kms"}


@pytest.mark.parametrize("seed", [None, *range(10 if SOAK else 0)], ids=str)  # None: reversed
def test_the_order_of_the_templates_means_nothing(
    cloud: LocalCloud, assemblies: dict[str, Path], empty: dict[str, str], tmp_path: Path, seed: int | None
) -> None:
    """Resources are made and removed in the order of their references and DependsOn alone."""

    def reorder(template: dict[str, Any]) -> None:
        resources = list(template["Resources"].items())
        resources.reverse() if seed is None else random.Random(seed).shuffle(resources)  # noqa: S311
        template["Resources"] = dict(resources)

    folder = shutil.copytree(assemblies["default"], tmp_path / "reordered")
    for stack in read_assembly(folder):
        _changed_copy(folder, folder, stack.template.name, reorder)
    outputs = deploy(folder, cloud)
    before = events(cloud)
    assert outputs.keys() == deploy(assemblies["default"], cloud).keys()
    assert events(cloud) == before, "another order is no change"
    destroy(cloud, folder)
    assert everything(cloud) == empty


def test_what_starts_the_pipeline_comes_and_goes(
    cloud: LocalCloud, assemblies: dict[str, Path], deployed: dict[str, dict[str, str]]
) -> None:
    sagemaker, events = cloud.client("sagemaker"), cloud.client("events")
    name = deployed["mlref-Training"]["TrainingPipelineName"]
    pipeline = sagemaker.describe_pipeline(PipelineName=name)
    assert '"Type":"Training"' in pipeline["PipelineDefinition"]
    deploy(assemblies["self-starting"], cloud)
    assert '"Type":"Tuning"' in sagemaker.describe_pipeline(PipelineName=name)["PipelineDefinition"]
    schedules, rules = starters(cloud, pipeline["PipelineArn"])
    assert (len(schedules), len(rules)) == (1, 1)
    assert deployed["mlref-Lakehouse"]["CurateJobName"] in events.describe_rule(Name=rules[0])["EventPattern"]
    deploy(assemblies["default"], cloud)
    assert starters(cloud, pipeline["PipelineArn"]) == ([], [])


def starters(cloud: LocalCloud, pipeline: str) -> tuple[list[str], list[str]]:
    """Schedules and rules that start the pipeline."""
    events, scheduler = cloud.client("events"), cloud.client("scheduler")
    schedules = scheduler.list_schedules()["Schedules"]
    rules = [rule["Name"] for rule in events.list_rules()["Rules"]]
    return (
        [schedule["Name"] for schedule in schedules if schedule["Target"]["Arn"] == pipeline],
        [
            rule
            for rule in rules
            if pipeline in [target["Arn"] for target in events.list_targets_by_rule(Rule=rule)["Targets"]]
        ],
    )


def test_failing_update_rolls_back_with_the_data_intact(
    cloud: LocalCloud, assemblies: dict[str, Path], deployed: dict[str, dict[str, str]], tmp_path: Path
) -> None:
    bucket = deployed["mlref-Foundation"]["LakeBucketName"]
    cloud.client("s3").put_object(Bucket=bucket, Key="raw/x", Body=b"kept")
    before = inventory(cloud)
    broken = _broken_copy(assemblies["changed"], tmp_path / "broken")
    with pytest.raises(DeploymentError, match=r"UPDATE_ROLLBACK_COMPLETE.*Broken \(AWS::SNS::Subscription\)"):
        deploy(broken, cloud)
    assert inventory(cloud) == before
    assert cloud.client("s3").get_object(Bucket=bucket, Key="raw/x")["Body"].read() == b"kept"
    name = deployed["mlref-Lakehouse"]["WorkGroupName"]
    group = cloud.client("athena").get_work_group(WorkGroup=name)["WorkGroup"]
    assert group["Configuration"]["BytesScannedCutoffPerQuery"] != 20_000_000, "what had changed is as it was"


def _broken_copy(source: Path, target: Path) -> Path:
    """The assembly with one more resource in Lakehouse, which cannot be made, after the work group has changed."""

    def add(template: dict[str, Any]) -> None:
        (group,) = [name for name, item in template["Resources"].items() if item["Type"] == "AWS::Athena::WorkGroup"]
        template["Resources"]["Broken"] = {
            "Type": "AWS::SNS::Subscription",
            "DependsOn": group,
            "Properties": {"Protocol": "sqs", "TopicArn": "arn:aws:sns:us-east-1:123456789012:none", "Endpoint": "x"},
        }

    return _changed_copy(source, target, "Lakehouse.template.json", add)


def _changed_copy(source: Path, target: Path, name: str, change: Callable[[dict[str, Any]], None]) -> Path:
    """The assembly with one template changed; ``target`` may be ``source`` itself."""
    if target != source:
        shutil.copytree(source, target)
    template = target / name
    document = json.loads(template.read_text("utf-8"))
    change(document)
    template.write_text(json.dumps(document), "utf-8")
    assets = target / name.replace(".template.", ".assets.")
    manifest = json.loads(assets.read_text("utf-8"))
    for asset in manifest["files"].values():
        if asset["source"]["path"] == name:
            for destination in asset["destinations"].values():
                destination["objectKey"] = f"changed-{name}"  # the key holds the content's hash, which has changed
    assets.write_text(json.dumps(manifest), "utf-8")
    return target
