"""Batch: environments that are machines are refused; moto would list instances that are not there."""

import json
from typing import Any

from moto.batch.responses import BatchResponse

from localcloud.patching import replace
from localcloud.unsupported import NotImplementedLocallyError

_FARGATE = ("FARGATE", "FARGATE_SPOT")


@replace(BatchResponse, "createcomputeenvironment", "(self)")
def create_compute_environment(self: Any) -> Any:
    request = json.loads(self.body)
    kind = (request.get("computeResources") or {}).get("type", "FARGATE")
    if kind not in _FARGATE:
        raise NotImplementedLocallyError("batch", f"CreateComputeEnvironment of the type {kind}")
    return create_compute_environment.original(self)  # type: ignore[attr-defined]
