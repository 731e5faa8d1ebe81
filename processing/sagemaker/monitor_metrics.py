"""CloudWatch metrics of a monitoring execution, one file line each; Model Monitor puts them into the namespace
aws/sagemaker/Endpoints/data-metrics.

The names: https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-interpreting-cloudwatch.html
The file: https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-byoc-cloudwatch.html
"""

import json
import os
from collections.abc import Iterator
from typing import Any

from processing.sagemaker import workspace

PUBLISH, ENDPOINT, SCHEDULE, TIME = (
    "publish_cloudwatch_metrics",
    "sagemaker_endpoint_name",
    "sagemaker_monitoring_schedule_name",
    "metric_time",
)


def leave(statistics: dict[str, Any], measured: dict[str, dict[str, Any]]) -> None:
    """Write the metrics, if the job is one of a schedule that publishes them.

    Args:
        statistics: of the current data.
        measured: drift by column.
    """
    if os.environ.get(PUBLISH) != "Enabled":
        return
    names = {"Endpoint": os.environ[ENDPOINT], "MonitoringSchedule": os.environ[SCHEDULE]}
    common = {
        "Timestamp": os.environ[TIME],
        "Dimensions": [{"Name": name, "Value": value} for name, value in names.items()],
    }
    folder = workspace.root().parent / "output" / "metrics" / "cloudwatch"
    folder.mkdir(parents=True, exist_ok=True)
    lines = (json.dumps({**metric, **common}, allow_nan=False) + "\n" for metric in _metrics(statistics, measured))
    (folder / "cloudwatch_metrics.jsonl").write_text("".join(lines), "utf-8")


def _metrics(statistics: dict[str, Any], measured: dict[str, dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for feature in statistics["features"]:
        name = feature["name"]
        found = feature.get("numerical_statistics") or feature["string_statistics"]
        present, missing = found["common"]["num_present"], found["common"]["num_missing"]
        if "sum" in found:
            values = {"SampleCount": present, "Sum": found["sum"], "Minimum": found["min"], "Maximum": found["max"]}
            yield {"MetricName": f"feature_data_{name}", "StatisticValues": values}
        if present + missing:
            yield {"MetricName": f"feature_non_null_{name}", "Value": present / (present + missing)}
        if name in measured:
            entry = measured[name]
            yield {"MetricName": f"feature_baseline_drift_{name}", "Value": entry[entry["method"]]}
