"""A resource of a stack as the tables of types see it: what it is, and the calls to its service."""

from abc import ABC, abstractmethod
from typing import Any

from localcloud.cloudformation.errors import StackError
from localcloud.cloudformation.mapping import Properties, fit
from localcloud.cloudformation.service import Context, ServiceCaller


class NotAppliedError(StackError):
    """A property that no call to the service took."""

    def __init__(self, resource_type: str, paths: list[str]) -> None:
        names = ", ".join(sorted(paths))
        super().__init__(f"{resource_type}: the local cloud does not apply {names}")


class Resource(ServiceCaller, ABC):
    """A resource of ``service``.

    ``properties`` are those of the template with every intrinsic evaluated; ``physical_id`` is what Ref returns.
    """

    def __init__(self, logical_id: str, resource_type: str, context: Context, service: str) -> None:
        self.logical_id = logical_id
        self.type = resource_type
        self.context = context
        self.service = service
        self.physical_id: str | None = None
        self.properties: Properties = {}
        self.name: str = ""
        self.answer: Any = {}  # of the create call

    @abstractmethod
    def attribute(self, name: str) -> Any:
        """Fn::GetAtt.

        Raises:
            StackError: the type does not have it, or the local cloud does not know it.
        """

    def fitted(self, operation: str, member: str, value: Any) -> Any:
        """``value`` as an input member of ``operation``, for the functions in the tables of types.

        Raises:
            NotAppliedError: the member has no place for part of it.
        """
        dropped: list[str] = []
        result = fit(value, self.input_shape(operation).members[member], member, dropped)
        if dropped and self.context.strict:
            raise NotAppliedError(self.type, dropped)
        return result
