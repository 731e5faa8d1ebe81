"""The dashboard of the endpoint: is it asked, does it answer, does the world still look as it did in training?"""

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from stacks.parts.alarm import metric, pipeline_metric

HALF, THIRD = 12, 8  # of the 24 columns
_Math = cloudwatch.MathExpression


def dashboard(
    scope: Construct,
    name: str,
    *,
    endpoint: str,
    pipelines: list[str],
    ingest_stack: str,
    namespace: str,
    checks: list[str],
    alarms: list[cloudwatch.Alarm],
) -> cloudwatch.Dashboard:
    """The dashboard.

    Variants of the endpoint, and streams, are found by a search: what they are called, this stack does not know
    (https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/search-expression-syntax.html).

    Args:
        ingest_stack: name of the stack whose streams bring the events.
        namespace: of the metrics that ``checks`` publish.
    """
    built = cloudwatch.Dashboard(
        scope, name, default_interval=cdk.Duration.days(7), period_override=cloudwatch.PeriodOverride.AUTO
    )
    built.add_widgets(
        cloudwatch.TextWidget(
            width=24,
            height=3,
            markdown=(
                f"# Endpoint {endpoint}\n"
                "Violations: `mlref monitor report` says which columns, and where the files are. "
                "Errors or latency: `mlref endpoint status`. Failed pipelines: `mlref pipeline status`."
            ),
        )
    )
    if alarms:
        built.add_widgets(cloudwatch.AlarmStatusWidget(title="Alarms", width=24, height=2, alarms=list(alarms)))
    built.add_widgets(
        _graph("Requests", THIRD, [_variants(endpoint, "Invocations", "Sum")]),
        _graph(
            "Errors",
            THIRD,
            [_variants(endpoint, error, "Sum") for error in ("Invocation4XXErrors", "Invocation5XXErrors")],
        ),
        _graph(
            "Latency of the model (µs)",
            THIRD,
            [_variants(endpoint, "ModelLatency", percentile) for percentile in ("p50", "p90", "p99")],
        ),
    )
    if checks:
        built.add_widgets(
            *(
                _graph(title, 6, [_found(namespace, what, endpoint, check) for check in checks])
                for title, what in (
                    ("Violations", "Violations"),
                    ("Share of columns that drifted", "DriftedShare"),
                    ("AUC, where the truth is known", "Auc"),
                    ("Rows judged", "Rows"),
                )
            )
        )
    built.add_widgets(
        _graph(
            "Pipeline executions",
            HALF,
            [
                pipeline_metric(pipeline, outcome)
                for pipeline in pipelines
                for outcome in ("ExecutionSucceeded", "ExecutionFailed")
            ],
        ),
        _graph(
            "Events on their way to the lake: age (ms), and age of the oldest undelivered (s)",
            HALF,
            [
                _search(f"{{AWS/Kinesis,StreamName}} {ingest_stack} GetRecords.IteratorAgeMilliseconds", "Maximum"),
                _search(f"{{AWS/Firehose,DeliveryStreamName}} {ingest_stack} DeliveryToS3.DataFreshness", "Maximum"),
            ],
        ),
    )
    return built


def _graph(title: str, width: int, metrics: list[cloudwatch.IMetric]) -> cloudwatch.GraphWidget:
    return cloudwatch.GraphWidget(title=title, width=width, height=6, left=metrics, left_y_axis={"min": 0})


def _variants(endpoint: str, name: str, statistic: str) -> _Math:
    schema = "{AWS/SageMaker,EndpointName,VariantName}"
    return _search(f'{schema} EndpointName="{endpoint}" MetricName="{name}"', statistic)


def _found(namespace: str, name: str, endpoint: str, check: str) -> cloudwatch.Metric:
    return metric(namespace, name, "Maximum", {"Endpoint": endpoint, "Check": check})


def _search(terms: str, statistic: str) -> _Math:
    return _Math(expression=f"SEARCH('{terms}', '{statistic}')", label="", period=cdk.Duration.minutes(5))
