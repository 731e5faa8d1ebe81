"""What an engine or moto does not really do fails, by name.

Operations that this cloud does not do at all are refused at the gate (`localcloud.gate`, `localcloud.kept`). Here is
the refusal of one that is done, but not with everything it can be asked for.
"""

import warnings
from http import HTTPStatus
from typing import Any

from moto.core.exceptions import ServiceException
from moto.core.responses import ActionResult, BaseResponse

from localcloud import kept
from localcloud.patching import replace

# moto tells its own developers of codes that no model has, which common errors and refusals never are in. Once for the
# process: `warnings.catch_warnings` is not for threads, of which every request has one.
warnings.filterwarnings("ignore", message=r"Exception\(\w+\) with code \S+ does not match", category=UserWarning)


class NotImplementedLocallyError(ServiceException):  # type: ignore[misc]
    """Refusal of what the local cloud has no engine for."""

    code = "NotImplemented"

    def __init__(self, service: str, operation: str) -> None:
        super().__init__(kept.refusal(f"{service}:{operation}"))


@replace(BaseResponse, "call_action", "(self)")
def call_action(self: Any) -> Any:
    """moto's dispatch, with refusals rendered in the protocol of the service that was called."""
    try:
        return call_action.original(self)  # type: ignore[attr-defined]
    except NotImplementedLocallyError as refused:
        return answer(self, refused)
    except NotImplementedError:
        return answer(self, NotImplementedLocallyError(self.boto3_service_name, str(self._get_action())))


@replace(BaseResponse, "serialized", "(self, action_result)")
def serialized(self: Any, action_result: ActionResult) -> Any:
    """moto's, with the status of a refusal: 501, which no SDK tries again."""
    status, headers, body = serialized.original(self, action_result)  # type: ignore[attr-defined]
    if isinstance(action_result.result, NotImplementedLocallyError):
        status = HTTPStatus.NOT_IMPLEMENTED.value
    return status, headers, body


def answer(response: Any, error: ServiceException) -> Any:
    """An error in the protocol of the service that ``response`` is of."""
    status, headers, body = response.serialized(ActionResult(error))
    headers["status"] = status
    status, headers, body = response._transform_response(headers, (body, headers))
    headers, body = response._enrich_response(headers, body)
    return status, headers, body
