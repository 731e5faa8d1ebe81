"""KMS: the period of key rotation."""

import json
from typing import Any

from moto.kms.responses import KmsResponse

from localcloud.patching import replace

DEFAULT_PERIOD_DAYS = 365  # https://docs.aws.amazon.com/kms/latest/APIReference/API_EnableKeyRotation.html


def _key(response: Any) -> Any:
    backend = response.kms_backend
    return backend.keys[backend.get_key_id(response._get_param("KeyId"))]


@replace(KmsResponse, "enable_key_rotation", "(self)")
def enable_key_rotation(self: Any) -> Any:
    answer = enable_key_rotation.original(self)  # type: ignore[attr-defined]
    _key(self).localcloud_rotation_days = int(self._get_param("RotationPeriodInDays") or DEFAULT_PERIOD_DAYS)
    return answer


@replace(KmsResponse, "get_key_rotation_status", "(self)")
def get_key_rotation_status(self: Any) -> Any:
    status = json.loads(get_key_rotation_status.original(self))  # type: ignore[attr-defined]
    if status["KeyRotationEnabled"]:
        status["RotationPeriodInDays"] = _key(self).localcloud_rotation_days
    return json.dumps(status)
