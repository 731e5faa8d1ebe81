"""What Describe operations leave out: members that say nothing.

moto tells "VpcConfig": {} and "Containers": [] of every model. SageMaker sends neither, and its SDK validates what it
reads: a VpcConfig without subnets is none to it (findings of Model.get, ModelBuilder, Transformer).
"""

from typing import Any

from botocore.model import ListShape, MapShape, Shape, StructureShape
from moto.core.responses import ActionResult
from moto.core.utils import get_service_model
from moto.sagemaker.responses import SageMakerResponse

from localcloud.patching import replace

_NOTHING: tuple[Any, ...] = (None, {}, [])


@replace(SageMakerResponse, "serialized", "(self, action_result)")
def serialized(self: Any, action_result: ActionResult) -> Any:
    operation, result = self._get_action(), action_result.result
    if operation.startswith("Describe") and isinstance(result, dict):
        shape = get_service_model("sagemaker").operation_model(operation).output_shape
        action_result = ActionResult(telling(result, shape))
    return serialized.original(self, action_result)  # type: ignore[attr-defined]


def telling(value: Any, shape: Shape) -> Any:
    """``value`` without the members that are optional and empty, at any depth."""
    if isinstance(shape, StructureShape) and isinstance(value, dict):
        found = {
            name: telling(item, shape.members[name]) if name in shape.members else item
            for name, item in value.items()
        }
        return {name: item for name, item in found.items() if item not in _NOTHING or name in shape.required_members}
    if isinstance(shape, ListShape) and isinstance(value, list):
        return [telling(item, shape.member) for item in value]
    if isinstance(shape, MapShape) and isinstance(value, dict):
        return {name: telling(item, shape.value) for name, item in value.items()}
    return value
