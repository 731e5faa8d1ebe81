"""Where AWS keeps its images in each region, from the tables inside the SageMaker SDK."""

from typing import Any

from sagemaker.core import image_uris

from pipelines.definition import MODEL_MONITOR, SKLEARN, XGBOOST

# (version in the SDK's table, tag); the analyzer of Model Monitor has neither
_IMAGES = {
    XGBOOST: ("3.2-0", "3.2-0"),
    SKLEARN: ("1.9-0", "1.9-0-cpu-py3"),
    MODEL_MONITOR: ("", ""),
}


def registries() -> dict[str, Any]:
    """Repository, tag, and the account of the registry by region, of each image that a stack uses."""
    found = {}
    for name, (version, tag) in _IMAGES.items():
        known = image_uris.config_for_framework(name)
        entry = known.get("training", known)["versions"][version]
        found[name] = {
            "repository": entry["repository"],
            "tag": tag,
            "registries": dict(sorted(entry["registries"].items())),
        }
    return found
