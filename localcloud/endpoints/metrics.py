"""What a variant tells CloudWatch about its invocations, once a minute.

https://docs.aws.amazon.com/sagemaker/latest/dg/monitoring-cloudwatch.html ("endpoint invocation metrics"), and again
with the dimension EndpointConfigName, by which an alarm sees the new fleet of a deployment alone:
https://docs.aws.amazon.com/sagemaker/latest/dg/deployment-guardrails-configuration.html
"""

import threading
from collections import Counter, defaultdict

from localcloud.metrics import emit

NAMESPACE = "AWS/SageMaker"
_MICROSECONDS = ("ModelLatency", "OverheadLatency")


class Metrics:
    """Counts of one variant since the last delivery."""

    def __init__(self, region: str, endpoint: str, variant: str, config: str) -> None:
        self._region = region
        common = {"EndpointName": endpoint, "VariantName": variant}
        self._dimensions = (common, {**common, "EndpointConfigName": config})
        self._counts: dict[str, Counter[float]] = defaultdict(Counter)
        self._lock = threading.Lock()

    def count(self, status: int, model_seconds: float, overhead_seconds: float, instances: int | None) -> None:
        """One invocation; ``status`` is the model's, 0 when it gave none; ``instances`` None for a serverless one."""
        values = {
            "Invocations": 1.0,
            "Invocation4XXErrors": float(400 <= status < 500),
            "Invocation5XXErrors": float(status >= 500 or status == 0),
            "InvocationModelErrors": float(not 200 <= status < 300),
            "ModelLatency": float(round(model_seconds * 1e6)),
            "OverheadLatency": float(round(overhead_seconds * 1e6)),
        }
        if instances:
            values["InvocationsPerInstance"] = 1 / instances
        with self._lock:
            for name, value in values.items():
                self._counts[name][value] += 1

    def deliver(self) -> None:
        with self._lock:
            counts, self._counts = self._counts, defaultdict(Counter)
        told = {name: (found, "Microseconds" if name in _MICROSECONDS else "None") for name, found in counts.items()}
        for dimensions in self._dimensions if told else ():
            emit(NAMESPACE, dimensions, told, self._region)
