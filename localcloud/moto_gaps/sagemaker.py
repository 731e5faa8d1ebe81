"""SageMaker model cards: content that is no card is refused, tags are kept."""

import json
from typing import Any

from moto.sagemaker.exceptions import ValidationError
from moto.sagemaker.models import FakeModelCard, SageMakerModelBackend
from moto.sagemaker.responses import SageMakerResponse

from localcloud.patching import replace


def _check(response: Any) -> None:
    """https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateModelCard.html: "Content must be in model
    card JSON schema", of which only is checked that it is an object.
    """
    content = response._get_param("Content")
    if content is None:
        return
    try:
        if not isinstance(json.loads(content), dict):
            raise ValueError("it is not an object")
    except (ValueError, RecursionError) as error:
        raise ValidationError(f"Model card content is not in the model card JSON schema: {error}") from None


@replace(SageMakerResponse, "create_model_card", "(self)")
def create_model_card(self: Any) -> Any:
    _check(self)
    return create_model_card.original(self)  # type: ignore[attr-defined]


@replace(SageMakerResponse, "update_model_card", "(self)")
def update_model_card(self: Any) -> Any:
    _check(self)
    return update_model_card.original(self)  # type: ignore[attr-defined]


@replace(SageMakerModelBackend, "_get_resource_from_arn", "(self, arn)")
def get_resource_from_arn(self: Any, arn: str) -> Any:
    """A card that was made without tags has none, which is not the same as nothing."""
    found = get_resource_from_arn.original(self, arn)  # type: ignore[attr-defined]
    if isinstance(found, FakeModelCard) and found.tags is None:
        found.tags = []
    return found
