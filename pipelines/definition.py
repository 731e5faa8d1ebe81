"""The committed definitions, and how a stack fills them in. Imports nothing of SageMaker: the CDK app reads this.

A definition is built with sentinels, values that look valid to the SDK, because a CDK token does not survive it
(urllib refuses ``s3://${Token}/``, and a role that is no ARN is looked up in IAM).
"""

import json
from enum import StrEnum
from pathlib import Path
from typing import Any

DEFINITIONS = Path(__file__).parent / "definitions"
TRAINING = "training"
TUNED_TRAINING = "training-tuned"
MONITORING = "monitoring"
IMAGES = "images"
XGBOOST, SKLEARN, MODEL_MONITOR = "xgboost", "sklearn", "model-monitor"  # names in it
MAX_WAIT_SECONDS = 7200  # for spot capacity and the training itself


class Sentinel(StrEnum):
    """What stands in a definition for a value of the account it is deployed to."""

    ROLE = "arn:aws:iam::111111111111:role/placeholder-role"
    REGION = "xx-placeholder-1"
    BUCKET = "placeholder-bucket"  # the lake: curated data, reference data, artifacts of runs
    CODE_BUCKET = "placeholder-code-bucket"
    CODE_KEY = "placeholder-code.zip"  # zip with the packages processing and contracts at its root
    SOURCE_KEY = "placeholder-source.tar.gz"  # train.py and inference.py at its root, the same packages beside them
    PACKAGE_GROUP = "placeholder-package-group"
    ENDPOINT = "placeholder-endpoint"
    ENDPOINT_INSTANCE = "ml.placeholder.large"
    PLAN_FUNCTION = "arn:aws:lambda:us-east-1:111111111111:function:placeholder-plan"
    KEY = "arn:aws:kms:us-east-1:111111111111:key/placeholder-key"
    XGBOOST_IMAGE = "111111111111.dkr.ecr.us-east-1.amazonaws.com/placeholder-xgboost:3.2-0"
    SKLEARN_IMAGE = "111111111111.dkr.ecr.us-east-1.amazonaws.com/placeholder-scikit-learn:1.9-0-cpu-py3"


def committed(name: str) -> str:
    """The definition ``name`` as it was generated, sentinels and all."""
    return (DEFINITIONS / f"{name}.json").read_text("utf-8")


def render(name: str, values: dict[Sentinel, str], *, spot: bool = False) -> str:
    """The definition ``name`` as compact JSON with ``values`` (CDK tokens, too) in place of the sentinels.

    Args:
        spot: train on spot capacity. No pipeline parameter, because SageMaker refuses MaxWaitTimeInSeconds without
            spot training and spot training without it (aws/sagemaker-python-sdk#4140).

    Raises:
        ValueError: a sentinel has no value.
    """
    definition = json.loads(committed(name))
    if spot:
        for step in definition["Steps"]:
            _use_spot(step)
    body = json.dumps(definition, separators=(",", ":"))
    for sentinel in sorted(Sentinel, key=len, reverse=True):  # no sentinel is replaced inside a longer one
        if sentinel in values:
            body = body.replace(sentinel, values[sentinel])
        elif sentinel in body:
            raise ValueError(f"{name} needs a value for {sentinel.name}")
    return body


def _use_spot(step: dict[str, Any]) -> None:
    arguments = step["Arguments"]
    job = arguments.get("TrainingJobDefinition", arguments)
    if step["Type"] in ("Training", "Tuning"):
        job["EnableManagedSpotTraining"] = True
        job["StoppingCondition"]["MaxWaitTimeInSeconds"] = MAX_WAIT_SECONDS


def image_uri(framework: str, region: str) -> str:
    """Registry path of an AWS image in ``region``; KeyError where there is none."""
    image = json.loads(committed(IMAGES))[framework]
    domain = "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
    return f"{image['registries'][region]}.dkr.ecr.{region}.{domain}/{image_name(framework)}"


def image_name(framework: str) -> str:
    """Repository and tag of an AWS image; the analyzer of Model Monitor has no tag."""
    image = json.loads(committed(IMAGES))[framework]
    return f"{image['repository']}:{image['tag']}" if image["tag"] else str(image["repository"])


def image_regions(*frameworks: str) -> set[str]:
    """Regions in which AWS keeps the images of all ``frameworks``."""
    images = json.loads(committed(IMAGES))
    return set.intersection(*(set(images[framework]["registries"]) for framework in frameworks))
