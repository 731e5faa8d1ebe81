"""The stacks with ``network=isolated`` through CloudFormation: made, changed, taken back, and nothing left."""

import json
from pathlib import Path
from typing import Any

import pytest

from localcloud import LocalCloud
from localcloud.assembly import deploy, read_assembly
from tests.integration.cloudformation.inventory import inventory
from tests.integration.glue.lake import wait_for

pytestmark = pytest.mark.xdist_group("deployed")

NETWORK = "mlref-Network"
BOOTSTRAP = {"s3:list_buckets", "ssm:describe_parameters"}  # what stays of it


@pytest.fixture(scope="module")
def assemblies(synthesized: Any) -> dict[str, Path]:
    """Isolated, with tags besides, and with the default settings."""
    return {
        "isolated": synthesized(network="isolated"),
        "tagged": synthesized(network="isolated", tags="owner=me"),
        "default": synthesized(),
    }


def destroy(cloud: LocalCloud, *stacks: str) -> None:
    client = cloud.client("cloudformation")
    for name in stacks:
        client.delete_stack(StackName=name)
        client.get_waiter("stack_delete_complete").wait(StackName=name, WaiterConfig={"Delay": 1})


def physical_ids(cloud: LocalCloud, stack: str) -> dict[str, str]:
    found = cloud.client("cloudformation").describe_stack_resources(StackName=stack)["StackResources"]
    return {item["LogicalResourceId"]: item["PhysicalResourceId"] for item in found}


def of_vpc(cloud: LocalCloud, vpc: str) -> dict[str, list[dict[str, Any]]]:
    """What is in the VPC, by kind."""
    ec2, filters = cloud.client("ec2"), [{"Name": "vpc-id", "Values": [vpc]}]
    return {
        "subnets": ec2.describe_subnets(Filters=filters)["Subnets"],
        "endpoints": ec2.describe_vpc_endpoints(Filters=filters)["VpcEndpoints"],
        "groups": ec2.describe_security_groups(Filters=filters)["SecurityGroups"],
        "gateways": ec2.describe_internet_gateways(Filters=[{"Name": "attachment.vpc-id", "Values": [vpc]}])[
            "InternetGateways"
        ],
        "nat gateways": ec2.describe_nat_gateways(Filters=filters)["NatGateways"],
    }


def test_isolated_stacks_come_change_and_go(cloud: LocalCloud, assemblies: dict[str, Path]) -> None:
    before = inventory(cloud)
    outputs = deploy(assemblies["isolated"], cloud)
    vpc = outputs[NETWORK]["VpcId"]
    made = of_vpc(cloud, vpc)
    # of the groups one is the default one, which nothing is in
    wanted_number = {"subnets": 2, "endpoints": 4, "groups": 6, "gateways": 0, "nat gateways": 0}
    assert {kind: len(found) for kind, found in made.items()} == wanted_number
    template = json.loads((assemblies["isolated"] / "Network.template.json").read_text("utf-8"))
    wanted = {name for name, item in template["Resources"].items() if item["Type"] != "AWS::CDK::Metadata"}
    ids = physical_ids(cloud, NETWORK)
    assert ids.keys() == wanted
    glue = cloud.client("glue")
    (connection,) = glue.get_connections()["ConnectionList"]
    job = glue.get_job(JobName=outputs["mlref-Lakehouse"]["CurateJobName"])["Job"]
    assert job["Connections"] == {"Connections": [connection["Name"]]}
    assert deploy(assemblies["isolated"], cloud) == outputs

    crawl_reads_from_inside(cloud, outputs)

    assert deploy(assemblies["tagged"], cloud)[NETWORK] == outputs[NETWORK]
    assert physical_ids(cloud, NETWORK) == ids, "tags replace nothing"
    tagged = cloud.client("ec2").describe_vpcs(VpcIds=[vpc])["Vpcs"][0]["Tags"]
    assert {"Key": "owner", "Value": "me"} in tagged

    deploy(assemblies["default"], cloud)  # nothing is inside any more, and the network can go by itself
    assert "Connections" not in glue.get_job(JobName=outputs["mlref-Lakehouse"]["CurateJobName"])["Job"]
    destroy(cloud, NETWORK)
    destroy(cloud, *(stack.name for stack in reversed(read_assembly(assemblies["default"]))))
    after = inventory(cloud)
    assert {kind: after[kind] for kind in after if after[kind] != before[kind]}.keys() == BOOTSTRAP
    assert [name for name in buckets(cloud) if not name.startswith("cdk-")] == []


def buckets(cloud: LocalCloud) -> list[str]:
    return [item["Name"] for item in cloud.client("s3").list_buckets()["Buckets"]]


def crawl_reads_from_inside(cloud: LocalCloud, outputs: dict[str, dict[str, str]]) -> None:
    """The role is denied the lake from elsewhere, so the crawl has found its way through the endpoint."""
    lake, crawler = outputs["mlref-Foundation"]["LakeBucketName"], outputs["mlref-Lakehouse"]["ReferenceCrawlerName"]
    cloud.client("s3").put_object(Bucket=lake, Key="reference/planes/a.csv", Body=b"tailnum,seats\nN1,2\n")
    glue = cloud.client("glue")
    glue.start_crawler(Name=crawler)
    wait_for(lambda: glue.get_crawler(Name=crawler)["Crawler"], "State", {"READY"})
    told = glue.get_crawler(Name=crawler)["Crawler"]["LastCrawl"]
    assert told["Status"] == "SUCCEEDED", told
    tables = glue.get_tables(DatabaseName=outputs["mlref-Foundation"]["DatabaseName"])["TableList"]
    assert "planes" in {table["Name"] for table in tables}
