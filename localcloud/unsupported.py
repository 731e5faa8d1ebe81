"""What this cloud does not really do fails, by name.

moto answers success to calls whose work it never does (a training job that is "Completed" with no model). Until an
engine does that work, the call is refused; the table shrinks as engines are added. An operation that moto does not
have at all gets the same answer instead of an HTML page with status 500.
"""

import warnings
from typing import Any

from moto.core.exceptions import ServiceException
from moto.core.responses import ActionResult, BaseResponse

from localcloud.patching import replace

# service -> operations for which moto says success and does nothing
PRETENDED: dict[str, frozenset[str]] = {
    "batch": frozenset({"SubmitJob"}),
    "cloudformation": frozenset(
        {"CreateStackInstances", "CreateStackSet", "SetStackPolicy", "UpdateStackInstances", "UpdateStackSet"}
    ),
    "emr": frozenset({"RunJobFlow", "AddJobFlowSteps"}),
    "emr-serverless": frozenset({"StartJobRun"}),
    "glue": frozenset({"CreateSession", "CreateDevEndpoint", "CreateMLTransform"}),
    "lambda": frozenset({"CreateFunctionUrlConfig"}),
    "redshift-data": frozenset({"ExecuteStatement", "BatchExecuteStatement"}),
    "sagemaker": frozenset(
        {
            "CreateAutoMLJob",
            "CreateAutoMLJobV2",
        }
    ),
    "sagemaker-runtime": frozenset({"InvokeEndpointAsync"}),
    "stepfunctions": frozenset({"StartExecution", "StartSyncExecution"}),
}


class NotImplementedLocallyError(ServiceException):  # type: ignore[misc]
    """Refusal of an operation that the local cloud has no engine for."""

    code = "NotImplemented"

    def __init__(self, service: str, operation: str) -> None:
        super().__init__(f"{service}:{operation} is not implemented by the local cloud")


@replace(BaseResponse, "call_action", "(self)")
def call_action(self: Any) -> Any:
    """moto's dispatch, with refusals rendered in the protocol of the service that was called."""
    service = self.boto3_service_name
    operation = self._get_action()
    try:
        if operation in PRETENDED.get(service, ()):
            raise NotImplementedLocallyError(service, operation)
        return call_action.original(self)  # type: ignore[attr-defined]
    except NotImplementedLocallyError as refusal:
        return answer(self, refusal)
    except NotImplementedError:
        return answer(self, NotImplementedLocallyError(service, str(operation)))


def answer(response: Any, refusal: ServiceException) -> Any:
    """An error in the protocol of the service that ``response`` is of."""
    with warnings.catch_warnings():  # moto warns that the code is not in the service's model, which is its point
        warnings.simplefilter("ignore")
        status, headers, body = response.serialized(ActionResult(refusal))
    headers["status"] = status
    status, headers, body = response._transform_response(headers, (body, headers))
    headers, body = response._enrich_response(headers, body)
    return status, headers, body
