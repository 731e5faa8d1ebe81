"""CloudWatch Logs' filter patterns of plain terms, and the metrics that metric filters count by them.

moto lets every event through a pattern that it does not know, and counts nothing. Patterns of JSON, of columns and of
regular expressions are refused by name.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
"""

import re
from functools import lru_cache
from typing import Any, NamedTuple

from moto.logs.exceptions import InvalidParameterException
from moto.logs.models import LogStream, logs_backends
from moto.logs.responses import LogsResponse
from moto.logs.utils import EventMessageFilter

from localcloud.metrics import emit
from localcloud.patching import replace
from localcloud.unsupported import NotImplementedLocallyError

_OTHERS = {"{": "JSON", "[": "columns", "%": "a regular expression"}
_TERM = re.compile(r'\s*([?-]?)(?:"((?:[^"\\]|\\.)*)"|(\w+))(?=\s|$)')


class Pattern(NamedTuple):
    """Terms that an event has to have, of which it has to have one, and that it must not have."""

    every: tuple[str, ...]
    some: tuple[str, ...]
    none: tuple[str, ...]

    def matches(self, message: str) -> bool:
        if any(term in message for term in self.none):
            return False
        if self.every:  # beside such terms those with "?" are ignored
            return all(term in message for term in self.every)
        return not self.some or any(term in message for term in self.some)


@lru_cache(maxsize=256)
def parse(text: str) -> Pattern:
    """A filter pattern. Raises InvalidParameterException, and by name NotImplementedLocallyError."""
    kind = _OTHERS.get(text.strip()[:1])
    if kind is not None:
        raise NotImplementedLocallyError("logs", f"a filter pattern of {kind}")
    terms: dict[str, list[str]] = {"": [], "?": [], "-": []}
    place = 0
    while text[place:].strip():
        found = _TERM.match(text, place)
        if found is None:
            raise InvalidParameterException("Invalid filter pattern")
        sign, quoted, word = found.groups()
        term = word if quoted is None else re.sub(r"\\(.)", r"\1", quoted)
        if term.strip():  # '" "' is in every event
            terms[sign].append(term)
        place = found.end()
    return Pattern(tuple(terms[""]), tuple(terms["?"]), tuple(terms["-"]))


@replace(EventMessageFilter, "__init__", "(self, pattern)")
def event_message_filter(self: Any, pattern: str) -> None:
    self.filter_type = parse(pattern or "")


@replace(LogsResponse, "put_metric_filter", "(self)")
def put_metric_filter(self: Any) -> Any:
    """Refuses what would not be counted."""
    parse(self._get_param("filterPattern") or "")
    for transformation in self._get_param("metricTransformations"):
        if transformation.get("dimensions"):
            raise NotImplementedLocallyError("logs", "PutMetricFilter with dimensions")
        if _number(transformation["metricValue"]) is None:
            raise NotImplementedLocallyError(
                "logs", f"PutMetricFilter with the value {transformation['metricValue']}"
            )
    return put_metric_filter.original(self)  # type: ignore[attr-defined]


@replace(LogStream, "put_log_events", "(self, log_events)")
def put_log_events(self: Any, log_events: list[dict[str, Any]]) -> str:
    """moto's, and the metrics of the group's filters: the value for each match, the default where none matches."""
    token: str = put_log_events.original(self, log_events)  # type: ignore[attr-defined]
    filters = logs_backends[self.account_id][self.region].filters.get_matching_filters(
        log_group_name=self.log_group.name
    )
    for item in filters:
        pattern = parse(item["filterPattern"] or "")
        count = sum(pattern.matches(event["message"]) for event in log_events)
        for transformation in item["metricTransformations"]:
            value = transformation["metricValue"] if count else transformation.get("defaultValue")
            number = None if value is None else _number(value)
            if number is not None:
                told = {transformation["metricName"]: ({number: count or 1}, transformation.get("unit") or "None")}
                emit(transformation["metricNamespace"], {}, told, self.region)
    return token


def _number(text: str | float) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
