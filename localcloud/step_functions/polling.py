"""Jobs that a state starts and waits for (.sync), by one table: start, describe, the states that are final, stop.

https://docs.aws.amazon.com/step-functions/latest/dg/integrate-optimized.html
"""

import contextlib
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import FailureEventException

from localcloud.step_functions.failures import TASK_FAILED, task
from localcloud.step_functions.paths import find
from localcloud.step_functions.roles import client
from localcloud.step_functions.shapes import answer, operation

Parameters = Callable[[Mapping[str, Any], Mapping[str, Any]], dict[str, Any]]  # of what was given and answered

_PAUSES = (0.02, 1.0)  # seconds between two looks at a job: at first, at most


@dataclass(frozen=True, kw_only=True)
class Job:
    """How one kind of job is asked for. Methods are those of boto3."""

    describe: str
    key: Parameters
    status: str  # JSONPath in the description
    done: tuple[str, ...]
    failed: tuple[str, ...]
    stop: str
    stop_key: Parameters
    result: str = "$"  # JSONPath of the state's result in the description
    without: tuple[str, ...] = ()  # members that the older API, which states call, does not have


def _named(member: str) -> Parameters:
    """By the name that the job was given."""
    return lambda given, _: {member: given[member]}


def _sagemaker(kind: str) -> Job:
    return Job(
        describe=f"describe_{kind}_job",
        key=_named(_SAGEMAKER[kind]),
        status=f"$.{_SAGEMAKER[kind].removesuffix('Name')}Status",
        done=("Completed",),
        failed=("Failed", "Stopped"),
        stop=f"stop_{kind}_job",
        stop_key=_named(_SAGEMAKER[kind]),
    )


_SAGEMAKER = {
    "processing": "ProcessingJobName",
    "training": "TrainingJobName",
    "transform": "TransformJobName",
    "hyper_parameter_tuning": "HyperParameterTuningJobName",
}

JOBS: dict[tuple[str, str], Job] = {
    ("glue", "start_job_run"): Job(
        describe="get_job_run",
        key=lambda given, told: {"JobName": given["JobName"], "RunId": told["JobRunId"]},
        status="$.JobRun.JobRunState",
        done=("SUCCEEDED",),
        failed=("FAILED", "TIMEOUT", "ERROR", "STOPPED", "EXPIRED"),
        stop="batch_stop_job_run",
        stop_key=lambda given, told: {"JobName": given["JobName"], "JobRunIds": [told["JobRunId"]]},
        result="$.JobRun",
    ),
    ("athena", "start_query_execution"): Job(
        describe="get_query_execution",
        key=lambda _, told: {"QueryExecutionId": told["QueryExecutionId"]},
        status="$.QueryExecution.Status.State",
        done=("SUCCEEDED",),
        failed=("FAILED", "CANCELLED"),
        stop="stop_query_execution",
        stop_key=lambda _, told: {"QueryExecutionId": told["QueryExecutionId"]},
    ),
    **{("sagemaker", f"create_{kind}_job"): _sagemaker(kind) for kind in _SAGEMAKER},
    ("stepfunctions", "start_execution"): Job(
        describe="describe_execution",
        key=lambda _, told: {"executionArn": told["ExecutionArn"]},
        status="$.status",
        done=("SUCCEEDED",),
        failed=("FAILED", "TIMED_OUT", "ABORTED"),
        stop="stop_execution",
        stop_key=lambda _, told: {"executionArn": told["ExecutionArn"]},
        without=("RedriveCount", "RedriveDate", "RedriveStatus", "RedriveStatusReason"),
    ),
}


@dataclass(frozen=True)
class Started:
    """A job under way, which a role looks after."""

    job: Job
    service: str
    region: str | None
    role: str
    machine: str  # that the role is assumed for
    given: Mapping[str, Any]  # to the operation that started it
    told: Mapping[str, Any]  # by it

    def result(self, env: Any, resource: str, kind: str, *, parsed: bool, over: Callable[[], bool]) -> Any:
        """Its description once it has succeeded; None when the state was over before, and the job is stopped.

        Args:
            resource: of the state, for events; ``kind`` is its service.
            parsed: input and output as JSON (.sync:2).
            over: whether nobody waits any more though the state goes on.

        Raises:
            FailureEventException: the job has failed.
        """
        calls, pause = client(self.role, self.machine, self.service, self.region), _PAUSES[0]
        describe = getattr(calls, self.job.describe)
        shape = operation(self.service, self.job.describe)
        while env.is_running():
            if over():
                return None
            found = describe(**self.job.key(self.given, self.told))
            found.pop("ResponseMetadata", None)
            state = find(self.job.status, found)
            if state in self.job.done or state in self.job.failed:
                told = self._told(found, shape, parsed=parsed)
                if state in self.job.done:
                    return told
                cause = json.dumps(told, separators=(",", ":"))
                raise FailureEventException(task(env, TASK_FAILED, cause, resource, kind))
            _wait(env, pause)
            pause = min(pause * 1.5, _PAUSES[1])
        with contextlib.suppress(ClientError, BotoCoreError):  # it has ended by itself meanwhile
            getattr(calls, self.job.stop)(**self.job.stop_key(self.given, self.told))
        return None

    def _told(self, found: dict[str, Any], shape: Any, *, parsed: bool) -> Any:
        made = find(self.job.result, answer(found, shape.output_shape if shape else None, iso=False))
        if self.job.result != "$" and "JobName" in self.given:
            made = {**made, "JobName": self.given["JobName"]}
        made = {name: value for name, value in made.items() if name not in self.job.without}
        for name in ("Input", "Output") if parsed else ():
            if isinstance(made.get(name), str):
                made[name] = json.loads(made[name])
        return made


def _wait(env: Any, seconds: float) -> None:
    """In wall-clock time: the job runs in it, too."""
    end = time.monotonic() + seconds
    while env.is_running() and (left := end - time.monotonic()) > 0:
        env.program_state_event.wait(min(left, 0.1))
