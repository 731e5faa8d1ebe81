"""Sessions of roles and services: the credentials that engines and their processes sign with."""

import secrets
import threading
from typing import Any

from moto.sts.models import sts_backends

from localcloud.iam import keys
from localcloud.iam.call import Caller
from localcloud.iam.keys import Key
from localcloud.network import Keys

_PREFIX = "ASIA"  # temporary credentials, https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html
_sessions: dict[tuple[Any, ...], dict[str, str]] = {}
_lock = threading.Lock()

Credentials = dict[str, str]


def of_role(role_arn: str, session: str, service: str, region: str, storage: Keys = ()) -> Credentials:
    """Environment variables with credentials of a role that ``service`` has assumed, the same for the same session."""
    role_id = keys.role_id(role_arn)
    with _lock:
        known = _sessions.get((role_arn, role_id, session, service, storage))
        if known is None:
            account = role_arn.split(":")[4]
            given = sts_backends[account]["aws"].assume_role(region, session, role_arn, "", 43_200, "")
            caller = Caller(role_arn, given.arn, storage=storage)
            known = _environment(given.access_key_id, given.secret_access_key, given.session_token)
            keys.issue(
                given.access_key_id,
                Key(caller, given.secret_access_key, given.session_token, role_id=role_id),
            )
            _sessions[role_arn, role_id, session, service, storage] = known
        return known


def of_service(service: str, account: str, source_arn: str) -> Credentials:
    """Credentials of a service that acts for one of the account's resources, such as an alarm or a rule."""
    with _lock:
        known = _sessions.get((service, source_arn))
        if known is None:
            access_key = _PREFIX + secrets.token_hex(8).upper()
            secret, token = secrets.token_hex(20), secrets.token_hex(20)
            known = _sessions[service, source_arn] = _environment(access_key, secret, token)
            keys.issue(access_key, Key(service_caller(service, account, source_arn), secret, token))
        return known


def _environment(access_key: str, secret: str, token: str) -> Credentials:
    return {"AWS_ACCESS_KEY_ID": access_key, "AWS_SECRET_ACCESS_KEY": secret, "AWS_SESSION_TOKEN": token}


def service_caller(service: str, account: str, source_arn: str) -> Caller:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html"""
    return Caller(service, service, (("aws:SourceAccount", account), ("aws:SourceArn", source_arn)))


def forget() -> None:
    """All sessions end."""
    with _lock:
        _sessions.clear()
    keys.forget()
