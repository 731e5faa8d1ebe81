"""``python -m pipelines`` builds the definitions that the stacks deploy, and writes them to ``pipelines/definitions``.

It needs the group ``pipelines`` of the dependencies (the SageMaker SDK), no network and no account. What depends on
the account is a sentinel of `pipelines.definition`, and the stack puts the real value there.
"""

import json
import os
from typing import Any

# The SDK builds clients while it is imported, and asks IAM about roles while it builds steps.
os.environ.setdefault("AWS_DEFAULT_REGION", "us-east-1")
os.environ.setdefault("AWS_EC2_METADATA_DISABLED", "true")
os.environ.setdefault("SAGEMAKER_VALIDATE_ROLE", "false")

from pipelines import images, monitoring, training
from pipelines.definition import DEFINITIONS, IMAGES, MONITORING, TRAINING, TUNED_TRAINING


def definitions() -> dict[str, Any]:
    """What is in each file of ``pipelines/definitions``, from its source."""
    return {
        IMAGES: images.registries(),
        TRAINING: training.build(TRAINING, tuned=False),
        TUNED_TRAINING: training.build(TUNED_TRAINING, tuned=True),
        MONITORING: monitoring.build(MONITORING),
    }


def main() -> None:
    for name, content in definitions().items():
        text = json.dumps(content, indent=1, sort_keys=True)
        (DEFINITIONS / f"{name}.json").write_text(f"{text}\n", "utf-8")


if __name__ == "__main__":
    main()
