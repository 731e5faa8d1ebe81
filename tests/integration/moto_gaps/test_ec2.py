"""What of EC2 is left out because nothing that is served reads it."""

import pytest
from botocore.exceptions import ClientError

from localcloud import LocalCloud


@pytest.mark.parametrize(
    ("operation", "request_"),
    [
        ("describe_images", {}),
        ("run_instances", {"ImageId": "ami-12c6146b", "MinCount": 1, "MaxCount": 1}),
    ],
)
def test_what_reads_images_is_refused(cloud: LocalCloud, operation: str, request_: dict[str, object]) -> None:
    """There are none (localcloud/moto_gaps/ec2.py)."""
    with pytest.raises(ClientError, match="is not implemented by the local cloud"):
        getattr(cloud.client("ec2"), operation)(**request_)
