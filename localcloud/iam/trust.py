"""STS: whoever assumes a role is trusted by it, and the sessions are limited as they were asked to be.

moto gives everybody a session of anything. Held to
https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html and the pages beside it.
"""

import json
import re
import secrets
from collections.abc import Callable
from datetime import UTC
from functools import wraps
from typing import Any

from moto.core.exceptions import ServiceException
from moto.core.responses import ActionResult
from moto.sts.models import STSBackend
from moto.sts.responses import TokenResponse

from localcloud.iam import keys, requests
from localcloud.iam.call import Call, Caller, Where
from localcloud.iam.faults import Fault, RefusalError, refused
from localcloud.iam.identity import signer
from localcloud.iam.keys import Key
from localcloud.iam.policies import managed
from localcloud.iam.recorder import enforced, iam_engine
from localcloud.patching import replace
from localcloud.unsupported import NotImplementedLocallyError, answer

_NOTHING = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}]}
_ROLE = re.compile(r"arn:aws[a-z-]*:iam::[0-9]{12}:role/.+")
_CHAINED_SECONDS = 3600  # https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles.html#iam-term-role-chaining


class _ValidationError(ServiceException):  # type: ignore[misc]
    code = "ValidationError"


def refusing(work: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """A handler of moto's whose refusals are codes that the models of AWS leave out."""

    @wraps(work)
    def answered(response: Any) -> Any:
        try:
            return work(response)
        except RefusalError as refusal:
            return refused(response, refusal)
        except ServiceException as refusal:
            return answer(response, refusal)

    return answered


@replace(TokenResponse, "assume_role", "(self)")
@refusing
def assume_role(self: Any) -> ActionResult:
    """A role that is there and trusts the caller."""
    who, given = signer().caller, self.params
    demand_arn(given["RoleArn"])
    if enforced():
        _demand_role(self, given, who)
        if who is None and not _administrator_is_trusted(self, given):
            raise _denied(self, "sts:AssumeRole", given["RoleArn"])
    made = assume_role.original(self)  # type: ignore[attr-defined]
    tags = tuple((f"aws:PrincipalTag/{tag['Key']}", tag["Value"]) for tag in given.get("Tags") or ())
    register(made, given["RoleArn"], session_policy(self, given), tags)
    return made


def demand_arn(arn: str) -> None:
    """The model lets any text of 20 characters be one. Raises ServiceException."""
    if not _ROLE.fullmatch(arn):
        raise _ValidationError(f"{arn} is invalid")


def _demand_role(response: Any, given: dict[str, Any], who: Caller | None) -> None:
    role = keys.role(given["RoleArn"])
    if role is None:
        raise _denied(response, "sts:AssumeRole", given["RoleArn"])
    seconds = int(given.get("DurationSeconds") or 0)
    if seconds > int(role.max_session_duration or _CHAINED_SECONDS):
        raise _ValidationError("The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")
    if seconds > _CHAINED_SECONDS and who is not None and ":role/" in who.principal:
        raise _ValidationError(
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining"
        )


def _administrator_is_trusted(response: Any, given: dict[str, Any]) -> bool:
    """The administrator may call everything; whether the role trusts the account is the role's."""
    where = Where(response.current_account, response.region)
    administrator = root(where.account)
    calls = requests.of_operation(Caller(administrator, administrator), "sts", "AssumeRole", given, where)
    return all(allows(call) for call in calls)


def root(account: str) -> str:
    """ARN of an account's administrator."""
    return f"arn:aws:iam::{account}:root"


def allows(call: Call) -> bool:
    """Whether the deployed policies allow a call that is not recorded."""
    engine = iam_engine()
    return engine is None or engine.allows(call)


def _denied(response: Any, action: str, arn: str) -> RefusalError:
    _, who, _ = response.backend.get_caller_identity(response.get_access_key(), response.region)
    return RefusalError(Fault.DENIED, f"User: {who} is not authorized to perform: {action} on resource: {arn}")


def session_policy(response: Any, given: dict[str, Any]) -> str | None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies.html#policies_session: any of these allows."""
    documents = [json.loads(given["Policy"])] if given.get("Policy") else []
    for item in given.get("PolicyArns") or ():
        documents.append(managed(response.current_account, item["arn"]) or _NOTHING)
    if not documents:
        return None
    return json.dumps(
        {"Version": "2012-10-17", "Statement": [each for item in documents for each in _statements(item)]}
    )


def _statements(document: dict[str, Any]) -> list[Any]:
    found = document.get("Statement") or []
    return found if isinstance(found, list) else [found]


def register(made: ActionResult, role_arn: str, limit: str | None, context: Any = ()) -> None:
    """Take note of a session that moto has made."""
    given = made.result["Credentials"]
    caller = Caller(role_arn, given.arn, (*context, ("aws:userid", given.user_id)), limit=limit)
    expires = given.expiration.replace(tzinfo=UTC)
    keys.issue(
        given.access_key_id,
        Key(caller, given.secret_access_key, given.session_token, expires, keys.role_id(role_arn)),
    )


@replace(TokenResponse, "assume_role_with_saml", "(self)")
def assume_role_with_saml(self: Any) -> ActionResult:
    """Assertions are XML signatures of an identity provider, which nothing here can check."""
    if enforced():
        raise NotImplementedLocallyError("sts", "AssumeRoleWithSAML where policies are enforced")
    return assume_role_with_saml.original(self)  # type: ignore[attr-defined]


@replace(TokenResponse, "get_session_token", "(self)")
@refusing
def get_session_token(self: Any) -> ActionResult:
    """Temporary credentials of the same user; moto gives everybody the same."""
    who = signer()
    _demand_user("GetSessionToken")
    made = get_session_token.original(self)  # type: ignore[attr-defined]
    _give(made, who.caller, who.caller)
    return made


@replace(TokenResponse, "get_federation_token", "(self)")
@refusing
def get_federation_token(self: Any) -> ActionResult:
    """What the user may and the policy that is passed allows; without one, what policies of resources allow."""
    who = signer()
    _demand_user("GetFederationToken")
    made = get_federation_token.original(self)  # type: ignore[attr-defined]
    arn, sponsor = made.result["FederatedUser"]["Arn"], who.caller
    limit = session_policy(self, self.params) or json.dumps({"Version": "2012-10-17", "Statement": []})
    holder = sponsor.principal if sponsor is not None else root(self.current_account)
    federated = Caller(arn, arn, sponsor=holder, limit=limit)
    _give(made, federated, sponsor)
    return made


def _demand_user(operation: str) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_sts-comparison.html"""
    who = signer()
    if enforced() and who.shown is not None and who.shown.token is not None and who.caller is not None:
        raise RefusalError(Fault.DENIED, f"Cannot call {operation} with session credentials")


def _give(made: ActionResult, caller: Caller | None, sponsor: Caller | None) -> None:
    """Credentials that no one else has."""
    given = made.result["Credentials"]
    given["AccessKeyId"] = f"ASIA{secrets.token_hex(8).upper()}"
    given["SecretAccessKey"], given["SessionToken"] = secrets.token_hex(20), secrets.token_hex(60)
    expires = given["Expiration"].replace(tzinfo=UTC)
    key = Key(caller, given["SecretAccessKey"], given["SessionToken"], expires, restricted=sponsor is not None)
    keys.issue(given["AccessKeyId"], key)


@replace(STSBackend, "get_caller_identity", "(self, access_key_id, region)")
def get_caller_identity(self: Any, access_key_id: str, region: str) -> tuple[str, str, str]:
    """Also of sessions that moto does not know."""
    caller = signer().caller
    if caller is None or caller.is_anonymous or caller.is_service or ":role/" in caller.principal:
        return get_caller_identity.original(self, access_key_id, region)  # type: ignore[attr-defined, no-any-return]
    name = caller.session.rpartition("/")[2]
    user_id = dict(caller.context).get("aws:userid", f"{caller.account}:{name}")
    return user_id, caller.session, caller.account
