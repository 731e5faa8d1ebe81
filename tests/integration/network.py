"""A VPC of two subnets, of which one has a way to S3, and a bucket that some roles reach by that way only."""

import json
from dataclasses import dataclass
from typing import Any

from localcloud import LocalCloud

TAG = {"Key": "lake-access", "Value": "inside"}


@dataclass(frozen=True)
class Vpc:
    """Ids; ``inside`` is the subnet whose route table the gateway endpoint is in."""

    inside: str
    without_way: str
    group: str
    endpoint: str

    def config(self, subnet: str) -> dict[str, list[str]]:
        """VpcConfig of SageMaker."""
        return {"SecurityGroupIds": [self.group], "Subnets": [subnet]}


def make_vpc(cloud: LocalCloud) -> Vpc:
    ec2 = cloud.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    subnets, tables = [], []
    for number in range(2):
        subnet = ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.9.{number}.0/24")["Subnet"]["SubnetId"]
        table = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
        ec2.associate_route_table(SubnetId=subnet, RouteTableId=table)
        subnets.append(subnet)
        tables.append(table)
    endpoint = ec2.create_vpc_endpoint(VpcId=vpc, ServiceName="com.amazonaws.us-east-1.s3", RouteTableIds=tables[:1])
    group = ec2.create_security_group(GroupName="jobs", Description="jobs", VpcId=vpc)["GroupId"]
    return Vpc(subnets[0], subnets[1], group, endpoint["VpcEndpoint"]["VpcEndpointId"])


def only_through(cloud: LocalCloud, bucket: str, endpoint: str) -> None:
    """Deny the bucket's objects to tagged roles that come another way."""
    statement: dict[str, Any] = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": ["s3:GetObject*", "s3:PutObject*"],
        "Resource": f"arn:aws:s3:::{bucket}/*",
        "Condition": {
            "StringEquals": {f"aws:PrincipalTag/{TAG['Key']}": [TAG["Value"]]},
            "StringNotEquals": {"aws:SourceVpce": endpoint},
        },
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    cloud.client("s3").put_bucket_policy(Bucket=bucket, Policy=policy)
