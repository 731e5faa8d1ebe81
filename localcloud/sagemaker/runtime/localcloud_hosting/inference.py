"""How sagemaker-inference calls a script: AWS's own package, with what Multi Model Server would give it.

A `sagemaker_inference.errors.BaseInferenceToolkitError` is answered with its status, anything else with 500, both with
message and traceback. A function that has a place for it gets the context, which knows the request's headers.
"""

import json
import sys
from http import HTTPStatus
from typing import Any

from sagemaker_inference.transformer import Transformer

from .exchange import Answer, Request


class Context:
    """One model's context and the request under way: https://github.com/awslabs/multi-model-server, mms/context.py."""

    def __init__(self, model_dir: str) -> None:
        self.system_properties = {"model_dir": model_dir, "gpu_id": None, "batch_size": 1}
        self.request_processor = [self]
        self.begin({})

    def begin(self, headers: dict[str, str]) -> None:
        """The next request."""
        self._asked = headers
        self.answered: dict[str, str] = {}
        self.status = int(HTTPStatus.OK)

    def get_request_properties(self) -> dict[str, str]:
        return self._asked

    def get_all_request_header(self, idx: int) -> dict[str, str]:
        return self._asked

    def get_request_header(self, idx: int, key: str) -> str | None:
        return self._asked.get(key)

    def set_response_header(self, idx: int, key: str, value: str) -> None:
        self.answered[key] = value

    def set_response_content_type(self, idx: int, value: str) -> None:
        self.set_response_header(idx, "content-type", value)

    def get_response_content_type(self, idx: int) -> str | None:
        return self.answered.get("content-type")

    def set_response_status(self, code: int = HTTPStatus.OK, phrase: str = "", idx: int = 0) -> None:
        self.status = int(code)


class InferenceHost:
    """One loaded model; its script is SAGEMAKER_PROGRAM, or inference.py."""

    def __init__(self, code: str, model_dir: str) -> None:
        sys.path.insert(0, code)
        self._context = Context(model_dir)
        self._transformer = Transformer()
        self._transformer.validate_and_initialize(model_dir, self._context)

    def answer(self, request: Request) -> Answer:
        context = self._context
        context.begin(request.headers)
        try:
            (answer,) = self._transformer.transform([{"body": bytearray(request.body)}], context)
        except BaseException:  # SystemExit: the process would end
            return _servers_own(HTTPStatus.INTERNAL_SERVER_ERROR, "Worker died.")
        try:
            body = _bytes(answer)
        except TypeError:
            return _servers_own(HTTPStatus.SERVICE_UNAVAILABLE, "Unsupported model output data type.")
        kind = context.answered.pop("content-type", "")
        return Answer(context.status, kind, body, context.answered)


def _servers_own(status: HTTPStatus, message: str) -> Answer:
    told = {"code": status.value, "type": "InternalServerException", "message": message}
    return Answer(status, "application/json", f"{json.dumps(told, indent=2)}\n".encode())


def _bytes(answer: Any) -> bytes:
    """As mms/protocol/otf_message_handler.py sends it."""
    if isinstance(answer, bytes | bytearray):
        return bytes(answer)
    return (answer if isinstance(answer, str) else json.dumps(answer, indent=2)).encode()
