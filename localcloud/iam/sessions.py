"""For engines: to act as a role that someone gave them, or as the service they are.

Work that goes through the API is done with a client that has the credentials (`client_as`), or in a process that has
them in its environment (`credentials_of`); work done inside this process is checked by name (`check`).
"""

from typing import Any

from localcloud.cloud import Cloud, current
from localcloud.iam import credentials
from localcloud.iam.call import Call, Caller, Where
from localcloud.iam.credentials import Credentials
from localcloud.iam.encryption import implied
from localcloud.iam.recorder import AccessDeniedError, iam_engine
from localcloud.network import Keys
from localcloud.standalone.engine_calls import ATTEMPTS

__all__ = [
    "AccessDeniedError",
    "check",
    "client_as",
    "client_as_service",
    "credentials_of",
    "role_arn",
    "role_caller",
]


def role_arn(role: str) -> str:
    """The ARN of a role given by ARN or, as Glue takes it, by name."""
    return role if role.startswith("arn:") else f"arn:aws:iam::{current().account}:role/{role}"


def role_caller(role: str, session: str) -> Caller:
    """A role's session, for `check`."""
    arn = role_arn(role)
    account, name = arn.split(":")[4], arn.rpartition("/")[2]
    return Caller(arn, f"arn:aws:sts::{account}:assumed-role/{name}/{session}")


def credentials_of(role: str, session: str, by: str, storage: Keys = (), source_arn: str = "") -> Credentials:
    """Credentials of a role as environment variables; ``by``, a service (``glue.amazonaws.com``), assumes it.

    Args:
        storage: of what runs in a VPC, its `way_to_s3`.
        source_arn: of what the service acts for, which its trust policy may ask for.

    Raises:
        AccessDeniedError: the cloud enforces, and the role does not trust the service.
    """
    arn = role_arn(role)
    engine = iam_engine()
    if engine is not None:
        source = (("aws:SourceArn", source_arn),) if source_arn else ()
        service = Caller(by, by, (("aws:SourceAccount", arn.split(":")[4]), *source))
        engine.check([Call(service, "sts:AssumeRole", arn, via="sts:AssumeRole")])
    return credentials.of_role(arn, session, by, current().region, storage)


def client_as(
    cloud: Cloud,
    role: str,
    service: str,
    region: str | None = None,
    *,
    session: str,
    by: str,
    storage: Keys = (),
    attempts: int = ATTEMPTS,
) -> Any:
    """An engine's client that signs as a role. Raises AccessDeniedError like `credentials_of`."""
    return cloud.engine_client(service, region, credentials_of(role, session, by, storage), attempts)


def client_as_service(
    cloud: Cloud,
    principal: str,
    source_arn: str,
    service: str,
    region: str | None = None,
    *,
    attempts: int = ATTEMPTS,
) -> Any:
    """An engine's client that signs as an AWS service acting for one resource of the account (an alarm, a rule)."""
    signer = credentials.of_service(principal, cloud.account, source_arn)
    return cloud.engine_client(service, region, signer, attempts)


def check(caller: Caller, action: str, *resources: str, via: str = "", **context: str) -> None:
    """Work that on AWS is a call, done inside this process. Raises AccessDeniedError when the cloud enforces."""
    engine = iam_engine()
    if engine is None:
        return
    found = []
    for arn in resources:
        call = Call(caller, action, arn, tuple(sorted(context.items())), via or action)
        region = arn.split(":")[3] if arn.count(":") >= 5 else ""
        found += [call, *implied(call, Where(current().account, region or current().region))]
    engine.check(found)
