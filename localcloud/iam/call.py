"""A call as IAM sees it: who, which action, on what, under which conditions."""

from dataclasses import dataclass, field
from typing import Any

ANY = "any"  # stands for a name that the request does not tell: what allows it must allow any name


@dataclass(frozen=True)
class Caller:
    """Who signed a request; the account's administrator (a person, CloudFormation) is none.

    Attributes:
        principal: ARN of a role, a user or a federated user, or the name of a service (``events.amazonaws.com``).
        session: ARN of the role's session, for messages; else the principal again.
        context: condition keys that come with the caller.
        storage: condition keys of requests to S3 alone: the way there of what runs in a VPC.
        sponsor: ARN of the user whose policies count, for a federated user.
        limit: the session policy as JSON, None without one.
    """

    principal: str
    session: str
    context: tuple[tuple[str, str], ...] = ()
    storage: tuple[tuple[str, str], ...] = ()
    sponsor: str = ""
    limit: str | None = None

    @property
    def is_anonymous(self) -> bool:
        return self.principal == ANONYMOUS.principal

    @property
    def is_service(self) -> bool:
        return not self.principal.startswith("arn:") and not self.is_anonymous

    @property
    def account(self) -> str:
        """Where it belongs; empty for nobody."""
        if self.is_service:
            return dict(self.context).get("aws:SourceAccount", "")
        return "" if self.is_anonymous else self.principal.split(":")[4]

    @property
    def holder(self) -> str:
        """ARN of the role or user whose identity policies count."""
        return self.sponsor or self.principal


ANONYMOUS = Caller("anonymous", "anonymous")  # nobody signed


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
            "sponsor": self.caller.sponsor,
            "limit": self.caller.limit,
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
