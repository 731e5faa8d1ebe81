"""Events that SageMaker sends to EventBridge.

https://docs.aws.amazon.com/sagemaker/latest/dg/automating-sagemaker-with-eventbridge.html
"""

from typing import Any

from localcloud.events.emit import emit


def notify(detail_type: str, resources: list[str], detail: dict[str, Any], region: str | None = None) -> None:
    """Send one event of source aws.sagemaker to the default bus."""
    emit("aws.sagemaker", detail_type, resources, detail, region)
