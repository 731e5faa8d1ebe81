"""Whose credentials the calls of an execution are signed with."""

import base64
import secrets
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
    made.meta.events.register("after-call", _with_ids, unique_id="step-functions-request-id")
    return made


def _with_ids(parsed: dict[str, Any], model: Any, **_: Any) -> None:
    """The cause of every failure tells the request's id, and S3's second one."""
    about = parsed.setdefault("ResponseMetadata", {})
    about.setdefault("RequestId", str(uuid.uuid4()))
    if model.service_model.service_name == "s3":
        about.setdefault("HostId", base64.b64encode(secrets.token_bytes(48)).decode())
