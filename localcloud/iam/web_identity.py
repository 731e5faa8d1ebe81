"""AssumeRoleWithWebIdentity where policies are enforced: the token's claims against the provider and the role's trust.

The token is believed: to check its signature one would ask its issuer for the keys, over the network.
https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
"""

import base64
import json
import time
from typing import Any

from moto.core.exceptions import ServiceException
from moto.core.responses import ActionResult
from moto.iam.models import iam_backends
from moto.sts.responses import TokenResponse

from localcloud.iam import keys
from localcloud.iam.call import Call, Caller
from localcloud.iam.faults import Fault, RefusalError
from localcloud.iam.recorder import enforced
from localcloud.iam.trust import allows, demand_arn, refusing, register, root, session_policy
from localcloud.patching import replace

_ACTION = "sts:AssumeRoleWithWebIdentity"
# https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_oidc.html: need no provider in the account
_KNOWN = ("accounts.google.com", "cognito-identity.amazonaws.com", "graph.facebook.com", "www.amazon.com")
_CLAIMS = ("sub", "aud", "amr", "azp", "oaud", "email")


class _InvalidTokenError(ServiceException):  # type: ignore[misc]
    code = "InvalidIdentityToken"


class _ExpiredError(ServiceException):  # type: ignore[misc]
    code = "ExpiredTokenException"


@replace(TokenResponse, "assume_role_with_web_identity", "(self)")
@refusing
def assume_role_with_web_identity(self: Any) -> ActionResult:
    """A role that trusts the token's provider for this token."""
    given = self.params
    demand_arn(given["RoleArn"])
    context: tuple[tuple[str, str], ...] = ()
    if enforced():
        claims = _claims(str(given.get("WebIdentityToken")))
        issuer = str(claims.get("iss", "")).removeprefix("https://").removesuffix("/")
        provider = _provider(given["RoleArn"], issuer, claims)
        if float(claims.get("exp", 0) or 0) < time.time():
            raise _ExpiredError("Token expired: current date/time must be before the expiration date/time")
        context = tuple((f"{issuer}:{name}", _text(claims[name])) for name in _CLAIMS if name in claims)
        # A provider of everybody's is of no account: the trust counts where something of the account's own agrees
        sponsor = "" if provider.startswith("arn:") else root(given["RoleArn"].split(":")[4])
        call = Call(Caller(provider, provider, context, sponsor=sponsor), _ACTION, given["RoleArn"], via=_ACTION)
        if keys.role(given["RoleArn"]) is None or not allows(call):
            raise RefusalError(Fault.DENIED, f"Not authorized to perform {_ACTION}")
    made: ActionResult = assume_role_with_web_identity.original(self)  # type: ignore[attr-defined]
    register(made, given["RoleArn"], session_policy(self, given), context)
    return made


def _claims(token: str) -> dict[str, Any]:
    """Of a JSON web token, https://www.rfc-editor.org/rfc/rfc7519#section-7.2."""
    try:
        _, body, _ = token.split(".")
        claims = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
        if isinstance(claims, dict):
            return claims
    except ValueError:
        pass
    raise _InvalidTokenError(
        "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)"
    )


def _provider(role_arn: str, issuer: str, claims: dict[str, Any]) -> str:
    """The principal that trust policies name for an issuer."""
    if issuer in _KNOWN:
        return issuer
    account = role_arn.split(":")[4]
    arn = f"arn:aws:iam::{account}:oidc-provider/{issuer}"
    found = iam_backends[account]["aws"].open_id_providers.get(arn)
    if found is None:
        raise _InvalidTokenError(f"No OpenIDConnect provider found in your account for {claims.get('iss')}")
    audiences = claims.get("aud", [])
    if not set(audiences if isinstance(audiences, list) else [audiences]) & set(found.client_id_list or ()):
        raise _InvalidTokenError("Incorrect token audience")
    return arn


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
