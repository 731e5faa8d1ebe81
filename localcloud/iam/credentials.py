"""Sessions of roles and services: the credentials that engines and their processes sign with, and whose they are."""

import secrets
import threading
from typing import Any

from moto.sts.models import sts_backends

from localcloud.iam.call import Caller
from localcloud.network import Keys

_PREFIX = "ASIA"  # temporary credentials, https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html
_callers: dict[str, Caller] = {}  # by access key
_sessions: dict[tuple[Any, ...], dict[str, str]] = {}
_lock = threading.Lock()

Credentials = dict[str, str]


def of_role(role_arn: str, session: str, service: str, region: str, storage: Keys = ()) -> Credentials:
    """Environment variables with credentials of a role that ``service`` has assumed, the same for the same session."""
    with _lock:
        known = _sessions.get((role_arn, session, service, storage))
        if known is None:
            account = role_arn.split(":")[4]
            given = sts_backends[account]["aws"].assume_role(region, session, role_arn, "", 43_200, "")
            _callers[given.access_key_id] = Caller(role_arn, given.arn, storage=storage)
            known = _sessions[role_arn, session, service, storage] = {
                "AWS_ACCESS_KEY_ID": given.access_key_id,
                "AWS_SECRET_ACCESS_KEY": given.secret_access_key,
                "AWS_SESSION_TOKEN": given.session_token,
            }
        return known


def of_service(service: str, account: str, source_arn: str) -> Credentials:
    """Credentials of a service that acts for one of the account's resources, such as an alarm or a rule."""
    with _lock:
        known = _sessions.get((service, source_arn))
        if known is None:
            key = _PREFIX + secrets.token_hex(8).upper()
            _callers[key] = service_caller(service, account, source_arn)
            known = _sessions[service, source_arn] = {
                "AWS_ACCESS_KEY_ID": key,
                "AWS_SECRET_ACCESS_KEY": secrets.token_hex(20),
                "AWS_SESSION_TOKEN": secrets.token_hex(20),
            }
        return known


def service_caller(service: str, account: str, source_arn: str) -> Caller:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html"""
    return Caller(service, service, (("aws:SourceAccount", account), ("aws:SourceArn", source_arn)))


def caller(access_key: str, account: str) -> Caller | None:
    """Whose key it is; None for the administrator's, which is any that nobody gave out."""
    if not access_key.startswith(_PREFIX):
        return None
    known = _callers.get(access_key)
    if known is None:
        role = sts_backends[account]["aws"].get_assumed_role_from_access_key(access_key)  # by sts:AssumeRole
        if role is not None:
            known = _callers[access_key] = Caller(str(role.role_arn), str(role.arn))
    return known


def forget() -> None:
    """All sessions end."""
    with _lock:
        _callers.clear()
        _sessions.clear()
