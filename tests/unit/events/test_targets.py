"""Which failures of a target are tried again, and under which of EventBridge's codes they end."""

from types import SimpleNamespace
from typing import Any, cast

import pytest
from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    ParamValidationError,
    ReadTimeoutError,
)

from localcloud.events.targets import DeliveryError, Sending, send
from localcloud.iam.sessions import AccessDeniedError
from localcloud.scheduler import targets as scheduled

URL = "http://localhost"


def refused(code: str, status: int = 400, message: str = "no") -> ClientError:
    return ClientError(
        {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": status}}, "Invoke"
    )


FAILURES: list[tuple[Exception, str, bool]] = [
    (refused("ThrottlingException"), "THROTTLING", True),
    (refused("TooManyRequestsException", 429), "THROTTLING", True),
    (refused("ProvisionedThroughputExceededException"), "THROTTLING", True),
    (refused("AWS.SimpleQueueService.Throttling"), "THROTTLING", True),
    (refused("LimitExceededException"), "THROTTLING", True),
    (refused("ServiceException", 500), "ERROR_FROM_TARGET", True),
    (refused("BadGateway", 502), "ERROR_FROM_TARGET", True),
    (refused("NotImplemented", 501), "INVALID_PARAMETER", False),
    (ConnectionClosedError(endpoint_url=URL), "CONNECTION_FAILURE", True),
    (EndpointConnectionError(endpoint_url=URL), "CONNECTION_FAILURE", True),
    (ConnectTimeoutError(endpoint_url=URL), "CONNECTION_FAILURE", True),
    (ReadTimeoutError(endpoint_url=URL), "TIMEOUT", True),
    (refused("AccessDeniedException", 403), "NO_PERMISSIONS", False),
    (AccessDeniedError("no"), "NO_PERMISSIONS", False),
    (refused("ResourceNotFoundException", 404), "NO_RESOURCE", False),
    (refused("ValidationException", message="it does not exist"), "NO_RESOURCE", False),
    (refused("ValidationException"), "INVALID_PARAMETER", False),
    (ParamValidationError(report="no"), "SDK_CLIENT_ERROR", False),
    (KeyError("no"), "SDK_CLIENT_ERROR", False),
]


@pytest.mark.parametrize(("failure", "code", "again"), FAILURES, ids=lambda value: str(value)[:40])
def test_codes_of_failures(failure: Exception, code: str, again: bool) -> None:
    def through(_: Sending) -> None:
        raise failure

    with pytest.raises(DeliveryError) as told:
        send(cast(Sending, None), through)  # nothing of it is looked at
    assert (told.value.code, told.value.retriable) == (code, again)


@pytest.mark.parametrize(
    ("code", "again"),
    [("InternalException", True), ("ThrottlingException", True), ("NotAuthorizedForSourceException", False)],
)
def test_an_entry_that_a_bus_did_not_take(code: str, again: bool) -> None:
    answer = {"Entries": [{"ErrorCode": code, "ErrorMessage": "no"}]}
    events = SimpleNamespace(put_events=lambda **_: answer)
    target = {"EventBridgeParameters": {"Source": "own", "DetailType": "Own"}}
    sending: Any = SimpleNamespace(target=target, payload="{}", arn="arn", client=lambda _: events)
    with pytest.raises(DeliveryError) as told:
        scheduled._put_event(sending)
    assert told.value.retriable is again
