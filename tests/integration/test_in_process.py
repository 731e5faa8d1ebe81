"""A cloud in the user's own process: what it changes there, and that moto has one master."""

import os
import subprocess
import sys
from pathlib import Path

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws
from moto.core.models import MockAWS

from cli.cloud.local import Endpoint
from localcloud import LocalCloud, in_process
from localcloud.environment import PREFIXES_OFF

# A name that the call is not looked up by: data-localhost, which no resolver has to know
PREFIXED = (
    "import boto3\n"
    "try:\n"
    "    boto3.client('servicediscovery').discover_instances(NamespaceName='n', ServiceName='s')\n"
    "except Exception as error:\n"
    "    print(error)\n"
)
START_AND_STOP = """
import os
from localcloud import LocalCloud
os.environ.update({"MOTO_PORT": "1"})
before = dict(os.environ)
with LocalCloud() as cloud:
    assert os.environ["MOTO_PORT"] == str(cloud.port)
assert dict(os.environ) == before, set(os.environ.items()) ^ set(before.items())
print("as before")
"""


def run(program: str, folder: Path, **environment: str) -> str:
    inherited = {name: value for name, value in os.environ.items() if name not in (PREFIXES_OFF, "MOTO_PORT")}
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=folder, env={**inherited, **environment}, capture_output=True, text=True,
        timeout=60, check=False,
    )  # fmt: skip
    return done.stdout + done.stderr


def test_a_stopped_cloud_leaves_the_environment_as_it_was(repository: Path) -> None:
    assert run(START_AND_STOP, repository) == "as before\n"


@pytest.mark.parametrize("given", [None, "false"])
def test_a_variable_that_is_set_stays(monkeypatch: pytest.MonkeyPatch, given: str | None) -> None:
    monkeypatch.delenv(PREFIXES_OFF, raising=False)
    if given is not None:
        monkeypatch.setenv(PREFIXES_OFF, given)
    with in_process.variables(5000):
        assert (os.environ["MOTO_PORT"], os.environ[PREFIXES_OFF]) == ("5000", given or "true")
    assert os.environ.get(PREFIXES_OFF) == given


def test_a_refusal_is_heard_where_the_client_would_change_the_name(
    session_cloud: LocalCloud, repository: Path
) -> None:
    with pytest.raises(ClientError, match="servicediscovery:DiscoverInstances is not implemented"):
        boto3.client("servicediscovery", endpoint_url=session_cloud.endpoint).discover_instances(
            NamespaceName="n", ServiceName="s"
        )
    printed = Endpoint(session_cloud.endpoint, "us-east-1", "123456789012").environment  # by `mlref up`
    assert "servicediscovery:DiscoverInstances is not implemented" in run(PREFIXED, repository, **printed)


def test_moto_is_not_mocked_beside_a_cloud(cloud: LocalCloud) -> None:
    """It would forget what the cloud has, and answer what the cloud refuses."""
    cloud.client("s3").create_bucket(Bucket="lake")

    @mock_aws
    def sentiment() -> None:
        boto3.client("comprehend").detect_sentiment(Text="awful", LanguageCode="en")

    for mocked in (sentiment, mock_aws().start):
        with pytest.raises(RuntimeError, match=f"would empty the local cloud at {cloud.endpoint}"):
            mocked()
    assert [bucket["Name"] for bucket in cloud.client("s3").list_buckets()["Buckets"]] == ["lake"]


def test_no_cloud_is_started_in_a_mock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(MockAWS, "_mocks_active", True)
    with pytest.raises(RuntimeError, match="end it before a local cloud is started"):
        in_process.refuse_in_mock()
