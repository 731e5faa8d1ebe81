"""The server itself: one at a time, reset for everyone, refusals that name what was called."""

import http.client
import urllib.request
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from localcloud import LocalCloud
from localcloud.origin import CLIENT


def test_second_cloud_in_the_process_is_refused(cloud: LocalCloud) -> None:
    with pytest.raises(RuntimeError, match=f"already up in this process, at {cloud.endpoint}"):
        LocalCloud().start()
    cloud.client("s3").list_buckets()  # the first one is unharmed


def test_reset_over_http_empties_the_cloud(cloud: LocalCloud) -> None:
    cloud.client("s3").create_bucket(Bucket="lake")
    forgotten = []
    cloud.engines["probe"] = type("Probe", (), {"reset": lambda _: forgotten.append(True), "stop": lambda _: None})()
    try:
        request = urllib.request.Request(f"{cloud.endpoint}/moto-api/reset", method="POST", headers=CLIENT)
        urllib.request.urlopen(request, timeout=10).close()
    finally:
        del cloud.engines["probe"]
    assert cloud.client("s3").list_buckets()["Buckets"] == []
    assert forgotten == [True], "engines keep state of their own"


CALLS: dict[str, Callable[[Any], Any]] = {
    "sns:PutDataProtectionPolicy": lambda cloud: cloud.client("sns").put_data_protection_policy(
        ResourceArn="arn:aws:sns:us-east-1:123456789012:t", DataProtectionPolicy="{}"
    ),
    "lambda:GetRuntimeManagementConfig": lambda cloud: cloud.client("lambda").get_runtime_management_config(
        FunctionName="f"
    ),
    "sagemaker-runtime:InvokeEndpointAsync": lambda cloud: cloud.client("sagemaker-runtime").invoke_endpoint_async(
        EndpointName="nope", InputLocation="s3://nope/1"
    ),
    "sagemaker-runtime:InvokeEndpointWithResponseStream": lambda cloud: cloud.client(
        "sagemaker-runtime"
    ).invoke_endpoint_with_response_stream(EndpointName="nope", Body=b"1"),
}


def test_a_connection_to_an_endpoint_stays_open(cloud: LocalCloud) -> None:
    """Others werkzeug closes after each answer: a request to an endpoint must not pay for a new one."""
    connection = http.client.HTTPConnection("localhost", cloud.port, timeout=20)
    for _ in range(2):
        connection.request("POST", "/endpoints/none/invocations", b"not a request line\n" * 50)
        assert connection.getresponse().read() == (b'{"Message": "Endpoint none of account 123456789012 not found."}')
        assert connection.sock is not None
    connection.close()


@pytest.mark.parametrize("name", CALLS)
def test_what_is_not_done_is_refused_by_name(cloud: LocalCloud, name: str) -> None:
    with pytest.raises(ClientError, match=f"{name} is not implemented by the local cloud") as caught:
        CALLS[name](cloud)
    assert caught.value.response["Error"]["Code"] == "NotImplemented"
