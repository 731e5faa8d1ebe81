"""Whose credentials the calls of an execution are signed with."""

import uuid
from typing import Any

from localcloud.cloud import current
from localcloud.iam.credentials import Credentials
from localcloud.iam.sessions import client_as, credentials_of

PRINCIPAL = "states.amazonaws.com"
_SESSION = "StepFunctions"


def assumed(role: str) -> Credentials:
    """Credentials of a role that Step Functions has assumed. Raises AccessDeniedError when it may not."""
    return credentials_of(role, _SESSION, PRINCIPAL)


def client(role: str, service: str, region: str | None = None) -> Any:
    """A client that signs as a role. It tries once: what fails is the state's error, which its Retry knows."""
    made = client_as(current(), role, service, region, session=_SESSION, by=PRINCIPAL, attempts=1)
    made.meta.events.register("after-call", _with_request_id, unique_id="step-functions-request-id")
    return made


def _with_request_id(parsed: dict[str, Any], **_: Any) -> None:
    """The cause of every failure tells it."""
    parsed.setdefault("ResponseMetadata", {}).setdefault("RequestId", str(uuid.uuid4()))
