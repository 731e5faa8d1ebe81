"""Map states: inline ones, whose iterations are part of the execution, and distributed ones with child executions."""

import threading
import uuid
from typing import Any

from botocore.exceptions import ClientError
from moto.stepfunctions.parser.api import (
    HistoryEventType,
    MapRunFailedEventDetails,
    MapRunStartedEventDetails,
    MapRunStatus,
)
from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import (
    FailureEventException,
)
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name_type import StatesErrorNameType
from moto.stepfunctions.parser.asl.component.state.exec.state_map.iteration.distributed_iteration_component import (
    DistributedIterationComponent,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_map.iteration.inline_iteration_component import (
    InlineIterationComponent,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_map.iteration.iteration_worker import IterationWorker
from moto.stepfunctions.parser.asl.component.state.exec.state_map.iteration.job import JobPool
from moto.stepfunctions.parser.asl.component.state.exec.state_map.result_writer.result_writer_decl import ResultWriter
from moto.stepfunctions.parser.asl.eval.event.event_detail import EventDetails
from moto.stepfunctions.parser.asl.eval.program_state import ProgramRunning

from localcloud.patching import replace
from localcloud.step_functions import batches, documents, failures, items, results
from localcloud.step_functions.calls import machine_of
from localcloud.step_functions.engine import step_functions_engine
from localcloud.step_functions.execution import Execution
from localcloud.step_functions.roles import client

_INLINE = 40  # iterations at once, https://docs.aws.amazon.com/step-functions/latest/dg/state-map-inline.html
_CHILDREN = 40  # at once here, where AWS has 10,000
_READER = StatesErrorNameType.StatesItemReaderFailed
_WRITER = StatesErrorNameType.StatesResultWriterFailed
_THRESHOLD = StatesErrorNameType.StatesExceedToleratedFailureThreshold


@replace(InlineIterationComponent, "_eval_body", "(self, env)")
def eval_inline(self: Any, env: Any) -> None:
    """At most 40 iterations at once."""
    given = env.stack.pop()
    pool = JobPool(job_program=self._get_iteration_program(), job_inputs=given.input_items)
    workers = min(given.max_concurrency or _INLINE, _INLINE, len(given.input_items))
    for number in range(workers):
        worker = self._create_worker(env=env, eval_input=given, job_pool=pool)
        step_functions_engine().background(f"map-{number}", worker.eval)
    pool.await_jobs()
    if (error := pool.get_worker_exception()) is not None:
        raise error
    env.stack.append([job.job_output for job in pool.get_closed_jobs()])


@replace(IterationWorker, "_eval_pool", "(self, job, worker_frame)")
def eval_pool(self: Any, job: Any, worker_frame: Any) -> None:
    """One iteration after another; moto calls itself, and Python ends that at a thousand."""
    while job is not None:
        frame = worker_frame.open_inner_frame()
        self._eval_job(env=frame, job=job)
        worker_frame.close_frame(frame)
        following = None
        if not (isinstance(job.job_output, Exception) or self.stopped()):
            following = self._job_pool.next_job()
            if following is None:  # the state's last event follows that of its last iteration
                last = frame.event_history_context.last_published_event_id
                worker_frame.event_history_context.source_event_id = last
        if following is None:
            self._env.close_frame(worker_frame)
        self._job_pool.close_job(job)
        job = following
        if job is None:
            return
    self._env.close_frame(worker_frame)


@replace(DistributedIterationComponent, "_eval_body", "(self, env)")
def eval_distributed(self: Any, env: Any) -> None:
    """A Map run, with its events in the parent's history."""
    given = env.stack.pop()
    record = given.map_run_record
    started = EventDetails(mapRunStartedEventDetails=MapRunStartedEventDetails(mapRunArn=record.map_run_arn))
    _event(env, HistoryEventType.MapRunStarted, started)
    run = MapRun(env, given)
    try:
        env.stack.append(run.outputs())
    except FailureEventException as error:
        details = MapRunFailedEventDetails()
        for name, value in zip(("error", "cause"), error.extract_error_cause_pair() or (), strict=False):
            if value:
                details[name] = value
        _event(env, HistoryEventType.MapRunFailed, EventDetails(mapRunFailedEventDetails=details))
        record.set_stop(status=MapRunStatus.FAILED)
        raise
    if not env.is_running():
        record.set_stop(status=MapRunStatus.ABORTED)
        return
    _event(env, HistoryEventType.MapRunSucceeded, None)
    record.set_stop(status=MapRunStatus.SUCCEEDED)


def _event(env: Any, kind: Any, details: Any) -> None:
    env.event_manager.add_event(context=env.event_history_context, event_type=kind, event_details=details)


def _s3(env: Any) -> Any:
    about = env.aws_execution_details
    return client(about.role_arn, machine_of(env), "s3", about.region)


def failure(env: Any, kind: StatesErrorNameType, cause: str) -> FailureEventException:
    """Of a Map run."""
    details = MapRunFailedEventDetails(error=kind.to_name(), cause=cause)
    return failures.of_states(env, kind, HistoryEventType.TaskFailed, EventDetails(mapRunFailedEventDetails=details))


class MapRun:
    """One run of a distributed Map state."""

    def __init__(self, env: Any, given: Any) -> None:
        self._env = env
        self._given = given
        self._record = given.map_run_record
        self._state = documents.state(env, given.state_name)
        self._inputs: list[tuple[Any, int]] = []  # of the children, with the number of their items
        self._children: dict[int, Execution] = {}
        self._changed = threading.Condition()
        self._next = 0
        self._running = 0
        self._failed_items = 0
        env.map_run_children = self  # for the result writer

    @property
    def children(self) -> list[Execution]:
        """In the order of their items."""
        return [self._children[number] for number in sorted(self._children)]

    @property
    def arn(self) -> str:
        return str(self._record.map_run_arn)

    @property
    def writer_config(self) -> dict[str, Any]:
        return dict((self._state.get("ResultWriter") or {}).get("WriterConfig") or {})

    def outputs(self) -> list[Any]:
        """Run all children; the outputs of those that succeeded. Raises FailureEventException."""
        selected = [self._selected(number, item) for number, item in enumerate(self._items())]
        if "ItemBatcher" in self._state:
            self._inputs = batches.of(self._env, self._state, selected)
        else:
            self._inputs = [(item, 1) for item in selected]
        count = self._record.item_counter
        count.total.count(len(selected))
        count.pending.count(len(selected))
        self._record.execution_counter.total.count(len(self._inputs))
        self._record.execution_counter.pending.count(len(self._inputs))
        self._run()
        self._check()
        return [child.output for child in self.children if child.exec_status == "SUCCEEDED"]

    def _items(self) -> list[Any]:
        reader = self._given.item_reader
        if reader is None:
            return list(self._given.input_items)
        env, config, most = self._env, dict((self._state["ItemReader"]).get("ReaderConfig") or {}), None
        if reader.reader_config is not None:
            reader.reader_config.eval(env=env)
            most = env.stack.pop()["MaxItemsValue"]
        parameters: dict[str, Any] = {}
        if reader.parargs:
            reader.parargs.eval(env=env)
            parameters = env.stack.pop()
        s3 = _s3(env)
        try:
            return items.read(s3, reader.resource.resource_arn, parameters, config, most)
        except items.ItemReaderError as error:
            raise failure(env, _READER, str(error)) from None
        except ClientError as error:
            raise failure(env, _READER, error.response["Error"]["Message"]) from None

    def _selected(self, number: int, item: Any) -> Any:
        """What ItemSelector makes of an item."""
        selector = self._given.item_selector or self._given.parameters
        if not selector:
            return item
        frame = self._env.open_inner_frame()
        frame.states.context_object.context_object_data["Map"] = {"Item": {"Index": number, "Value": item}}
        frame.states.reset(self._env.states.get_input())
        frame.stack.append(frame.states.get_input())
        selector.eval(frame)
        self._env.delete_frame(frame)
        return frame.stack[-1]

    def _run(self) -> None:
        """Begin children, as many at once as the record allows at that moment, until all or too many have ended."""
        engine = step_functions_engine()
        while True:
            with self._changed:
                limit = min(self._record.max_concurrency or _CHILDREN, _CHILDREN)
                over = not self._env.is_running() or self._is_exceeded()
                if over or self._next >= len(self._inputs):
                    break
                if self._running >= limit:
                    self._changed.wait(0.2)
                    continue
                number = self._next
                self._next += 1
                self._running += 1
                self._count("pending", number, -1)
                self._count("running", number, 1)
            engine.background(f"child-{number}", lambda number=number: self._child(number))  # type: ignore[misc]
        with self._changed:
            while self._running:
                if not self._env.is_running() or self._is_exceeded():
                    for child in list(self._children.values()):
                        child.end()
                self._changed.wait(0.2)

    def _child(self, number: int) -> None:
        status = "FAILED"
        try:
            child = self._new(number)
            child.start()
            status = child.exec_status.value
        finally:
            with self._changed:
                self._count("running", number, -1)
                self._count(_COUNTERS[status], number, 1)
                if status == "SUCCEEDED":
                    self._count("results_written", number, 1)
                else:
                    self._failed_items += self._inputs[number][1]
                self._running -= 1
                self._changed.notify_all()

    def _new(self, number: int) -> Execution:
        engine, about = step_functions_engine(), self._env.aws_execution_details
        store = engine.store(about.account, about.region)
        machine = documents.child_machine(self._env, self._state, self._record.map_state_machine_arn)
        name = str(uuid.uuid4())
        label = self._record.map_state_machine_arn.split(":")[-1]
        if machine.sm_type == "EXPRESS":
            arn = f"{store.arn('express', label)}:{name}:{uuid.uuid4()}"
        else:
            arn = f"{store.arn('execution', label)}:{name}"
        text = documents.text(self._inputs[number][0])
        child = Execution(store, machine, arn, name, text, run=None, map_run=self.arn)
        with self._changed:
            self._children[number] = child
        if not child.is_express:
            store.executions[arn] = child
        return child

    def _count(self, counter: str, number: int, by: int) -> None:
        getattr(self._record.execution_counter, counter).offset(by)
        getattr(self._record.item_counter, counter).offset(by * self._inputs[number][1])

    def _is_exceeded(self) -> bool:
        """https://docs.aws.amazon.com/step-functions/latest/dg/state-map-distributed.html#maprun-fail-threshold"""
        if not self._failed_items:
            return False
        count, share = self._record.tolerated_failure_count, self._record.tolerated_failure_percentage
        total = self._record.item_counter.total.get()
        if not count and not share:
            return True
        too_many = bool(count) and self._failed_items > count
        return too_many or (bool(share) and self._failed_items / total * 100 > share)

    def _check(self) -> None:
        if self._env.is_running() and self._is_exceeded():
            raise failure(self._env, _THRESHOLD, "The specified tolerated failure threshold was exceeded")


_COUNTERS = {"SUCCEEDED": "succeeded", "FAILED": "failed", "TIMED_OUT": "timed_out", "ABORTED": "aborted"}


@replace(ResultWriter, "_eval_body", "(self, env)")
def write_results(self: Any, env: Any) -> None:
    """The files of a Map run, in the place of its outputs."""
    if not isinstance(env._program_state, ProgramRunning):
        return
    outputs, run = env.stack.pop(), env.map_run_children
    self.parargs.eval(env=env)
    parameters = env.stack.pop()
    if not parameters.get("Bucket"):
        env.stack.append(outputs)
        return
    s3 = _s3(env)
    try:
        env.stack.append(results.write(s3, parameters, run.writer_config, run.arn, run.children))
    except ClientError as error:
        raise failure(env, _WRITER, error.response["Error"]["Message"]) from None
