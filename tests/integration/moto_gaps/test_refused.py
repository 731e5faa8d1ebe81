"""Operations that are kept but for some requests."""

import pytest
from botocore.exceptions import ClientError

from localcloud import LocalCloud


def test_messages_to_phones_and_machines_of_batch_are_refused(cloud: LocalCloud) -> None:
    with pytest.raises(ClientError, match=r"NotImplemented.*Publish to a phone"):
        cloud.client("sns").publish(PhoneNumber="+4915112345678", Message="late")
    with pytest.raises(ClientError, match=r"NotImplemented.*of the type EC2"):
        cloud.client("batch").create_compute_environment(
            computeEnvironmentName="machines", type="MANAGED",
            computeResources={"type": "EC2", "maxvCpus": 4, "subnets": ["subnet-12345678"],
                              "securityGroupIds": ["sg-12345678"], "instanceRole": "r"},
        )  # fmt: skip
    assert cloud.client("batch").describe_compute_environments()["computeEnvironments"] == []
