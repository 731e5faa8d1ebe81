"""Glue's jobs and crawlers with a NETWORK connection, in a cloud that enforces: their way to S3 is a condition key."""

from collections.abc import Callable
from typing import Any

import pytest

from localcloud import LocalCloud
from tests.integration.iam.conftest import ACCOUNT, allow
from tests.integration.iam.test_engines import LOGS, READ_IN, READER, crawl, run_job
from tests.integration.network import TAG, Vpc, make_vpc, only_through

Role = Callable[..., str]
WHERE = f"arn:aws:glue:us-east-1:{ACCOUNT}"
LOOKS = allow("glue:GetConnection", [f"{WHERE}:catalog", f"{WHERE}:connection/network"])
CODE = allow("s3:GetObject", "arn:aws:s3:::lake/code/*")


@pytest.fixture
def vpc(cloud: LocalCloud, bucket: str) -> Vpc:
    """With a connection for each subnet, and the bucket open to tagged roles from one of them only."""
    found = make_vpc(cloud)
    for name, subnet in {"network": found.inside, "dead-end": found.without_way}.items():
        cloud.client("glue").create_connection(
            ConnectionInput={
                "Name": name,
                "ConnectionType": "NETWORK",
                "ConnectionProperties": {},
                "PhysicalConnectionRequirements": {"SubnetId": subnet, "SecurityGroupIdList": [found.group]},
            }
        )
    cloud.client("s3").put_object(Bucket=bucket, Key="code/job.py", Body=READER.encode())
    only_through(cloud, bucket, found.endpoint)
    return found


def ran(cloud: LocalCloud, role: str, connections: list[str]) -> dict[str, Any]:
    """A run of READER; its code is in the bucket, too."""
    glue = cloud.client("glue")
    glue.create_job(
        Name="job",
        Role=role,
        Command={"Name": "glueetl", "ScriptLocation": "s3://lake/code/job.py"},
        GlueVersion="6.0",
        Timeout=5,
        Connections={"Connections": connections},
    )
    assert glue.get_job(JobName="job")["Job"]["Connections"] == {"Connections": connections}
    return run_job(glue, "job")


def test_a_job(cloud: LocalCloud, role: Role, vpc: Vpc) -> None:
    arn = role(LOGS, CODE, READ_IN, LOOKS, Tags=[TAG])
    inside = ran(cloud, arn, ["network"])
    assert inside["JobRunState"] == "SUCCEEDED", inside["ErrorMessage"]
    assert "AccessDenied" in ran(cloud, arn, [])["ErrorMessage"]
    role(LOGS, CODE, READ_IN)
    assert "glue:GetConnection" in ran(cloud, arn, ["network"])["ErrorMessage"]
    role(LOGS, CODE, READ_IN, allow("glue:GetConnection", "*"))
    assert "AccessDenied" in ran(cloud, arn, ["dead-end"])["ErrorMessage"]


def test_a_crawler(cloud: LocalCloud, role: Role, vpc: Vpc) -> None:
    glue = cloud.client("glue")
    glue.create_database(DatabaseInput={"Name": "db"})
    cloud.client("s3").put_object(Bucket="lake", Key="tables/t/a.csv", Body=b"a,b\n1,2\n3,4\n")
    reads = allow("s3:ListBucket", "arn:aws:s3:::lake"), allow("s3:GetObject", "arn:aws:s3:::lake/tables/*")
    arn = role(LOGS, *reads, allow("glue:*", "*"), Tags=[TAG])
    target = {"Path": "s3://lake/tables/t/"}
    glue.create_crawler(Name="crawl", Role=arn, DatabaseName="db", Targets={"S3Targets": [target]})

    assert "explicit deny" in crawl(glue, "crawl")["ErrorMessage"]
    inside = {"S3Targets": [{**target, "ConnectionName": "network"}]}
    glue.update_crawler(Name="crawl", Targets=inside)
    assert glue.get_crawler(Name="crawl")["Crawler"]["Targets"]["S3Targets"] == inside["S3Targets"]
    assert crawl(glue, "crawl").get("ErrorMessage") is None
