"""Waits pass at the cloud's speed and end with the execution; timeouts of what users run do not pass faster.

moto sleeps through both. It also waits for a state's thread when the state is over: of an execution that is stopped,
or a task that timed out, until a function has answered.
"""

import copy
import threading
import time
from datetime import UTC, datetime
from typing import Any

from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import FailureEventException
from moto.stepfunctions.parser.asl.component.common.retry.max_attempts_decl import MaxAttemptsOutcome
from moto.stepfunctions.parser.asl.component.common.retry.retrier_decl import RetrierDecl
from moto.stepfunctions.parser.asl.component.common.retry.retrier_outcome import RetrierOutcome
from moto.stepfunctions.parser.asl.component.common.timeouts.timeout import EvalTimeoutError
from moto.stepfunctions.parser.asl.component.eval_component import EvalComponent
from moto.stepfunctions.parser.asl.component.program.program import Program
from moto.stepfunctions.parser.asl.component.state.exec.execute_state import ExecutionState
from moto.stepfunctions.parser.asl.component.state.state import CommonStateField
from moto.stepfunctions.parser.asl.component.state.wait.wait_function.timestamp import Timestamp
from moto.stepfunctions.parser.asl.component.state.wait.wait_function.wait_function import WaitFunction

from localcloud.cloud import current
from localcloud.patching import replace
from localcloud.step_functions.engine import step_functions_engine
from localcloud.step_functions.structure import is_time

_TICK = 0.2  # seconds: so long may an end go unnoticed by what waits


def pause(env: Any, seconds: float) -> None:
    """Wait in the cloud's time, at most until the execution ends."""
    end = time.monotonic() + current().wait_time(max(0, seconds))
    while env.is_running() and (left := end - time.monotonic()) > 0:
        env.program_state_event.wait(min(left, _TICK))


@replace(WaitFunction, "_wait_interval", "(self, env, wait_seconds)")
def wait_interval(self: Any, env: Any, wait_seconds: float) -> None:
    pause(env, wait_seconds)


@replace(Timestamp, "_get_wait_seconds", "(self, env)")
def get_wait_seconds(self: Any, env: Any) -> float:
    """From now to a time, which may have an offset and parts of seconds."""
    self.string.eval(env=env)
    text = env.stack.pop()
    if not is_time(text):
        raise FailureEventException(self._create_failure_event(env, text))
    return float((datetime.fromisoformat(text) - datetime.now(UTC)).total_seconds())


@replace(Timestamp, "_from_timestamp_string", "(timestamp)")
def from_timestamp_string(self: Any, timestamp: str) -> datetime | None:
    """Of a time with any offset."""
    return datetime.fromisoformat(timestamp) if is_time(timestamp) else None


@replace(CommonStateField, "_eval_state_input", "(self, env)")
def eval_state_input(self: Any, env: Any) -> None:
    """The first of a state: its context object tells when, with milliseconds."""
    env.states.context_object.context_object_data["State"]["EnteredTime"] = text_of(datetime.now(UTC))
    eval_state_input.original(self, env)  # type: ignore[attr-defined]


def text_of(moment: datetime) -> str:
    """2023-11-21T06:27:31.545Z"""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"


@replace(RetrierDecl, "_eval_body", "(self, env)")
def eval_retrier(self: Any, env: Any) -> None:
    """moto's, with a pause that ends with the execution."""
    self.error_equals.eval(env)
    if not env.stack.pop():
        env.stack.append(RetrierOutcome.Skipped)
        return
    self.max_attempts.eval(env=env)
    if env.stack.pop() == MaxAttemptsOutcome.EXHAUSTED:
        env.stack.append(RetrierOutcome.Failed)
        return
    for part in (self.interval_seconds, self.backoff_rate, self.max_delay_seconds, self.jitter_strategy):
        part.eval(env=env)
    pause(env, env.stack.pop())
    env.stack.append(RetrierOutcome.Executed)


@replace(ExecutionState, "_evaluate_with_timeout", "(self, env)")
def evaluate_with_timeout(self: Any, env: Any) -> None:
    """Work in a thread of its own, which is left alone when the state or the execution is over before it."""
    self.timeout.eval(env=env)
    frame = env.open_frame()
    deadline = time.monotonic() + env.stack.pop()
    frame.states.reset(input_value=env.states.get_input())
    frame.stack = copy.deepcopy(env.stack)
    outcome: list[Any] = []
    done = threading.Event()

    def work() -> None:
        try:
            self._eval_execution(frame)
            outcome.append(frame.stack[-1] if frame.stack else None)
        except Exception as error:
            outcome.append(error)
        done.set()

    step_functions_engine().background(f"state-{self.name[:20]}", work)
    while not done.is_set() and env.is_running() and (left := deadline - time.monotonic()) > 0:
        done.wait(min(left, _TICK))
    late = not done.is_set()
    frame.event_history_context.abandoned = late
    frame.set_ended()
    env.close_frame(frame)
    if late:
        if env.is_running():
            raise EvalTimeoutError
        return
    (result,) = outcome
    if isinstance(result, Exception):
        raise result
    env.stack.append(result)
    if not self._is_language_query_jsonpath():
        env.states.set_result(result)
    if self.assign_decl:
        self.assign_decl.eval(env=env)
    if self.result_selector:
        self.result_selector.eval(env=env)
    if self.result_path:
        self.result_path.eval(env)
    else:
        env.states.reset(input_value=env.stack.pop())


@replace(Program, "eval", "(self, env)")
def eval_program(self: Any, env: Any) -> None:
    """In this thread; a time limit of the whole is kept by a timer."""
    env.next_state_name = self.start_at.start_at_name
    timer = None
    if self.timeout_seconds is not None:
        timer = threading.Timer(self.timeout_seconds.timeout_seconds, env.set_timed_out)
        timer.daemon = True
        timer.start()
    try:
        EvalComponent.eval(self, env)
    finally:
        if timer is not None:
            timer.cancel()
