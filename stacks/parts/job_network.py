"""The network that jobs and models run in, as the stacks hand it around, and what a role needs to run in it."""

from dataclasses import dataclass
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_iam as iam

from stacks.parts.role import Allow

# Roles with this tag reach the lake's objects through the network's endpoint only: `only_through` in
# stacks/parts/bucket.py.
TAG, INSIDE = "lake-access", "inside"
NO_INTERFACES = "Local jobs have no network interfaces."


@dataclass(frozen=True)
class JobNetwork:
    """A VPC without a way out.

    Attributes:
        vpc: its id.
        subnets: ids, in two zones, as SageMaker asks of the network of a model
            (https://docs.aws.amazon.com/sagemaker/latest/dg/host-vpc.html).
        security_group: of SageMaker's jobs and models.
        connection: name of Glue's connection, which is in the first of the subnets.
        connection_security_group: its id.
        s3_endpoint: id of the gateway endpoint of S3.
    """

    vpc: str
    subnets: tuple[str, ...]
    security_group: str
    connection: str
    connection_security_group: str
    s3_endpoint: str

    @property
    def vpc_config(self) -> dict[str, list[str]]:
        """``VpcConfig`` of SageMaker's API."""
        return {"SecurityGroupIds": [self.security_group], "Subnets": list(self.subnets)}

    def confine(self, role: iam.Role) -> None:
        """Let the role reach the lake from inside only. It is for what runs inside, and nobody else uses it."""
        cdk.Tags.of(role).add(TAG, INSIDE)

    def sagemaker_permissions(self, stack: cdk.Stack) -> tuple[Allow, ...]:
        """For the role of a job or a model that has `vpc_config`.

        https://docs.aws.amazon.com/sagemaker/latest/dg/sagemaker-roles.html, "private VPC", and
        https://docs.aws.amazon.com/sagemaker/latest/dg/host-vpc.html
        """
        seen = ("NetworkInterfaces", "Vpcs", "DhcpOptions", "Subnets", "SecurityGroups", "VpcEndpoints")
        changed = ("CreateNetworkInterfacePermission", "DeleteNetworkInterface", "DeleteNetworkInterfacePermission")
        return (
            self._create(stack, self.subnets, self.security_group),
            self._change(stack, *changed),
            _describe(*seen),
        )

    def glue_permissions(self, stack: cdk.Stack) -> tuple[Allow, ...]:
        """For the role of a job or a crawler that has the `connection`: AWSGlueServiceRole, but of this network only.

        https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AWSGlueServiceRole.html
        """
        connection = stack.format_arn(service="glue", resource="connection", resource_name=self.connection)
        return (
            Allow(("glue:GetConnection",), (stack.format_arn(service="glue", resource="catalog"), connection)),
            self._create(stack, self.subnets[:1], self.connection_security_group),
            self._change(stack, "DeleteNetworkInterface"),
            Allow(
                ("ec2:CreateTags", "ec2:DeleteTags"),
                (_arn(stack, "network-interface", "*"),),
                because="EC2 names the network interfaces; the condition leaves the tag that Glue knows its own by.",
                conditions={"ForAllValues:StringEquals": {"aws:TagKeys": ["aws-glue-service-resource"]}},
                unused_because=NO_INTERFACES,
            ),
            Allow(("ec2:DescribeVpcAttribute",), (_arn(stack, "vpc", self.vpc),), unused_because=NO_INTERFACES),
            _describe("NetworkInterfaces", "Subnets", "SecurityGroups", "VpcEndpoints", "RouteTables"),
        )

    def _create(self, stack: cdk.Stack, subnets: tuple[str, ...], security_group: str) -> Allow:
        return Allow(
            ("ec2:CreateNetworkInterface",),
            (
                *(_arn(stack, "subnet", subnet) for subnet in subnets),
                _arn(stack, "security-group", security_group),
                _arn(stack, "network-interface", "*"),
            ),
            because="EC2 names the network interfaces, which are in these subnets.",
            unused_because=NO_INTERFACES,
        )

    def _change(self, stack: cdk.Stack, *actions: str) -> Allow:
        return Allow(
            tuple(f"ec2:{action}" for action in actions),
            (_arn(stack, "network-interface", "*"),),
            because="EC2 names the network interfaces; the condition leaves those of the VPC.",
            conditions={"ArnEquals": {"ec2:Vpc": _arn(stack, "vpc", self.vpc)}},
            unused_because=NO_INTERFACES,
        )


def _describe(*kinds: str) -> Allow:
    return Allow(
        tuple(f"ec2:Describe{kind}" for kind in kinds),
        ("*",),
        because="Describing names no resource.",
        unused_because=NO_INTERFACES,
    )


def _arn(stack: cdk.Stack, kind: str, name: str) -> str:
    return stack.format_arn(service="ec2", resource=kind, resource_name=name)


def steps_inside(document: dict[str, Any], network: JobNetwork) -> None:
    """Put the jobs of a SageMaker pipeline's definition into the network, those below conditions too.

    With or without network isolation of their containers: SageMaker fetches and stores the files of an isolated one
    through the VPC as well (https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateTrainingJob.html,
    EnableNetworkIsolation).
    """
    waiting = list(document["Steps"])
    while waiting:
        step = waiting.pop()
        arguments = step.get("Arguments", {})
        waiting += [*arguments.get("IfSteps", ()), *arguments.get("ElseSteps", ())]
        match step["Type"]:
            case "Processing":
                arguments.setdefault("NetworkConfig", {})["VpcConfig"] = network.vpc_config
            case "Training":
                arguments["VpcConfig"] = network.vpc_config
            case "Tuning":
                arguments["TrainingJobDefinition"]["VpcConfig"] = network.vpc_config
