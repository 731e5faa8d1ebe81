"""Tags: a key that is there already gets the new value; moto would keep both."""

from typing import Any

from moto.sagemaker.models import SageMakerModelBackend

from localcloud.patching import replace


@replace(SageMakerModelBackend, "add_tags", "(self, arn, tags)")
def add_tags(self: Any, arn: str, tags: list[dict[str, str]]) -> list[dict[str, str]]:
    resource = self._get_resource_from_arn(arn)
    values = {tag["Key"]: tag["Value"] for tag in [*(resource.tags or ()), *tags]}
    resource.tags = [{"Key": key, "Value": value} for key, value in values.items()]
    return list(resource.tags)
