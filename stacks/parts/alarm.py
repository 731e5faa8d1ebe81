"""Alarms that tell the alarm topic."""

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns
from constructs import Construct


def alarm(
    scope: Construct, name: str, description: str, topic: sns.ITopic, metric: cloudwatch.Metric, *, above: float
) -> cloudwatch.Alarm:
    """Tell ``topic`` when ``metric`` is above a threshold; silence is no alarm."""
    built = cloudwatch.Alarm(
        scope,
        name,
        alarm_description=description,
        metric=metric,
        threshold=above,
        evaluation_periods=1,
        comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
        treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,  # an idle sandbox sends no metrics
    )
    built.add_alarm_action(actions.SnsAction(topic))
    return built


def function_alarm(
    scope: Construct, name: str, description: str, topic: sns.ITopic, function: lambda_.IFunction
) -> cloudwatch.Alarm:
    """Tell ``topic`` when ``function`` has raised or timed out."""
    errors = metric("AWS/Lambda", "Errors", "Sum", {"FunctionName": function.function_name})
    return alarm(scope, name, description, topic, errors, above=0)


def metric(namespace: str, name: str, statistic: str, dimensions: dict[str, str]) -> cloudwatch.Metric:
    """A metric by its name in AWS's documentation, in periods of 5 minutes."""
    return cloudwatch.Metric(
        namespace=namespace,
        metric_name=name,
        statistic=statistic,
        dimensions_map=dimensions,
        period=cdk.Duration.minutes(5),
    )


def pipeline_metric(pipeline: str, name: str) -> cloudwatch.Metric:
    """Executions of a SageMaker pipeline, by what became of them.

    https://docs.aws.amazon.com/sagemaker/latest/dg/monitoring-cloudwatch.html#cloudwatch-metrics-pipelines
    """
    return metric("AWS/Sagemaker/ModelBuildingPipeline", name, "Sum", {"PipelineName": pipeline})
