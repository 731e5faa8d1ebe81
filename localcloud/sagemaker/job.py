"""One job of any kind as the API shows it, and the facts in which the kinds differ."""

import threading
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from moto.core.utils import utcnow
from moto.sagemaker.models import SageMakerModelBackend, sagemaker_backends
from moto.sagemaker.utils import arn_formatter

from localcloud.cloud import current

FINAL = frozenset({"Completed", "Failed", "Stopped"})


@dataclass(frozen=True)
class Kind:
    """What is named differently for each kind of job.

    Attributes:
        member: stem of its members in requests and answers, such as ``TrainingJob`` of TrainingJobName.
        noun: in ARNs.
        collection: attribute of moto's backend that holds the jobs by name.
        started, ended: members that tell the times; "" where the API has none.
        event: detail type on EventBridge,
            https://docs.aws.amazon.com/sagemaker/latest/dg/automating-sagemaker-with-eventbridge.html
    """

    member: str
    noun: str
    collection: str
    started: str
    ended: str
    event: str


PROCESSING = Kind(
    *("ProcessingJob", "processing-job", "processing_jobs", "ProcessingStartTime", "ProcessingEndTime"),
    "SageMaker Processing Job State Change",
)
TRAINING = Kind(
    *("TrainingJob", "training-job", "training_jobs", "TrainingStartTime", "TrainingEndTime"),
    "SageMaker Training Job State Change",
)
TRANSFORM = Kind(
    *("TransformJob", "transform-job", "transform_jobs", "TransformStartTime", "TransformEndTime"),
    "SageMaker Transform Job State Change",
)
TUNING = Kind(
    *("HyperParameterTuningJob", "hyper-parameter-tuning-job", "hyper_parameter_tuning_jobs"),
    *("", "HyperParameterTuningEndTime", "SageMaker HyperParameter Tuning Job State Change"),
)
KINDS = (PROCESSING, TRAINING, TRANSFORM, TUNING)


@dataclass(eq=False)
class Job:
    """State of one job. Its own thread writes it, and `stop` from outside."""

    kind: Kind
    request: dict[str, Any]
    backend: SageMakerModelBackend
    status: str = "InProgress"
    failure: str | None = None
    created: datetime = field(default_factory=utcnow)
    started: datetime | None = None
    ended: datetime | None = None
    modified: datetime = field(default_factory=utcnow)
    more: dict[str, Any] = field(default_factory=dict)  # members of the description that the work adds
    tags: list[dict[str, str]] = field(default_factory=list)  # where moto's tag operations look
    stopping: threading.Event = field(default_factory=threading.Event)
    done: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.tags = list(self.request.get("Tags") or ())

    @property
    def name(self) -> str:
        return str(self.request[f"{self.kind.member}Name"])

    @property
    def arn(self) -> str:
        return str(arn_formatter(self.kind.noun, self.name, self.backend.account_id, self.backend.region_name))

    def stop(self) -> None:
        """Ask for the end; nothing when it has come already."""
        if self.status == "InProgress":
            self.status, self.modified = "Stopping", utcnow()
            self.stopping.set()

    def close(self, failure: str | None) -> None:
        """The work is over; the final status is set when everything else is there to be read."""
        self.failure = failure[:1024] if failure else None
        self.ended = self.modified = utcnow()

    def describe(self) -> dict[str, Any]:
        """The answer of the Describe operation."""
        kind = self.kind
        told: dict[str, Any] = {
            **{name: value for name, value in self.request.items() if name != "Tags"},
            f"{kind.member}Arn": self.arn,
            f"{kind.member}Status": self.status,
            "FailureReason": self.failure,
            "CreationTime": self.created,
            "LastModifiedTime": self.modified,
            kind.ended: self.ended,
            **self.more,
        }
        if kind.started:
            told[kind.started] = self.started
        return {name: value for name, value in told.items() if value is not None}


def backend(region: str | None = None) -> SageMakerModelBackend:
    """moto's SageMaker of this account."""
    cloud = current()
    return sagemaker_backends[cloud.account][region or cloud.region]


def jobs(of: SageMakerModelBackend, kind: Kind) -> dict[str, Job]:
    """The jobs of a kind by name: they live where moto has its own, and go with them."""
    found: dict[str, Job] = getattr(of, kind.collection)
    return found
