"""How long scores took, as metrics that an alarm watches."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from lambdas.dynamodb import pieces
from lambdas.log import log
from lambdas.score_events.scores import Score

VALUES = 150  # of one metric in a request
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricDatum.html


def publish(client: Any, namespace: str, endpoint: str, scored: Sequence[Score], refused: int) -> None:
    """One request a batch, with every latency in it: percentiles need them. Metrics that fail fail no batch.

    In the log, as embedded metrics, they would cost no request; but then they would be there only where CloudWatch
    reads the log.
    """
    if not scored and not refused:
        return
    dimensions = [{"Name": "Endpoint", "Value": endpoint}]
    latencies = sorted(Counter(item["latency_ms"] for item in scored).items())
    data: list[dict[str, Any]] = [
        {
            "MetricName": "Latency",
            "Dimensions": dimensions,
            "Unit": "Milliseconds",
            "Values": [float(value) for value, _ in part],
            "Counts": [float(count) for _, count in part],
        }
        for part in pieces(latencies, VALUES)
    ]
    counts = {"Scored": len(scored), "Behind": sum(item["behind"] for item in scored), "Refused": refused}
    data += [
        {"MetricName": name, "Dimensions": dimensions, "Unit": "Count", "Value": float(number)}
        for name, number in counts.items()
    ]
    try:
        client.put_metric_data(Namespace=namespace, MetricData=data)
    except (BotoCoreError, ClientError) as error:
        log("WARN", "no metrics", reason=str(error))
