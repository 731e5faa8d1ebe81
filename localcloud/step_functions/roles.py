"""Whose credentials the calls of an execution are signed with."""

import base64
import secrets
import uuid
from typing import Any

from localcloud.cloud import current
from localcloud.iam.credentials import Credentials
from localcloud.iam.sessions import AccessDeniedError, credentials_of

_SESSION = "StepFunctions"


def assumed(role: str, machine: str) -> Credentials:
    """Credentials of a role that Step Functions has assumed, by its global name or that of the machine's region.

    Raises:
        AccessDeniedError: the role trusts neither for this state machine.
    """
    parts = machine.split(":")
    source = ":".join(parts[:7]).partition("/")[0]  # of versions and children, too
    try:
        return credentials_of(role, _SESSION, "states.amazonaws.com", source_arn=source)
    except AccessDeniedError:
        return credentials_of(role, _SESSION, f"states.{parts[3]}.amazonaws.com", source_arn=source)


def client(role: str, machine: str, service: str, region: str | None = None) -> Any:
    """A client that signs as a role. It tries once: what fails is the state's error, which its Retry knows."""
    made = current().engine_client(service, region, assumed(role, machine), attempts=1)
    made.meta.events.register("after-call", _with_ids, unique_id="step-functions-request-id")
    return made


def _with_ids(parsed: dict[str, Any], model: Any, **_: Any) -> None:
    """The cause of every failure tells the request's id, and S3's second one."""
    about = parsed.setdefault("ResponseMetadata", {})
    about.setdefault("RequestId", str(uuid.uuid4()))
    if model.service_model.service_name == "s3":
        about.setdefault("HostId", base64.b64encode(secrets.token_bytes(48)).decode())
