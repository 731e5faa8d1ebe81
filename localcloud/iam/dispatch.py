"""Every request that a role or service signed passes here before moto answers it."""

from typing import Any

from moto.core.exceptions import ServiceException
from moto.core.responses import BaseResponse
from moto.s3.exceptions import S3ClientError
from moto.s3.responses import S3Response

from localcloud.iam import requests
from localcloud.iam.call import Caller, Where
from localcloud.iam.credentials import caller
from localcloud.iam.recorder import AccessDeniedError, iam_engine
from localcloud.patching import replace
from localcloud.unsupported import answer


class _JsonDeniedError(ServiceException):  # type: ignore[misc]
    code = "AccessDeniedException"


class _DeniedError(ServiceException):  # type: ignore[misc]
    code = "AccessDenied"


class _S3DeniedError(S3ClientError):  # type: ignore[misc]
    def __init__(self, message: str) -> None:
        super().__init__("AccessDenied", message)


def _caller(response: Any) -> Caller | None:
    return caller(response.access_key, response.current_account) if iam_engine() is not None else None


def _where(response: Any) -> Where:
    return Where(response.current_account, response.region)


def _check(calls: list[Any]) -> None:
    engine = iam_engine()
    if engine is not None:
        engine.check(calls)


@replace(BaseResponse, "call_action", "(self)")
def call_action(self: Any) -> Any:
    """Record, and refuse in the protocol of the service."""
    who = _caller(self)
    if who is not None:
        operation, parameters = self._get_action(), _parameters(self)
        try:
            _check(requests.of_operation(who, self.boto3_service_name, operation, parameters, _where(self)))
        except AccessDeniedError as denied:
            speaks_json = "json" in _protocol(self)
            return answer(self, (_JsonDeniedError if speaks_json else _DeniedError)(str(denied)))
    return call_action.original(self)  # type: ignore[attr-defined]


def _protocol(response: Any) -> str:
    from moto.core.utils import get_service_model  # noqa: PLC0415 - beside its only use

    return str(get_service_model(response.boto3_service_name).protocol)


def _parameters(response: Any) -> dict[str, Any]:
    """The request's members, also for services whose requests moto does not parse by their model."""
    if not response.automated_parameter_parsing:  # nothing else looks at `params` then
        response.parse_parameters(response.normalized_request)
    return dict(response.params)


@replace(S3Response, "_key_response", "(self, request, full_url)")
def key_response(self: Any, request: Any, full_url: str) -> Any:
    """Objects."""
    who = _caller(self)
    if who is not None:
        bucket, key = self.parse_bucket_name_from_url(request, full_url), self.parse_key_name()
        _check_s3(requests.of_object(who, self, bucket, key, _where(self)))
    return key_response.original(self, request, full_url)  # type: ignore[attr-defined]


@replace(S3Response, "_bucket_response", "(self, request, full_url)")
def bucket_response(self: Any, request: Any, full_url: str) -> Any:
    """Buckets."""
    who = _caller(self)
    bucket = self.parse_bucket_name_from_url(request, full_url)
    if who is not None and bucket:
        _check_s3(requests.of_bucket(who, self, bucket))
    return bucket_response.original(self, request, full_url)  # type: ignore[attr-defined]


def _check_s3(calls: list[Any]) -> None:
    try:
        _check(calls)
    except AccessDeniedError as denied:
        raise _S3DeniedError(str(denied)) from None
