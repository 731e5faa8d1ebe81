"""What runs inside a Python worker: the local counterpart of Lambda's ``awslambdaric``.

Started as ``python -I -S python_worker.py FD CONFIG``, so that neither the developer's environment nor this project's
site-packages are importable: a handler that needs pandas must get it from its zip or a layer, as on AWS. Imports only
the standard library. Messages on FD are one line of JSON with "length", then that many bytes.
"""

import importlib
import json
import logging
import resource
import site
import socket
import sys
import time
import traceback
from decimal import Decimal
from types import SimpleNamespace
from typing import Any


class Context:
    """Lambda's context object. https://docs.aws.amazon.com/lambda/latest/dg/python-context.html"""

    def __init__(self, config: dict[str, Any], request: dict[str, Any]) -> None:
        self.aws_request_id = request["id"]
        self.invoked_function_arn = request["arn"]
        self.function_name = config["name"]
        self.function_version = config["version"]
        self.memory_limit_in_mb = str(config["memory"])
        self.log_group_name = config["log_group"]
        self.log_stream_name = config["log_stream"]
        self.identity = SimpleNamespace(cognito_identity_id=None, cognito_identity_pool_id=None)
        client = request.get("client_context")
        self.client_context = SimpleNamespace(**client) if client else None
        self._deadline = request["deadline"]

    def get_remaining_time_in_millis(self) -> int:
        return max(int((self._deadline - time.time()) * 1000), 0)

    def log(self, message: object) -> None:
        sys.stdout.write(str(message))


class LogHandler(logging.Handler):
    """Root handler that Lambda installs: text with level, time and request id, or one JSON object a line."""

    def __init__(self, as_json: bool) -> None:
        super().__init__()
        self.as_json = as_json
        self.request_id = ""

    def emit(self, record: logging.LogRecord) -> None:
        stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        message = record.getMessage()
        if record.exc_info:
            message += "\n" + "".join(traceback.format_exception(*record.exc_info)).rstrip()
        if self.as_json:
            line = json.dumps(
                {
                    "timestamp": stamp + "Z",
                    "level": record.levelname,
                    "message": message,
                    "logger": record.name,
                    "requestId": self.request_id,
                }
            )
        else:
            line = f"[{record.levelname}]\t{stamp}.{int(record.msecs):03d}Z\t{self.request_id}\t{message}"
        sys.stdout.write(line + "\n")


class Channel:
    """Framed messages over the socket to the local cloud."""

    def __init__(self, descriptor: int) -> None:
        self._socket = socket.socket(fileno=descriptor)
        self._file = self._socket.makefile("rb")

    def receive(self) -> tuple[dict[str, Any], bytes] | None:
        line = self._file.readline()
        if not line:
            return None
        header = json.loads(line)
        return header, self._file.read(header["length"])

    def send(self, header: dict[str, Any], body: bytes) -> None:
        sys.stdout.flush()  # the cloud reads the log when it has the answer
        sys.stderr.flush()
        header["max_memory"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # KiB on Linux
        self._socket.sendall(json.dumps({**header, "length": len(body)}).encode() + b"\n" + body)


def failure(error_type: str, message: str, stack: list[str], request_id: str = "") -> bytes:
    """Lambda's error document. https://docs.aws.amazon.com/lambda/latest/dg/python-exceptions.html"""
    document = {"errorMessage": message, "errorType": error_type, "requestId": request_id, "stackTrace": stack}
    first = f"[ERROR] {error_type}: {message}" if message else f"[ERROR] {error_type}"
    sys.stdout.write(first + ("\nTraceback (most recent call last):\n" + "".join(stack) if stack else "") + "\n")
    return json.dumps(document).encode()


def load_handler(name: str) -> Any:
    """The handler function; raises Failed with Lambda's error type when it cannot be loaded."""
    try:
        module_name, function_name = name.rsplit(".", 1)
    except ValueError:
        raise Failed("Runtime.MalformedHandlerName", f"Bad handler '{name}': not enough values to unpack") from None
    try:
        module = importlib.import_module(module_name.replace("/", "."))
    except ImportError as error:
        raise Failed("Runtime.ImportModuleError", f"Unable to import module '{module_name}': {error}") from error
    except SyntaxError as error:
        raise Failed("Runtime.UserCodeSyntaxError", f"Syntax error in module '{module_name}': {error}") from error
    try:
        return getattr(module, function_name)
    except AttributeError:
        text = f"Handler '{function_name}' missing on module '{module_name}'"
        raise Failed("Runtime.HandlerNotFound", text) from None


class Failed(Exception):  # noqa: N818 - never leaves this file
    """An error with Lambda's own type instead of the exception's."""

    def __init__(self, error_type: str, message: str) -> None:
        super().__init__(message)
        self.error_type = error_type
        self.message = message


def stack_of(error: BaseException) -> list[str]:
    frames = traceback.extract_tb(error.__traceback__)
    return traceback.format_list([frame for frame in frames if frame.filename != __file__])


def plain(value: Any) -> float:
    """What Lambda's runtime adds to JSON: Decimal, as DynamoDB's client gives it."""
    if isinstance(value, Decimal):
        return float(value)
    raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")


def handle(function: Any, body: bytes, context: Context) -> tuple[bool, bytes]:
    try:
        result = function(json.loads(body), context)
    except SystemExit:
        raise
    except BaseException as error:
        return False, failure(type(error).__name__, str(error), stack_of(error), context.aws_request_id)
    try:
        return True, json.dumps(result, ensure_ascii=False, default=plain).encode()
    except (TypeError, ValueError) as error:
        text = f"Unable to marshal response: {error}"
        return False, failure("Runtime.MarshalError", text, [], context.aws_request_id)


def main() -> None:
    channel = Channel(int(sys.argv[1]))
    config = json.loads(sys.argv[2])
    sys.path[:0] = config["path"]
    site.setquit()
    logs = LogHandler(config["log_format"] == "JSON")
    logging.getLogger().addHandler(logs)
    try:
        function = load_handler(config["handler"])
    except Failed as error:
        channel.send({"ok": False}, failure(error.error_type, error.message, []))
        return
    except Exception as error:
        channel.send({"ok": False}, failure(type(error).__name__, str(error), stack_of(error)))
        return
    channel.send({"ok": True}, b"")
    while (message := channel.receive()) is not None:
        request, body = message
        logs.request_id = request["id"]
        ok, answer = handle(function, body, Context(config, request))
        channel.send({"ok": ok}, answer)


if __name__ == "__main__":
    main()
