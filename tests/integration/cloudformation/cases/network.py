"""EC2's networks, and Glue's connections to them."""

from typing import Any

from localcloud import LocalCloud
from tests.integration.cloudformation.case import Case, Properties
from tests.integration.cloudformation.cases.storage import ROLE

VPC = {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.1.0.0/16"}}
VPC_ID = {"Ref": "Vpc"}
TAGS = [{"Key": "project", "Value": "mlref"}, {"Key": "Name", "Value": "subject"}]
OTHER_TAGS = [{"Key": "project", "Value": "other"}]
ELSEWHERE = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "CidrIp": "10.2.0.0/16", "Description": "elsewhere"}
ANYWHERE = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "CidrIp": "0.0.0.0/0", "Description": "anywhere"}


def _subnet(number: int) -> Properties:
    zone = {"Fn::Select": [number, {"Fn::GetAZs": ""}]}
    properties = {"VpcId": VPC_ID, "CidrBlock": f"10.1.{number}.0/24", "AvailabilityZone": zone}
    return {"Type": "AWS::EC2::Subnet", "Properties": properties}


def _group(description: str = "needed") -> Properties:
    properties = {
        "VpcId": VPC_ID,
        "GroupDescription": description,
        # the rules that another resource adds are to stay
        "SecurityGroupEgress": [
            {"IpProtocol": "icmp", "FromPort": 252, "ToPort": 86, "CidrIp": "255.255.255.255/32"}
        ],
    }
    return {"Type": "AWS::EC2::SecurityGroup", "Properties": properties}


def _table() -> Properties:
    return {"Type": "AWS::EC2::RouteTable", "Properties": {"VpcId": VPC_ID}}


def _read(operation: str, member: str) -> Any:
    def read(cloud: LocalCloud, ref: str) -> list[Any]:
        return [getattr(cloud.client("ec2"), operation)(**{member: [ref]})]

    return read


def _vpc(cloud: LocalCloud, ref: str) -> list[Any]:
    client = cloud.client("ec2")
    attributes = ("enableDnsSupport", "enableDnsHostnames")
    found = [client.describe_vpc_attribute(VpcId=ref, Attribute=name) for name in attributes]
    values = {
        name: answer[f"{name[0].upper()}{name[1:]}"]["Value"] for name, answer in zip(attributes, found, strict=True)
    }
    return [client.describe_vpcs(VpcIds=[ref]), values]


def _rules(cloud: LocalCloud, ref: str) -> list[Any]:
    client = cloud.client("ec2")  # the description is with the group in the local cloud
    return [client.describe_security_group_rules(SecurityGroupRuleIds=[ref]), client.describe_security_groups()]


def _groups(cloud: LocalCloud, ref: str) -> list[Any]:
    return [cloud.client("ec2").describe_security_groups(GroupIds=[ref])]


def _association(cloud: LocalCloud, ref: str) -> list[Any]:
    filters = [{"Name": "association.route-table-association-id", "Values": [ref]}]
    (table,) = cloud.client("ec2").describe_route_tables(Filters=filters)["RouteTables"]
    return [item for item in table["Associations"] if item["RouteTableAssociationId"] == ref]


def _connection(cloud: LocalCloud, ref: str) -> list[Any]:
    arn = f"arn:aws:glue:us-east-1:123456789012:connection/{ref}"
    glue = cloud.client("glue")
    return [glue.get_connection(Name=ref), glue.get_tags(ResourceArn=arn)]


def _endpoint(kind: str, **more: Any) -> Properties:
    service = "s3" if kind == "Gateway" else "glue"
    return {"VpcId": VPC_ID, "ServiceName": f"com.amazonaws.us-east-1.{service}", "VpcEndpointType": kind, **more}


def _policy(account: str) -> Properties:
    condition = {"StringEquals": {"aws:PrincipalAccount": account}}
    statement = {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*", "Condition": condition}
    return {"Version": "2012-10-17", "Statement": [statement]}


def _input(description: str) -> Properties:
    return {
        "Name": "subject",
        "Description": description,
        "ConnectionType": "NETWORK",
        "ConnectionProperties": {},
        "PhysicalConnectionRequirements": {
            "SubnetId": {"Ref": "Subnet"},
            "AvailabilityZone": {"Fn::GetAtt": ["Subnet", "AvailabilityZone"]},
            "SecurityGroupIdList": [{"Fn::GetAtt": ["Group", "GroupId"]}],
        },
    }


CASES = [
    Case(
        type="AWS::EC2::VPC",
        properties={
            "CidrBlock": "10.1.0.0/16",
            "EnableDnsHostnames": True,
            "EnableDnsSupport": True,
            "InstanceTenancy": "default",
            "Tags": TAGS,
        },
        changed={
            "CidrBlock": "10.1.0.0/16",
            "EnableDnsHostnames": False,
            "EnableDnsSupport": True,
            "InstanceTenancy": "default",
            "Tags": OTHER_TAGS,
        },
        read=_vpc,
        ref="vpc-*",
        attributes={"VpcId": "vpc-*", "CidrBlock": "10.1.0.0/16", "DefaultSecurityGroup": "sg-*"},
    ),
    Case(
        type="AWS::EC2::Subnet",
        needs={"Vpc": VPC},
        properties={**_subnet(0)["Properties"], "MapPublicIpOnLaunch": False, "Tags": TAGS},
        changed={**_subnet(0)["Properties"], "MapPublicIpOnLaunch": True, "Tags": OTHER_TAGS},
        read=_read("describe_subnets", "SubnetIds"),
        ref="subnet-*",
        attributes={"SubnetId": "subnet-*", "AvailabilityZone": "us-east-1a", "VpcId": "vpc-*"},
        unreadable=("Fn::Select", "Fn::GetAZs", "AvailabilityZone"),
    ),
    Case(
        type="AWS::EC2::RouteTable",
        needs={"Vpc": VPC},
        properties={"VpcId": VPC_ID, "Tags": TAGS},
        changed={"VpcId": VPC_ID, "Tags": OTHER_TAGS},
        read=_read("describe_route_tables", "RouteTableIds"),
        ref="rtb-*",
        attributes={"RouteTableId": "rtb-*"},
    ),
    Case(
        type="AWS::EC2::SubnetRouteTableAssociation",
        needs={"Vpc": VPC, "Subnet": _subnet(0), "Table": _table()},
        properties={"SubnetId": {"Ref": "Subnet"}, "RouteTableId": {"Ref": "Table"}},
        read=_association,
        ref="rtbassoc-*",
        attributes={"Id": "rtbassoc-*"},
    ),
    Case(
        type="AWS::EC2::VPCEndpoint",
        needs={"Vpc": VPC, "Table": _table(), "Other": _table()},
        properties=_endpoint(
            "Gateway", RouteTableIds=[{"Ref": "Table"}], PolicyDocument=_policy("123456789012"), Tags=TAGS
        ),
        changed=_endpoint(
            "Gateway", RouteTableIds=[{"Ref": "Other"}], PolicyDocument=_policy("210987654321"), Tags=OTHER_TAGS
        ),
        read=_read("describe_vpc_endpoints", "VpcEndpointIds"),
        ref="vpce-*",
        attributes={"Id": "vpce-*"},
    ),
    Case(
        type="AWS::EC2::VPCEndpoint",
        needs={"Vpc": VPC, "Subnet": _subnet(0), "Zone": _subnet(1), "Group": _group(), "Other": _group("other")},
        properties=_endpoint(
            "Interface",
            SubnetIds=[{"Ref": "Subnet"}],
            SecurityGroupIds=[{"Fn::GetAtt": ["Group", "GroupId"]}],
            PrivateDnsEnabled=True,
        ),
        changed=_endpoint(
            "Interface",
            SubnetIds=[{"Ref": "Subnet"}, {"Ref": "Zone"}],
            SecurityGroupIds=[{"Fn::GetAtt": ["Other", "GroupId"]}],
            PrivateDnsEnabled=True,
        ),
        read=_read("describe_vpc_endpoints", "VpcEndpointIds"),
        ref="vpce-*",
    ),
    Case(
        type="AWS::EC2::SecurityGroup",
        needs={"Vpc": VPC},
        properties={
            "VpcId": VPC_ID,
            "GroupDescription": "subject",
            "SecurityGroupIngress": [ELSEWHERE],
            "SecurityGroupEgress": [ANYWHERE],
            "Tags": TAGS,
        },
        changed={
            "VpcId": VPC_ID,
            "GroupDescription": "subject",
            "SecurityGroupIngress": [],
            "SecurityGroupEgress": [ELSEWHERE],
            "Tags": OTHER_TAGS,
        },
        read=_groups,
        ref="sg-*",
        attributes={"GroupId": "sg-*", "Id": "sg-*", "VpcId": "vpc-*"},
        unreadable=("GroupDescription",),
    ),
    Case(
        type="AWS::EC2::SecurityGroupIngress",
        needs={"Vpc": VPC, "Group": _group(), "Other": _group("other")},
        properties={
            "GroupId": {"Fn::GetAtt": ["Group", "GroupId"]},
            "SourceSecurityGroupId": {"Fn::GetAtt": ["Other", "GroupId"]},
            "IpProtocol": "tcp",
            "FromPort": 443,
            "ToPort": 443,
            "Description": "from the other",
        },
        read=_rules,
        ref="sgr-*",
        attributes={"Id": "sgr-*"},
    ),
    Case(
        type="AWS::EC2::SecurityGroupEgress",
        needs={"Vpc": VPC, "Group": _group(), "Other": _group("other")},
        properties={
            "GroupId": {"Fn::GetAtt": ["Group", "GroupId"]},
            "DestinationSecurityGroupId": {"Fn::GetAtt": ["Other", "GroupId"]},
            "IpProtocol": "tcp",
            "FromPort": 0,
            "ToPort": 65535,
            "Description": "to the other",
        },
        read=_rules,
        ref="sgr-*",
        attributes={"Id": "sgr-*"},
    ),
    Case(
        type="AWS::EC2::FlowLog",
        needs={
            "Vpc": VPC,
            "Logs": {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": "flow"}},
            "Role": ROLE,
        },
        properties={
            "ResourceId": VPC_ID,
            "ResourceType": "VPC",
            "TrafficType": "ALL",
            "LogDestinationType": "cloud-watch-logs",
            "LogGroupName": {"Ref": "Logs"},
            "DeliverLogsPermissionArn": {"Fn::GetAtt": ["Role", "Arn"]},
            "Tags": TAGS,
        },
        read=_read("describe_flow_logs", "FlowLogIds"),
        ref="fl-*",
        attributes={"Id": "fl-*"},
        unreadable=("ResourceType",),
    ),
    Case(
        type="AWS::Glue::Connection",
        needs={"Vpc": VPC, "Subnet": _subnet(0), "Group": _group()},
        properties={"CatalogId": "123456789012", "ConnectionInput": _input("first"), "Tags": {"project": "mlref"}},
        changed={"CatalogId": "123456789012", "ConnectionInput": _input("second"), "Tags": {"project": "other"}},
        read=_connection,
        ref="subject",
        unreadable=("CatalogId",),
    ),
]
