"""The life of a job: prepare its container, run its command, keep its log, end it."""

import signal
import threading
import time
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from functools import cached_property
from typing import Any

from moto.core.utils import utcnow

from localcloud.glue.job_logs import LogShipper
from localcloud.iam.sessions import AccessDeniedError, client_as, credentials_of
from localcloud.network import Keys, subnets_of, way_to_s3
from localcloud.patterns import Pattern
from localcloud.sagemaker.container import HOST, Container, JobError, last_error
from localcloud.sagemaker.engine import SageMakerEngine
from localcloud.sagemaker.experiment import track
from localcloud.sagemaker.folder_sync import FolderSync
from localcloud.sagemaker.job import Job
from localcloud.sagemaker.metric_regex import values
from localcloud.sagemaker.notify import notify
from localcloud.sagemaker.process import Command, Process
from localcloud.sagemaker.s3_data import upload

# https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_StopTrainingJob.html: SIGTERM, the end after 120 s
STOP_GRACE_SECONDS = 120
PRINCIPAL, SESSION = "sagemaker.amazonaws.com", "SageMaker"
_NO_CREDENTIALS = dict.fromkeys(("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"), "")
_SYNC_SECONDS = 30  # between two looks at a folder that is live in S3; AWS tells no number
_TAIL = 200  # lines in which the error is looked for


class JobStoppedError(Exception):
    """Someone stopped the job, or its time was up."""


class Output:
    """Lines of a process on their way to the log: remembers the last, reads metrics out of all."""

    def __init__(self, definitions: list[dict[str, str]], on_metric: Callable[[str, float], None] | None) -> None:
        self.tail: deque[str] = deque(maxlen=_TAIL)
        self.metrics: dict[str, tuple[float, datetime]] = {}  # the last value, as FinalMetricDataList has it
        self._patterns = [(item["Name"], Pattern(item["Regex"])) for item in definitions]
        self._on_metric = on_metric

    def through(self, source: Iterator[bytes], clean: Callable[[str], str]) -> Iterator[bytes]:
        for raw in source:
            line = clean(raw.decode(errors="replace").rstrip("\r\n"))
            self.tail.append(line)
            for name, pattern in self._patterns:
                self._match(name, pattern, line)
            yield line.encode()

    def _match(self, name: str, pattern: Pattern, line: str) -> None:
        for value in values(pattern, line):
            self.metrics[name] = (value, utcnow())
            if self._on_metric is not None:
                self._on_metric(name, value)


class JobRun(ABC):
    """Work of one job; a subclass a kind says what is different."""

    log_group: str
    metric_definitions: list[dict[str, str]] = []  # noqa: RUF012 - never changed
    on_metric: Callable[[str, float], None] | None = None

    def __init__(self, engine: SageMakerEngine, job: Job, ended: threading.Event) -> None:
        self.engine = engine
        self.job = job
        self.ended = ended
        self.region = job.backend.region_name
        self.timed_out = False
        self._stream = f"{job.name}/{HOST}-{int(time.time())}"
        self._deadline = float("inf")

    @cached_property
    def container(self) -> Container:
        """Where the job runs; made when it begins."""
        made = self.engine.container(f"{self.job.kind.noun}-{self.job.name}")
        made.network = not self.isolated
        return made

    @cached_property
    def output(self) -> Output:
        """What it prints."""
        return Output(self.metric_definitions, self.on_metric)

    @property
    def isolated(self) -> bool:
        """Whether the job has no network: EnableNetworkIsolation, of the request or of its NetworkConfig."""
        request = self.job.request
        return bool((request.get("NetworkConfig") or request).get("EnableNetworkIsolation"))

    @property
    def role(self) -> str:
        """Who the job acts as."""
        return str(self.job.request["RoleArn"])

    @cached_property
    def _way(self) -> Keys:
        return way_to_s3(self.region, subnets_of(self.job.request))

    def client(self, service: str) -> Any:
        """A boto3 client with the credentials of the job's role. Raises JobError."""
        cloud, way = self.engine.cloud, self._way
        try:
            return client_as(cloud, self.role, service, self.region, session=SESSION, by=PRINCIPAL, storage=way)
        except AccessDeniedError as error:
            raise JobError(f"ClientError: {error}") from error

    @cached_property
    def s3(self) -> Any:
        return self.client("s3")

    @abstractmethod
    def prepare(self) -> Command:
        """Bring the input; say what to run. Raises JobError."""

    @abstractmethod
    def finish(self) -> None:
        """Store the output. Raises JobError."""

    @abstractmethod
    def failure(self, code: int, error: str, command: Command) -> str:
        """FailureReason of a command that ended with ``code``."""

    def installs(self) -> list[Command]:
        """What runs before the command; the job fails where one of these does."""
        return []

    def live(self) -> list[FolderSync]:
        """Folders that are in S3 while the job runs."""
        return []

    def sync(self, path: str, uri: str, key: str | None = None) -> FolderSync:
        """A live folder of this job: ``path`` inside is ``uri``."""
        seconds = self.engine.cloud.wait_time(_SYNC_SECONDS)
        folder = self.container.folder(path)
        return FolderSync(self.container, folder, lambda files: upload(self.s3, files, uri, key), seconds)

    def stopped(self) -> None:  # noqa: B027 - most kinds keep nothing
        """Store what a stopped job may keep."""

    def enter(self, secondary: str) -> None:  # noqa: B027 - only training jobs tell it
        """The job comes into a stage of its work (API: SecondaryStatus)."""

    def run(self) -> None:
        """Do everything; the job is in a final state when this returns."""
        try:
            self._run()
        finally:
            if "container" in vars(self):  # last: removing folders may take a while, and nobody waits for it
                self.container.remove()

    def _run(self) -> None:
        status, failure = "Completed", None
        try:
            track(self.job)
            self._work()
        except JobStoppedError:
            status = "Stopped"
        except JobError as error:
            status, failure = "Failed", str(error)
        except BaseException as error:  # a job must come to an end whatever happens
            status, failure = "Failed", f"InternalServerError: {type(error).__name__}: {error}"
        if self.ended.is_set():
            self.job.done.set()
            return
        self.job.close(failure)
        self.enter("MaxRuntimeExceeded" if self.timed_out else status)
        conclude(self.job, status)

    def _work(self) -> None:
        self.enter("Downloading")
        command = self.prepare()
        if self.job.stopping.is_set():
            raise JobStoppedError
        self.enter("Training")
        self.job.started = utcnow()
        limit = self.job.request.get("StoppingCondition", {}).get("MaxRuntimeInSeconds")
        if limit:
            self._deadline = time.monotonic() + limit
        code, command, unstored = self._execute_all([*self.installs(), command])
        if self.job.stopping.is_set():
            self.stopped()
            raise JobStoppedError
        if code != 0:
            shown = 128 - code if code < 0 else code  # as a container reports a signal
            raise JobError(self.failure(shown, last_error(list(self.output.tail)), command))
        if unstored is not None:
            raise unstored
        self.enter("Uploading")
        self.finish()

    def _execute_all(self, commands: list[Command]) -> tuple[int, Command, JobError | None]:
        """Exit code of the last command that ran, that command, and what a live folder could not store."""
        folders, started = self.live(), []
        errors: list[JobError | None] = []
        try:
            for folder in folders:
                folder.start()
                started.append(folder)
            for command in commands:
                code = self._execute(command)
                if code != 0 or self.job.stopping.is_set():
                    break
        finally:
            if not self.ended.is_set():
                errors = [folder.finish() for folder in started]
        return code, command, next((error for error in errors if error is not None), None)

    def _signed(self, command: Command) -> Command:
        """The command with the role's credentials, which a container finds at an address of its own.

        Not one without a network, which finds nothing:
        https://docs.aws.amazon.com/sagemaker/latest/dg/mkt-algo-model-internet-free.html
        """
        if self.isolated:
            return replace(command, environment={**_NO_CREDENTIALS, **command.environment})
        credentials = credentials_of(self.role, SESSION, PRINCIPAL, self._way)
        return replace(command, environment={**credentials, **command.environment})

    def _execute(self, command: Command) -> int:
        output, logs, over = self.output, self.client("logs"), threading.Event()
        process = self.engine.python.start(self._signed(command))
        self.engine.register(process, self.ended)
        watch = threading.Thread(target=self._watch, args=(process, over), daemon=True)
        watch.start()
        try:
            with process.output:
                lines = output.through(process.output, self.container.clean)
                shipper = LogShipper(logs, self.log_group, self._stream, lines, self.ended)
                code = process.wait()
                over.set()
                if not self.ended.is_set():
                    shipper.finish()
        except BaseException:
            process.signal(signal.SIGKILL)
            raise
        finally:
            over.set()
            self.engine.unregister(process)
            watch.join()
        return code

    def _watch(self, process: Process, over: threading.Event) -> None:
        """End the process when someone stops the job or its time is up."""
        while not over.wait(0.05):
            if time.monotonic() > self._deadline:
                self.timed_out = True
                self.job.stop()
            if self.job.stopping.is_set():
                process.signal(signal.SIGTERM)
                if not over.wait(self.engine.cloud.wait_time(STOP_GRACE_SECONDS)):
                    process.signal(signal.SIGKILL)
                return


def conclude(job: Job, status: str) -> None:
    """The final status, which everyone is told."""
    job.status = status
    try:
        track(job)
        announce(job)
    finally:
        job.done.set()


def announce(job: Job) -> None:
    """The state change of a job: the event's detail is its description."""
    notify(job.kind.event, [job.arn], job.describe(), job.backend.region_name)
