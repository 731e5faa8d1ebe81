"""Step caching: https://docs.aws.amazon.com/sagemaker/latest/dg/pipelines-caching.html.

A step is not run again if one of this pipeline succeeded with the same attributes; what lies behind an S3 URI is not
looked at, here or there.
"""

import json
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from moto.sagemaker.exceptions import ValidationError

# https://docs.aws.amazon.com/sagemaker/latest/dg/pipelines-default-keys.html
_KEYS = {
    "Processing": ("AppSpecification", "Environment", "ProcessingInputs"),
    "Training": (
        *("AlgorithmSpecification", "CheckpointConfig", "DebugHookConfig", "DebugRuleConfigurations", "Environment"),
        *("HyperParameters", "InputDataConfig"),
    ),
    "Tuning": ("HyperParameterTuningJobConfig", "TrainingJobDefinition", "TrainingJobDefinitions"),
    "Transform": ("DataProcessing", "Environment", "ModelName", "TransformInput"),
}
_TUNING_KEYS = (
    *("AlgorithmSpecification", "HyperParameterRanges", "InputDataConfig", "StaticHyperParameters"),
    "TuningObjective",
)
# ISO 8601, and the short forms of the documentation: "30d", "T16m", "30dT5h"
_DURATION = re.compile(
    r"P?(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?", re.IGNORECASE
)
_SECONDS = (365 * 86400, 30 * 86400, 7 * 86400, 86400, 3600, 60, 1)


@dataclass(frozen=True)
class Entry:
    """A step that succeeded."""

    key: str
    at: datetime
    execution_arn: str
    properties: dict[str, Any]
    metadata: dict[str, Any]


def signature(step_name: str, step_type: str, arguments: dict[str, Any]) -> str:
    """Equal for two runs of a step that are the same to SageMaker."""
    found = {name: arguments.get(name) for name in _KEYS[step_type]}
    if step_type == "Tuning" and arguments.get("TrainingJobDefinition"):
        definition = arguments["TrainingJobDefinition"]
        found["TrainingJobDefinition"] = {name: definition.get(name) for name in _TUNING_KEYS}
    return json.dumps([step_name, step_type, found], sort_keys=True)


def age(text: str) -> timedelta:
    """The duration in CacheConfig.ExpireAfter. Raises ValidationError."""
    match = _DURATION.fullmatch(text)
    if match is None or not any(match.groups()):
        raise ValidationError(f"CacheConfig.ExpireAfter '{text}' is not an ISO 8601 duration")
    try:
        return timedelta(
            seconds=sum(int(part) * unit for part, unit in zip(match.groups(), _SECONDS, strict=True) if part)
        )
    except (OverflowError, ValueError):  # ValueError: more digits than Python reads
        raise ValidationError(f"CacheConfig.ExpireAfter '{text[:40]}' is too long") from None


def lookup(entries: list[Entry], key: str, limit: timedelta, now: datetime) -> Entry | None:
    """The latest entry of ``key`` not older than ``limit``."""
    found = [entry for entry in entries if entry.key == key and now - entry.at <= limit]
    return found[-1] if found else None
