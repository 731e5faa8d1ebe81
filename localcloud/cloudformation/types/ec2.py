"""EC2: what a network consists of."""

from collections.abc import Callable
from typing import Any

from localcloud.cloudformation.mapping import Properties
from localcloud.cloudformation.resource import Resource
from localcloud.cloudformation.types.model import Apply, Call, Key, ResourceType, Setting, by

ENTIRE_INTERNET = [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
_PAIRS = ("IpProtocol", "FromPort", "ToPort")
# Member of a permission that the other side of a rule is in: property → (list, its member), for both directions
_SIDES = {
    "CidrIp": ("IpRanges", "CidrIp"),
    "CidrIpv6": ("Ipv6Ranges", "CidrIpv6"),
    "SourcePrefixListId": ("PrefixListIds", "PrefixListId"),
    "DestinationPrefixListId": ("PrefixListIds", "PrefixListId"),
    "SourceSecurityGroupId": ("UserIdGroupPairs", "GroupId"),
    "DestinationSecurityGroupId": ("UserIdGroupPairs", "GroupId"),
}


def _listed(member: str) -> Key:
    return lambda resource: {member: [resource.physical_id]}


def _tag(resource: Resource, new: Properties, old: Properties) -> None:
    """EC2 has one pair of operations for the tags of everything."""
    wanted = {tag["Key"]: tag["Value"] for tag in new.get("Tags", ())}
    present = {tag["Key"]: tag["Value"] for tag in old.get("Tags", ())}
    if gone := [{"Key": key} for key in present if key not in wanted]:
        resource.call("DeleteTags", Resources=[resource.physical_id], Tags=gone)
    if fresh := [{"Key": key, "Value": value} for key, value in wanted.items() if present.get(key) != value]:
        resource.call("CreateTags", Resources=[resource.physical_id], Tags=fresh)


TAGS = Setting(properties=("Tags",), apply=_tag)


def _flag(name: str, operation: str) -> Setting:
    """A property that has a call of its own, wrapped as EC2 wraps booleans."""
    return Setting(properties=(name,), put=operation, convert=lambda value: {"Value": value})


def _default_group(resource: Resource) -> str:
    filters = [{"Name": "vpc-id", "Values": [resource.physical_id]}, {"Name": "group-name", "Values": ["default"]}]
    return str(resource.call("DescribeSecurityGroups", Filters=filters)["SecurityGroups"][0]["GroupId"])


def _property(name: str) -> Callable[[Resource], Any]:
    return lambda resource: resource.properties[name]


def _members(name: str) -> Apply:
    """A list that ModifyVpcEndpoint changes by what comes and what goes."""

    def apply(resource: Resource, new: Properties, old: Properties) -> None:
        wanted, present = new.get(name, []), old.get(name, [])
        member = name.removesuffix("s")
        changes: Properties = {
            f"Add{member}s": [item for item in wanted if item not in present],
            f"Remove{member}s": [item for item in present if item not in wanted],
        }
        if changes := {key: value for key, value in changes.items() if value}:
            resource.call("ModifyVpcEndpoint", VpcEndpointId=resource.physical_id, **changes)

    return apply


def _permission(rule: Properties) -> Properties:
    """A rule as the API has it: who is on the other side lies in a list of its kind."""
    found: Properties = {name: rule[name] for name in _PAIRS if name in rule}
    for name in ("FromPort", "ToPort"):
        if name in found:
            found[name] = int(found[name])
    found["IpProtocol"] = str(found["IpProtocol"])
    for name, (listed, member) in _SIDES.items():
        if name in rule:
            described = {"Description": rule["Description"]} if "Description" in rule else {}
            found[listed] = [{member: rule[name], **described}]
    return found


def _rules(direction: str) -> Apply:
    """The rules within a group; what others add to it stays."""
    name = f"SecurityGroup{direction}"

    def apply(resource: Resource, new: Properties, old: Properties) -> None:
        wanted, present = ([_permission(rule) for rule in given.get(name, ())] for given in (new, old))
        for operation, permissions in (
            ("Revoke", [item for item in present if item not in wanted]),
            ("Authorize", [item for item in wanted if item not in present]),
        ):
            if permissions:
                resource.call(f"{operation}{name}", GroupId=resource.physical_id, IpPermissions=permissions)

    return apply


def _create_group(resource: Resource, properties: Properties) -> Any:
    """A group of a VPC allows everything out until a template says what: then only that.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-securitygroup.html
    """
    answer = resource.call(
        "CreateSecurityGroup",
        GroupName=resource.name,
        Description=properties["GroupDescription"],
        VpcId=properties["VpcId"],
    )
    if "SecurityGroupEgress" in properties:
        resource.call("RevokeSecurityGroupEgress", GroupId=answer["GroupId"], IpPermissions=ENTIRE_INTERNET)
    return answer


def _create_rule(direction: str) -> Callable[[Resource, Properties], Any]:
    def create(resource: Resource, properties: Properties) -> Any:
        return resource.call(
            f"AuthorizeSecurityGroup{direction}",
            GroupId=properties["GroupId"],
            IpPermissions=[_permission(properties)],
        )

    return create


def _delete_rule(direction: str) -> Callable[[Resource], None]:
    def delete(resource: Resource) -> None:
        resource.call_if_present(
            f"RevokeSecurityGroup{direction}",
            GroupId=resource.properties["GroupId"],
            SecurityGroupRuleIds=[resource.physical_id],
        )

    return delete


def _rule(direction: str, *sides: str) -> ResourceType:
    return ResourceType(
        service="ec2",
        key=by("SecurityGroupRuleId"),
        create=_create_rule(direction),
        identifier="SecurityGroupRules.0.SecurityGroupRuleId",
        delete=_delete_rule(direction),
        used_elsewhere=("GroupId", "Description", *_PAIRS, *sides),
        attributes={"Id": "{id}"},
    )


TYPES = {
    "EC2::VPC": ResourceType(
        service="ec2",
        key=by("VpcId"),
        create=Call(operation="CreateVpc"),
        identifier="Vpc.VpcId",
        settings=(
            _flag("EnableDnsSupport", "ModifyVpcAttribute"),
            _flag("EnableDnsHostnames", "ModifyVpcAttribute"),
            TAGS,
        ),
        delete="DeleteVpc",
        attributes={"VpcId": "{id}", "CidrBlock": _property("CidrBlock"), "DefaultSecurityGroup": _default_group},
    ),
    "EC2::Subnet": ResourceType(
        service="ec2",
        key=by("SubnetId"),
        create=Call(operation="CreateSubnet"),
        identifier="Subnet.SubnetId",
        settings=(_flag("MapPublicIpOnLaunch", "ModifySubnetAttribute"), TAGS),
        delete="DeleteSubnet",
        attributes={
            "SubnetId": "{id}",
            **{name: _property(name) for name in ("AvailabilityZone", "CidrBlock", "VpcId")},
        },
    ),
    "EC2::RouteTable": ResourceType(
        service="ec2",
        key=by("RouteTableId"),
        create=Call(operation="CreateRouteTable"),
        identifier="RouteTable.RouteTableId",
        settings=(TAGS,),
        delete="DeleteRouteTable",
        attributes={"RouteTableId": "{id}"},
    ),
    "EC2::SubnetRouteTableAssociation": ResourceType(
        service="ec2",
        key=by("AssociationId"),
        create=Call(operation="AssociateRouteTable"),
        identifier="AssociationId",
        delete="DisassociateRouteTable",
        attributes={"Id": "{id}"},
    ),
    "EC2::VPCEndpoint": ResourceType(
        service="ec2",
        key=_listed("VpcEndpointIds"),
        create=Call(operation="CreateVpcEndpoint"),
        identifier="VpcEndpoint.VpcEndpointId",
        update=Call(operation="ModifyVpcEndpoint", key=by("VpcEndpointId"), reset={}),  # PolicyDocument
        settings=(
            *(
                Setting(properties=(name,), apply=_members(name), on_create=False)
                for name in ("RouteTableIds", "SubnetIds", "SecurityGroupIds")
            ),
            TAGS,
        ),
        delete="DeleteVpcEndpoints",
        attributes={"Id": "{id}"},
    ),
    "EC2::SecurityGroup": ResourceType(
        service="ec2",
        name="GroupName",
        key=by("GroupId"),
        create=_create_group,
        identifier="GroupId",
        settings=(
            Setting(properties=("SecurityGroupIngress",), apply=_rules("Ingress")),
            Setting(properties=("SecurityGroupEgress",), apply=_rules("Egress")),
            TAGS,
        ),
        delete="DeleteSecurityGroup",
        used_elsewhere=("GroupDescription", "VpcId"),
        attributes={"GroupId": "{id}", "Id": "{id}", "VpcId": _property("VpcId")},
    ),
    "EC2::SecurityGroupIngress": _rule(
        "Ingress", "CidrIp", "CidrIpv6", "SourcePrefixListId", "SourceSecurityGroupId"
    ),
    "EC2::SecurityGroupEgress": _rule(
        "Egress", "CidrIp", "CidrIpv6", "DestinationPrefixListId", "DestinationSecurityGroupId"
    ),
    "EC2::FlowLog": ResourceType(
        service="ec2",
        key=_listed("FlowLogIds"),
        create=Call(operation="CreateFlowLogs", rename={"ResourceId": "ResourceIds"}),
        identifier="FlowLogIds.0",
        settings=(TAGS,),
        delete="DeleteFlowLogs",
        attributes={"Id": "{id}"},
    ),
}
