"""EC2: an endpoint of a VPC that is gone."""

from typing import Any

from moto.ec2.models import EC2Backend

from localcloud.patching import replace


@replace(EC2Backend, "delete_vpc_endpoints", "(self, vpce_ids)")
def delete_vpc_endpoints(self: Any, vpce_ids: list[str] | None = None) -> None:
    """moto lists it as deleted for good; EC2 forgets it.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_VpcEndpoint.html
    """
    delete_vpc_endpoints.original(self, vpce_ids)  # type: ignore[attr-defined]
    for gone in vpce_ids or ():
        self.vpc_end_points.pop(gone, None)
