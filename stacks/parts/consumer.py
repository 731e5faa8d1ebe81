"""Functions that are called with batches of a stream's records."""

import json
from collections.abc import Mapping
from typing import Any

from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from constructs import Construct


def consume(
    scope: Construct,
    name: str,
    *,
    function: lambda_.Function,
    stream_arn: str,
    dead_letters: sqs.IQueue,
    batch: int,
    window_seconds: int = 0,
    parallel: int = 1,
    retries: int = -1,
    max_age_seconds: int = -1,
    only: Mapping[str, Any] | None = None,
) -> lambda_.CfnEventSourceMapping:
    """Call ``function`` with the records of a Kinesis stream, or of a table's.

    It reports the first record that failed, and is called again from there on. When it raises, which it does not for
    what a record holds, the batch is cut in halves to find the culprit. What is given up after all the retries, or is
    too old, is told to ``dead_letters``: its place in the stream, not its data.

    L1, because the L2 grants the function more than it needs; the mapping refers to the function, which refers to its
    role and the permissions in it, and Lambda checks those when a mapping is made.

    https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-parameters.html

    Args:
        only: a filter pattern of the records that it is called with
            (https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html).
    """
    mapping = lambda_.CfnEventSourceMapping
    pattern = mapping.FilterProperty(pattern=json.dumps(only)) if only is not None else None
    return mapping(
        scope,
        name,
        function_name=function.function_arn,
        event_source_arn=stream_arn,
        # LATEST can miss what comes while the mapping is made
        # (https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-create.html)
        starting_position="TRIM_HORIZON",
        batch_size=batch,
        maximum_batching_window_in_seconds=window_seconds,
        parallelization_factor=parallel,
        maximum_retry_attempts=retries,
        maximum_record_age_in_seconds=max_age_seconds,
        bisect_batch_on_function_error=True,
        function_response_types=["ReportBatchItemFailures"],
        destination_config=mapping.DestinationConfigProperty(
            on_failure=mapping.OnFailureProperty(destination=dead_letters.queue_arn)
        ),
        filter_criteria=mapping.FilterCriteriaProperty(filters=[pattern]) if pattern else None,
    )
