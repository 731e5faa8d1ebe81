"""Every request passes here before moto answers it: who signed it, and whether that one may."""

from typing import Any

from flask import Response
from flask import request as flask_request
from moto.core.request import normalize_request
from moto.core.responses import BaseResponse
from moto.core.utils import convert_to_flask_response, get_service_model
from moto.s3.responses import S3Response

from localcloud.iam import requests
from localcloud.iam.call import Where
from localcloud.iam.faults import Fault, RefusalError, refused
from localcloud.iam.identity import NOBODY, identify, signed_by, signer
from localcloud.iam.recorder import AccessDeniedError, enforced, iam_engine
from localcloud.patching import replace
from localcloud.protocols import protocol_of

# Handlers whose requests are checked below
_CHECKED = {
    handler.__func__
    for handler in (
        BaseResponse.dispatch,
        S3Response.ambiguous_dispatch,
        S3Response.bucket_dispatch,
        S3Response.key_dispatch,
    )
}
# Pages that nobody signs requests for, and moto's choice between two versions of one service
_OPEN = ("MotoAPIResponse.", "RecorderResponse.", "InstanceMetadataResponse.", "CloudFormationResponse.cfnresponse",
         "CognitoIdpJsonWebKeyResponse.", "CognitoIdpOpenIdConfigurationResponse.", "SNSResponse.serve_pem",
         "cfnresponse", "api_version_elb_backend")  # fmt: skip


@replace(convert_to_flask_response, "__call__", "(self, args, kwargs)")
def handle(self: Any, args: Any = None, **kwargs: Any) -> Any:
    """What moto answers by a handler of its own, which nothing checks, is the administrator's."""
    request, who = normalize_request(flask_request), signer()
    try:
        if who is NOBODY:  # it has not passed the gate
            who = identify(request, enforced=enforced())
        if who.caller is not None and enforced() and not _is_checked(self.callback):
            told = f"Permissions on {request.path} are not evaluated by the local cloud"
            raise RefusalError(Fault.DENIED, told)
    except RefusalError as fault:
        status, headers, body = fault.answer(protocol_of(request.environ))
        return Response(body, status, headers)
    with signed_by(who):
        return handle.original(self, args, **kwargs)  # type: ignore[attr-defined]


def _is_checked(handler: Any) -> bool:
    function = getattr(handler, "__func__", handler)
    return function in _CHECKED or function.__qualname__.startswith(_OPEN)


@replace(BaseResponse, "get_access_key", "(self)")
def get_access_key(self: Any) -> str:
    """moto does not look into presigned URLs and forms."""
    return signer().access_key or str(get_access_key.original(self))  # type: ignore[attr-defined]


@replace(BaseResponse, "get_current_account", "(self)")
def get_current_account(self: Any) -> str:
    """moto lets a header choose the account; who is not the administrator has one of its own."""
    caller = signer().caller
    if enforced() and caller is not None and caller.account:
        return caller.account
    return str(get_current_account.original(self))  # type: ignore[attr-defined]


@replace(BaseResponse, "call_action", "(self)")
def call_action(self: Any) -> Any:
    """Record, and refuse in the protocol of the service."""
    who, engine = signer(), iam_engine()
    if who.caller is None or engine is None:
        return call_action.original(self)  # type: ignore[attr-defined]
    operation = self._get_action()
    if not (who.caller.is_anonymous and _needs_no_signature(self.boto3_service_name, operation)):
        where, parameters = Where(self.current_account, self.region), _parameters(self)
        calls = requests.of_operation(who.caller, self.boto3_service_name, operation, parameters, where)
        if who.restricted and any(call.action.startswith("iam:") for call in calls):
            return refused(self, RefusalError(Fault.WRONG_TOKEN))
        try:
            engine.check(calls)
        except AccessDeniedError as denied:
            anonymous = who.caller.is_anonymous
            return refused(
                self, RefusalError(Fault.UNSIGNED) if anonymous else RefusalError(Fault.DENIED, str(denied))
            )
    return call_action.original(self)  # type: ignore[attr-defined]


def _needs_no_signature(service: str, operation: str) -> bool:
    """By the service's model: AssumeRoleWithWebIdentity, InitiateAuth."""
    model = get_service_model(service)
    return operation in model.operation_names and model.operation_model(operation).auth_type == "none"


def _parameters(response: Any) -> dict[str, Any]:
    """The request's members, also for services whose requests moto does not parse by their model."""
    if not response.automated_parameter_parsing:  # nothing else looks at `params` then
        response.parse_parameters(response.normalized_request)
    return dict(response.params)
