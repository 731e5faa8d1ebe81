"""EC2: what is gone is gone. moto keeps the tags of what was deleted, and lists deleted endpoints for good."""

from typing import Any

from moto.ec2.models import EC2Backend
from moto.ec2.models.amis import AmiBackend

from localcloud.patching import replace


def _forgetting(name: str, signature: str) -> None:
    """Drop the tags of what the operation deletes, after it has.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeTags.html
    """

    @replace(EC2Backend, name, signature)
    def delete(self: Any, *names: Any, **given: Any) -> Any:
        answer = delete.original(self, *names, **given)  # type: ignore[attr-defined]
        for value in (*names, *given.values()):
            for gone in value if isinstance(value, list) else [value]:
                self.tags.pop(gone, None)
                self.vpc_end_points.pop(gone, None)
        return answer


for _name, _signature in {
    "delete_vpc": "(self, vpc_id)",
    "delete_subnet": "(self, subnet_id)",
    "delete_route_table": "(self, route_table_id)",
    "delete_security_group": "(self, name, group_id)",
    "delete_vpc_endpoints": "(self, vpce_ids)",
    "delete_flow_logs": "(self, flow_log_ids)",
}.items():
    _forgetting(_name, _signature)


@replace(AmiBackend, "_load_amis", "(self)")
def load_amis(self: Any) -> None:
    """None: the operations of EC2 that are served have no use for images.

    moto makes several hundred, with a snapshot each, at EC2's first call and again at every reset: 0.2 s each time.
    """
