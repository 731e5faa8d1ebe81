"""Every access key that this cloud gave out, and whose it is."""

import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from moto.iam.models import get_account_id_from, iam_backends

from localcloud.iam.call import Caller
from localcloud.iam.faults import ADMINISTRATOR, Fault, RefusalError


@dataclass(frozen=True)
class Key:
    """An access key with its secret.

    Attributes:
        caller: None for the administrator's.
        token: of temporary credentials.
        expires: None for those that engines have, which renew nothing.
        role_id: of the role that was assumed: another of the same name is another role.
        restricted: made by GetSessionToken or GetFederationToken, which must not call IAM.
    """

    caller: Caller | None
    secret: str
    token: str | None = None
    expires: datetime | None = None
    role_id: str | None = None
    restricted: bool = False

    def check(self, token: str | None) -> None:
        """Whether it still holds, with the token that was shown. Raises RefusalError."""
        if self.token is None and self.caller is None:  # the administrator's, whose token is no secret
            return
        if token != self.token:
            raise RefusalError(Fault.WRONG_TOKEN)
        if self.expires is not None and datetime.now(UTC) >= self.expires:
            raise RefusalError(Fault.EXPIRED_TOKEN)
        if self.role_id is not None and self.caller is not None and role_id(self.caller.principal) != self.role_id:
            raise RefusalError(Fault.UNKNOWN_KEY)
        if self.caller is not None and self.restricted and user(self.caller.holder) is None:
            raise RefusalError(Fault.UNKNOWN_KEY)


_OF_USERS = "AKIA"  # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-prefixes
_ADMINISTRATOR = Key(None, ADMINISTRATOR)
_issued: dict[str, Key] = {}
_lock = threading.Lock()


def issue(access_key: str, key: Key) -> None:
    """Take note of temporary credentials."""
    with _lock:
        _issued[access_key] = key


def is_issued(access_key: str) -> bool:
    """Whether it may be somebody's who is not the administrator."""
    return access_key in _issued or access_key.startswith(_OF_USERS)


def find(access_key: str) -> Key | None:
    """None for a key that was never given out, or is not any more."""
    if access_key == ADMINISTRATOR:
        return _ADMINISTRATOR
    return _issued.get(access_key) or _of_user(access_key)


def forget() -> None:
    """All sessions end."""
    with _lock:
        _issued.clear()


def _of_user(access_key: str) -> Key | None:
    if not access_key.startswith(_OF_USERS):
        return None
    for owner in list(iam_backends[get_account_id_from(access_key)]["aws"].users.values()):
        for key in owner.access_keys:
            if key.access_key_id == access_key:
                return Key(user_caller(owner), key.secret_access_key) if key.status == "Active" else None
    return None


def user_caller(owner: Any) -> Caller:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html"""
    return Caller(owner.arn, owner.arn, (("aws:userid", owner.id), ("aws:username", owner.name)))


def user(arn: str) -> Any:
    """moto's user of that ARN; None when there is none."""
    users = iam_backends[arn.split(":")[4]]["aws"].users.values()
    return next((item for item in list(users) if item.arn == arn), None)


def role(arn: str) -> Any:
    """moto's role of that ARN; None when there is none."""
    roles = iam_backends[arn.split(":")[4]]["aws"].roles.values()
    return next((item for item in list(roles) if item.arn == arn), None)


def role_id(arn: str) -> str | None:
    """The unique id of a role."""
    found = role(arn)
    return None if found is None else str(found.id)
