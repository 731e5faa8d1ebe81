"""EvaluateDataQuality, after
https://docs.aws.amazon.com/glue/latest/dg/aws-glue-api-crawler-pyspark-transforms-EvaluateDataQuality.html."""

from datetime import UTC, datetime
from typing import Any

from awsglue.dynamicframe import DynamicFrame
from dqdl.evaluate import evaluate, overall_score
from glue_local.run import current_run

_SCHEMA = "Rule string, Outcome string, FailureReason string, EvaluatedMetrics map<string,double>"
_OPTIONS = frozenset(
    {"dataQualityEvaluationContext", "enableDataQualityCloudWatchMetrics", "enableDataQualityResultsPublishing",
     "resultsS3Prefix"}
)  # fmt: skip


class EvaluateDataQuality:
    """Evaluate a DQDL rule set on a frame."""

    @staticmethod
    def apply(
        frame: DynamicFrame, ruleset: str, publishing_options: dict[str, Any] | None = None, **names: Any
    ) -> DynamicFrame:
        """A frame with one row a rule: Rule, Outcome (Passed or Failed), FailureReason, EvaluatedMetrics."""
        for name in names:
            raise NotImplementedError(f"EvaluateDataQuality.apply({name}=…) is not implemented by the local cloud")
        spark = current_run().spark()
        started = datetime.now(UTC)
        outcomes = evaluate(ruleset, frame.toDF(), spark)
        _publish(publishing_options or {}, outcomes, started)
        rows = [(found.rule, found.outcome, found.reason, found.metrics) for found in outcomes]
        return DynamicFrame(spark.createDataFrame(rows, _SCHEMA), frame.glue_ctx, "EvaluateDataQuality.output")

    @staticmethod
    def process_rows(*arguments: Any, **names: Any) -> Any:
        """Row-level outcomes are not evaluated here."""
        raise NotImplementedError("EvaluateDataQuality.process_rows is not implemented by the local cloud")


def _publish(options: dict[str, Any], outcomes: list[Any], started: datetime) -> None:
    for name in options.keys() - _OPTIONS:
        raise NotImplementedError(f"publishing_options[{name!r}] is not implemented by the local cloud")
    if options.get("resultsS3Prefix"):
        raise NotImplementedError("publishing_options['resultsS3Prefix'] is not implemented by the local cloud")
    context = options.get("dataQualityEvaluationContext", "default_context")
    if str(options.get("enableDataQualityResultsPublishing", True)).lower() == "true":
        current_run().control.send(
            "quality_result",
            context=context,
            started=started.timestamp(),
            score=overall_score(outcomes),
            rules=[
                {"rule": item.rule, "outcome": item.outcome, "reason": item.reason, "metrics": item.metrics}
                for item in outcomes
            ],
        )
    if str(options.get("enableDataQualityCloudWatchMetrics", False)).lower() == "true":
        _publish_metrics(context, outcomes)


def _publish_metrics(context: str, outcomes: list[Any]) -> None:
    """https://docs.aws.amazon.com/glue/latest/dg/data-quality-alerts.html#data-quality-alerts-cloudwatch."""
    passed = sum(outcome.outcome == "Passed" for outcome in outcomes)
    dimensions = [{"Name": "EvaluationContext", "Value": context}]
    current_run().client("cloudwatch").put_metric_data(
        Namespace="Glue Data Quality",
        MetricData=[
            {"MetricName": name, "Dimensions": dimensions, "Value": value, "Unit": "Count"}
            for name, value in (
                ("glue.data.quality.rules.passed", passed),
                ("glue.data.quality.rules.failed", len(outcomes) - passed),
            )
        ],
    )
