"""Metrics that the services of this cloud publish about themselves."""

from collections.abc import Mapping, Sequence
from typing import Any

from localcloud.cloud import current

Value = float | Sequence[float] | Mapping[float, int]  # one, many, or how often each was seen


def emit(
    namespace: str, dimensions: Mapping[str, str], values: Mapping[str, tuple[Value, str]], region: str | None = None
) -> None:
    """Publish metrics of a service: name -> (value or values, unit). No HTTP, no refusal of AWS/… namespaces."""
    from moto.cloudwatch.models import cloudwatch_backends  # noqa: PLC0415 - a name only for this call

    cloud = current()
    named = [{"Name": name, "Value": value} for name, value in dimensions.items()]
    data: list[dict[str, Any]] = [
        {
            "MetricName": name,
            "Dimensions": named,
            "Unit": unit,
            **_values(value),
        }
        for name, (value, unit) in values.items()
    ]
    cloudwatch_backends[cloud.account][region or cloud.region].put_metric_data(namespace, data)


def _values(value: Value) -> dict[str, Any]:
    if isinstance(value, int | float):
        return {"Value": float(value)}
    counts = {"Counts": [float(count) for count in value.values()]} if isinstance(value, Mapping) else {}
    return {"Values": list(value), **counts}
