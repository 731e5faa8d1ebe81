"""Metrics of mappings, beside those of the functions that they call.

https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
"""

from localcloud.event_sources.mapping import Mapping
from localcloud.metrics import emit


def iterator_age(mapping: Mapping, seconds: float) -> None:
    """How old the last record of a batch was when Lambda had it."""
    milliseconds = {"IteratorAge": (seconds * 1000.0, "Milliseconds")}
    emit("AWS/Lambda", {"FunctionName": mapping.session}, milliseconds, mapping.region)


def count(mapping: Mapping, **events: int) -> None:
    """Events by what became of them, where MetricsConfig asks for EventCount."""
    asked = (mapping.config.get("MetricsConfig") or {}).get("Metrics") or []
    told = {name: (float(number), "Count") for name, number in events.items() if number}
    if "EventCount" in asked and told:
        emit("AWS/Lambda", {"EventSourceMappingUUID": mapping.uuid}, told, mapping.region)
