"""Operations of Step Functions: each is a function of a `Call`, in moto's place."""

import base64
import binascii
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from moto.core.exceptions import ServiceException
from moto.core.responses import ActionResult
from moto.core.utils import camelcase_to_underscores
from moto.stepfunctions.responses import StepFunctionResponse

from localcloud.patching import add, replace
from localcloud.step_functions.engine import StepFunctionsEngine, step_functions_engine
from localcloud.step_functions.store import Store

Answer = dict[str, Any] | None


class StatesError(ServiceException):  # type: ignore[misc]
    """An error of the service's model, by its code."""


@dataclass(frozen=True)
class Call:
    """A request, which the gate has held against the service's model."""

    given: dict[str, Any]
    store: Store
    engine: StepFunctionsEngine

    def __getitem__(self, member: str) -> Any:
        """A required member."""
        return self.given[member]

    def get(self, member: str, default: Any = None) -> Any:
        return self.given.get(member, default)


def operation(name: str) -> Callable[[Callable[[Call], Answer]], Callable[[Call], Answer]]:
    """Let a function answer an operation."""

    def decorate(function: Callable[[Call], Answer]) -> Callable[[Call], Answer]:
        def answer(self: Any) -> ActionResult:
            engine = step_functions_engine()
            call = Call(json.loads(self.body or "{}"), engine.store(self.current_account, self.region), engine)
            return ActionResult(function(call) or {})

        answer.__module__ = function.__module__
        method = camelcase_to_underscores(name)
        if hasattr(StepFunctionResponse, method):
            replace(StepFunctionResponse, method, "(self)")(answer)
        else:
            add(StepFunctionResponse, method)(answer)
        return function

    return decorate


_PAGE = 100  # maxResults of 0 means the default, too


def paged(call: Call, member: str, found: list[dict[str, Any]], key: str) -> dict[str, Any]:
    """One page of a list; ``key`` names the member of an item that the next page's token stands for."""
    start = 0
    if token := call.get("nextToken"):
        try:
            last = base64.b64decode(token, validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            last = ""
        start = next((at for at, item in enumerate(found, 1) if str(item[key]) == last), 0)
        if not start:
            raise StatesError("InvalidToken", "Invalid Token: 'Invalid token'")
    end = start + (int(call.get("maxResults") or 0) or _PAGE)
    answer: dict[str, Any] = {member: found[start:end]}
    if end < len(found):
        answer["nextToken"] = base64.b64encode(str(found[end - 1][key]).encode()).decode()
    return answer
