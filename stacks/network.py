"""Network: a VPC without a way out, for jobs, crawlers and models. Only with ``network=isolated``.

There is no internet gateway and no NAT: S3 is reached through a gateway endpoint, the few APIs that a job calls itself
through interface endpoints, and each endpoint lets this account's principals reach this account's resources only. What
runs inside is what runs code on data: Glue's job and crawlers, SageMaker's jobs, the endpoint's models. Functions stay
outside: they see names and numbers, call APIs that would each need an endpoint at some $7 a month and zone, and
some of those (Application Auto Scaling, the answer to CloudFormation) would need more.

A stack of its own, and the first: the others import from it, and what a setting adds to the exports of a stack that
stays could not be taken back while another imports it. It has a key of its own for the same reason.
"""

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_glue as glue
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from settings import Settings
from stacks import outputs
from stacks.parts.job_network import JobNetwork
from stacks.parts.key import project_key
from stacks.parts.logs import owned_log_group
from stacks.parts.role import Allow, scoped_role
from stacks.parts.stack import ProjectStack

CIDR, SUBNET_BITS = "10.0.0.0/16", 20  # 4,091 addresses: a Glue job takes one for each of up to 299 workers
_Services = ec2.InterfaceVpcEndpointAwsService
# What Glue's job calls itself: the catalog, metrics of data quality, the key of its bookmarks. Its logs go another way
# (https://docs.aws.amazon.com/glue/latest/dg/connection-VPC-disable-proxy.html), and so do those of SageMaker's
# containers, whose code calls nothing but S3.
CALLED = {"Glue": _Services.GLUE, "Metrics": _Services.CLOUDWATCH_MONITORING, "Keys": _Services.KMS}


class Network(ProjectStack):
    """The VPC, its endpoints, its flow log, and Glue's connection to it."""

    jobs: JobNetwork

    def __init__(self, scope: Construct, *, settings: Settings) -> None:
        super().__init__(
            scope, outputs.NETWORK, settings=settings, description="VPC without a way out, for jobs and models"
        )
        # encrypts nothing but logs, so nothing is lost with it
        key = project_key(self, "Key", description=f"Encrypts the flow log of {self.stack_name}", keep=False)

        # --- the VPC; its default security group allows what is in it to talk to each other, and nothing is in it
        vpc = ec2.Vpc(
            self,
            "Vpc",
            ip_addresses=ec2.IpAddresses.cidr(CIDR),
            availability_zones=self._zones(),
            subnet_configuration=[
                ec2.SubnetConfiguration(
                    name="Isolated", subnet_type=ec2.SubnetType.PRIVATE_ISOLATED, cidr_mask=SUBNET_BITS
                )
            ],
            nat_gateways=0,
            restrict_default_security_group=False,
        )
        self._flow_log(vpc, key)

        # --- who may talk to whom
        jobs = self._group(vpc, "Jobs", "Jobs and models of SageMaker")
        workers = self._group(vpc, "Workers", "Jobs and crawlers of Glue")
        # https://docs.aws.amazon.com/glue/latest/dg/setup-vpc-for-glue-access.html: Spark's workers among themselves
        workers.connections.allow_internally(ec2.Port.all_tcp(), "Workers of a job")
        for group in (jobs, workers):
            # to any address, for nobody can look up those of S3; the route table has no way to others
            group.connections.allow_to_any_ipv4(ec2.Port.HTTPS, "AWS services, through the endpoints")

        # --- ways out
        storage = vpc.add_gateway_endpoint("Storage", service=ec2.GatewayVpcEndpointAwsService.S3)
        storage.add_to_policy(self._own_account())
        zone = vpc.isolated_subnets[0]
        for name, service in CALLED.items():
            endpoint_group = self._group(vpc, f"{name}Endpoint", f"Interface endpoint {name}")
            endpoint = vpc.add_interface_endpoint(
                name,
                service=service,
                # only in the zone of the connection: a second costs as much again, and nobody there calls it
                subnets=ec2.SubnetSelection(subnets=[zone]),
                security_groups=[endpoint_group],
                open=False,
            )
            endpoint.add_to_policy(self._own_account())
            endpoint_group.connections.allow_from(workers, ec2.Port.HTTPS, "Glue's job")

        # --- for Glue, which knows networks as connections
        connection = glue.CfnConnection(
            self,
            "Connection",
            catalog_id=self.account,
            connection_input=glue.CfnConnection.ConnectionInputProperty(
                name=self.stack_name,
                description="Jobs and crawlers run in the VPC",
                connection_type="NETWORK",
                connection_properties={},
                physical_connection_requirements=glue.CfnConnection.PhysicalConnectionRequirementsProperty(
                    availability_zone=zone.availability_zone,
                    subnet_id=zone.subnet_id,
                    security_group_id_list=[workers.security_group_id],
                ),
            ),
        )
        self.jobs = JobNetwork(
            vpc=vpc.vpc_id,
            subnets=tuple(subnet.subnet_id for subnet in vpc.isolated_subnets),
            security_group=jobs.security_group_id,
            connection=connection.ref,
            connection_security_group=workers.security_group_id,
            s3_endpoint=storage.vpc_endpoint_id,
        )

        # --- outputs
        cdk.CfnOutput(self, outputs.VPC, value=vpc.vpc_id)
        first, second = self.jobs.subnets
        self.share(
            *(self.jobs.s3_endpoint, self.jobs.connection, first, self.jobs.connection_security_group),
            *(self.jobs.vpc, second, self.jobs.security_group),
        )

    def _zones(self) -> list[str]:
        """By number, for a look-up would write the names of an account's zones into cdk.context.json."""
        if self.settings.zones is not None:
            return self.settings.zones.split(",")
        return [cdk.Fn.select(number, cdk.Fn.get_azs()) for number in (0, 1)]

    def _group(self, vpc: ec2.IVpc, name: str, description: str) -> ec2.SecurityGroup:
        return ec2.SecurityGroup(self, name, vpc=vpc, description=description, allow_all_outbound=False)

    def _own_account(self) -> iam.PolicyStatement:
        """What an endpoint lets through: requests of this account for this account's resources.

        No bucket of AWS's own is among them. Services that need one are listed at
        https://github.com/aws-samples/data-perimeter-policy-examples/blob/main/service_owned_resources.md; of what runs
        here only Glue Studio's visual transforms and JumpStart's models are, which are not used. SageMaker pulls
        images, and Glue its own libraries, in their own networks
        (https://docs.aws.amazon.com/sagemaker/latest/dg/process-vpc.html).
        """
        return iam.PolicyStatement(
            sid="OwnAccount",
            principals=[iam.AnyPrincipal()],
            actions=["*"],
            resources=["*"],
            conditions={"StringEquals": {"aws:PrincipalAccount": self.account, "aws:ResourceAccount": self.account}},
        )

    def _flow_log(self, vpc: ec2.Vpc, key: kms.Key) -> None:
        """https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-iam-role.html."""
        log_group = owned_log_group(self, "FlowLogs", key=key, days=self.settings.log_retention_days)
        role = scoped_role(
            self,
            "FlowLogRole",
            "vpc-flow-logs.amazonaws.com",
            "Writes the flow log",
            Allow(
                ("logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"),
                (log_group.log_group_arn,),
                unused_because="Nothing flows in a VPC of the local cloud.",
            ),
        )
        ec2.CfnFlowLog(
            self,
            "FlowLog",
            resource_id=vpc.vpc_id,
            resource_type="VPC",
            traffic_type="ALL",
            log_destination_type="cloud-watch-logs",
            log_group_name=log_group.log_group_name,
            deliver_logs_permission_arn=role.role_arn,
        )
