"""A production variant: its model in a container that is kept running, its share, what it counts and captures."""

import logging
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from moto.core.utils import utcnow

from localcloud.cloud import Cloud
from localcloud.endpoints.capture import Capture, Exchange, capture_for
from localcloud.endpoints.metrics import Metrics
from localcloud.endpoints.wire import Reply
from localcloud.endpoints.worker import (
    Image,
    ModelTimeoutError,
    NotStartedError,
    StartError,
    Worker,
    WorkerDiedError,
)
from localcloud.iam.sessions import AccessDeniedError, client_as, credentials_of
from localcloud.network import Keys, subnets_of, way_to_s3
from localcloud.sagemaker.container import JobError
from localcloud.sagemaker.engine import sagemaker_engine
from localcloud.sagemaker.job_run import PRINCIPAL, SESSION
from localcloud.sagemaker.model import HostedModel, hosted, unpack_model

LOG_GROUP = "/aws/sagemaker/Endpoints"
# https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-inference-code.html: 4 minutes to pass the first ping,
# https://docs.aws.amazon.com/sagemaker/latest/dg/serverless-endpoints-invoke.html: 3 minutes
START_SECONDS = 240
START_SECONDS_SERVERLESS = 180
_LONGEST_PAUSE = 60.0  # seconds between two starts of a container that does not stay up

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Site:
    """Where variants are hosted: cloud, region, names of endpoint and endpoint configuration."""

    cloud: Cloud
    region: str
    endpoint: str
    config: str

    def client(self, service: str) -> Any:
        return self.cloud.engine_client(service, self.region)


class Variant:
    """One variant of one fleet; ``given`` is its ProductionVariant, ``capture`` the DataCaptureConfig."""

    def __init__(self, site: Site, given: dict[str, Any], capture: dict[str, Any] | None) -> None:
        self.name: str = given["VariantName"]
        self.weight = float(given.get("InitialVariantWeight", 1.0))
        self.count: int | None = given.get("InitialInstanceCount")
        self.serverless: dict[str, Any] | None = given.get("ServerlessConfig")
        self.instance_type: str | None = given.get("InstanceType")
        self.status: dict[str, Any] | None = None  # one VariantStatus while it is deployed
        self.image: tuple[str, Any] | None = None
        self._site, self._given = site, given
        self._group = f"{LOG_GROUP}/{site.endpoint}"
        self._stream = f"{self.name}/i-{uuid.uuid4().hex[:17]}"
        self._container = sagemaker_engine().container(f"endpoint-{site.endpoint}")
        self._wanted = capture
        self._capture: Capture | None = None  # writes with the model's role, which is known when the model is
        self._role = ""
        self._way: Keys = ()
        self._metrics = Metrics(site.region, site.endpoint, self.name, site.config)
        self._worker: Worker | None = None  # the one that serves
        self._newest: Worker | None = None  # the one to stop: it may not serve yet
        self._ending = threading.Event()

    @property
    def payload_limit(self) -> int:
        """Bytes of a request's body: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpoint.html
        and https://docs.aws.amazon.com/sagemaker/latest/dg/serverless-endpoints-invoke.html"""
        return (4 if self.serverless else 6) * 1024 * 1024

    def start(self, ended: threading.Event) -> None:
        """Bring the model and its container up. Raises StartError with the reason."""
        client = self._site.client("sagemaker")
        try:
            model = hosted(client, self._given["ModelName"])
            told = client.describe_model(ModelName=self._given["ModelName"])
            self._role = told["ExecutionRoleArn"]
            self._way = way_to_s3(self._site.region, subnets_of(told))
            self._capture = capture_for(self._wanted, f"{self._site.endpoint}/{self.name}", self.client("s3"))
            self.image = (model.image, utcnow())
            self._run(model, ended)
        except client.exceptions.ClientError as error:  # a model that was deleted meanwhile
            raise NotStartedError(error.response["Error"]["Message"]) from error
        except (AccessDeniedError, JobError) as error:
            raise NotStartedError(str(error).removeprefix("ClientError: ")) from error

    def client(self, service: str) -> Any:
        """A boto3 client with the credentials of the model's role. Raises AccessDeniedError."""
        cloud, region = self._site.cloud, self._site.region
        return client_as(cloud, self._role, service, region, session=SESSION, by=PRINCIPAL, storage=self._way)

    def invoke(self, body: bytes, headers: dict[str, str]) -> Reply:
        """The container's answer, whatever its status. Raises ModelTimeoutError, WorkerDiedError."""
        worker = self._worker
        if worker is None or worker.over.is_set():
            raise WorkerDiedError
        try:
            return worker.invoke(body, headers)
        except ModelTimeoutError:
            # As the containers' model server does with a worker that does not answer:
            # https://github.com/awslabs/multi-model-server/blob/master/docs/configuration.md (default_response_timeout)
            worker.kill()
            raise

    def count_invocation(self, status: int, model_seconds: float, overhead_seconds: float) -> None:
        self._metrics.count(status, model_seconds, overhead_seconds, None if self.serverless else self.count)

    def take(self, exchange: Exchange) -> None:
        if self._capture is not None:
            self._capture.take(exchange)

    def deliver(self) -> None:
        """Metrics to CloudWatch, captured data to S3."""
        self._metrics.deliver()
        if self._capture is not None:
            self._capture.deliver()

    def end(self) -> None:
        """Stop the container; deliver what is left."""
        self._ending.set()
        if self._newest is not None:
            self._newest.stop()
        self.deliver()
        self._container.remove()

    def describe(self) -> dict[str, Any]:
        """ProductionVariantSummary."""
        told: dict[str, Any] = {
            "VariantName": self.name,
            "CurrentWeight": self.weight,
            "DesiredWeight": self.weight,
        }
        if self.image is not None:
            name, at = self.image
            told["DeployedImages"] = [{"SpecifiedImage": name, "ResolvedImage": name, "ResolutionTime": at}]
        if self.serverless:
            told |= {"CurrentServerlessConfig": self.serverless, "DesiredServerlessConfig": self.serverless}
        else:
            told |= {"CurrentInstanceCount": self.count, "DesiredInstanceCount": self.count}
        if self.status is not None:
            told["VariantStatus"] = [self.status]
        return told

    def _run(self, model: HostedModel, ended: threading.Event) -> None:
        spec = unpack_model(self.client("s3"), model, self._container)
        logs = self.client("logs")
        credentials = credentials_of(self._role, SESSION, PRINCIPAL, self._way)
        environment = {**credentials, **model.variables(self._container)}
        image = Image(self._container, spec, environment, logs, self._group, self._stream)

        def launch() -> None:
            worker = Worker(image, ended)
            self._newest = worker
            if self._ending.is_set():
                worker.kill()
            default = START_SECONDS_SERVERLESS if self.serverless else START_SECONDS
            worker.wait_healthy(self._given.get("ContainerStartupHealthCheckTimeoutInSeconds", default))
            self._worker = worker

        launch()
        sagemaker_engine().background(f"endpoint-{self._stream}", lambda _: self._keep(launch, ended))

    def _keep(self, launch: Callable[[], None], ended: threading.Event) -> None:
        """Start the container again whenever it ends, with growing pauses while it does not come up."""
        pause = 0.0
        while self._worker is not None:
            self._worker.over.wait()
            if self._ending.wait(self._site.cloud.wait_time(pause)) or ended.is_set():
                return
            log.warning("a container of %s ended and is started again", self._group)
            try:
                launch()
                pause = 0.0
            except (StartError, RuntimeError, OSError) as error:
                log.warning("%s does not start: %s", self._group, error)
                pause = min(max(1.0, pause * 2), _LONGEST_PAUSE)
