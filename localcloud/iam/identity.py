"""Who makes the request that this thread answers."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from localcloud.iam import keys, signatures
from localcloud.iam.call import ANONYMOUS, Caller
from localcloud.iam.faults import Fault, RefusalError
from localcloud.iam.presented import Place, Presented, presented


@dataclass(frozen=True)
class Signer:
    """Whose request it is.

    Attributes:
        access_key: None for what nobody signed.
        caller: None for the administrator's.
        shown: what the request shows for it.
        restricted: must not call IAM: see `localcloud.iam.keys.Key`.
    """

    access_key: str | None
    caller: Caller | None
    shown: Presented | None = None
    restricted: bool = False


NOBODY = Signer(None, None)  # outside of requests: the cloud itself
_signer: ContextVar[Signer] = ContextVar("signer", default=NOBODY)


def identify(request: Any, *, enforced: bool) -> Signer:
    """The signer of a request (moto's).

    Where policies are not enforced, whoever is not known is the administrator.

    Raises:
        RefusalError: enforced, and the request is not from whom it says.
    """
    try:
        shown = presented(request)
    except RefusalError:
        if enforced:
            raise
        return NOBODY
    if shown is None:
        return Signer(None, ANONYMOUS if enforced else None)
    key = keys.find(shown.key)
    if not enforced:
        return Signer(shown.key, key.caller if key is not None else None, shown)
    if key is None:
        raise RefusalError(Fault.UNKNOWN_KEY)
    key.check(shown.token)
    if not signatures.is_valid(request, shown, key.secret):
        raise RefusalError(Fault.WRONG_SIGNATURE)
    if signatures.unsigned(request, shown):
        raise RefusalError(Fault.UNSIGNED_HEADERS)
    if shown.place is Place.QUERY and shown.expires is not None and datetime.now(UTC) >= shown.expires:
        raise RefusalError(Fault.EXPIRED_URL)
    return Signer(shown.key, key.caller, shown, key.restricted)


@contextmanager
def signed_by(signer: Signer) -> Iterator[None]:
    """What this thread does meanwhile is done for ``signer``."""
    token = _signer.set(signer)
    try:
        yield
    finally:
        _signer.reset(token)


def signer() -> Signer:
    """Of the request that this thread answers."""
    return _signer.get()
