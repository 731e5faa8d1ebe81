"""A call as IAM sees it: who, which action, on what, under which conditions."""

from dataclasses import dataclass, field
from typing import Any

ANY = "any"  # stands for a name that the request does not tell: what allows it must allow any name


@dataclass(frozen=True)
class Caller:
    """Who signed a request; the account's administrator (a person, CloudFormation) is none.

    Attributes:
        principal: ARN of a role, or the name of a service (``events.amazonaws.com``).
        session: ARN of the role's session, for messages; the service's name again.
        context: condition keys that come with the caller.
        storage: condition keys of requests to S3 alone: the way there of what runs in a VPC.
    """

    principal: str
    session: str
    context: tuple[tuple[str, str], ...] = ()
    storage: tuple[tuple[str, str], ...] = ()

    @property
    def is_service(self) -> bool:
        return not self.principal.startswith("arn:")


@dataclass(frozen=True)
class Call:
    """One action on one resource by one principal.

    Attributes:
        resource: its ARN; ``*`` where the action knows no resources.
        context: condition keys of the request, sorted.
        via: the API operation it was part of, such as ``s3:GetObject`` for the kms:Decrypt that it implies.
    """

    caller: Caller
    action: str
    resource: str
    context: tuple[tuple[str, str], ...] = ()
    via: str = ""

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "principal": self.caller.principal,
            "session": self.caller.session,
            "action": self.action,
            "resource": self.resource,
            "context": {**dict(self.caller.context), **dict(self.context)},
            "via": self.via,
        }


@dataclass(frozen=True)
class Where:
    """Account and region of a request."""

    account: str
    region: str
    partition: str = "aws"


@dataclass(frozen=True)
class Request:
    """An API request, whatever its protocol."""

    service: str  # IAM's prefix
    operation: str
    parameters: dict[str, Any] = field(hash=False)
    where: Where
