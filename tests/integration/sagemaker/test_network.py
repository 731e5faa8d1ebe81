"""Jobs and models in a VPC: what they tell of it, and what a bucket that is open to the VPC only lets them do."""

import json
from typing import Any

import pytest

from localcloud import LocalCloud
from tests.integration.network import TAG, Vpc, make_vpc, only_through
from tests.integration.sagemaker.workshop import BUCKET, IMAGE, ROLE, Workshop


@pytest.fixture
def vpc(cloud: LocalCloud, workshop: Workshop) -> Vpc:
    """With the role of the jobs, which may reach the workshop's bucket from inside only."""
    trust = {"Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    cloud.client("iam").create_role(RoleName="sagemaker", AssumeRolePolicyDocument=document, Tags=[TAG])
    found = make_vpc(cloud)
    only_through(cloud, BUCKET, found.endpoint)
    return found


def processed(workshop: Workshop, name: str, **network: Any) -> dict[str, Any]:
    workshop.process(name, **network)
    return workshop.ended("processing", name)


def test_processing_reaches_the_bucket_from_inside_only(workshop: Workshop, vpc: Vpc) -> None:
    config = vpc.config(vpc.inside)
    inside = processed(workshop, "inside", NetworkConfig={"EnableNetworkIsolation": True, "VpcConfig": config})
    assert inside["ProcessingJobStatus"] == "Completed", inside.get("FailureReason")
    assert inside["NetworkConfig"] == {"EnableNetworkIsolation": True, "VpcConfig": config}
    for name, network in {
        "outside": {},
        "no-way": {"NetworkConfig": {"VpcConfig": vpc.config(vpc.without_way)}},
    }.items():
        failed = processed(workshop, name, **network)
        assert failed["ProcessingJobStatus"] == "Failed"
        assert "explicit deny" in failed["FailureReason"]


def test_others_reach_the_bucket_from_anywhere(cloud: LocalCloud, workshop: Workshop, vpc: Vpc) -> None:
    assert workshop.get(f"s3://{BUCKET}/data/a.txt") == b"one\n"
    cloud.client("iam").untag_role(RoleName="sagemaker", TagKeys=[TAG["Key"]])
    assert processed(workshop, "untagged")["ProcessingJobStatus"] == "Completed"


def test_training_reaches_the_bucket_from_inside_only(workshop: Workshop, vpc: Vpc) -> None:
    """And so does the script's own client: it has the credentials of the job."""
    workshop.put_source(
        {"train.py": f"import boto3\nboto3.client('s3').get_object(Bucket='{BUCKET}', Key='data/a.txt')\n"}
    )
    config = vpc.config(vpc.inside)
    workshop.train("inside", VpcConfig=config)
    inside = workshop.ended("training", "inside")
    assert inside["TrainingJobStatus"] == "Completed", inside.get("FailureReason")
    assert inside["VpcConfig"] == config
    workshop.train("outside")
    assert "explicit deny" in workshop.ended("training", "outside")["FailureReason"]


def test_a_model_tells_its_network(workshop: Workshop, vpc: Vpc) -> None:
    config = vpc.config(vpc.inside)
    container = {"Image": IMAGE, "ModelDataUrl": f"s3://{BUCKET}/m.tar.gz"}
    workshop.client.create_model(
        ModelName="inside", ExecutionRoleArn=ROLE, PrimaryContainer=container, VpcConfig=config
    )
    assert workshop.client.describe_model(ModelName="inside")["VpcConfig"] == config
