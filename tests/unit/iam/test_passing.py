"""The roles that a request passes, by ARN, by name and by instance profile."""

from collections.abc import Iterator
from typing import Any

import pytest
from moto.iam.models import iam_backends

from localcloud.iam.call import Where
from localcloud.iam.passing import passed

ACCOUNT = "123456789012"
WHERE = Where(ACCOUNT, "us-east-1")
JOB = f"arn:aws:iam::{ACCOUNT}:role/job"
FAR = f"arn:aws:iam::{ACCOUNT}:role/service-role/far"


@pytest.fixture(autouse=True)
def roles() -> Iterator[None]:
    backend = iam_backends[ACCOUNT]["aws"]
    backend.reset()
    for name, path in (("job", "/"), ("far", "/service-role/")):
        backend.create_role(name, "{}", path, None, "", [], "3600")
    backend.create_instance_profile("profile", "/", [], [])
    backend.add_role_to_instance_profile("profile", "job")
    yield
    backend.reset()


# Prefix, operation, parameters, the roles that are passed, and to whom
CASES: dict[str, tuple[str, str, dict[str, Any], list[str], str]] = {
    "by ARN": ("glue", "CreateJob", {"Role": JOB}, [JOB], "glue"),
    "by name": ("glue", "CreateJob", {"Role": "job"}, [JOB], "glue"),
    "by name, with a path": ("glue", "CreateCrawler", {"Role": "far"}, [FAR], "glue"),
    "by path and name": ("glue", "UpdateCrawler", {"Role": "service-role/far"}, [FAR], "glue"),
    "by a name that is not there": (
        "glue", "UpdateJob", {"JobUpdate": {"Role": "none"}}, [f"arn:aws:iam::{ACCOUNT}:role/none"], "glue"
    ),
    "nested": ("sagemaker", "CreatePipeline", {"RoleArn": JOB, "X": [{"RoleArn": FAR}]}, [JOB, FAR], "sagemaker"),
    "twice the same": (
        "firehose", "CreateDeliveryStream", {"A": {"RoleARN": JOB}, "B": {"RoleARN": JOB}}, [JOB], "firehose"
    ),
    "to a function": ("lambda", "CreateFunction", {"Role": JOB}, [JOB], "lambda"),
    "to a state machine": ("states", "CreateStateMachine", {"roleArn": JOB}, [JOB], "states"),
    "to tasks, by name": (
        "ecs", "RegisterTaskDefinition", {"taskRoleArn": "job", "executionRoleArn": FAR}, [JOB, FAR], "ecs-tasks"
    ),
    "to a batch job, by name": (
        "batch", "RegisterJobDefinition", {"containerProperties": {"jobRoleArn": "job"}}, [JOB], "batch"
    ),
    "to a cluster": (
        "elasticmapreduce", "RunJobFlow", {"ServiceRole": "far", "JobFlowRole": "profile"}, [FAR, JOB],
        "elasticmapreduce",
    ),
    "a profile by name": ("ec2", "RunInstances", {"IamInstanceProfile": {"Name": "profile"}}, [JOB], "ec2"),
    "a profile by ARN": (
        "ec2", "RunInstances", {"IamInstanceProfile": {"Arn": f"arn:aws:iam::{ACCOUNT}:instance-profile/profile"}},
        [JOB], "ec2",
    ),
    "a profile of a launch configuration": (
        "autoscaling", "CreateLaunchConfiguration", {"IamInstanceProfile": "profile"}, [JOB], "ec2"
    ),
    "into a profile": (
        "iam", "AddRoleToInstanceProfile", {"InstanceProfileName": "profile", "RoleName": "far"}, [FAR], "ec2"
    ),
    "about a role": ("iam", "AttachRolePolicy", {"RoleName": "job", "PolicyArn": "x"}, [], ""),
    "to assume it": ("sts", "AssumeRole", {"RoleArn": JOB}, [], ""),
    "to read": ("glue", "GetJobs", {"Role": JOB}, [], ""),
    "to delete": ("sagemaker", "DeleteModel", {"RoleArn": JOB}, [], ""),
    "a name that is no role's": ("lambda", "CreateFunction", {"FunctionName": "role", "Handler": JOB}, [], ""),
    "a role in no member for roles": ("glue", "CreateJob", {"Description": JOB}, [], ""),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_passed_roles(name: str) -> None:
    prefix, operation, parameters, roles, to = CASES[name]
    found = passed(prefix, operation, parameters, WHERE)
    assert [arn for arn, _ in found] == roles
    assert {dict(keys)["iam:PassedToService"] for _, keys in found} == ({f"{to}.amazonaws.com"} if roles else set())
