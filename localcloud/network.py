"""The way of a job in a VPC to S3. Jobs are processes here: their requests only say which way they would take."""

from collections.abc import Iterable
from typing import Any

from moto.ec2.models import ec2_backends

from localcloud.cloud import current

Keys = tuple[tuple[str, str], ...]  # condition keys


def way_to_s3(region: str, subnets: Iterable[str]) -> Keys:
    """The condition keys of a request to S3 from ``subnets``: those of the gateway endpoint of their route tables.

    https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-s3.html
    """
    wanted = list(subnets)
    if not wanted:
        return ()
    backend = ec2_backends[current().account][region]
    tables = {table.id for table in backend.describe_route_tables(filters={"association.subnet-id": wanted})}
    for endpoint in list(backend.vpc_end_points.values()):
        if endpoint.service_name == f"com.amazonaws.{region}.s3" and tables & set(endpoint.route_table_ids or ()):
            return (("aws:SourceVpc", endpoint.vpc_id), ("aws:SourceVpce", endpoint.id))
    return ()


def subnets_of(request: dict[str, Any]) -> list[str]:
    """Of a job or a model of SageMaker."""
    config = request.get("VpcConfig") or (request.get("NetworkConfig") or {}).get("VpcConfig") or {}
    return list(config.get("Subnets") or ())
