"""What the stack says of the endpoint: one JSON object in the function's environment."""

import json
from dataclasses import dataclass, field
from typing import Literal, Self

VARIABLE = "SERVING"


@dataclass(frozen=True)
class Serving:
    """The settings of the endpoint and what it is made with; `settings/serving.py` of the project says more of each.

    Attributes:
        endpoint: name of the endpoint; what the function makes for it is named ``<endpoint>-v<version>-…``.
        package_group: the model package group whose approved versions are served.
        role: ARN of the role that the models run with.
        key: ARN of the KMS key of volumes and captured data.
        bucket: the lake.
        topic: ARN of the topic that is told when a version is rolled back.
        tags: of everything that the function makes.
        vpc_config: of the models, as SageMaker takes it.
    """

    endpoint: str
    package_group: str
    role: str
    key: str
    bucket: str
    topic: str
    kind: Literal["instance", "serverless", "off"]
    instance_type: str
    instances: int
    requests_per_minute: int
    memory_mb: int
    concurrency: int
    challenger_share: float
    capture_percent: int
    canary_percent: int
    canary_minutes: int
    latency_ms: int
    max_instances: int | None = None  # none: not scaled, and left out of the JSON
    tags: dict[str, str] = field(default_factory=dict)
    vpc_config: dict[str, list[str]] | None = None  # none: in SageMaker's own network, and left out of the JSON

    @classmethod
    def parse(cls, text: str) -> Self:
        """Raises TypeError when ``text`` lacks a setting or has one that there is not."""
        return cls(**json.loads(text))

    @property
    def prefix(self) -> str:
        """What the names of models, endpoint configurations and rollback alarms start with."""
        return f"{self.endpoint}-v"
