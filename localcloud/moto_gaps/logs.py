"""CloudWatch Logs: metric filters that are replaced, keys of log groups."""

from typing import Any

from moto.core.responses import EmptyResult
from moto.logs.exceptions import InvalidParameterException, ResourceNotFoundException
from moto.logs.metric_filters import MetricFilters
from moto.logs.responses import LogsResponse

from localcloud.patching import add, replace


@replace(MetricFilters, "add_filter", "(self, filter_name, filter_pattern, log_group_name, metric_transformations)")
def add_filter(
    self: Any, filter_name: str, filter_pattern: str, log_group_name: str, metric_transformations: Any
) -> None:
    """PutMetricFilter "creates or updates": moto would keep both."""
    self.delete_filter(filter_name, log_group_name)
    add_filter.original(  # type: ignore[attr-defined]
        self, filter_name, filter_pattern, log_group_name, metric_transformations
    )


@add(LogsResponse, "associate_kms_key")
def associate_kms_key(self: Any) -> Any:
    _group(self).kms_key_id = self._get_param("kmsKeyId")
    return EmptyResult()


@add(LogsResponse, "disassociate_kms_key")
def disassociate_kms_key(self: Any) -> Any:
    _group(self).kms_key_id = None
    return EmptyResult()


def _group(response: Any) -> Any:
    name = response._get_param("logGroupName")
    if not name:
        arn = response._get_param("resourceIdentifier") or ""
        name = arn.partition(":log-group:")[2]
    if not name:
        raise InvalidParameterException("Specify either logGroupName or resourceIdentifier")
    groups = response.logs_backend.groups
    if name not in groups:
        raise ResourceNotFoundException
    return groups[name]
