"""Network isolation: what the VPC lets through, and that everything that runs code on data is inside."""

import json
import re
from typing import Any

import pytest

from costs.estimate import estimate
from costs.prices import price_table
from settings import from_context
from stacks.catalogue import CATALOGUE

SUBNETS = ["<VpcIsolatedSubnet1Subnet>", "<VpcIsolatedSubnet2Subnet>"]
JOBS, WORKERS = "<Jobs.GroupId>", "<Workers.GroupId>"
CONNECTION = "<Connection>"
ENDPOINT_HOUR, KEY_MONTH = "vpc.endpoint_hour", "kms.key_month"


@pytest.fixture
def flat(flatten: Any) -> Any:
    """A value with its references in angle brackets, whatever it is made of."""

    def of(value: Any) -> Any:
        if isinstance(value, list):
            return [of(item) for item in value]
        intrinsic = isinstance(value, dict) and re.match(r"Ref$|Fn::(?!Select|GetAZs)", next(iter(value), ""))
        if isinstance(value, dict) and not intrinsic:
            return {key: of(item) for key, item in value.items()}
        return flatten(value) if isinstance(value, dict | str) else value

    return of


# --- the VPC


def test_default_has_no_network(default: Any) -> None:
    assert default.network is None
    text = json.dumps([template.document for template in default.templates])
    assert not [
        word for word in ("AWS::EC2", "VpcConfig", "SourceVpce", "lake-access", "ec2:", "proxy") if word in text
    ]


def test_vpc_has_no_way_out(otherwise: Any, isolated: Any) -> None:
    kinds = {item["Type"].removeprefix("AWS::EC2::") for item in otherwise.network.resources.values()}
    assert not kinds & {
        "InternetGateway",
        "NatGateway",
        "Route",
        "VPCGatewayAttachment",
        "EIP",
        "TransitGatewayAttachment",
    }
    subnets = otherwise.network.of("AWS::EC2::Subnet").values()
    assert [item["Properties"]["MapPublicIpOnLaunch"] for item in subnets] == [False, False]
    assert [item["Properties"]["AvailabilityZone"] for item in subnets] == ["eu-west-1b", "eu-west-1c"]
    first_two = [item["Properties"]["AvailabilityZone"] for item in isolated.network.of("AWS::EC2::Subnet").values()]
    assert first_two == [{"Fn::Select": [number, {"Fn::GetAZs": ""}]} for number in (0, 1)]  # nothing was looked up


def test_everything_that_flows_is_logged_with_a_key(otherwise: Any, flat: Any) -> None:
    """Security Hub EC2.6, cdk-nag AwsSolutions-VPC7."""
    log = flat(otherwise.network.properties("AWS::EC2::FlowLog"))
    assert (log["ResourceId"], log["TrafficType"], log["LogGroupName"]) == ("<Vpc>", "ALL", "<FlowLogs>")
    assert flat(otherwise.network.properties("AWS::Logs::LogGroup")["KmsKeyId"]) == "<Key.Arn>"
    (statement,) = otherwise.network.statements("FlowLogRole")
    assert flat(statement["Resource"]) == "<FlowLogs.Arn>"


def test_endpoints_are_those_of_what_is_called_inside(otherwise: Any, flat: Any) -> None:
    endpoints = [flat(item["Properties"]) for item in otherwise.network.of("AWS::EC2::VPCEndpoint").values()]
    services = {item["ServiceName"].rpartition(".")[2]: item for item in endpoints}
    assert {name: item["VpcEndpointType"] for name, item in services.items()} == {
        "s3": "Gateway",
        **dict.fromkeys(("glue", "monitoring", "kms"), "Interface"),
    }
    assert len(services["s3"]["RouteTableIds"]) == 2  # both subnets'
    for name in ("glue", "monitoring", "kms"):
        assert (services[name]["PrivateDnsEnabled"], services[name]["SubnetIds"]) == (True, SUBNETS[:1])


def test_endpoints_let_this_account_reach_this_account_only(otherwise: Any, flat: Any) -> None:
    endpoints = otherwise.network.of("AWS::EC2::VPCEndpoint").values()
    assert len(endpoints) == 4
    for item in endpoints:
        (statement,) = flat(item["Properties"]["PolicyDocument"]["Statement"])
        assert statement["Effect"] == "Allow"
        assert statement["Condition"] == {
            "StringEquals": {"aws:PrincipalAccount": "111122223333", "aws:ResourceAccount": "111122223333"}
        }


def test_security_groups_open_no_more_than_is_needed(otherwise: Any, flat: Any) -> None:
    groups = {key: flat(item["Properties"]) for key, item in otherwise.network.of("AWS::EC2::SecurityGroup").items()}
    assert len(groups) == 5  # jobs, workers, one for each interface endpoint
    for key, group in groups.items():
        assert "SecurityGroupIngress" not in group
        out = [(rule["CidrIp"], rule.get("ToPort")) for rule in group["SecurityGroupEgress"]]
        nowhere = [("255.255.255.255/32", 86)]  # CDK's way to say none
        assert out == ([("0.0.0.0/0", 443)] if key.startswith(("Jobs", "Workers")) else nowhere), key
    rules = [flat(item["Properties"]) for item in otherwise.network.of("AWS::EC2::SecurityGroupIngress").values()]
    assert {rule["SourceSecurityGroupId"] for rule in rules} == {WORKERS}
    assert sorted((rule["GroupId"], rule["ToPort"]) for rule in rules) == [
        *(("<GlueEndpoint.GroupId>", 443), ("<KeysEndpoint.GroupId>", 443), ("<MetricsEndpoint.GroupId>", 443)),
        (WORKERS, 65535),
    ]


def test_network_costs_what_its_endpoints_and_its_key_cost(default: Any, otherwise: Any) -> None:
    table = price_table()
    found = estimate(otherwise.folder, from_context({}), table, "us-east-1")
    network = sum(item.month for item in found.items if item.stack == "other2-Network")
    assert network == pytest.approx(
        3 * 730 * table.usd(ENDPOINT_HOUR, "us-east-1") + table.usd(KEY_MONTH, "us-east-1")
    )
    assert ENDPOINT_HOUR not in estimate(default.folder, from_context({}), table, "us-east-1").prices()


# --- what is inside


def test_glue_is_inside(otherwise: Any, flat: Any) -> None:
    connection = flat(otherwise.network.properties("AWS::Glue::Connection")["ConnectionInput"])
    assert (connection["ConnectionType"], connection["Name"]) == ("NETWORK", "other2-Network")
    where = connection["PhysicalConnectionRequirements"]
    assert (where["SubnetId"], where["SecurityGroupIdList"]) == (SUBNETS[0], [WORKERS])
    job = flat(otherwise.lakehouse.properties("AWS::Glue::Job"))
    assert job["Connections"] == {"Connections": [CONNECTION]}
    assert job["DefaultArguments"]["--disable-proxy-v2"] == "true"  # else its calls of S3 go past the endpoint
    crawlers = [item["Properties"]["Targets"] for item in otherwise.lakehouse.of("AWS::Glue::Crawler").values()]
    targets = [target for found in crawlers for kind in found.values() for target in kind]
    assert len(targets) == 5
    assert {flat(target["ConnectionName"]) for target in targets} == {CONNECTION}


def inside(flat: Any, config: dict[str, Any]) -> bool:
    return bool(flat(config) == {"SecurityGroupIds": [JOBS], "Subnets": SUBNETS})


def jobs_of(steps: list[dict[str, Any]]) -> list[dict[str, Any]]:
    found = []
    for step in steps:
        found += jobs_of([*step["Arguments"].get("IfSteps", ()), *step["Arguments"].get("ElseSteps", ())])
        if step["Type"] in ("Processing", "Training", "Tuning"):
            found.append(step)
    return found


def vpc_configs(template: Any, flatten: Any) -> dict[str, Any]:
    """Of every job of the pipeline, by its step."""
    body = template.properties("AWS::SageMaker::Pipeline")["PipelineDefinition"]["PipelineDefinitionBody"]
    document = json.loads(flatten(body))
    return {
        step["Name"]: {
            "Processing": lambda arguments: arguments["NetworkConfig"]["VpcConfig"],
            "Training": lambda arguments: arguments["VpcConfig"],
            "Tuning": lambda arguments: arguments["TrainingJobDefinition"]["VpcConfig"],
        }[step["Type"]](step["Arguments"])
        for step in jobs_of(document["Steps"])
    }


def test_every_job_of_the_pipelines_is_inside(otherwise: Any, isolated: Any, flatten: Any, flat: Any) -> None:
    """Of training with and without tuning, and of monitoring, whose jobs are below a condition."""
    for template, names in (
        (otherwise.training, {"Preprocess", "Tune", "Evaluate", "Baseline"}),
        (isolated.training, {"Preprocess", "Train", "Evaluate", "Baseline"}),
        (isolated.monitoring, {"Check", "Quality"}),
    ):
        configs = vpc_configs(template, flatten)
        assert configs.keys() == names
        assert all(inside(flat, config) for config in configs.values())


def test_model_monitor_is_inside(otherwise: Any, flat: Any) -> None:
    job = otherwise.monitoring.properties("AWS::SageMaker::DataQualityJobDefinition")
    assert inside(flat, job["NetworkConfig"]["VpcConfig"])


def test_models_are_inside(otherwise: Any, flat: Any) -> None:
    variables = otherwise.serving.properties("AWS::Lambda::Function", "Deploy")["Environment"]["Variables"]
    assert inside(flat, json.loads(flat(variables["SERVING"]))["vpc_config"])


# --- roles

CONFINED = {
    "lakehouse": {"ReferenceCrawlerRole", "EventsCrawlerRole", "CurateFlightsRole"},
    "training": {"JobsRole"},
    "monitoring": {"MonitorJobsRole"},
}
INSIDE = {**CONFINED, "serving": {"ModelRole"}}
INTERFACES = "arn:<AWS::Partition>:ec2:eu-west-1:111122223333:"


def test_roles_of_what_is_inside_are_confined_and_no_others(otherwise: Any) -> None:
    """A function, Firehose or the pipeline, confined, could not reach the lake at all.

    Nor is a model's role: SageMaker looks at the artifact with it, and nobody knows from which network.
    """
    found: dict[str, set[str]] = {}
    for template, key, item in otherwise.each("AWS::IAM::Role"):
        tags = {tag["Key"]: tag["Value"] for tag in item["Properties"].get("Tags", ())}
        if "lake-access" in tags:
            assert tags["lake-access"] == "inside"
            found.setdefault(template.name.lower(), set()).add(key[:-8])
    core = {stack.lower() for item in CATALOGUE if item.default for stack in item.stacks}
    assert {stack: roles for stack, roles in found.items() if stack in core} == CONFINED


def test_roles_may_make_interfaces_in_the_network_only(otherwise: Any, flat: Any) -> None:
    for stack, roles in INSIDE.items():
        for role in roles:
            allowed = {
                action: (resources if isinstance(resources, list) else [resources], statement.get("Condition"))
                for statement in flat(getattr(otherwise, stack).statements(role))
                for actions, resources in [(statement["Action"], statement["Resource"])]
                for action in (actions if isinstance(actions, list) else [actions])
                if action.startswith("ec2:")
            }
            glue = stack == "lakehouse"
            group, subnets = (WORKERS, SUBNETS[:1]) if glue else (JOBS, SUBNETS)
            assert allowed["ec2:CreateNetworkInterface"][0] == [
                *(f"{INTERFACES}subnet/{subnet}" for subnet in subnets),
                f"{INTERFACES}security-group/{group}",
                f"{INTERFACES}network-interface/*",
            ]
            own = {"ArnEquals": {"ec2:Vpc": f"{INTERFACES}vpc/<Vpc>"}}
            assert allowed["ec2:DeleteNetworkInterface"] == ([f"{INTERFACES}network-interface/*"], own)
            assert ("ec2:CreateNetworkInterfacePermission" in allowed) is not glue
            for action, (resources, _) in allowed.items():
                assert ("*" in resources) == (action.startswith("ec2:Describe") and "Attribute" not in action), action


def test_lake_is_denied_to_confined_roles_from_elsewhere(otherwise: Any, flat: Any) -> None:
    policy = otherwise.foundation.properties("AWS::S3::BucketPolicy", "Lake")["PolicyDocument"]
    (item,) = [flat(item) for item in policy["Statement"] if item.get("Sid") == "DenyFromOutside"]
    assert (item["Effect"], item["Principal"], item["Resource"]) == ("Deny", {"AWS": "*"}, "<Lake.Arn>/*")
    assert item["Condition"] == {
        "StringEquals": {"aws:PrincipalTag/lake-access": "inside"},
        "StringNotEquals": {"aws:SourceVpce": "<VpcStorage>"},
    }
    assert {"s3:GetObject*", "s3:PutObject*", "s3:DeleteObject*"} < set(item["Action"])
