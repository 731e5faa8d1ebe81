"""Calls to the services of the local cloud, with their refusals as reasons of stack events."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from botocore import xform_name
from botocore.exceptions import BotoCoreError, ClientError

from localcloud.cloudformation.errors import StackError

ABSENT = re.compile(r"NotFound|NoSuch|NonExistent|DoesNotExist|UnknownResource|^404$")
# Athena and SageMaker have one code for everything that is wrong, and say it in words.
UNSPECIFIC = frozenset({"InvalidRequestException", "ValidationException"})
ABSENT_WORDS = re.compile(r"not found|does not exist|Could not find")


class CallError(StackError):
    """A service refused a call."""

    def __init__(self, message: str, code: str) -> None:
        super().__init__(message)
        self.absent = bool(ABSENT.search(code) or (code in UNSPECIFIC and ABSENT_WORDS.search(message)))


@dataclass(frozen=True)
class Context:
    """What the resources of a stack have in common."""

    stack_name: str
    stack_id: str
    region: str
    account: str
    strict: bool
    client: Callable[[str, str], Any]  # (service, region) → boto3 client


class ServiceCaller:
    """What calls one service on behalf of a stack."""

    service: str
    context: Context

    @property
    def region(self) -> str:
        return self.context.region

    @property
    def account(self) -> str:
        return self.context.account

    def input_shape(self, operation: str) -> Any:
        """botocore's shape of the input of an operation of the service."""
        model = self.context.client(self.service, self.region).meta.service_model
        return model.operation_model(operation).input_shape

    def call(self, operation: str, service: str = "", **members: Any) -> Any:
        """Call ``operation`` of the resource's service (or of ``service``).

        Raises:
            CallError: the service refused, or the local cloud does not have the operation.
        """
        service = service or self.service
        try:
            return getattr(self.context.client(service, self.region), xform_name(operation))(**members)
        except ClientError as error:
            problem = error.response["Error"]
            code, message = str(problem.get("Code")), str(problem.get("Message"))
            if "<!doctype" in message.lower():
                message = f"{service}:{operation} failed inside the local cloud, which logged why"
            raise CallError(f"{message} (Service: {service}, Operation: {operation}, Code: {code})", code) from None
        except BotoCoreError as error:
            raise CallError(f"{service}:{operation}: {error}", type(error).__name__) from None

    def call_if_present(self, operation: str, service: str = "", **members: Any) -> None:
        """`call`, where it is no error that the thing is gone already."""
        try:
            self.call(operation, service, **members)
        except CallError as error:
            if not error.absent:
                raise
