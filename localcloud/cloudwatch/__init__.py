"""CloudWatch: alarms are evaluated as metric data come in, and act.

Engines publish their metrics with `localcloud.metrics.emit`. A period of an alarm passes at the cloud's speed (300 s
take 300/speed), while metric data carry the wall clock's time.
"""

from localcloud.cloud import Cloud
from localcloud.cloudwatch import alarms_api, metrics_api  # noqa: F401 - importing registers the patches
from localcloud.cloudwatch.engine import CloudWatchEngine

TITLE = "CloudWatch metrics and alarms"
REAL = (
    "metric alarms on a metric or on metric math (arithmetic, comparisons, logic, IF, FILL, SUM, AVG, MIN, MAX, ABS, "
    "CEIL, FLOOR, LOG), standard statistics and percentiles, M out of N periods, all four ways with missing data, no "
    "premature alarm, low sample counts; composite alarms",
    "a step of an alarm is a minute (10 s at high resolution); a breach that more data cannot undo alarms at once",
    "transitions with AWS's StateReason and StateReasonData, alarm history, actions on SNS and Lambda, the event on "
    "EventBridge; SetAlarmState lasts until the next evaluation",
    "GetMetricData (with the same metric math) and GetMetricStatistics compute on the data, dimensions exactly as "
    "given; AWS/… namespaces are closed to users",
)
DIFFERENT = (
    "periods of alarms pass at the cloud's speed, but data are stamped and read back by the wall clock",
    "refused by name: anomaly detection, PromQL, Metrics Insights, SEARCH and functions over time in metric math, "
    "trimmed means and other rarer statistics, actions on EC2, Auto Scaling and Systems Manager, AT_LEAST and "
    "suppressors of composite alarms",
    "an alarm looks back two periods more than EvaluationPeriods for real data; AWS does not say how many it takes",
    "no events of changed alarm definitions; the reason of a composite alarm is shorter than AWS's",
)


def engine(cloud: Cloud) -> CloudWatchEngine:
    """The alarms of one cloud."""
    return CloudWatchEngine(cloud)
